"""A message as Block Kit: escaped, within Slack's limits, and cut at a total that Slack still takes."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from events.buttons import ACCEPT, HAND_OVER, REJECT, SURVEY
from notifier.render.message import Message, MessagePart
from notifier.render.wording import escape, one_line

_TOTAL: Final = 10_000
_HEADER: Final = 150
_SECTION: Final = 3_000
_FIELD: Final = 2_000
_FIELDS: Final = 10
_BLOCKS: Final = 45
_TEXT: Final = 1_000
_BULLET: Final = "• "
OPEN: Final = "Open"
"""The words of a link at the end of a line."""

Block = dict[str, Any]


def slack(message: Message, notice: str) -> Block:
    """The call without its addressee. By `nid` the message is found again when Slack's answer was lost."""
    words = [_section(message.words)] if message.words else []
    blocks = [_header(message), *words, _section(message.summary)]
    actions = [*_actions(message), *(_grey(line) for line in message.details)]
    room = _TOTAL - _size([*blocks, *actions])
    for part in message.parts:
        for block in _part(part):
            room -= _size([block])
            if room < 0 or len(blocks) >= _BLOCKS:
                break
            blocks.append(block)
    return {
        "text": _fitted(f"{message.title}. {message.summary}", _TEXT),
        "blocks": blocks + actions,
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "baton_notice", "event_payload": {"nid": notice}},
    }


def _fitted(text: str, most: int) -> str:
    """Escaping lengthens a text, and must not be cut in the middle of an entity."""
    cut = one_line(text, most)
    while len(escape(cut)) > most:
        cut = one_line(cut, len(cut) - max(1, (len(escape(cut)) - most) // 5))
    return escape(cut)


def _header(message: Message) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": _fitted(message.title, _HEADER), "emoji": False}}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(_fitted(text, _SECTION))}


def _grey(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(_fitted(text, _FIELD // 2))]}


def _part(part: MessagePart) -> Iterator[Block]:
    """A heading with its fields in one section, its lines in a second."""
    heading = f"*{escape(part.heading)}*" if part.heading else ""
    if part.fields:
        fields = [_mrkdwn(f"*{escape(label)}*\n{_fitted(value, _FIELD // 2)}") for label, value in part.fields]
        block: Block = {"type": "section", "fields": fields[:_FIELDS]}
        yield {**block, "text": _mrkdwn(heading)} if heading else block
        heading = ""
    if part.lines:
        yield {"type": "section", "text": _mrkdwn(_bullets(heading, part.linked))}


def _bullets(heading: str, lines: Sequence[tuple[str, str | None]]) -> str:
    text = heading
    for line, page in lines:
        more = f"\n{_BULLET if heading else ''}{_fitted(line, 500)}" + (f" <{page}|{OPEN}>" if page else "")
        if len(text) + len(more) > _SECTION:
            break
        text += more
    return text.strip()


def _actions(message: Message) -> Iterator[Block]:
    buttons: list[Block] = []
    if message.offer:
        value = message.offer.encode()
        buttons.append(_button("Accept", ACCEPT, value=value, style="primary"))
        buttons.append(_button("Reject", REJECT, value=value, style="danger"))
    if message.work:
        buttons.append(_button("Hand over", HAND_OVER, value=message.work.encode()))
    if message.survey:
        buttons.append(_button("Answer: two minutes", SURVEY, value=message.survey.encode(), style="primary"))
    if message.link:
        buttons.append(_button("Open in Baton", "open", url=message.link))
    if buttons:
        yield {"type": "actions", "block_id": "answer", "elements": buttons}


def _button(text: str, action: str, **more: str) -> Block:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": action, **more}


def _size(value: Any) -> int:
    """Characters of all texts within."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_size(inner) for inner in value.values())
    return sum(_size(inner) for inner in value) if isinstance(value, list) else 0
