"""The parameters of the list of leads: its own filters, and those by which a number of a report links to its leads."""

from typing import Literal

from agreement.deals import DealState
from agreement.types import Band
from events.vocabulary import FunnelStage, Side, Stage, Status
from reporting.decide.challenger import PassedBy
from reporting.filters import AnswerFilter, FunnelMode, KeptFilter, ListQuery

Sort = Literal["total", "first_seen", "last_engaged", "name", "company"]
SortOrder = Literal["asc", "desc"]


class LeadsQuery(ListQuery):
    """The list of leads: its own filters, and those by which a number of a report links to the leads behind it."""

    q: str | None = None
    stage: Stage | None = None
    status: Status | None = None
    band: Band | None = None
    owner: str | None = None
    reached: FunnelStage | None = None
    """Behind a number of the funnel: leads that entered this stage, counted as `mode` says."""
    stalled: FunnelStage | None = None
    """With `reached`: and did not enter this one …"""
    ended: bool | None = None
    """… and is (not) in work any more."""
    again: FunnelStage | None = None
    """Behind what the funnel leaves out: leads that entered this stage in a later cycle."""
    implied: bool | None = None
    """With `reached`: only entries that were (not) filled in because a later stage was reached."""
    mode: FunnelMode = "cohort"
    rejected: str | None = None
    """Behind a number of the rejections: the reason."""
    recycled: str | None = None
    """Behind a number of the recycled leads: what brought them back …"""
    came_to: FunnelStage | None = None
    """… and the stage that this cycle came to."""
    answered: AnswerFilter | None = None
    """Behind the same: how reps answered, whatever the reason."""
    fit_line: str | None = None
    """Behind what scoring got wrong: the fit line (`employees:25`) that had spoken for a lead not of our kind."""
    deals: DealState | None = None
    """Behind the pipeline: a contact of a deal that is open now, or was won or lost in the period."""
    credited: Side | Literal["unattributed"] | None = None
    """Behind a number of the attribution: the side credited by `model` with a deal won in the period …"""
    touch: str | None = None
    touch_source: str | None = None
    """… the kind of touch, and where it came from."""
    model: str | None = None
    rated: bool | None = None
    """Behind the feedback: leads that a rep rated in the period (or did not)."""
    promise: str | None = None
    """Behind a number of the service levels: the promise …"""
    kept: KeptFilter | None = None
    """… and how it was kept: `missed` is late or breached; `system` is missed, and charged to nobody's rep."""
    handed_at_least: int | None = None
    """Behind what the score is worth: leads first handed over in the period, their total then at least this …"""
    handed_at_most: int | None = None
    outcome: Literal["qualified", "won", "lost", "sql", "rejected", "open", "untouched"] | None = None
    """… and how they ended; `qualified` are SQLs whatever became of them."""
    traffic: str | None = None
    """The class of the first touch's traffic: direct, referral, organic, paid, email, social, partner."""
    persona: str | None = None
    """What the person does there: function and seniority, as `sales vp`; several with commas between them."""
    asset: str | None = None
    """Behind a number of the content library: people who met this asset."""
    programme: str | None = None
    """Behind the campaigns of sales: leads that a rep put into this campaign of the mail tool."""
    partner: str | None = None
    """Behind a number of the partners: whose latest referral it was."""
    passed_by: PassedBy | None = None
    """Behind the challenger: whose total ever opened the gate, of leads that it scored, too."""
    offered: bool | None = None
    """An offer that waits for an answer (or none)."""
    touched: bool | None = None
    """Sales has ever tried to reach the person (or has not)."""
    flag: str | None = None
    """One of its flags: `hot`, `referral`, `cooling`, ..."""
    came_back: bool | None = None
    """It is in its second cycle or a later one (or in its first)."""
    ids: str | None = None
    """Exactly these leads: ids with commas between them."""
    sort: Sort = "total"
    order: SortOrder | None = None
    """Null: as one reads the column, text from a to z, all else from the most on. What is not known comes last."""
