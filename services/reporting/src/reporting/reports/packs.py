"""The packs that both teams meet over: their list, and one of them with what later facts have changed since."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from pydantic import Field

from events.packs import PackFigure, PackKind, PackPart
from events.vocabulary import humanize
from reporting.decide.periods import PackPeriod, before
from reporting.filters import PageQuery, link, page_of
from reporting.period import Period
from reporting.reports.action_items import ActionItemsQuery, action_items
from reporting.reports.pack_parts import CLOSED_PARTS, closed_parts
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import packs as store
from reporting.store.conditions import DatabaseRow
from runtime.errors import Refused
from runtime.http.access import CALLER


class NoSuchPack(Refused):
    """No pack has this name."""

    status = 404


class PacksQuery(PageQuery):
    """Of weeks, months or quarters; of all without one."""

    kind: PackKind | None = None


async def packs(scope: ReportScope, query: PacksQuery) -> Answer:
    """The latest first; `link` is the address of its answer, `opened`: by how many people its page was."""
    items = [
        {**row, "from": row["first"].isoformat(), "to": row["until"].isoformat(), "frozen_at": row["at"],
         "link": f"/api/packs/{quote(row['pack'], safe='')}"}
        for row in await store.packs(scope.tx, query.kind)
    ]  # fmt: skip
    return page_of({"items": items}, query)


async def pack(scope: ReportScope, name: str) -> Answer:
    """One pack: its parts as they were frozen, who opened it, its action items with what was carried over, `restated`.

    `restated`: the figures that later facts have changed (`was`, `is`, `title`), and `causes`: these facts by type.
    Null for who may not see every lead: from some rows nobody can tell. Raises NoSuchPack.
    """
    row = await store.pack(scope.tx, name)
    if row is None:
        raise NoSuchPack(f"no pack is called {name}: see /packs")
    items = (await action_items(scope, ActionItemsQuery(limit=500, after=None)))["items"]
    return {
        **{key: row[key] for key in ("pack", "kind", "title", "currency", "agreement", "parts")},
        "from": row["first"].isoformat(),
        "to": row["until"].isoformat(),
        "frozen_at": row["at"],
        "action_items": [
            {**one, "carried": one["pack"] != name} for one in items if one["pack"] == name or _carried(one, row["at"])
        ],
        "opened_by": [{**one, "by_name": scope.people.name(one["by"])} for one in await store.readers(scope.tx, name)],
        "restated": await _restated(scope, row) if _sees_all() else None,
    }


def _carried(item: DatabaseRow, frozen: datetime) -> bool:
    """Whether an item of another pack was open when this one was frozen."""
    return bool(item["since"] < frozen and (not item["done"] or item["done_at"] >= frozen))


def _sees_all() -> bool:
    caller = CALLER.get()
    return caller is None or caller.user is None or caller.user.sees_all


async def _restated(scope: ReportScope, row: DatabaseRow) -> DatabaseRow:
    period = PackPeriod(row["kind"], row["first"], row["until"])
    earlier = await store.pack(scope.tx, before(period, scope.agreement.goals.weekly_pack).name)
    changed = differences(row["parts"], await closed_parts(scope, period, earlier))
    days = Period(period.first, period.until, scope.zone)
    facts = await store.later_facts(scope.tx, days.start, days.end, row["at"]) if changed else []
    return {"figures": changed, "causes": [_cause(one) for one in facts]}


def differences(frozen: Sequence[PackPart], today: Sequence[PackPart]) -> list[DatabaseRow]:
    """Figures of the closed parts whose value is another today: what it was and is, in their order."""
    now = {(part.name, one.name): one for part in today for one in part.figures}
    return [
        {"part": part.name, "name": one.name, "title": one.title, "was": one.text, "is": new.text, "note": new.note,
         "was_value": one.value, "is_value": new.value, "link": new.link}
        for part in frozen
        if part.name in CLOSED_PARTS
        for one in part.figures
        if (new := now.get((part.name, one.name))) is not None and not _equal(one, new)
    ]  # fmt: skip


def _equal(one: PackFigure, other: PackFigure) -> bool:
    if one.value is None or other.value is None:
        return one.value is other.value
    return abs(one.value - other.value) <= 1e-9 * max(1.0, abs(one.value))


def _cause(row: DatabaseRow) -> DatabaseRow:
    """Facts of one type: `4 lead merged`, and whom they are about (at most 20)."""
    words = humanize(row["type"].rpartition(".v")[0].replace(".", " "))
    leads = [lead for lead in row["leads"] if lead]
    return {
        "type": row["type"],
        "words": words,
        "facts": row["facts"],
        "leads": link("/api/leads", ids=",".join(leads)),
    }


PACKS: Final[Report[Any]] = Report(
    "packs",
    PacksQuery,
    packs,
    columns=(
        Column("pack", "Pack", link="link"),
        Column("title", "Of"),
        Column("kind", "Kind", "words"),
        Column("from"),
        Column("to"),
        Column("frozen_at", "Frozen", "when"),
        Column("opened", "Opened by", "number"),
        Column("currency"),
        Column("agreement"),
    ),
    summary="Packs of figures that both teams meet over: frozen weeks, months and quarters",
    title="Packs",
)


class PackFiguresQuery(PageQuery):
    """Of which pack; the latest week's without one."""

    limit: int = Field(500, ge=1, le=500)
    pack: str | None = None


async def pack_figures(scope: ReportScope, query: PackFiguresQuery) -> Answer:
    """The figures of one pack as rows, each with what it `is` today where later facts have changed it."""
    latest = await store.packs(scope.tx, "week") if query.pack is None else []
    if query.pack is None and not latest:
        return page_of({"items": []}, query)
    shown = await pack(scope, query.pack or latest[0]["pack"])
    changed = {one["name"]: one["is"] for one in (shown["restated"] or {"figures": []})["figures"]}
    items = [
        {
            **{"pack": shown["pack"], "part": part.name, "name": one.name, "title": one.title, "value": one.value},
            **{"text": one.text, "of": one.of, "target": one.target, "state": one.state, "note": one.note},
            **{"is": changed.get(one.name), "link": one.link},
        }
        for part in shown["parts"]
        for one in part.figures
    ]
    return page_of({"items": items}, query)


PACK_FIGURES: Final[Report[Any]] = Report(
    "pack-figures",
    PackFiguresQuery,
    pack_figures,
    columns=(
        Column("pack"),
        Column("part", "Part", "words"),
        Column("name"),
        Column("title", "Figure", link="link"),
        Column("value"),
        Column("text", "As frozen"),
        Column("of"),
        Column("target"),
        Column("state"),
        Column("note", "Made of"),
        Column("is", "Today"),
    ),
    summary="The figures of one pack, as frozen and as they are today",
    title="Figures of a pack",
)
