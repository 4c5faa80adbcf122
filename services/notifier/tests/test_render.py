"""How cards and mails read, and that hostile text stays text."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.decide import Terms, decide
from notifier.render import Facts, Message, Part, mail, message, slack, text
from notifier.render.mail import html
from testing.events import NOON

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = {
    "first_name": "<!channel> & <@U1>",
    "last_name": "=?UTF-8?Q?=0A?=Bcc: all@evil.example\r\nBcc: more@evil.example",
    "company": "<script>alert(1)</script></mj-text><mj-raw>",
    "title": "{{ 7 * 7 }} <https://evil.example|Accept>",
}


def facts_of(story: Any, terms: Terms, *events: Any, kind: str = "assignment") -> Facts:
    outcome = decide({}, [*story.offer(), *events], terms, NOON)
    notice = next(notice for notice in outcome.notices if notice.kind == kind)
    return Facts(
        id=notice.id,
        kind=kind,
        lead=notice.lead,
        about=notice.about,
        recipient=notice.recipient,
        payload=notice.payload,
        desk=outcome.desks[story.lead],
        terms=terms,
        url="http://baton",
    )


def made(said: Message) -> Any:
    people = {name: Address(name, addr_spec=f"{name}@northwind.example") for name in ("sender", "reply_to", "to")}
    return mail(said, message_id="n1.1@northwind.example", date=datetime(2026, 8, 5, tzinfo=UTC), **people)


def check(name: str, found: str) -> None:
    """Against the file that was read and found good. Delete a file to have it written again."""
    path = GOLDEN / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(found)
    assert found == path.read_text()


def test_the_card_reads_as_agreed(story: Any, terms: Terms) -> None:
    said = message(facts_of(story, terms))
    check("card.txt", text(said))
    check("card.json", json.dumps(slack(said, "n1"), indent=2, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("kind", ["blocks", "mail", "html"])
def test_hostile_text_stays_text(story: Any, terms: Terms, tell_of: Callable[[str], Any], kind: str) -> None:
    class Hostile(type(story)):  # type: ignore[misc]
        def captured(self, **facts: Any) -> Any:
            return super().captured(**{**HOSTILE, **facts})

    said = message(facts_of(Hostile(), terms))
    match kind:
        case "blocks":
            found = json.dumps(slack(said, "n1"), indent=2, ensure_ascii=False)
            assert "<" not in found
            check("hostile.json", found + "\n")
        case "mail":
            parsed = message_from_bytes(made(said).as_bytes(), policy=policy.default)
            assert "Bcc" not in parsed
            assert "=?" not in made(said)["Subject"]
            check("hostile.txt", text(said))
        case "html":
            found = html(said)
            assert "<script>" not in found
            assert "{{ 7 * 7 }}" in found
            assert "evil.example|Accept>" not in found


@given(st.text(), st.lists(st.text(max_size=4000), max_size=60))
def test_whatever_they_write_fits_and_stays_escaped(title: str, lines: list[str]) -> None:
    parts = (Part("Lately", lines=tuple(lines)), Part("Person", tuple((line[:20], line) for line in lines)))
    said = Message(title, "summary", parts, {"lead": "l", "assignment": "a", "version": 1}, "http://baton/leads/l")
    call = slack(said, "n1")
    assert len(call["blocks"]) <= 50
    assert call["blocks"][-1]["type"] == "actions"
    assert len(call["blocks"][0]["text"]["text"]) <= 150
    texts = [found for block in call["blocks"] for found in _texts(block)]
    assert sum(map(len, texts)) <= 10_000
    assert all(len(found) <= 3000 and "<" not in found and ">" not in found for found in texts)
    assert all(len(block.get("fields", [])) <= 10 for block in call["blocks"])


@given(st.text(max_size=300))
def test_no_text_adds_a_header(title: str) -> None:
    parsed = message_from_bytes(made(Message(title, title)).as_bytes(), policy=policy.default)
    assert list(parsed) == [
        *("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Auto-Submitted", "MIME-Version", "Content-Type"),
    ]


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [found for key, inner in value.items() if key != "text" or not own for found in _texts(inner)]
    return [found for inner in value for found in _texts(inner)] if isinstance(value, list) else []
