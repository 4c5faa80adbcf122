"""Names of assets and campaigns: each is written as it was first, whoever writes it otherwise later."""

from collections.abc import Mapping
from hashlib import sha256
from importlib import import_module

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from httpx import AsyncClient
from services.ingest.tests.conftest import Keyring, Rows, Stream
from sqlalchemy import Connection

from agreement.readers.names import LONGEST_NAME
from events import Fact
from events.campaigns import ContentPublished, SpendRecorded
from events.leads import EngagementRecorded, LeadCaptured
from ingest.decide import Registry, Vocabulary, decide, mentions, read
from ingest.decide.submissions import CampaignFact, Submission, Track
from ingest.store import registry
from runtime.database.connect import Database
from runtime.database.engine import migrating
from runtime.database.statement import statement
from testing.events import NOON
from testing.service import shipped_agreement

MIGRATION = import_module("ingest.migrations.0007_names")
NEXT_MIGRATION = import_module("ingest.migrations.0008_use_of_names")
VOCABULARY = Vocabulary.of(shipped_agreement())
WHO: Mapping[str, object] = {"traits": {"email": "dana@acme.com"}}


def track(number: int, name: str, campaign: str | None = None, **properties: object) -> Track:
    context = {**WHO, **({"campaign": {"name": campaign, "source": "ads"}} if campaign else {})}
    return Track(
        source="web", message_id=f"m{number}", channel="segment", original=NOON, exact=True, user="u1", name=name,
        properties=properties, context=context,
    )  # fmt: skip


def facts_of(*submissions: Submission, registry: Registry | None = None) -> list[Fact]:
    outcome = decide(registry or Registry(), [[read(one, VOCABULARY, NOON) for one in submissions]], now=NOON)
    return list(outcome.facts)


def assets(facts: list[Fact]) -> list[str | None]:
    return [fact.data.asset for fact in facts if isinstance(fact.data, EngagementRecorded.Data)]


@pytest.mark.parametrize("later", ["w1", "W1", " w1 ", "W1\t"])
def test_a_webinar_is_one_however_its_id_is_written_and_is_called_as_at_first(later: str) -> None:
    facts = facts_of(track(1, "Webinar Registered", asset="W1"), track(2, "Webinar Attended", asset=later))
    assert assets(facts) == ["W1", "W1"]


def test_what_was_written_before_the_batch_holds() -> None:
    registry = Registry(names={("asset", "w1"): "W1"})
    assert assets(facts_of(track(1, "Webinar Attended", asset="w1"), registry=registry)) == ["W1"]
    assert assets(facts_of(track(1, "Webinar Attended", asset="w2"), registry=registry)) == ["w2"]


def test_a_campaign_is_one_for_whom_it_brought_and_for_what_was_spent_on_it() -> None:
    spent = {"campaign": "SPRING  Sale", "amount": {"amount": 100, "currency": "USD"}, "start": "2026-03-01",
             "end": "2026-04-01"}  # fmt: skip
    data = SpendRecorded.data_type().read(spent)
    spend = CampaignFact(
        source="key", message_id="s1", channel="api", original=NOON, exact=True, event=SpendRecorded, data=data,
        subject="SPRING  Sale",
    )  # fmt: skip
    facts = facts_of(track(1, "Demo Requested", campaign="Spring Sale"), spend)
    captured, engaged, costs = (
        next(fact for fact in facts if fact.event is event)
        for event in (LeadCaptured, EngagementRecorded, SpendRecorded)
    )
    assert isinstance(captured.data, LeadCaptured.Data)
    assert isinstance(engaged.data, EngagementRecorded.Data)
    assert isinstance(costs.data, SpendRecorded.Data)
    names = [one.campaign.name for one in (captured.data, engaged.data) if one.campaign]
    assert [*names, costs.data.campaign, costs.subject] == ["Spring Sale"] * 4


def test_an_asset_and_a_campaign_of_one_name_are_two() -> None:
    (key, _), *_ = decide(
        Registry(), [[read(track(1, "Webinar Attended", campaign="w1", asset="W1"), VOCABULARY, NOON)]], now=NOON
    ).names.items()
    assert key == ("asset", "w1")
    named = mentions([[read(track(1, "Webinar Attended", campaign="w1", asset="W1"), VOCABULARY, NOON)]]).names
    assert named == {("asset", "w1"), ("campaign", "w1")}


async def test_the_door_remembers_how_a_name_was_written_in_all_that_comes_later(
    http: AsyncClient, keys: Keyring, stream: Stream, rows: Rows, bearer: dict[str, str]
) -> None:
    async def send(event: str, number: int, asset: str) -> None:
        message = {"type": "track", "event": event, "messageId": f"m{number}", "userId": "u1", "context": WHO}
        sent = await http.post("/v1/track", json={**message, "properties": {"asset": asset}}, auth=(keys.write, ""))
        assert sent.status_code == 200, sent.text

    await send("Webinar Registered", 1, "W1")
    await send("Webinar Attended", 2, "w1")
    published = await http.post(
        "/api/content", json={"asset": "w1", "title": "The webinar", "kind": "webinar"}, headers=bearer
    )
    assert published.status_code == 200, published.text
    done = [event.data.asset for event in await stream("leads") if isinstance(event, EngagementRecorded)]
    (content,) = [event for event in await stream("campaigns") if isinstance(event, ContentPublished)]
    assert (done, content.data.asset, content.subject) == (["W1", "W1"], "W1", "W1")
    assert [(row["kind"], row["key"], row["written"]) for row in await rows("name")] == [("asset", "w1", "W1")]


async def test_a_name_with_an_address_goes_with_the_person_and_one_that_nobody_uses_with_time(
    http: AsyncClient, keys: Keyring, rows: Rows, bearer: dict[str, str], database: Database
) -> None:
    async def send(number: int, asset: str) -> None:
        message = {"type": "track", "event": "Webinar Attended", "messageId": f"m{number}", "userId": "u2"}
        body = {**message, "context": {"traits": {"email": "cy@acme.com"}}, "properties": {"asset": asset}}
        assert (await http.post("/v1/track", json=body, auth=(keys.write, ""))).status_code == 200

    async def known() -> set[str]:
        return {row["written"] for row in await rows("name")}

    person = {"type": "identify", "messageId": "i", "userId": "u1", "traits": {"email": "dana@acme.com"}}
    assert (await http.post("/v1/identify", json=person, auth=(keys.write, ""))).status_code == 200
    names = ("For Dana@Acme.com", "for jdana@acme.com", "W1", "W2")
    for number, asset in enumerate(names):
        await send(number, asset)
    assert await known() == set(names)
    erasure = {"specversion": "1.0", "id": "e", "source": "s", "type": "lead.erased", "subject": "dana@acme.com"}
    answer = await http.post("/events", json={**erasure, "data": {}}, headers=bearer)
    assert answer.status_code == 200, answer.text
    assert await known() == {"for jdana@acme.com", "W1", "W2"}

    async with database.begin() as tx:
        await tx.execute(statement("UPDATE name SET at = at - interval '30 days'"))
        before = (await tx.execute(statement("SELECT max(at) + interval '10 days' FROM name"))).scalar_one()
    await send(9, "w1")
    async with database.begin() as tx:
        await registry.tidy(tx, before, 10)
    assert await known() == {"W1"}, "used meanwhile, in whatever spelling"


async def test_a_house_of_before_knows_its_names_once_it_is_migrated(
    http: AsyncClient, keys: Keyring, rows: Rows, database: Database
) -> None:
    """By the migration as it runs, on a house that has facts."""
    for number, (asset, campaign) in enumerate([("W1", "Spring  Sale"), ("w1", "SPRING sale"), ("Straßenfest", "x")]):
        context = {**WHO, "campaign": {"name": campaign}}
        message = {"type": "track", "event": "Webinar Attended", "messageId": f"m{number}", "userId": "u1"}
        body = {**message, "context": context, "properties": {"asset": asset}}
        assert (await http.post("/v1/track", json=body, auth=(keys.write, ""))).status_code == 200
    known = {(row["kind"], row["key"]): row["written"] for row in await rows("name")}
    await migrate_again(database)
    assert {(row["kind"], row["key"]): row["written"] for row in await rows("name")} == known
    assert (known["campaign", "spring sale"], known["asset", "strassenfest"]) == ("Spring  Sale", "Straßenfest")
    assert len(known) == 4


@pytest.mark.parametrize("cut", [True, False], ids=["cut", "by a door that did not cut"])
async def test_a_long_name_is_cut_and_one_of_before_is_left_as_it_is(
    http: AsyncClient, keys: Keyring, rows: Rows, database: Database, stream: Stream, monkeypatch: pytest.MonkeyPatch,
    *, cut: bool,
) -> None:  # fmt: skip
    """An index of PostgreSQL has no room for it, neither at the door nor while a house of before is migrated."""
    long = "".join(sha256(str(n).encode()).hexdigest() for n in range(128))
    if not cut:
        monkeypatch.setattr("ingest.decide.campaign.LONGEST_NAME", 8192)
    for number, name in enumerate((long, long.upper(), "W1")):
        message = {"type": "track", "event": "Webinar Attended", "messageId": f"m{number}", "userId": "u1"}
        body = {**message, "context": {**WHO, "campaign": {"name": name}}}
        assert (await http.post("/v1/track", json=body, auth=(keys.write, ""))).status_code == 200
    done = [
        event.data.campaign and event.data.campaign.name
        for event in await stream("leads")
        if isinstance(event, EngagementRecorded)
    ]
    short = long[:LONGEST_NAME]
    assert done == ([short, short, "W1"] if cut else [long, long.upper(), "W1"])
    await migrate_again(database)
    assert {row["key"] for row in await rows("name")} == ({short, "w1"} if cut else {"w1"})


async def migrate_again(database: Database) -> None:
    """As if the house of before came to it now."""
    async with migrating(database.dsn) as connection:
        for sql in ("SET ROLE baton_ingest", "SET search_path TO ingest", "DROP TABLE name"):
            await connection.exec_driver_sql(sql)
        await connection.run_sync(upgrade)
        await connection.commit()


def upgrade(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        MIGRATION.upgrade()
        NEXT_MIGRATION.upgrade()


def test_what_differs_in_case_only_was_one_name_before_too() -> None:
    spellings = [("asset", "Straßenfest"), ("asset", "STRASSENFEST"), ("campaign", "straßenfest"), ("asset", "\tw1 ")]
    assert MIGRATION.first_of(spellings) == {
        ("asset", "strassenfest"): "Straßenfest",
        ("campaign", "strassenfest"): "straßenfest",
        ("asset", "w1"): "\tw1 ",
    }
