"""What people write and what keys say stands in no log, reason, metric or stream that may not carry it."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

import pytest

from events.topics import FLOW, TOPICS
from runtime.database.connect import admin
from runtime.database.connection import Connection
from runtime.database.embedded import EmbeddedPostgres
from runtime.database.statement import statement
from runtime.schema_names import schema_of
from testing.house import Process
from testing.waiting import PATIENCE, eventually

PERSON = {
    "email": "canarymail@quietfirm.io", "name": "Canaryname Canaryson", "phone": "+1 202 555 0143",
    "company": "Quiet Firm", "title": "VP Sales", "country": "US", "message": "canarymessage, please call",
}  # fmt: skip
CANARIES = ("canary", "2025550143", "202 555 0143")
"""Company and domain are no person: other topics may name them."""
POISON = (
    "ALTER TABLE notifier.person ADD CONSTRAINT poison CHECK (body::text NOT LIKE '%canarymail%') NOT VALID",
    "ALTER TABLE scoring.person ADD CONSTRAINT poison CHECK (facts::text NOT LIKE '%Canary%') NOT VALID",
    "ALTER TABLE reporting.person ADD CONSTRAINT poison CHECK (email NOT LIKE '%canarymail%') NOT VALID",
)
"""The readers that must know who a person is are refused it by the database, which quotes the row it refuses."""
MAY_NAME = ("leads", "sales")
SECRETS = {
    "BATON_SLACK_SIGNING_SECRET": "canarysigning",
    "BATON_HOOK_SECRETS": "typeform/website=canaryhook",
}


def send(url: str, content: bytes, **headers: str) -> int:
    """Status of a POST, whatever it is."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, content, given), timeout=2 * PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def clean(place: str, words: str) -> None:
    found = [canary for canary in CANARIES if canary in words.lower()]
    at = words.lower().find(found[0]) if found else 0
    assert not found, f"{place}: ...{words[max(0, at - 300) : at + 100]}..."


@pytest.mark.slow
async def test_people_and_secrets_stay_where_they_belong(process: Process) -> None:
    process.environment = SECRETS
    process.start()
    dsn = EmbeddedPostgres(process.data).dsn
    form = {"content_type": "application/x-www-form-urlencoded"}
    json_ = {"content_type": "application/json"}
    async with admin(dsn) as connection:
        for sql in POISON:
            await connection.execute(statement(sql))
        assert send(f"{process.url}/f/demo", urllib.parse.urlencode(PERSON).encode(), accept="application/json",
                    **form) == 200  # fmt: skip
        lead = {"type": "accepted", "lead": PERSON["email"], "note": "canarynote"}
        bearer = f"Bearer {process.keys['server_key']}"
        assert send(f"{process.url}/sales", json.dumps([lead]).encode(), authorization=bearer, **json_) in (200, 422)
        words = "canarywords about her"
        facts: list[dict[str, object]] = [
            {"type": "feedback", "quality": 5, "note": words},
            {"type": "deal_lost", "deal": "D-1", "reason": "price", "note": words},
            {"type": "churned", "deal": "D-1", "note": words},
            {"type": "content_requested", "text": words},
            {"type": "content_feedback", "asset": "retail", "note": words},
            {"type": "action_item", "text": words},
            {"type": "assessed", "question": "feedback", "answer": words},
            {"type": "suppressed", "note": words},
        ]
        facts = [{**fact, "lead": str(PERSON["email"])} for fact in facts]
        assert send(f"{process.url}/sales", json.dumps(facts).encode(), authorization=bearer, **json_) == 200
        for path, content, headers in (
            ("/sales", b"[]", {"authorization": "Bearer lk_canarytoken", **json_}),
            ("/sales", b'{"canaryjson', {"authorization": bearer, **json_}),
            ("/f/demo", b"email=canarynoaddress", form),
            ("/v1/batch?writeKey=wk_canarykey", b'{"batch": []}', json_),
            ("/hooks/typeform/website?token=canarytoken", b'{"canary": 1}', {"typeform_signature": "canary", **json_}),
            ("/slack/interactivity", b"payload=canary", {"x_slack_signature": "v0=canary", **form}),
        ):  # fmt: skip
            answer = send(process.url + path, content, **headers)
            assert 400 <= answer < 500, (path, answer)

        async def refused() -> bool:
            return len(await reasons(connection)) >= 3

        await eventually(refused, within=60, what="dead letters of three services")
        for service, reason in (await reasons(connection)).items():
            clean(f"reason of {service}", reason)
        for topic in TOPICS.values():
            if topic.name not in MAY_NAME:
                rows = await connection.execute(
                    statement(f"SELECT body FROM {schema_of(topic.producer)}.stream_batch WHERE topic = '{topic.name}'")
                )
                for row in rows:
                    clean(f"topic {topic.name}", row.body.decode())
    for path in ("/metrics", "/readyz", "/api/lanes"):
        clean(path, fetch(process, path))
    process.stop()
    clean("log of the house", (process.data.parent / f"{process.data.name}.log").read_text())
    clean("log of PostgreSQL", (process.data / "postgres.log").read_text())


async def reasons(connection: Connection) -> Mapping[str, str]:
    """By service, those of all its dead letters and stopped lanes."""
    found = {}
    for name in FLOW:
        schema = schema_of(name)
        rows = await connection.execute(
            statement(
                f"SELECT reason FROM {schema}.dead_letter UNION SELECT stopped FROM {schema}.lane WHERE stopped <> ''"
            )
        )
        if words := "\n".join(rows.scalars()):
            found[name] = words
    return found


def fetch(process: Process, path: str) -> str:
    headers = {"authorization": f"Bearer {process.keys['server_key']}"}
    with urllib.request.urlopen(
        urllib.request.Request(process.url + path, headers=headers), timeout=2 * PATIENCE
    ) as answer:
        return str(answer.read().decode())
