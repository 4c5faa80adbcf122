"""Tables that a phone shows a row at a time: each of their cells knows the heading of its column (static/phone.css)."""

import re
from html import unescape
from typing import Final

from markupsafe import escape

SMALL: Final = 3
"""So many columns stand side by side on a phone; a table with more is folded."""
NOTHING: Final = "–"
"""What a cell says that has nothing to say."""
_TABLE: Final = re.compile(r"<table(?![^>]* data-(?:own-)?fold)([^>]*)>(.*?)</table>", re.DOTALL)
_HEAD: Final = re.compile(r"<thead\b.*?</thead>", re.DOTALL)
_HEADING: Final = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
_CELL: Final = re.compile(rf"<tr\b|<(t[dh])\b([^>]*)>(?=(\s*(?:<span[^>]*>)?{NOTHING}(?:</span>)?\s*</t[dh]>)?)")
"""A row's beginning; or a cell: its tag, its attributes (templates escape what stands in them), that it has nothing."""
_SPAN: Final = re.compile(r'colspan="(\d+)"')
_TAG: Final = re.compile(r'<(\w+)[^>]*class="(?:[^"]* )?narrow\b[^>]*>.*?</\1>|<[^>]*>', re.DOTALL)


def fold_tables(html: str) -> str:
    """The same page, in which each table with more than `SMALL` columns is marked as one to fold (`data-fold`).

    Its cells get their column's heading as `data-label`, but for the first, which heads its row; `data-none` is a cell
    that has nothing to say. A table without headings, one that is marked already (in a panel that is kept), and one
    that says how it folds itself (`data-own-fold`) stay as they are.
    """
    return _TABLE.sub(_fold, html) if "<thead" in html else html


def _fold(table: re.Match[str]) -> str:
    attributes, inner = table.groups()
    head = _HEAD.search(inner)
    headings = [_words(one) for one in _HEADING.findall(head[0])] if head else []
    if head is None or len(headings) <= SMALL:
        return table[0]
    labels = ["", *(f' data-label="{escape(one)}"' if one else "" for one in headings[1:])]
    at = 0

    def label(cell: re.Match[str]) -> str:
        nonlocal at
        tag, given, nothing = cell.groups()
        if tag is None:  # a row begins
            at = 0
            return cell[0]
        span = _SPAN.search(given) if "colspan" in given else None
        named = "" if span or at >= len(labels) else labels[at]
        at += int(span[1]) if span else 1
        return f"<{tag}{given}{named}{' data-none' if nothing else ''}>" if named else cell[0]

    before, after = inner[: head.end()], inner[head.end() :]
    return f"<table data-fold{attributes}>{before}{_CELL.sub(label, after)}</table>"


def _words(html: str) -> str:
    """What it says, without what it says only on a phone, and without the arrow of a sorted column."""
    return " ".join(unescape(_TAG.sub("", html)).replace("↑", "").replace("↓", "").split())
