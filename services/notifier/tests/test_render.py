"""How cards and mails read, and that hostile text stays text."""

import json
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.notifier.tests.conftest import LeadLog, message_after, snapshot

from events.buttons import OfferButton
from events.handoffs import OwnerTold
from events.slas import ClockBreached
from notifier.decide import Terms
from notifier.render import Message, MessagePart, mail, slack, text
from notifier.render.mail import HeadersChanged, encode, html

GOLDEN: Final = Path(__file__).parent / "golden"
HOSTILE: Final = {
    "first_name": "<!channel> & <@U1>",
    "last_name": "=?UTF-8?Q?=0A?=Bcc: all@evil.example\r\nBcc: more@evil.example",
    "title": "{{ 7 * 7 }} <https://evil.example|Accept>",
}
HOSTILE_COMPANY: Final = "<script>alert(1)</script></mj-text><mj-raw>"


def mail_of(content: Message) -> EmailMessage:
    sender, reply_to, to = (Address(name, addr_spec=f"{name}@northwind.example") for name in ("sender", "reply", "to"))
    return mail(
        content,
        html(content),
        message_id="n1.1@northwind.example",
        date=datetime(2026, 8, 5, tzinfo=UTC),
        sender=sender,
        reply_to=reply_to,
        to=to,
    )


def check(name: str, rendered: str) -> None:
    """Against the file that was read by people. Delete a file to have it written again."""
    path = GOLDEN / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(rendered)
    assert rendered == path.read_text()


def test_the_card_reads_as_agreed(story: LeadLog, terms: Terms) -> None:
    _, _, *others = story.offer(promises=("accepted", "first_touch"))
    wish = story.engaged(text="Can it read our Salesforce?")
    card = message_after(terms, [story.captured(phone="+1 202 555 0143", country="US"), wish, *others])
    check("card.html", html(card))
    check("card.txt", text(card))
    check("card.json", json.dumps(slack(card, "n1"), indent=2, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("form", ["blocks", "mail", "html"])
def test_hostile_text_stays_text(terms: Terms, form: str) -> None:
    story = LeadLog(company=HOSTILE_COMPANY)
    _, *others = story.offer(promises=("accepted", "first_touch"))
    card = message_after(terms, [story.captured(**HOSTILE), *others])
    match form:
        case "blocks":
            blocks = json.dumps(slack(card, "n1"), indent=2, ensure_ascii=False)
            assert "<" not in blocks
            check("hostile.json", blocks + "\n")
        case "mail":
            parsed = message_from_bytes(encode(mail_of(card)), policy=policy.default)
            assert "Bcc" not in parsed
            assert "=?" not in mail_of(card)["Subject"]
            check("hostile.txt", text(card))
        case "html":
            page = html(card)
            assert "<script>" not in page
            assert "{{ 7 * 7 }}" in page
            assert "evil.example|Accept>" not in page


def test_card_and_mail_name_the_company_that_scoring_decided_on(story: LeadLog, terms: Terms) -> None:
    card = message_after(terms, [*story.offer(), story.updated("company", "Test", "crm")])
    assert card.title == "🔥 Jane Doe · VP Sales · Acme Ltd (120, B2B SaaS)"
    assert "Test" not in text(card) + html(card) + str(slack(card, "n1"))
    assert mail_of(card)["Subject"] == "Due 13:00 · Jane Doe, VP Sales at Acme Ltd: pricing page 3x"


def test_the_order_of_the_card_is_who_what_by_when_say_buttons(story: LeadLog, terms: Terms) -> None:
    card = message_after(
        terms, [story.captured(), story.engaged(text="Can it read our Salesforce?"), *story.offer()[2:]]
    )
    blocks = slack(card, "n1")["blocks"]
    assert [block["type"] for block in blocks[:5]] == ["header", "section", "section", "section", "actions"]
    assert {block["type"] for block in blocks[5:]} == {"context"}
    assert len(blocks) <= 9
    assert blocks[1]["text"]["text"].startswith("“Can it read our Salesforce?”")
    assert "First touch by" in blocks[2]["text"]["text"]
    assert blocks[3]["text"]["text"].startswith("Say: ")


@pytest.mark.parametrize("answered", [False, True])
def test_a_card_never_hides_that_a_promise_is_late(story: LeadLog, terms: Terms, answered: bool) -> None:
    answer = [story.accepted()] if answered else []
    card = message_after(terms, [*story.offer(), *answer, story.clock(ClockBreached, "first_touch")])
    assert card.summary.startswith("Late: First touch was due Wed 13:00 EDT.")
    assert str(mail_of(card)["Subject"]).startswith("Late · Jane Doe")


def test_a_rejection_says_why_in_its_first_line(story: LeadLog, terms: Terms) -> None:
    note = message_after(terms, [*story.offer(), story.returned("not_icp", "disqualify")], "rejected")
    assert note.title == "Rejected, Not our kind of customer: Jane Doe, Acme Ltd"
    assert str(slack(note, "n1")["text"]).startswith(note.title)


def test_an_owner_who_was_never_offered_the_lead_reads_the_same_company(story: LeadLog, terms: Terms) -> None:
    scored = snapshot(company="Acme Corporation")
    active = story.events.make(OwnerTold, cycle=1, rep="rep-ana", why="named_account", snapshot=scored)
    note = message_after(terms, [story.captured(), active], "activity")
    assert note.title == "Active again: Jane Doe, Acme Corporation: pricing page 3x", "it says what was done"


@given(st.text(), st.lists(st.text(max_size=4000), max_size=60))
def test_whatever_they_write_fits_and_stays_escaped(title: str, lines: list[str]) -> None:
    parts = (
        MessagePart("Lately", lines=tuple(lines)),
        MessagePart("Person", tuple((line[:20], line) for line in lines)),
    )
    content = Message(title, "summary", parts, OfferButton(lead="l", assignment="a"), "http://baton/leads/l")
    call = slack(content, "n1")
    assert len(call["blocks"]) <= 50
    assert call["blocks"][-1]["type"] == "actions"
    assert len(call["blocks"][0]["text"]["text"]) <= 150
    texts = [one for block in call["blocks"] for one in _texts(block)]
    assert sum(map(len, texts)) <= 10_000
    assert all(len(one) <= 3000 and "<" not in one and ">" not in one for one in texts)
    assert all(len(block.get("fields", [])) <= 10 for block in call["blocks"])


@given(st.text(max_size=300))
def test_no_text_adds_a_header(title: str) -> None:
    parsed = message_from_bytes(encode(mail_of(Message(title, title))), policy=policy.default)
    assert list(parsed) == [
        *("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Auto-Submitted", "MIME-Version", "Content-Type"),
    ]


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [one for key, inner in value.items() if key != "text" or not own for one in _texts(inner)]
    return [one for inner in value for one in _texts(inner)] if isinstance(value, list) else []


def test_a_mail_whose_headers_changed_in_writing_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    written = b"Subject: one\r\nBcc: all@evil.example\r\n\r\ntext\r\n"
    monkeypatch.setattr(EmailMessage, "as_bytes", lambda _mail: written)
    with pytest.raises(HeadersChanged, match="Bcc"):
        encode(mail_of(Message("one", "one")))
