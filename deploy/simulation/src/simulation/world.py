"""Who exists: campaigns with their money, content, companies and people. Made once; nothing happens here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from simulation.dice import dice, pick
from simulation.names import FIRST, HEADS, LAST, TAILS, TITLES


@dataclass(frozen=True, slots=True)
class AdCampaign:
    """What brings visitors. `weight`: its share of them; `quality`: 0 to 1, how many of them are worth a call."""

    name: str | None
    source: str | None
    medium: str | None
    weight: float
    quality: float
    weekly: int = 0
    """Spent each week, in minor units of `currency`."""
    currency: str = "USD"
    partner: str | None = None


CAMPAIGNS: Final = (
    AdCampaign("brand-search", "google", "cpc", 15, 0.62, 310_000),
    AdCampaign("crm-search", "google", "cpc", 17, 0.30, 640_000),
    AdCampaign("revops-leaders", "linkedin", "paid-social", 12, 0.50, 520_000),
    AdCampaign("retargeting", "adroll", "display", 6, 0.22, 120_000),
    AdCampaign("handover-webinar", "webinar", "webinar", 13, 0.20, 95_000),
    AdCampaign("monthly-letter", "newsletter", "email", 10, 0.40),
    AdCampaign("saas-expo", "saas-expo", "event", 5, 0.10, 750_000, "EUR"),
    AdCampaign("litware-referrals", "litware", "referral", 3, 0.75, partner="litware"),
    AdCampaign(None, "bing", "organic", 9, 0.45),
    AdCampaign(None, None, None, 10, 0.35),
    AdCampaign("founders-podcast", "podcast", "audio", 0, 0.0, 180_000),
)
"""The last one costs money and brings nobody."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A piece of content. `weight` 0: nobody ever reads it."""

    name: str
    kind: str
    title: str
    weight: float
    persona: str | None = None
    """For whom it was made; null: for everybody."""
    stage: str | None = None


CONTENT: Final = (
    Asset("retail-case", "case_study", "How Fern Retail stopped losing leads", 5, persona="sales", stage="mql"),
    Asset("saas-case", "case_study", "Comet Cloud: first touch in nine minutes", 8, persona="sales", stage="sal"),
    Asset("agency-case", "case_study", "An agency counts its hand-overs", 0, stage="opportunity"),
    Asset("sla-webinar", "webinar_attended", "Service levels both teams believe", 6, persona="revenue_operations"),
    Asset("scoring-webinar", "webinar_attended", "Scoring without arguments", 4),
    Asset("handover-guide", "whitepaper", "The hand-over guide", 9, persona="sales vp", stage="mql"),
    Asset("fairness-paper", "whitepaper", "Is your round robin fair?", 3, persona="revenue_operations", stage="sql"),
    Asset("benchmarks-paper", "whitepaper", "Benchmarks of 2024", 0, persona="marketing", stage="lead"),
    Asset("why-leads-rot", "blog_read", "Why leads rot", 9, stage="lead"),
    Asset("five-rejections", "blog_read", "Five rejections that teach", 6),
    Asset("mql-is-dead", "blog_read", "No, the MQL is not dead", 5),
)
EVENT_NAMES: Final = {
    "case_study": "Case Study Viewed",
    "webinar_attended": "Webinar Attended",
    "whitepaper": "Whitepaper Downloaded",
    "blog_read": "Blog Read",
}


@dataclass(frozen=True, slots=True)
class Firm:
    """A company. What it does not tell about itself is null in `told`, and true all the same."""

    name: str
    domain: str
    employees: int
    industry: str
    country: str
    tells: bool
    """Whether forms and tools know its head count and industry."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who will become a lead. `fit`: 0 to 1, how good a customer this would be, whatever Baton says."""

    number: int
    first_name: str
    last_name: str
    email: str
    title: str
    firm: Firm
    campaign: AdCampaign
    fit: float

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class World:
    """All of it; `by_email` finds a person."""

    seed: int
    firms: Sequence[Firm]
    visitors: Sequence[Visitor]


_COUNTRIES: Final = {"US": 58, "CA": 5, "GB": 12, "DE": 9, "FR": 4, "NL": 3, "AU": 6, "NZ": 1, "BR": 2}
_INDUSTRIES: Final = {
    "B2B SaaS": 34,
    "Technology": 20,
    "Professional services": 16,
    "Manufacturing": 9,
    "Healthcare": 7,
    "Retail": 6,
    "Finance": 5,
    "Education": 2,
    "Agency": 1,
}
_SIZES: Final = {(2, 9): 6, (11, 49): 27, (50, 199): 38, (200, 480): 20, (600, 4000): 9}
_PER_FIRM: Final = 1.45
"""People of one company that find us, on average."""
_FREE_MAIL: Final = ("gmail.com", "outlook.com", "yahoo.com")


def build(seed: int, leads: int) -> World:
    """A world with so many people. The same seed and number make the same world, and the first people of a larger one
    are those of a smaller."""
    firms = [_firm(seed, number) for number in range(max(1, round(leads / _PER_FIRM)))]
    return World(seed, firms, [_visitor(seed, number, firms) for number in range(leads)])


def _firm(seed: int, number: int) -> Firm:
    luck = dice(seed, "firm", number)
    names = len(HEADS) * len(TAILS)
    place = (number * 577 + seed) % names  # 577 shares no factor with their number: no name comes twice in a round
    head, tail = HEADS[place % len(HEADS)], TAILS[place // len(HEADS)]
    again = number // names
    size = pick(_SIZES, luck)
    return Firm(
        name=f"{head} {tail}" + (f" {again + 1}" if again else ""),
        domain=f"{head}{tail}{again + 1 if again else ''}.example".lower(),
        employees=luck.randint(*size),
        industry=pick(_INDUSTRIES, luck),
        country=pick(_COUNTRIES, luck),
        tells=luck.random() < 0.7,
    )


def _visitor(seed: int, number: int, firms: Sequence[Firm]) -> Visitor:
    luck = dice(seed, "visitor", number)
    firm = firms[int(len(firms) * luck.random() ** 1.3)]
    first, last = luck.choice(FIRST), luck.choice(LAST)
    campaign = pick({one: one.weight for one in CAMPAIGNS}, luck)
    domain = luck.choice(_FREE_MAIL) if luck.random() < 0.04 else firm.domain
    title = pick(TITLES, luck)
    return Visitor(
        number, first, last, f"{first}.{last}.{number}@{domain}".lower(), title, firm, campaign,
        fit=_fit(firm, title, campaign, luck),
    )  # fmt: skip


_WORTH: Final[Mapping[str, float]] = {"Student": 0.0, "Sales Analyst": 0.5, "Account Executive": 0.5}


def _fit(firm: Firm, title: str, campaign: AdCampaign, luck: Random) -> float:
    """How good a customer: the campaign brings the right people or not, and small or foreign companies do not buy."""
    size = 0.4 if firm.employees < 10 or firm.employees > 500 else 1.0
    industry = 0.2 if firm.industry in ("Education", "Agency") else 1.0
    place = 0.1 if firm.country == "BR" else 1.0
    return (
        min(1.0, (0.35 + 0.9 * campaign.quality) * luck.uniform(0.5, 1.3))
        * size
        * industry
        * place
        * _WORTH.get(title, 1.0)
    )
