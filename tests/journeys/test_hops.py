"""What stands between a form and its card: each service decides once, and nothing else comes before it."""

import asyncpg
import pytest
from prometheus_client import REGISTRY
from typing_extensions import TypedDict

from events.topics import FLOW
from runtime.database.connection import native_dsn
from runtime.settings import Settings
from standalone.house import House
from testing.answers import NoticeAnswer
from testing.house import Client
from testing.waiting import eventually

NEVER = 3600.0
JANE = {"email": "jane@acme.example", "first_name": "Jane", "last_name": "Doe", "company": "Acme", "title": "CEO",
        "country": "US", "employees": "20"}  # fmt: skip
CARD = ("assignment", "slack", "sent")


class OutboxAnswer(TypedDict):
    items: list[NoticeAnswer]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Only wake-ups bring anything."""
    return settings.model_copy(update={"transport_poll_seconds": NEVER})


def batches() -> dict[str, int]:
    """Transactions of lanes so far, by service."""
    return {one: int(REGISTRY.get_sample_value("baton_batch_seconds_count", {"service": one}) or 0) for one in FLOW}


async def listens(house: House) -> bool:
    connection = await asyncpg.connect(native_dsn(house.dsn))
    try:
        heard = await connection.fetchval("""SELECT count(*) FROM pg_stat_activity
            WHERE application_name = 'baton/wake' AND query LIKE 'LISTEN%' AND datname = current_database()""")
    finally:
        await connection.close()
    return bool(heard) and not any(one.worker.unready() for one in house.assembly.running)


@pytest.mark.slow
async def test_a_form_is_its_card_after_one_batch_of_each_service_that_it_waits_for(
    house: House, client: Client
) -> None:
    """However slow the machine is: whoever lets a moment pass here lets it pass for ever."""
    await eventually(lambda: listens(house), what="lanes are held, and wake-ups heard")
    for one in house.assembly.running:
        one.worker._linger.seconds = dict.fromkeys(one.worker._linger.seconds, NEVER)
    before = batches()
    await client.submit(**JANE)

    async def sent() -> bool:
        page = await client.get("/api/outbox", OutboxAnswer)
        return any((one["kind"], one["channel"], one["state"]) == CARD for one in page["items"])

    await eventually(sent, what="a card")
    made = {one: n - before[one] for one, n in batches().items()}
    assert made == {"ingest": 0, "scoring": 1, "routing": 1, "sla-monitor": 1, "notifier": 1, "reporting": 0}
