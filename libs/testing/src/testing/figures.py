"""What the house answers over HTTP in figures, and of itself, typed: the fields that tests read."""

from typing_extensions import TypedDict


class FunnelRow(TypedDict):
    """One stage of the funnel."""

    stage: str
    count: int
    leads: str | None


class FunnelAnswer(TypedDict):
    """`GET /api/funnel`."""

    stages: list[FunnelRow]
    groups: list["FunnelGroup"]


class FunnelGroup(TypedDict):
    """The funnel of one group, such as a source."""

    key: str | None
    stages: list[FunnelRow]


class LevelRow(TypedDict):
    """One promise or commitment."""

    name: str
    target: float | str
    met: int
    total: int
    state: str


class LevelsAnswer(TypedDict):
    """`GET /api/service-levels`."""

    marketing: list[LevelRow]
    sales: list[LevelRow]


class GoalRow(TypedDict):
    """One step of the chain from revenue back to MQLs."""

    stage: str
    actual: int
    leads: str


class GoalsAnswer(TypedDict):
    """`GET /api/goals`."""

    chain: list[GoalRow]


class ReasonRow(TypedDict):
    """One reason to reject."""

    reason: str
    title: str
    count: int
    credited: int
    owed_by_marketing: int


class RejectionsAnswer(TypedDict):
    """`GET /api/rejections`."""

    accepted: int
    reasons: list[ReasonRow]


class AmountAnswer(TypedDict):
    """In minor units."""

    amount: int
    currency: str


class LeftOutRow(TypedDict):
    """What a sum does not include, and why."""

    reason: str
    deals: int
    amount: AmountAnswer | None


class CreditRow(TypedDict):
    """What one touch is credited with."""

    amount: AmountAnswer


class CreditsAnswer(TypedDict):
    """The credits of one deal."""

    redistributed: bool
    credits: list[CreditRow]


class ContactRow(TypedDict):
    """A lead of a deal."""

    id: str
    primary: bool


class DealRow(TypedDict):
    """One deal."""

    deal: str
    state: str
    lead: str | None
    amount: AmountAnswer | None
    converted: AmountAnswer | None
    contacts: list[ContactRow]
    opened_at: str | None
    closed_at: str | None
    reason: str | None
    missing: list[str]


class QualityAnswer(TypedDict):
    """Of so many deals, how many lack nothing that was agreed, and how often each need is missing."""

    deals: int
    complete: int
    missing: dict[str, int]


class DealsAnswer(TypedDict):
    """`GET /api/deals`."""

    quality: QualityAnswer
    items: list[DealRow]


class StepRow(TypedDict):
    """One fact of a deal."""

    kind: str
    lead: str


class DealTouch(TypedDict):
    """One touch of a contact of a deal."""

    lead: str
    kind: str


class DealAnswer(DealRow):
    """`GET /api/deals/{id}`."""

    history: list[StepRow]
    touches: list[DealTouch]
    credits: dict[str, CreditsAnswer]


class WonAnswer(TypedDict):
    """Revenue of the month."""

    won: AmountAnswer
    deals: int
    not_included: list[LeftOutRow]


class OpenAnswer(TypedDict):
    """What is open now."""

    open: AmountAnswer
    deals: int
    coverage: float | None
    not_included: list[LeftOutRow]


class PipelineAnswer(TypedDict):
    """`GET /api/goals`, as far as money goes."""

    revenue: WonAnswer
    pipeline: OpenAnswer


class SourceRow(TypedDict):
    """What one source brought and cost."""

    source: str | None
    traffic: str | None
    links: dict[str, str]
    self_reported: list["SelfReported"]
    leads: int
    revenue: AmountAnswer
    spend: AmountAnswer | None


class SelfReported(TypedDict):
    """What people answered to where they had heard of us."""

    answer: str
    leads: int


class SourcesAnswer(TypedDict):
    """`GET /api/sources`."""

    items: list[SourceRow]


class AttributionAnswer(TypedDict):
    """`GET /api/attribution`."""

    total: AmountAnswer
    not_included: list[LeftOutRow]
    sides: dict[str, AmountAnswer]
    items: list[CreditRow]


class MemberRow(TypedDict):
    """One rep of a pool."""

    rep: str
    assigned: int
    credits: int
    ratio: float
    open: int
    opportunities: int


class PoolAnswer(TypedDict):
    """`GET /api/pools/{pool}`."""

    members: list[MemberRow]


class LaneRow(TypedDict):
    """One topic of one lane."""

    service: str
    partition: int
    read: dict[str, int]
    said: dict[str, int]
    shipped: dict[str, int | None]
    behind: int
    owner: str | None


class LanesAnswer(TypedDict):
    """`GET /api/lanes`."""

    items: list[LaneRow]
    dead_letters: list[dict[str, object]]


class OpenApi(TypedDict):
    """`GET /openapi.json`."""

    paths: dict[str, object]


class AsyncApi(TypedDict):
    """`GET /asyncapi/{service}.json`."""

    asyncapi: str
