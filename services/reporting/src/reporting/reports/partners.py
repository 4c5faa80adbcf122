"""Partners: what each brings, why some of it came back, how reps rate it; and one partner with briefing and notes.

Somebody of a partner sees the own partner, and PostgreSQL leaves out everybody else's leads (store/viewer.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from agreement.teams import Partner
from events.vocabulary import humanize
from reporting.decide import rates
from reporting.filters import LEADS, ListQuery, ReportQuery, link, page_of, refuse_unknown
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import partners as store
from reporting.store.conditions import DatabaseRow
from runtime.errors import Refused
from runtime.http.access import CALLER


class NoSuchPartner(Refused):
    """The agreement has no such partner, or it is another one's page."""

    status = 404


def own_partner() -> str | None:
    """Id of the partner of whom whoever asks is; None for one of us."""
    caller = CALLER.get()
    return caller.user.partner if caller and caller.user else None


async def partners(scope: ReportScope, query: ListQuery) -> Answer:
    """One row a partner, the one with the most leads first. Raises Malformed."""
    refuse_unknown(query, scope.agreement)
    own = own_partner()
    shown = [one for one in scope.agreement.teams.partners if own in (None, one.id)]
    rows = await _performance(scope, query, shown)
    items = sorted(rows, key=lambda row: (-row["leads"], row["name"]))
    return page_of({**scope.period(query).parameters, "items": items}, query)


async def partner(scope: ReportScope, key: str, query: ReportQuery) -> Answer:
    """One partner: the same row, the briefing, and the notes. Raises NoSuchPartner, Malformed."""
    refuse_unknown(query, scope.agreement)
    known = next((one for one in scope.agreement.teams.partners if one.id == key), None)
    if known is None or own_partner() not in (None, key):
        raise NoSuchPartner(f"no partner is known as {key!r}")
    (row,) = await _performance(scope, query, [known])
    owner = known.owner or scope.agreement.routing.referral.partner_manager
    notes = [{**one, "by_name": writer(scope, known, one)} for one in await store.notes(scope.tx, key)]
    return {
        **scope.period(query).parameters,
        **row,
        "owner": owner,
        "owner_name": scope.people.name(owner),
        "notes": notes,
    }


def writer(scope: ReportScope, partner: Partner, note: Mapping[str, Any]) -> str:
    """Who wrote a note, for people: whoever did it, else the partner, else us."""
    who = note["actor"] or note["by"]
    named = scope.people.name(who) if who and scope.people.user(who) else None
    return named or (partner.name if note["from_partner"] else scope.agreement.definitions.house.name)


async def _performance(scope: ReportScope, query: ReportQuery, some: Sequence[Partner]) -> list[DatabaseRow]:
    ids, filters = [one.id for one in some], scope.filters(query)
    stages = await store.stages(scope.tx, filters, ids)
    rejections = await store.rejections(scope.tx, filters, ids)
    ratings = await store.ratings(scope.tx, filters, ids)
    return [
        {
            **_counts(scope, query, one, stages.get(one.id, {})),
            **_opinions(scope, query, one, rejections.get(one.id, []), ratings.get(one.id)),
        }
        for one in some
    ]


def _counts(scope: ReportScope, query: ReportQuery, one: Partner, stages: Mapping[str, int]) -> DatabaseRow:
    """The partner, and its leads by stage with the lists behind them."""
    leads, mqls, sqls, won = (stages.get(stage, 0) for stage in ("lead", "mql", "sql", "won"))
    terms = scope.agreement.service_levels.commitments.quality
    return {
        "partner": one.id,
        "name": one.name,
        "leads": leads,
        "mqls": mqls,
        "sqls": sqls,
        "won": won,
        **rates.mql_quality(sqls, mqls, terms),
        "page": f"/partners/{one.id}",
        "links": {
            name: _behind(scope, query, one, reached=stage, mode="cohort")
            for name, stage in (("leads", "lead"), ("mqls", "mql"), ("sqls", "sql"), ("won", "won"))
        }
        | {"rated": _behind(scope, query, one, rated="true")},
    }


def _opinions(
    scope: ReportScope, query: ReportQuery, one: Partner, rejections: Sequence[DatabaseRow], rated: DatabaseRow | None
) -> DatabaseRow:
    """Why its leads came back, and how reps rate them."""
    reasons = [
        {**row, "title": _title(scope, row["reason"]), "link": _behind(scope, query, one, rejected=row["reason"])}
        for row in rejections
    ]
    return {
        "rejections": reasons,
        "main_reason": reasons[0]["title"] if reasons else None,
        "rated": rated["leads"] if rated else 0,
        "quality": round(float(rated["quality"]), 1) if rated else None,
    }


def _behind(scope: ReportScope, query: ReportQuery, one: Partner, **more: str) -> str:
    return link(LEADS, **{**scope.period(query).parameters, **query.dimensions(), "partner": one.id, **more})


def _title(scope: ReportScope, reason: str) -> str:
    known = scope.agreement.routing.by_reason.get(reason)
    return known.title if known else humanize(reason)


def _finding(answer: Answer) -> str | None:
    """Who brings most of what sales wanted, where there are several; nothing while nobody has brought an SQL."""
    best = max(answer["items"], key=lambda row: row["sqls"], default=None)
    if best is None or not best["sqls"] or len(answer["items"]) < 2:
        return None
    return f"{best['name']} brings the most SQLs: {best['sqls']} of {best['leads']} leads"


PARTNERS = Report(
    "partners",
    ListQuery,
    partners,
    columns=(
        Column("partner"),
        Column("name", "Partner", link="page"),
        Column("leads", "Leads", "number", link="links.leads", better="more"),
        Column("mqls", "MQL", "number", link="links.mqls", better="more"),
        Column("sqls", "SQL", "number", link="links.sqls", better="more"),
        Column("mql_to_sql", "MQL to SQL", "percent", better="more", wide=True),
        Column("low"),
        Column("high"),
        Column("enough"),
        Column("won", "Won", "number", link="links.won", better="more"),
        Column("main_reason", "Mostly returned for", wide=True),
        Column("rated", "Rated", "number", link="links.rated", wide=True),
        Column("quality", "Quality, 1 to 10", "number", better="more"),
    ),
    summary="What partners bring: leads by stage, why some came back, and how reps rate them",
    title="Partners",
    note="Leads by their latest referral that became known in this time, where they are now",
    definition=(
        "A lead is a partner's by its latest referral. Leads of these days, followed to where they are now in their "
        "first cycle. Reasons are those of offers that came back in these days; ratings were given "
        "in these days."
    ),
    finding=_finding,
    key=("partner",),
)
