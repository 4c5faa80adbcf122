"""The store does to the tables what `after` does to the book: the same traffic, cut anywhere, ends the same."""

import asyncio
import random
from collections import defaultdict
from typing import Any

import pytest

from events.sales import ContactConnected
from ingest.decide import Submission, lead_id
from runtime.http.problems import Malformed

PEOPLE = ("dana@acme.com", "lee@acme.com", "kim@acme.com")


def traffic(seed: int, told: Any) -> list[list[Submission]]:
    """Visits, forms, logins, aliases, merges, erasures and sales facts of three people on three browsers."""
    dice = random.Random(seed)

    def one() -> Any:
        what = dice.choice(["identify", "identify", "page", "page", "form", "track", "alias", "said", "merge", "erase"])
        email, lead = dice.choice(PEOPLE), lead_id(dice.choice(PEOPLE))
        visitor = {"user": dice.choice([None, "u1", "u2"]), "anonymous": dice.choice(["a1", "a2", "a3"])}
        match what:
            case "identify":
                return told(what, traits={"email": dice.choice([email, None]), "title": "CRO"}, **visitor)
            case "form":
                return told(what, name="demo", properties={"email": email}, anonymous=visitor["anonymous"])
            case "alias":
                return told(what, previous=dice.choice(["a1", "a2", "u2", email]), **{**visitor, "user": "u1"})
            case "said":
                return told(what, lead=lead, event=ContactConnected, body=ContactConnected.Data())
            case "merge" | "erase":
                return told(what, lead=lead, into=lead_id(email) if what == "merge" else None)
            case _:
                return told(what, name="Pricing Viewed", properties={"path": "/pricing"}, **visitor)

    requests = [[one() for _ in range(dice.randint(1, 3))] for _ in range(40)]
    return [dice.choice(requests[: n + 1]) if dice.random() < 0.2 else request for n, request in enumerate(requests)]


@pytest.mark.parametrize("seed", range(6))
async def test_tables_and_book_agree(seed: int, door: Any, desk: Any, told: Any, stream: Any, rows: Any) -> None:
    requests, together = traffic(seed, told), 1 + seed % 3 * 9
    for first in range(0, len(requests), together):
        chunk = requests[first : first + together]
        verdicts = [desk.take(request).verdicts[0] for request in chunk]
        answers = await asyncio.gather(*(door.take(request) for request in chunk), return_exceptions=True)
        for answer, verdict in zip(answers, verdicts, strict=True):
            assert isinstance(answer, Malformed) if verdict.wrong else answer == verdict
    expected: dict[str, list[Any]] = defaultdict(list)
    for fact in desk.said:
        expected[fact.subject].append((fact.event.type_name(), fact.data.model_dump(mode="json", exclude_none=True)))
    said: dict[str, list[Any]] = defaultdict(list)
    for topic in ("leads", "sales"):
        for event in await stream(topic):
            said[event["subject"]].append((event["type"], event["data"]))
    for subject, facts in expected.items():
        for topic in ("engagement.recorded.v1", "contact.connected.v1", "lead."):
            assert [f for f in said[subject] if f[0].startswith(topic)] == [f for f in facts if f[0].startswith(topic)]
    held = {(row["kind"], row["value"]): row["person"] for row in await rows("identity")}
    assert held == desk.book.identities
    kept: dict[str, list[str]] = defaultdict(list)
    for row in await rows("fact"):
        kept[row["person"]].append(row["message_id"])
    assert kept == {who: [row.message_id for row in facts] for who, facts in desk.book.memory.items() if facts}
    people = {row["id"]: (row["email"], row["into_person"]) for row in await rows("person")}
    assert people == {who: (person.email, person.into) for who, person in desk.book.people.items()}
