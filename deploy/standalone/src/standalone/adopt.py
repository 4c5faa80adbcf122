"""`baton adopt`: the way out of a fork, and what was orphaned by it."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any, Final

import typer

from events import Event
from events.codec import Unreadable, decode
from ingest.api.take_back import ACCEPTED, KNOWN, take_back
from runtime.database.connect import admin
from runtime.database.connection import Connection
from runtime.lanes import adoption_store as store
from runtime.lanes.adoption import Adopted, adopt
from runtime.lanes.adoption_store import Orphan
from runtime.settings import Settings, load_settings
from runtime.transport.kafka_log import KafkaLog
from standalone.connect import database
from standalone.operator_context import operator_context
from standalone.output import print_json, print_table
from standalone.run import Data, JsonFlag, run

TOPICS: Final = ("leads", "sales")
"""What can be taken back: all else follows from it, or is said again by who said it."""
GONE: Final = "gone"
"""Kafka does not keep the record any more."""


def adopt_command(
    take: Annotated[
        bool, typer.Option("--take-back", help="Accept the orphaned facts of leads and sales again, once.")
    ] = False,
    data: Data = None,
    as_json: JsonFlag = False,
) -> None:
    """Lead out of a fork: when a lane has stopped with "fork", because the database lost commits in a fail-over, or was
    restored from a backup. What the database holds becomes the stream, in a new generation: readers go back to the last
    number that they share with it, and go on by themselves within seconds.

    What readers or Kafka hold and the database does not know is orphaned. It is listed with the senders' message ids,
    also by later calls. --take-back accepts the orphaned facts of `leads` and `sales` again, from the records on Kafka:
    harmless to repeat, and what was sent again meanwhile under the same message id stays one fact. Without Kafka there
    is no other copy of what the database lost.

    The house may be running. Nothing happens where nothing is forked.
    """
    run(_adopt(load_settings(data=data), take=take, as_json=as_json))


async def _adopt(settings: Settings, *, take: bool, as_json: bool) -> int:
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        log = await _log(stack, settings)
        connection = await stack.enter_async_context(admin(dsn))
        adopted = [one async for one in adopt(connection, log)]
        if take and log is not None:
            await _take_back(connection, settings, dsn, log)
        orphans = [one for topic in await store.topics(connection) for one in await store.orphans(connection, topic)]
    if as_json:
        print_json({"adopted": [_plain(one) for one in adopted], "orphans": [_row(one) for one in orphans]})
    else:
        _show(adopted, orphans, take=take, kafka=log is not None)
    return 0


async def _log(stack: AsyncExitStack, settings: Settings) -> KafkaLog | None:
    if settings.kafka is None:
        return None
    return await stack.enter_async_context(KafkaLog(settings.kafka, settings.topic_prefix))


async def _take_back(connection: Connection, settings: Settings, dsn: str, log: KafkaLog) -> None:
    """Reads the orphans that nothing became of yet, and hands them to ingest in the order of their acceptance."""
    waiting = [one for topic in TOPICS for one in await store.orphans(connection, topic) if one.fate is None]
    found: list[tuple[Orphan, Event, str]] = []
    for orphan in waiting:
        event, mark = await _read(log, orphan)
        if event is None:
            await store.note_fate(connection, orphan, GONE)
        else:
            found.append((orphan, event, mark))
    found.sort(key=lambda one: (one[1].recordedtime, TOPICS.index(one[0].topic), one[0].p, one[0].seq))
    fates = await _hand_over(settings, dsn, [(event, mark) for _, event, mark in found])
    for (orphan, *_), fate in zip(found, fates, strict=True):
        await store.note_fate(connection, orphan, fate)


async def _read(log: KafkaLog, orphan: Orphan) -> tuple[Event | None, str]:
    async for record in log.read(orphan.topic, orphan.p, orphan.offset, orphan.offset + 1):
        try:
            event = decode(record.value)
        except Unreadable:
            return None, ""
        return event, f"{event.id}#{record.hash.hex()}" if event else ""
    return None, ""


async def _hand_over(settings: Settings, dsn: str, lost: Sequence[tuple[Event, str]]) -> list[str]:
    if not lost:
        return []
    async with operator_context(settings, dsn, "ingest") as context:
        return await take_back(context, lost)


def _plain(one: Adopted) -> dict[str, Any]:
    readers = {service: {"had": had, "goes_on_after": now} for service, (had, now) in one.readers.items()}
    return {
        "topic": one.topic,
        "lane": one.p,
        "generation": one.generation,
        "sent_again_after": one.after,
        "readers": readers,
        "unsure": one.unsure,
        "orphans": len(one.orphans),
    }


def _row(one: Orphan) -> dict[str, Any]:
    again = f"@{one.generation}" if one.generation > 1 else ""
    return {
        "id": f"{one.topic}/{one.p}/{one.seq}{again}",
        "type": one.type,
        "subject": one.subject,
        "message_id": one.message_id,
        "fate": one.fate,
    }


def _show(adopted: Sequence[Adopted], orphans: Sequence[Orphan], *, take: bool, kafka: bool) -> None:
    rows = [_plain(one) for one in adopted]
    print_table(rows, ("topic", "lane", "generation", "sent_again_after", "orphans"), empty="no stream is forked")
    for one in adopted:
        for service in one.unsure:
            typer.echo(
                f"{one.topic}/{one.p}: {service} may have missed numbers; it goes on at {one.readers[service][1]}"
            )
    columns = ("id", "type", "subject", "message_id", "fate")
    print_table([_row(one) for one in orphans], columns, empty="nothing is orphaned")
    if take and not kafka:
        typer.echo("The embedded transport keeps no other copy of what the database lost: nothing to take back.")
    elif take:
        counts = {fate: sum(one.fate == fate for one in orphans) for fate in (ACCEPTED, KNOWN)}
        typer.echo(f"taken back: {counts[ACCEPTED]} accepted, {counts[KNOWN]} known already")
