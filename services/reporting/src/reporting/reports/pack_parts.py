"""The parts of a pack, counted by what occurred before the period's end: asked again later, only late facts differ."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final
from urllib.parse import quote

from agreement.intervals import wilson
from agreement.months import midnight, month_of
from events import Money
from events.packs import PackFigure, PackPart, PackRow, PackTable
from events.vocabulary import humanize, humanize_first
from reporting.decide import rates
from reporting.decide.money import Exchange, Total
from reporting.decide.patterns import Counts, Pattern, in_words, patterns
from reporting.decide.periods import PackPeriod
from reporting.figures import count_of, money, number, percent
from reporting.filters import OFFERS, ReportQuery, link
from reporting.period import Period
from reporting.reports.action_items import ActionItemsQuery, action_items
from reporting.reports.pack_forecast import forecast_part, span_of, span_of_group, worth_when_opened
from reporting.reports.pack_metrics import metrics_part
from reporting.reports.pack_promises import money_part, promises_part
from reporting.reports.report import ReportScope
from reporting.reports.totals import deals_behind
from reporting.store import packs as store
from reporting.store import rejections
from reporting.store.conditions import DatabaseRow

LOOKED_BACK: Final = timedelta(days=182)
"""Leads of so long ago are looked at for patterns, and for what campaigns bring."""
DEALS_BACK: Final = timedelta(days=730)
MOST_DEALS: Final = 100
"""Rows of a table of deals, the largest first: their number leads to all of them."""
LONGEST_CELL: Final = 200
"""Characters of what people wrote: a pack is one fact, and a fact has a size."""


CLOSED_PARTS: Final = ("metrics", "forecast", "quality", "deals")
"""Parts that count what occurred before the period's end: only a later fact changes them. Others are as they stood."""


async def parts_of(scope: ReportScope, period: PackPeriod, before: DatabaseRow | None) -> tuple[PackPart, ...]:
    """All parts, in the order of the meeting. `before`: the pack before this one, for what it had expected."""
    days = Period(period.first, period.until, scope.zone)
    query = ReportQuery(from_=days.first, to=days.until)
    groups = await _groups(scope, days)
    *first, deals = await closed_parts(scope, period, before, groups)
    parts = [*first, await _campaigns(scope, days, groups), deals, await _actions(scope, days)]
    parts.append(await promises_part(scope, query))
    if period.kind != "week":
        parts.append(await money_part(scope, query))
    return tuple(parts)


async def closed_parts(
    scope: ReportScope, period: PackPeriod, before: DatabaseRow | None, groups: Sequence[DatabaseRow] | None = None
) -> list[PackPart]:
    """Those of `CLOSED_PARTS`, in this order. `groups`: without them the sentences of the quality are not those of the
    pack, all figures are.
    """
    days = Period(period.first, period.until, scope.zone)
    convert = Exchange.of(scope.agreement, scope.now)
    start, end = days.start, days.end
    over_before = min(start, midnight(month_of(end, scope.zone), scope.zone))
    since = end - DEALS_BACK
    rows = await store.spans(scope.tx, since, end, opened_from=start, over_before=over_before)
    deals = [span_of(convert, row) for row in rows]
    created = [worth_when_opened(convert, row) for row in rows if row["opened_at"] >= start]
    parts = [await metrics_part(scope, period, days, deals, created)]
    if period.kind == "week":
        over = [span_of_group(row, end) for row in await store.long_over(scope.tx, since, end, over_before)]
        parts.append(await forecast_part(scope, days, [*deals, *over], parts[0], before))
    return [*parts, await _quality(scope, days, groups or ()), await _closed(scope, days)]


async def _quality(scope: ReportScope, days: Period, groups: Sequence[DatabaseRow]) -> PackPart:
    query = ReportQuery(from_=days.first, to=days.until)
    rows, answers = await rejections.rejections(scope.tx, scope.filters(query))
    rated = await store.ratings(scope.tx, days.start, days.end)
    best = scope.agreement.definitions.lead_quality.best
    accepted, answered = answers["accepted"], answers["answered"]
    behind = {**days.parameters}
    terms = scope.agreement.routing.by_reason
    figures = (
        PackFigure(
            name="ratings", title="Lead quality", value=rated["average"],
            text="–" if rated["average"] is None else f"{rated['average']:.1f} of {best}",
            note=count_of(rated["ratings"], "rating"), link=link("/api/leads", **behind, rated="true"),
        ),
        PackFigure(
            name="accepted", title="Offers accepted", value=rates.rate(accepted, answered),
            text=percent(rates.rate(accepted, answered)), of=answered,
            note=f"{number(accepted)} of {number(answered)} that were answered",
            link=link(OFFERS, **behind, answered="any"),
        ),
    )  # fmt: skip
    table = PackTable(
        title="Why offers came back",
        columns=("Reason", "Offers"),
        rows=tuple(
            PackRow(
                cells=(terms[row["reason"]].title if row["reason"] in terms else humanize_first(row["reason"]),
                       number(row["offers"])),
                link=link(OFFERS, **behind, rejected=row["reason"]),
            )
            for row in rows
        ),
    )  # fmt: skip
    sentences = tuple(map(in_words, _patterns(scope, groups)))
    return PackPart(name="quality", title="Lead quality", figures=figures, tables=(table,) if rows else (),
                    sentences=sentences or ("No group of leads stands out by more than chance.",))  # fmt: skip


async def _groups(scope: ReportScope, days: Period) -> list[DatabaseRow]:
    """MQLs that had their agreed time before the period's end, half a year of them."""
    until = days.end - scope.agreement.service_levels.commitments.quality.mature_after.timedelta
    return await store.groups(scope.tx, until - LOOKED_BACK, until, days.end)


def _patterns(scope: ReportScope, rows: Sequence[DatabaseRow]) -> list[Pattern]:
    terms = scope.agreement.service_levels.commitments.quality
    groups = {dimension: _sums(rows, dimension) for dimension in ("source", "campaign", "segment", "persona")}
    return patterns(groups, terms.confidence_percent / 100, terms.leads_at_least)


def _sums(rows: Sequence[DatabaseRow], dimension: str) -> dict[str, Counts]:
    """MQLs and SQLs by a dimension; what is not known of a lead is no group."""
    known = sorted((row for row in rows if row[dimension]), key=lambda row: str(row[dimension]))
    return {
        key: (sum(row["mqls"] for row in some), sum(row["sqls"] for row in some))
        for key, group in groupby(known, key=lambda row: str(row[dimension]))
        if (some := list(group))
    }


_CAMPAIGNS: Final = 8


async def _campaigns(scope: ReportScope, days: Period, groups: Sequence[DatabaseRow]) -> PackPart:
    terms = scope.agreement.service_levels.commitments.quality
    counts = _sums(groups, "campaign")
    mqls, sqls = (sum(one[place] for one in counts.values()) for place in (0, 1))
    whole = rates.rate(sqls, mqls)
    judged = sorted(counts.items(), key=lambda one: (-one[1][0], one[0]))[:_CAMPAIGNS]
    rows = []
    for name, (mine, became) in judged:
        low, high = wilson(became, mine, terms.confidence_percent / 100)
        verdict = _verdict(mine, low, high, whole or 0, terms.leads_at_least)
        cells = (
            name,
            number(mine),
            number(became),
            f"{percent(became / mine)} ({percent(low)} to {percent(high)})",
            verdict,
        )
        rows.append(PackRow(cells=cells, link=link("/api/leads", campaign=name)))
    coming = await store.coming(scope.tx, days.until)
    planned = tuple(
        PackRow(
            cells=(
                row["campaign"],
                f"{row['starts']:%d %b}",
                str(Money(amount=int(row["amount"]), currency=row["currency"])),
            )
        )
        for row in coming[:_CAMPAIGNS]
    )
    columns = ("Campaign", "MQLs", "SQLs", "MQL to SQL", "")
    tables = [PackTable(title="By MQLs that became SQL", columns=columns, rows=tuple(rows))] if rows else []
    if planned:
        tables.append(PackTable(title="Coming", columns=("Campaign", "From", "Planned"), rows=planned))
    works = [row.cells[0] for row in rows if row.cells[-1] == WORKS]
    weak = [row.cells[0] for row in rows if row.cells[-1] == WEAK]
    sentences = [f"Works: {', '.join(works)}."] if works else []
    sentences += [f"Does not work: {', '.join(weak)}."] if weak else []
    if not coming:
        sentences.append("No campaign is planned with money yet.")
    return PackPart(name="campaigns", title="Campaigns", tables=tuple(tables), sentences=tuple(sentences))


WORKS: Final = "works"
WEAK: Final = "does not work"


def _verdict(mqls: int, low: float, high: float, whole: float, at_least: int) -> str:
    """Against all campaigns together, by the interval of the rate."""
    if mqls < at_least:
        return "too few to say"
    return WORKS if low > whole else WEAK if high < whole else "as all"


async def _closed(scope: ReportScope, days: Period) -> PackPart:
    rows = await store.closed(scope.tx, days.start, days.end)
    convert, reasons = Exchange.of(scope.agreement, scope.now), scope.agreement.definitions.lost_reasons
    won, lost = ([row for row in rows if row["state"] == state] for state in ("won", "lost"))
    for some in (won, lost):  # the largest first: what a review looks into deeper
        some.sort(key=lambda row: -worth.amount if (worth := _worth(convert, row)) else 0)
    query = ReportQuery(from_=days.first, to=days.until)
    figures = (
        _deals("deals_won", "Won", won, convert, deals_behind(scope, query, state="won")),
        _deals("deals_lost", "Lost", lost, convert, deals_behind(scope, query, state="lost")),
    )
    tables = tuple(
        PackTable(
            title=title,
            columns=("Deal", "Amount", "Why", "Competitor", "Survey"),
            rows=tuple(_deal_row(row, reasons) for row in some[:MOST_DEALS]),
        )
        for title, some in (("Wins", won), ("Losses", lost))
        if some
    )
    missing = sum(not row["surveyed"] for row in rows)
    sentences = (
        (f"{count_of(missing, 'survey')} of {count_of(len(rows), 'closed deal')} not answered yet.",) if missing else ()
    )
    return PackPart(name="deals", title="Wins and losses", figures=figures, tables=tables, sentences=sentences)


def _worth(convert: Exchange, row: DatabaseRow) -> Money | None:
    return convert(row["amount"], row["currency"], row["closed_at"])


def _deals(name: str, title: str, rows: Sequence[DatabaseRow], convert: Exchange, behind: str) -> PackFigure:
    total = Total(convert).add_all({**row, "deals": 1} for row in rows)
    note = money(total.money) + (f"; {total.deals_outside} in no sum" if total.deals_outside else "")
    return PackFigure(name=name, title=title, value=len(rows), text=count_of(len(rows), "deal"), note=note, link=behind)


def _deal_row(row: DatabaseRow, reasons: Collection[str]) -> PackRow:
    """What somebody wrote may name a person, whom no erasure would find here: the deal's page has the text."""
    amount = Money(amount=row["amount"], currency=row["currency"]) if row["amount"] is not None else None
    reason = row["reason"]
    why = humanize(reason) if reason in reasons else "in own words" if reason else "not said"
    cells = (
        _cut(row["company"] or row["deal"]),
        money(amount),
        _cut(why),
        _cut(row["competitor"] or "–"),
        "yes" if row["surveyed"] else "no",
    )
    return PackRow(cells=cells, link=link_to_deal(row["deal"]))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def link_to_deal(deal: str) -> str:
    """The address of a deal's page, as the API writes it."""
    return f"/api/deals/{quote(deal, safe='')}"


async def _actions(scope: ReportScope, days: Period) -> PackPart:
    """Open items and those that were done in the period. Of one about a lead the page alone has the text."""
    every = (await action_items(scope, ActionItemsQuery(limit=500, after=None)))["items"]
    about_leads = await store.items_about_leads(scope.tx)
    items = [one for one in every if not one["done"] or (one["done_at"] and one["done_at"] >= days.start)]
    rows = tuple(
        PackRow(
            cells=(
                "about a lead: see the page" if one["item"] in about_leads else _cut(one["text"] or "forgotten"),
                one["owner_name"] or one["owner"] or "nobody yet",
                f"{one['due']:%d %b}" if one["due"] else "–",
                "done" if one["done"] else "overdue" if one["overdue"] else "open",
            )
        )
        for one in items
    )
    still = [one for one in items if not one["done"]]
    late = sum(one["overdue"] for one in still)
    sentence = f"{count_of(len(still), 'item')} open" + (f", {number(late)} of them overdue." if late else ".")
    table = PackTable(title="Carried over, and done since", columns=("What", "Who", "By", ""), rows=rows)
    return PackPart(name="actions", title="Action items", sentences=(sentence,), tables=(table,) if rows else ())
