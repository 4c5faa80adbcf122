"""The words that every service shares: stages, statuses, sides, channels, money. Each list stands here only."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal, Self, get_args

from msgspec import Meta

from events.body import OUTSIDE, Body
from events.currencies import CURRENCIES

Stage = Literal["lead", "mql", "sal", "sql", "opportunity", "won", "lost"]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
"""In funnel order."""
FunnelStage = Literal["lead", "mql", "sal", "sql", "opportunity", "won"]
FUNNEL_STAGES: Final[tuple[FunnelStage, ...]] = get_args(FunnelStage)
"""Steps of the funnel, in order; a lost deal is none."""
OPEN_STAGES: Final[tuple[Stage, ...]] = ("mql", "sal", "sql", "opportunity")
"""Of a lead that is on its way: more than a name, and no deal has been won or lost."""
CONVERTED_STAGES: Final[tuple[Stage, ...]] = ("sql", "opportunity", "won")
"""Sales has qualified the lead, and has not lost it."""
ENDED_STAGES: Final[tuple[Stage, ...]] = ("won", "lost")
Status = Literal[
    "new",
    "waiting_for_shift",
    "assigned",
    "attempting_contact",
    "connected",
    "unresponsive",
    "disqualified",
    "nurture",
    "long_term",
    "suppressed",
    "archived",
    "unsubscribed",
    "joined",
    "waiting_for_manager",
    "waiting_for_steward",
]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
WITH_NOBODY: Final[tuple[Status, ...]] = ("new", "waiting_for_shift", "waiting_for_manager")
"""Nobody has the lead, and nothing has ended: an owner that a `stage.changed` names is the one of before."""
WITH_A_REP: Final[tuple[Status, ...]] = ("assigned", "attempting_contact", "connected")
OUT_OF_WORK: Final[tuple[Status, ...]] = (
    "unresponsive",
    "disqualified",
    "nurture",
    "long_term",
    "suppressed",
    "archived",
    "unsubscribed",
    "joined",
    "waiting_for_steward",
)
"""Sales works the lead no more: past the stage `lead`, its cycle is over."""
OPEN_WORK: Final[tuple[Stage, ...]] = ("mql", "sal", "sql")
"""Stages whose leads are a rep's open work; an opportunity is counted elsewhere."""
Side = Literal["marketing", "sales"]
Segment = str
"""Name of a nurture segment of the agreement (`1`, `2`, `3`, `long_term`, ...): the list is the agreement's."""
TouchChannel = str
"""How sales touches a person: `email`, `call`, …; the list is the agreement's (`routing.channels`)."""
NoticeChannel = Literal["slack", "email", "webhook"]
"""How Baton tells people."""
Via = Literal["slack", "web", "api", "crm"]
"""Through which door sales answered."""

_STAGE_NAMES: Final = {"mql": "MQL", "sal": "SAL", "sql": "SQL"}
"""Stages that people call by their letters."""
_CAPITALS: Final = {"vp": "VP", "uk": "UK", "nz": "NZ", "crm": "CRM"}
"""Words that are letters, wherever they stand in a name."""


def humanize(name: str) -> str:
    """A name of ours as people read it inside a line: `bad data` for `bad_data`, `MQL` for the stage `mql`."""
    return _STAGE_NAMES.get(name) or " ".join(_CAPITALS.get(word, word) for word in name.replace("_", " ").split(" "))


def humanize_first(name: str) -> str:
    """The same at the beginning of a line: `Bad data`, `MQL`."""
    words = humanize(name)
    return words[:1].upper() + words[1:]


_DIGITS: Final[dict[str, int]] = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
"""ISO 4217, list one: currencies whose minor unit is not a hundredth."""
_WRITTEN: Final = re.compile(r"(-?(?:[0-9]{1,3}(?:([,_ ])[0-9]{3})(?:\2[0-9]{3})*|[0-9]+))(?:\.([0-9]+))? ?([A-Z]{3})")


def not_below_zero(amount: int) -> int:
    """The same minor units. Raises ValueError below zero: nobody is paid less than nothing."""
    if amount < 0:
        raise ValueError("must not be below zero")
    return amount


def counted_in_units(currency: str) -> str:
    """The same code. Raises ValueError for one that is not in `CURRENCIES`."""
    if currency not in CURRENCIES:
        raise ValueError(f"{currency} is the code of no currency")
    return currency


class Money(Body):
    """An amount in integer minor units of its currency: cents for USD, yen for JPY, thousandths for KWD (ISO 4217)."""

    amount: Annotated[int, Meta(extra={OUTSIDE: not_below_zero})]
    """Minor units; sums and differences may be below zero, what comes from outside may not."""
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$", extra={OUTSIDE: counted_in_units})]

    @staticmethod
    def digits(currency: str) -> int:
        """Decimal places of a currency: 2 for USD, 0 for JPY, 3 for KWD."""
        return _DIGITS.get(currency, 2)

    @classmethod
    def of(cls, major: Decimal | int | str, currency: str) -> Self:
        """From major units (`25000`, `12.50`), rounded half up to the minor unit. Raises ValueError for no number."""
        try:
            minor = Decimal(f"{Decimal(major)}e{cls.digits(currency)}")
        except InvalidOperation:
            raise ValueError(f"{major!r} is no number") from None
        return cls(amount=int(minor.to_integral_value(ROUND_HALF_UP)), currency=currency)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From its text: `25,000 USD`, `12.50 EUR`. Raises ValueError for anything else, and below zero.

        Thousands may be grouped by commas, blanks or underscores, in threes; decimals stand behind a point, and are no
        more than the currency has.
        """
        match = _WRITTEN.fullmatch(text.strip())
        if match is None:
            raise ValueError("is no amount of money; write for example 25,000 USD")
        whole, decimals, currency = re.sub(r"[,_ ]", "", match[1]), match[3] or "", match[4]
        if len(decimals) > cls.digits(currency):
            raise ValueError(f"has more decimals than {currency}, which has {cls.digits(currency)}")
        money = cls.of(f"{whole}.{decimals or 0}", counted_in_units(currency))
        not_below_zero(money.amount)
        return money

    @property
    def major(self) -> Decimal:
        """In major units, exact: dollars for USD."""
        return Decimal(f"{self.amount}e-{self.digits(self.currency)}")

    def __str__(self) -> str:
        """For people, and from zero on for `parse`: `25,000 USD`, `12.50 EUR`; decimals only where there are some."""
        digits = self.digits(self.currency)
        whole, rest = divmod(abs(self.amount), 10**digits)
        decimals = f".{rest:0{digits}d}" if rest else ""
        return f"{'-' if self.amount < 0 else ''}{whole:,}{decimals} {self.currency}"


def read_money(value: Any) -> Any:
    """A pydantic BeforeValidator: Money, or a dict that holds one, passes unchanged; all else is parsed as text."""
    return value if isinstance(value, Money | dict) else Money.parse(str(value))
