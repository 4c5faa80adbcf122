"""Which content of the library is recommended for somebody: the card and the lead page obey this one rule."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Final, NamedTuple, get_args

from agreement.definitions import Function, Seniority

_UNKNOWN: Final = "other"
"""The function of a title that the agreement has no function for."""
PERSONA_WORDS: Final = tuple(one for one in (*get_args(Function), *get_args(Seniority)) if one != _UNKNOWN)
"""What a persona consists of: functions and seniorities of the agreement."""


class LibraryAsset(NamedTuple):
    """One asset of the library, as `content.published` says it."""

    asset: str
    kind: str
    title: str
    published_at: datetime
    url: str | None = None
    persona: str | None = None
    stage: str | None = None
    until: date | None = None


def page_address(url: str | None) -> str | None:
    """The address where it leads to a page; None for any other (`javascript:`), which nobody is to click."""
    return url if url is not None and url.lower().startswith(("https://", "http://")) else None


def persona_of(function: str | None, seniority: str | None) -> str | None:
    """Function and seniority by the agreement, as far as they are known: `sales vp`; None when neither is."""
    return " ".join(one for one in (function, seniority) if one and one != _UNKNOWN) or None


def is_for(made_for: str | None, persona: str | None) -> bool:
    """Whether what was made for one persona suits another: `sales` and `vp` both suit a `sales vp`; None suits all."""
    return set((made_for or "").lower().split()) <= set((persona or "").lower().split())


def recommended(
    library: Iterable[LibraryAsset],
    *,
    persona: str | None,
    stage: str | None,
    consumed: Collection[str],
    today: date,
    most: int,
) -> tuple[LibraryAsset, ...]:
    """At most so many assets that are current, suit persona and stage, and are not among the `consumed` names.

    What was made for this persona comes before what was made for this stage, and that before what is for everybody; of
    equals the newest. `consumed`: ids or titles, in any case.
    """
    had = {one.strip().lower() for one in consumed}
    fitting = [
        one
        for one in library
        if not {one.asset.lower(), one.title.lower()} & had
        and (one.until is None or one.until >= today)
        and one.stage in (None, stage)
        and is_for(one.persona, persona)
    ]
    by_date = sorted(sorted(fitting, key=lambda one: one.asset), key=lambda one: one.published_at, reverse=True)
    return tuple(sorted(by_date, key=lambda one: (one.persona is None, one.stage is None))[:most])
