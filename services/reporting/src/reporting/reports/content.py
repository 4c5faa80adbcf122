"""Content: who met it, whether it reaches whom it was made for, the won deals it was in, what sales says and asks."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from agreement.content import is_for
from reporting.decide import rates
from reporting.figures import count_of
from reporting.filters import DEALS, LEADS, NONE, PageQuery, link, page_of
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import audiences, teamwork
from reporting.store import content as store
from reporting.store.conditions import DatabaseRow

REASONS: Final = ("out of date", "wrong persona", "wrong stage", "too long", "not found", "no proof")
"""Why sales does not use something, as the page offers them; any other word counts as well."""


async def content(scope: ReportScope, query: PageQuery) -> Answer:
    """One row an asset, also of those that were never published here; `requests`: open ones first.

    `ratings` counts each rep's latest word once; `reasons` are those of content that is not used. `reached` of the
    `people` who met it are of the persona that it was made for; null where it is for everybody.
    """
    reasons, met = await teamwork.reasons(scope.tx), await audiences.audiences(scope.tx, whole=scope.whole)
    today = scope.now.astimezone(ZoneInfo(scope.zone)).date()
    items = [
        asset_row({**row, **_whole(some), "reasons": reasons.get(row["asset"], [])}, some, today)
        for row in await store.assets(scope.tx, met)
        for some in (met.get(row["asset"], []),)
    ]
    items.sort(key=lambda row: (-row["won_deals"], -row["people"], row["asset"]))
    requests = [
        {**row, "by_name": scope.people.name(row["by"]) if row["by"] else None}
        for row in await teamwork.requests(scope.tx)
    ]
    answered = sum(row["answered_at"] is not None for row in requests)
    return page_of(
        {
            "requests": requests,
            "requested": len(requests),
            "answered": answered,
            "published": sum(row["published_at"] is not None for row in items),
            "unused": sum(row["state"] == "unused" for row in items),
            "items": items,
        },
        query,
    )


def _whole(personas: Sequence[DatabaseRow]) -> DatabaseRow:
    """Everybody who met an asset, whatever the persona: each has one."""
    return {
        "people": sum(one["people"] for one in personas),
        "touches": sum(one["touches"] for one in personas),
        "last_at": max((one["last_at"] for one in personas), default=None),
    }


def asset_row(row: DatabaseRow, personas: Sequence[DatabaseRow], today: date) -> DatabaseRow:
    """One row of the report, from what is counted of an asset: by persona, and with the lists behind the numbers."""
    asset, made_for = row["asset"], row["persona"]
    mine = [
        {
            "persona": one["persona"],
            "people": one["people"],
            "fits": is_for(made_for, one["persona"]),
            "leads": link(LEADS, asset=asset, persona=one["persona"] or NONE),
        }
        for one in personas
    ]
    fitting = [one for one in mine if one["fits"]]
    reached = sum(one["people"] for one in fitting) if made_for else None
    over = row["until"] is not None and row["until"] < today
    return {
        **row,
        "state": "over" if over else "used" if row["people"] or row["used"] else "unused",
        "reached": reached,
        "reach": rates.rate(reached, row["people"]) if reached is not None else None,
        "personas": mine,
        "links": {
            "people": link(LEADS, asset=asset),
            "won_deals": link(DEALS, asset=asset, state="won"),
            "reached": link(LEADS, asset=asset, persona=",".join(one["persona"] or NONE for one in fitting) or NONE),
        },
    }


def _finding(answer: Answer) -> str | None:
    """What nobody uses, else what stands behind most deals."""
    published = [row for row in answer["items"] if row["published_at"] is not None]
    if not published:
        return None
    best = max(published, key=lambda row: (row["won_deals"], row["people"]))
    unused = f"{answer['unused']} of {len(answer['items'])} pieces nobody has used yet" if answer["unused"] else ""
    deals = f"“{best['title']}” was in {count_of(best['won_deals'], 'won deal')}"
    return "; ".join(one for one in (deals if best["won_deals"] else "", unused) if one) or None


CONTENT = Report(
    "content",
    PageQuery,
    content,
    columns=(
        Column("asset", "Content"),
        Column("title", "Title", wide=True),
        Column("kind", "Kind", "words"),
        Column("url"),
        Column("persona", "For", "words", wide=True),
        Column("stage", "Stage", "words", wide=True),
        Column("until"),
        Column("state", "State", "words"),
        Column("published_at", "Published", "when", wide=True),
        Column("people", "People", "number", link="links.people"),
        Column("reached", "Of its persona", "number", link="links.reached"),
        Column("reach", "Share", "percent", wide=True),
        Column("touches", "Times", "number", wide=True),
        Column("last_at", "Last", "relative", wide=True),
        Column("won_deals", "Won deals", "number", link="links.won_deals"),
        Column("ratings"),
        Column("used", "Used by", "number"),
        Column("not_used", "Not used by", "number"),
    ),
    summary="Content by who met it, the won deals it was in, and what sales says of it; and what sales asked for",
    title="Content",
    note="People who met it; won deals of theirs; reps who use it, and who do not",
    definition=(
        "An asset is met when somebody who is no machine takes it in. It reached whom it was made for when their "
        "function and seniority are those that marketing named. It was in a won deal when a contact had met it "
        "before the deal closed, or the survey names it. Of each rep the latest word counts."
    ),
    finding=_finding,
)
