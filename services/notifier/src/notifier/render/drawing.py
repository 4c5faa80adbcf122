"""A Slack message as a page that looks like Slack's own, made from its blocks; what stands in it stays text."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from notifier.render.wording import unescape

STYLE: Final = (files("notifier") / "templates" / "slack.css").read_text()
_HASH: Final = b64encode(sha256(STYLE.encode()).digest()).decode()
SLACK_POLICY: Final = f"sandbox; default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'self'"
"""Of the page: nothing runs in it, nothing is loaded, and only our own pages show it."""
MAIL_POLICY: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
"""Of a mail's HTML: mails carry their styles in their lines."""
_LINK: Final = re.compile(r" <[^<>|]+\|([^<>|]+)>$")
_TEMPLATES: Final = Environment(
    loader=PackageLoader("notifier"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


class _Block(dict[str, Any]):
    """A block, of which a part that is not there reads as nothing."""

    def __missing__(self, key: str) -> None:
        return None


def slack_page(blocks: Sequence[Mapping[str, Any]], *, sender: str, at: str) -> str:
    """A page of HTML; `at`: when it was sent, for people."""
    shown = [_Block({**block, "elements": [_Block(one) for one in block.get("elements", ())]}) for block in blocks]
    page = _TEMPLATES.get_template("slack.html")
    return page.render(style=Markup(STYLE), blocks=shown, sender=sender, at=at, plain=unescape, lines=_lines)  # noqa: S704


def _lines(text: str) -> Markup:
    """Our own marks only: a line that is `*bold*` from end to end, a link at the end of one, and line breaks.

    Whatever people write is escaped: their `<` is no mark.
    """
    shown = []
    for line in text.split("\n"):
        bold = len(line) > 2 and line.startswith("*") and line.endswith("*")
        if link := _LINK.search(line):
            shown.append(Markup("{} <u>{}</u>").format(unescape(line[: link.start()]), link[1]))
            continue
        words = escape(unescape(line[1:-1] if bold else line))
        shown.append(Markup("<b>{}</b>").format(words) if bold else words)
    return Markup("<br>").join(shown)
