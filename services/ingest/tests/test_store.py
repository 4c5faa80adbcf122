"""The store does to the tables what `after` does to the registry: the same traffic, cut anywhere, ends the same."""

import asyncio
import random
from collections import defaultdict

import pytest
from services.ingest.tests.conftest import Maker, PureIntake, Rows, Stream

from events import Body
from events.sales import ContactConnected
from ingest.decide import Submission, lead_id
from ingest.decide.submissions import Alias, Erase, FormSubmitted, Identify, Merge, Page, SalesFact, Track
from ingest.intake import Intake
from runtime.http.problems import Malformed

Line = tuple[str, Body]
PEOPLE = ("dana@acme.com", "lee@acme.com", "kim@acme.com")


def traffic(seed: int, make: Maker) -> list[list[Submission]]:
    """Visits, forms, logins, aliases, merges, erasures and sales facts of three people on three browsers."""
    dice = random.Random(seed)

    def one() -> Submission:
        kinds = (Identify, Identify, Page, Page, FormSubmitted, Track, Alias, SalesFact, Merge, Erase)
        kind = dice.choice(kinds)
        email, lead = dice.choice(PEOPLE), lead_id(dice.choice(PEOPLE))
        user, anonymous = dice.choice([None, "u1", "u2"]), dice.choice(["a1", "a2", "a3"])
        if kind is Identify:
            traits = {"email": dice.choice([email, None]), "title": "CRO"}
            return make(Identify, traits=traits, user=user, anonymous=anonymous)
        if kind is FormSubmitted:
            return make(FormSubmitted, name="demo", fields={"email": email}, anonymous=anonymous)
        if kind is Alias:
            return make(Alias, previous=dice.choice(["a1", "a2", "u2", email]), user="u1", anonymous=anonymous)
        if kind is SalesFact:
            return make(SalesFact, lead=lead, event=ContactConnected, data=ContactConnected.Data())
        if kind is Merge:
            return make(Merge, lead=lead, into=lead_id(email))
        if kind is Erase:
            return make(Erase, lead=lead)
        if kind is Page:
            return make(Page, properties={"path": "/pricing"}, user=user, anonymous=anonymous)
        return make(Track, name="Pricing Viewed", properties={"path": "/pricing"}, user=user, anonymous=anonymous)

    requests = [[one() for _ in range(dice.randint(1, 3))] for _ in range(40)]
    return [dice.choice(requests[: n + 1]) if dice.random() < 0.2 else request for n, request in enumerate(requests)]


@pytest.mark.parametrize("seed", range(6))
async def test_tables_and_registry_agree(
    seed: int, intake: Intake, pure: PureIntake, make: Maker, stream: Stream, rows: Rows
) -> None:
    requests, together = traffic(seed, make), 1 + seed % 3 * 9
    for first in range(0, len(requests), together):
        chunk = requests[first : first + together]
        receipts = [pure.take(request).receipts[0] for request in chunk]
        answers = await asyncio.gather(*(intake.submit(request) for request in chunk), return_exceptions=True)
        for answer, receipt in zip(answers, receipts, strict=True):
            assert isinstance(answer, Malformed) if receipt.wrong else answer == receipt
    expected: dict[str, list[Line]] = defaultdict(list)
    for fact in pure.facts:
        expected[fact.subject].append((fact.event.type_name(), fact.data))
    emitted: dict[str, list[Line]] = defaultdict(list)
    for topic in ("leads", "sales"):
        for event in await stream(topic):
            emitted[event.subject].append((event.type, event.data))
    for subject, facts in expected.items():
        for topic in ("engagement.recorded.v1", "contact.connected.v1", "lead."):
            assert [line for line in emitted[subject] if line[0].startswith(topic)] == [
                line for line in facts if line[0].startswith(topic)
            ]
    holders = {(row["kind"], row["value"]): row["person"] for row in await rows("identity")}
    assert holders == pure.registry.identities
    stored: dict[str, list[str]] = defaultdict(list)
    for row in await rows("fact"):
        stored[row["person"]].append(row["message_id"])
    assert stored == {who: [row.message_id for row in facts] for who, facts in pure.registry.memory.items() if facts}
    people = {row["id"]: (row["email"], row["into_person"]) for row in await rows("person")}
    assert people == {who: (person.email, person.into) for who, person in pure.registry.people.items()}
