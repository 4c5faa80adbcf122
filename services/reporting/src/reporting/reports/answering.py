"""What every way to ask a report shares: its answer, what it was not filtered by, and what it was before."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel

from events import Money
from reporting.filters import FILTERS, ReportQuery
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store.conditions import DatabaseRow

_COMPARED: Final = ("number", "percent", "money", "spend", "duration", "figure")
CellChange = dict[str, Any]
"""`before`: the value then; `change`: by how much it rose or fell, in `unit` (`%`, or `pp` of shares; null: nothing to
compare with; `new`: there was nothing before); `good`: whether that is welcome, null when it is neither or there is no
change."""


async def answer_of(report: Report[Any], scope: ReportScope, query: BaseModel, requested: Iterable[str] = ()) -> Answer:
    """The report's answer with `not_filtered_by` and `compared`. Raises what the report raises.

    `requested` are the names of the filters in the address, also those that the report does not take. `compared` is
    null unless the query has `compare`; it then has the days before (`from`, `to`) and the changes of the rows, by
    their key and column.
    """
    answer = await report.answer(scope, query)
    return {
        **answer,
        "not_filtered_by": not_filtered_by(report, requested),
        "compared": await _compared(report, scope, query, answer),
    }


def filters_of(report: Report[Any]) -> frozenset[str]:
    """Names of the filters that change something in its answer."""
    names = {field.alias or name for name, field in report.query.model_fields.items()}
    kept = names - set(report.ignores) - (set() if report.key or report.compares else {"compare"})
    return frozenset(name for name in FILTERS if name in kept)


def not_filtered_by(report: Report[Any], requested: Iterable[str]) -> list[str]:
    """Which of the filters in the address say nothing to this report."""
    taken = filters_of(report)
    return [name for name in FILTERS if name in set(requested) and name not in taken]


async def _compared(report: Report[Any], scope: ReportScope, query: BaseModel, answer: Answer) -> Answer | None:
    if not isinstance(query, ReportQuery) or query.compare is None or not report.key:
        return None
    days = scope.period(query).before(query.compare)
    then = {"from_": days.first, "to": days.until, "range": None, "compare": None}
    before = await report.answer(scope, query.model_copy(update=then))
    rows = {row_key(report, row): row for row in report.rows(before)}
    return {
        **days.parameters,
        "rows": {
            key: _changes(report.columns, row, rows.get(key, {}))
            for row in report.rows(answer)
            if not row.get("not_filtered_by")
            for key in (row_key(report, row),)
        },
        "figures": _changes(report.figures, answer, before),
    }


def row_key(report: Report[Any], row: DatabaseRow) -> str:
    """What names a row of this report, as text."""
    return "/".join(str(row.get(name)) for name in report.key)


def _changes(columns: Iterable[Column], row: DatabaseRow, before: DatabaseRow) -> dict[str, CellChange]:
    return {
        column.name: change_of(column, row, before)
        for column in columns
        if column.cell in _COMPARED and not column.fixed
    }


def change_of(column: Column, row: DatabaseRow, before: DatabaseRow) -> CellChange:
    """How one value changed; a share in percentage points, all else in per cent of what it was."""
    now, then = _plain(row.get(column.name)), _plain(before.get(column.name))
    cell = row.get("cell", column.cell) if column.cell == "figure" else column.cell
    better = row.get("better", column.better) if column.cell == "figure" else column.better
    share = cell == "percent"
    change = None
    if now is not None and then is not None and (share or then or not now):
        change = 100 * (now - then) / (1 if share else abs(then) or 1)
    rounded = round(change, 1) if change is not None else None
    good = (rounded > 0) == (better == "more") if better and rounded else None
    return {
        "before": before.get(column.name),
        "change": rounded,
        "unit": "pp" if share else "%",
        "good": good,
        "new": bool(now) and not then and change is None,
    }


def _plain(value: Any) -> float | None:
    if isinstance(value, Money):
        return float(value.amount)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
