"""`/api/export/{report}.csv`: what a page shows as a file, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from io import StringIO
from typing import Any, Final

from fastapi.responses import Response
from pydantic import BaseModel

from events import Money
from reporting.filters import ReportQuery
from reporting.reports.answering import CellChange, answer_of, row_key
from reporting.reports.report import Answer, Report, ReportScope

BOM: Final = "\ufeff"
_TRIGGERS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_ROWS: Final = 10_000
"""Most rows of one file; the list itself goes on behind its cursor."""


def cell(value: Any) -> str:
    """A value as text. What a spreadsheet would take for a formula gets a leading apostrophe; numbers stay numbers.

    Money is its number of minor units, as everywhere in the API: the currency has a column of its own.
    """
    if value is None:
        return ""
    if isinstance(value, Money):
        return str(value.amount)
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    text = str(value)
    formula = text.lstrip("\"' \u00a0").startswith(_TRIGGERS) or text.startswith(_TRIGGERS)
    return f"'{text}" if formula else text


def sheet(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A heading and a line for each row, of these columns; what a row does not have is empty."""
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return BOM + out.getvalue()


async def file_of(report: Report[Any], scope: ReportScope, query: BaseModel) -> Response:
    """All rows of a report, also those on its further pages, as a download."""
    paged = {"limit": 500} if "limit" in type(query).model_fields else {}
    answer = await answer_of(report, scope, query.model_copy(update=paged))
    rows = list(report.rows(answer))
    following = answer
    while paged and following["next"] and len(rows) < _ROWS:
        following = await report.answer(scope, query.model_copy(update={**paged, "after": following["next"]}))
        rows += report.rows(following)
    columns = [column.name for column in report.columns if column.file]
    if answer["compared"]:
        before = answer["compared"]["rows"]
        compared = dict.fromkeys(name for changes in before.values() for name in changes)
        rows = [{**row, **_before(before.get(row_key(report, row), {}))} for row in rows]
        columns += [f"{name}_before" for name in compared]
    headers = {
        "Content-Disposition": f'attachment; filename="{_name(report, scope, query, answer)}.csv"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(sheet(columns, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _before(changes: Mapping[str, CellChange]) -> dict[str, Any]:
    return {f"{name}_before": one["before"] for name, one in changes.items()}


def _name(report: Report[Any], scope: ReportScope, query: BaseModel, answer: Answer) -> str:
    """The report, the mode or model it was counted by, and the days."""
    by = [answer[name] for name in ("mode", "model") if name in answer]
    days = scope.period(query).parameters.values() if isinstance(query, ReportQuery) else ()
    return "-".join([report.name, *map(str, by), *days])
