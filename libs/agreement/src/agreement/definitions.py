"""Chapter `definitions`: what the words mean that both teams use."""

from typing import Annotated, Literal

from pydantic import Field

from agreement.enrichment import Enrichment
from agreement.figures import SharedFigure
from agreement.types import Amount, Band, Count, Country, Currency, Domain, Intent, Range, Terms, Wall, Zone
from events.vocabulary import Side, Stage, Status

Seniority = Literal["c_suite", "vp", "director", "manager", "individual", "student"]
Function = Literal["sales", "revenue_operations", "marketing_operations", "marketing", "other"]
IndustryClass = Literal["target", "secondary", "other", "excluded"]
Geography = Literal["north_america", "uk_western_europe", "australia_nz", "not_served", "other"]
DisqualifierName = Literal[
    "student",
    "excluded_industry",
    "unsupported_country",
    "competitor",
    "own_staff",
    "test_record",
    "free_mail",
    "tiny_company",
    "agency",
]
FactName = Literal[
    "email",
    "first_name",
    "last_name",
    "name",
    "title",
    "phone",
    "company",
    "domain",
    "employees",
    "industry",
    "revenue",
    "country",
    "tech_stack",
    "customer",
]


class HouseTerm(Terms):
    """Whose agreement this is."""

    name: str
    own_domains: tuple[Domain, ...]
    zone: Zone
    """Days and weeks of reports are counted in this zone."""
    currency: Currency
    signed_by: tuple[Side, ...] = ()
    """Sides that sign an edit of the agreement before it counts; none: it counts at once."""


class StageTerm(Terms):
    """What a stage means to people, and which side owns its leads. The stages themselves are fixed."""

    name: Stage
    enters_when: str
    owner: Side


class StatusTerm(Terms):
    """What a status means to people. The statuses themselves are fixed."""

    name: Status
    meaning: str


class BandTerm(Terms):
    """Totals from `at_least` up to, and without, `below`."""

    name: Band
    at_least: int | None = None
    below: int | None = None


class MqlGate(Terms):
    """What a lead needs, beside the absence of a disqualifier, to be an MQL (domain, section 4)."""

    total_at_least: int
    engaged_within: Wall
    """At least one human engagement in this time."""


class ReMql(Terms):
    """A lead comes back: when may it be an MQL again."""

    cooldown: Wall
    """After a rejection; a hand-raise waives it."""
    intent: tuple[Intent, ...]
    """A new event of one of these intents is needed since the last exit."""


class Completeness(Terms):
    """Weights that sum to 100; `placeholders` count 0."""

    email: int
    company: int
    job_title: int
    lead_source: int
    intent_signal: int
    name: int


class Disqualifier(Terms):
    """One disqualifier, and whether it is hard (never an MQL) or soft (no MQL by score; domain, section 2)."""

    name: DisqualifierName
    severity: Literal["hard", "soft"]
    text: str
    """For people: what is wrong."""


class Disqualifying(Terms):
    """The lists behind the disqualifiers."""

    competitor_domains: tuple[Domain, ...]
    test_domains: tuple[Domain, ...]
    test_words: tuple[str, ...]
    """A name, company or address made of one of these is a test record."""
    tiny_company: Range
    agency_words: tuple[str, ...]


class SharedDomains(Terms):
    """Domains that are nobody's company, beside those that libraries list; sub-domains belong to them."""

    mail_relays: tuple[Domain, ...]
    """Strangers have addresses there: soft disqualifier `free_mail`, as for the free mail below."""
    free_mail: tuple[Domain, ...] = ()
    site_hosts: tuple[Domain, ...]
    """Social networks and site builders: as a website they say nothing of the company."""


class SpamTerm(Terms):
    """What is put aside as spam, beside a link or markup in a person's name and a filled trap."""

    words: tuple[str, ...]
    """Whole words or phrases in a name, company, title or message."""
    link_endings: tuple[str, ...]
    """A word of a person's name that ends in one of these, after a dot, is a link."""


class SeniorityTerm(Terms):
    """The first entry, from the top, with a word of the job title's role decides (`agreement.readers.roles`)."""

    level: Seniority
    words: tuple[str, ...]
    """Whole words; then, from the top again, parts of words: `*leiter` is in `Vertriebsleiter`."""
    last_words: tuple[str, ...] = ()
    """Roles only as the last word: then they decide before all others (`Sales Intern`, `Assistant`)."""


class FunctionTerm(Terms):
    """A function in the company: the first entry, from the top, with a word of the job title decides."""

    name: Function
    words: tuple[str, ...]


class IndustryTerm(Terms):
    """An industry under its name and synonyms, and the class by which fit gives points for it."""

    name: str
    industry_class: IndustryClass
    synonyms: tuple[str, ...] = ()


class GeographyTerm(Terms):
    """A country that is in no list is `other`, worth 0."""

    name: Geography
    countries: tuple[Country, ...]


class Qualification(Terms):
    """BANT: need, plus so many of budget, authority, timeline."""

    need: bool
    further: Annotated[int, Field(ge=0, le=3)]
    timeline_months_at_most: Count


class StewardTerm(Terms):
    """Which contradictions a steward is asked about."""

    trusted: tuple[str, ...]
    """Sources: when two of them contradict each other, neither is simply believed."""
    facts: tuple[FactName, ...]
    """Facts about which it matters."""


class Cycles(Terms):
    """When a lead that left and comes back counts for the commitments again."""

    counts_again_after: Wall
    """A later cycle counts for the commitments when it starts this long after the last exit."""


class IdealCustomer(Terms):
    """Whom marketing looks for: partners are briefed with it; nothing is computed from it."""

    business: tuple[str, ...]
    employees: Range
    sweet_spot: Range
    revenue_at_least: Amount
    revenue_at_most: Amount
    places: tuple[str, ...]
    uses: tuple[str, ...]
    funding: tuple[str, ...]
    titles: tuple[str, ...]
    functions: tuple[Function, ...]


SurveyField = Literal[
    "reason",
    "competitor",
    "content",
    "objections",
    "champion",
    "could_differ",
    "lead_quality_issue",
    "deal_breaker",
]


SurveyOutcome = Literal["won", "lost"]


class SurveyQuestion(Terms):
    """One question about a closed deal, asked of its owner; `id` is the field of the fact `survey`."""

    id: SurveyField
    text: str
    asked_when: tuple[SurveyOutcome, ...] = ("won", "lost")
    """How the deal ended of which it is asked."""


class LeadQuality(Terms):
    """The scale of a rep's rating of a lead, whole numbers from `worst` to `best`, within 1 to 10."""

    worst: int
    best: int


class SelfAssessment(Terms):
    """One question by which both teams assess how they work together."""

    topic: str
    question: str


class Definitions(Terms):
    """The whole chapter: the words that all others use."""

    house: HouseTerm
    stages: tuple[StageTerm, ...]
    statuses: tuple[StatusTerm, ...]
    bands: tuple[BandTerm, ...]
    mql_gate: MqlGate
    re_mql: ReMql
    completeness: Completeness
    placeholders: tuple[str, ...]
    """Values, lower case, that look like an answer and are none."""
    nobody: tuple[str, ...]
    """Words, lower case, that programs send where an id, an address or a message id is missing."""
    nobodys_mailboxes: tuple[str, ...]
    """Those of them that nobody has before the @ of an address either."""
    shared_domains: SharedDomains
    disqualifiers: tuple[Disqualifier, ...]
    disqualifying: Disqualifying
    spam: SpamTerm = SpamTerm(words=(), link_endings=())
    seniority: tuple[SeniorityTerm, ...]
    functions: tuple[FunctionTerm, ...]
    industries: tuple[IndustryTerm, ...]
    geographies: tuple[GeographyTerm, ...]
    qualification: Qualification
    lost_reasons: tuple[str, ...]
    disqualified_reasons: tuple[str, ...]
    company_events: tuple[str, ...]
    enrichment: Enrichment
    cycles: Cycles
    historical_after: Wall
    """What occurred this long before it was received is history: no page, no clock, no turn."""
    survivorship: dict[FactName, tuple[str, ...]]
    """For each fact, the sources in order of trust; a source not listed comes last. A human correction is pinned."""
    stewards: StewardTerm = StewardTerm(trusted=(), facts=())
    ideal_customer: IdealCustomer
    lead_quality: LeadQuality
    win_loss_survey: tuple[SurveyQuestion, ...]
    self_assessment: tuple[SelfAssessment, ...]
    figures: tuple[SharedFigure, ...]

    def band(self, total: int) -> Band:
        """Name of the band a total falls in."""
        for band in self.bands:
            if (band.at_least is None or total >= band.at_least) and (band.below is None or total < band.below):
                return band.name
        raise ValueError(f"no band holds {total}")
