"""The mail of a pack: the parts of the meeting as the page shows them, frozen; and a day that stands out."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from notifier.render.message import Message, MessagePart, NoticeView
from notifier.render.wording import one_line

_MOST: Final = 8
"""Rows of a table in a mail; the page has them all."""
_MARKS: Final = {"good": "✓ ", "bad": "✗ "}


def pack(view: NoticeView) -> Message:
    """All parts of a pack, with a link to its page."""
    data = view.payload
    summary = _summary(data)
    parts = tuple(
        part for one in data["parts"] for part in _part(one, summary) if part.fields or part.lines or part.rows
    )
    link = f"{view.url}/packs/{quote(data['pack'], safe='')}"
    return Message(one_line(data["title"], 150), one_line(summary, 1000), parts, link=link)


def _summary(data: Mapping[str, Any]) -> str:
    """What the first part says first."""
    sentences = [text for part in data["parts"] for text in part.get("sentences", ())]
    return sentences[0] if sentences else "The figures of both teams, as they stood when the time was over."


def _part(part: Mapping[str, Any], above: str) -> Iterator[MessagePart]:
    """`above`: what the mail says at its head, and not once more."""
    fields = tuple((one_line(one["title"], 60), _figure(one)) for one in part.get("figures", ()))
    sentences = tuple(one_line(text) for text in part.get("sentences", ()) if text != above)
    yield MessagePart(part["title"], fields, sentences)
    for table in part.get("tables", ()):
        rows = tuple(tuple(one_line(cell, 80) for cell in row["cells"]) for row in table.get("rows", ())[:_MOST])
        more = len(table.get("rows", ())) - len(rows)
        sentences = (f"{more} more are on the page.",) if more > 0 else ()
        yield MessagePart(table["title"], lines=sentences, columns=tuple(table["columns"]), rows=rows)


def _figure(one: Mapping[str, Any]) -> str:
    note = f" ({one['note']})" if one.get("note") else ""
    return one_line(f"{_MARKS.get(one.get('state') or '', '')}{one['text']}{note}")


def anomaly(view: NoticeView) -> Message:
    """What stands out, in a sentence; the link leads to the numbers."""
    data = view.payload
    silent = data["kind"] == "outage"
    title = f"{'Silent' if silent else 'Stands out'}: {one_line(data['text'], 120)}"
    day = date.fromisoformat(data["day"])
    compared = f"Against the same weekday of the {data['weeks']} weeks before; looked at for {day:%a %d %b %Y}."
    return Message(
        one_line(title, 150), one_line(data["text"], 1000), link=f"{view.url}/anomalies", details=(compared,)
    )
