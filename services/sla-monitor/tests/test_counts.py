"""What the months count, over several batches, on a real database."""

from datetime import date

from events import Event
from events.handoffs import StageChanged
from events.topics import partition
from runtime.database.connection import Connection
from runtime.service import Context, Handler
from sla_monitor import store
from sla_monitor.decide.tallies import MQLS, SQLS
from sla_monitor.service import build
from testing.events import EventBuilder
from testing.service import batch

AUGUST = date(2026, 8, 1)


async def read(handler: Handler, tx: Connection, event: Event) -> None:
    await handler(batch([event], event.recordedtime), tx)


async def test_an_mql_of_an_earlier_batch_converts_once_and_is_taken_back(
    context: Context, tx: Connection, lead: EventBuilder
) -> None:
    handler = build(context).handler
    assert handler is not None

    async def counts() -> dict[str, int]:
        sums, _ = await store.load_sums(tx, partition(lead.subject), {AUGUST})
        return {counter: n for (counter, _), n in sums.items() if counter in (MQLS, SQLS)}

    await read(handler, tx, lead.make(StageChanged, at=lead.at(0), completeness=90))
    assert await counts() == {MQLS: 1}
    await read(handler, tx, lead.make(StageChanged, at=lead.at(1), stage="sql", implied=["mql"]))
    assert await counts() == {MQLS: 1, SQLS: 1}, "it is known, so it converts and does not enter anew"
    await read(handler, tx, lead.make(StageChanged, at=lead.at(2), stage="lead", withdrawn=True))
    assert await counts() == {MQLS: 0, SQLS: 0}
