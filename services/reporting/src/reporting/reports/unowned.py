"""Leads in no place: the law that no lead is left behind, as a list that must be empty (domain, section 1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from agreement.places import Place, place_of
from reporting.filters import PageQuery, PlacesQuery, next_of, offset_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import places as store

ON_THE_WAY: Final = timedelta(minutes=1)
"""What the services may take to decide about a lead whose first minute is over."""


async def unowned(scope: ReportScope, query: PageQuery) -> Answer:
    """One page of the leads that are nowhere, and how many there are (`count`)."""
    return await _in_place(scope, None, query)


async def places(scope: ReportScope, query: PlacesQuery) -> Answer:
    """One page of the leads in a place, how many there are (`count`), and how many in every place (`places`)."""
    groups = await store.groups(scope.tx, _young(scope))
    return {
        "place": query.place,
        **await _listed(scope, groups, query.place, query),
        "places": _counts(groups),
    }


async def _in_place(scope: ReportScope, place: Place | None, query: PageQuery) -> Answer:
    return await _listed(scope, await store.groups(scope.tx, _young(scope)), place, query)


async def _listed(
    scope: ReportScope, groups: Sequence[store.LeadsAlike], place: Place | None, query: PageQuery
) -> Answer:
    young = _young(scope)
    astray = [row for row in groups if _place_of(row) == place]
    rows = await store.leads(scope.tx, young, astray, query.limit + 1, offset_of(query))
    return {
        "count": sum(row.leads for row in astray),
        "items": rows[: query.limit],
        "next": next_of(rows, query),
    }


async def count_places(scope: ReportScope) -> dict[str, int]:
    """How many leads are in which place; those in none under `unowned`."""
    return _counts(await store.groups(scope.tx, _young(scope)))


def _counts(groups: Sequence[store.LeadsAlike]) -> dict[str, int]:
    counts = {"unowned": 0}
    for row in groups:
        place = _place_of(row) or "unowned"
        counts[place] = counts.get(place, 0) + row.leads
    return counts


def _young(scope: ReportScope) -> datetime:
    """Who became known since has not yet had the first minute."""
    return scope.now - scope.agreement.definitions.enrichment.limit.timedelta - ON_THE_WAY


def _place_of(row: store.LeadsAlike) -> str | None:
    return place_of(
        row.stage,
        row.status,
        "somebody" if row.owned else None,
        segment="some" if row.segmented else None,
        reason="some" if row.reasoned else None,
        young=row.young,
    )


_COLUMNS: Final = (
    Column("id"),
    Column("email"),
    Column("name", "Name", "lead"),
    Column("company", "Company"),
    Column("stage", "Stage", "stage"),
    Column("status", "Status", "words"),
    Column("owner", "Owner", "rep"),
    Column("why", "Why"),
    Column("since", "Since", "relative"),
)
UNOWNED = Report(
    "unowned",
    PageQuery,
    unowned,
    columns=_COLUMNS,
    summary="Leads in no place: must be empty",
    title="Left behind",
)
PLACES = Report(
    "places",
    PlacesQuery,
    places,
    columns=_COLUMNS,
    summary="The leads in one of the places where a lead can be",
    title="Leads by place",
    page=True,
)
