"""CSV: what a page shows, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from io import StringIO
from typing import Any, Final

BOM: Final = "\ufeff"
_TRIGGERS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: Any) -> str:
    """Text that a spreadsheet would take for a formula gets a leading apostrophe; real numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    words = str(value)
    return f"'{words}" if words.lstrip("\"' \u00a0").startswith(_TRIGGERS) or words.startswith(_TRIGGERS) else words


def sheet(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return BOM + out.getvalue()
