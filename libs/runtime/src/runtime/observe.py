"""What can be seen from outside: metrics, one log line per batch, and the state of every lane."""

import logging
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import TextIOBase
from typing import Any, Final, Literal, TextIO, cast

import structlog
from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from events.topics import FLOW, TOPICS
from runtime.postgres import in_schemas, schema_of

Metric = Literal[
    "baton_lane_read_total",  # records taken from streams
    "baton_lane_said_total",  # facts said
    "baton_lane_skipped_total",  # records of types nobody here wants
    "baton_lane_unknown_total",  # records of types this version does not know
    "baton_lane_repeats_total",  # records dropped because they were here before
    "baton_lane_gaps",  # streams that wait for a missing number
    "baton_lane_dead_letters_total",  # records buried
    "baton_lane_takeovers_total",  # lanes taken
    "baton_lane_fenced_total",  # batches refused because the lane was somebody else's
    "baton_lane_failures_total",  # batches rolled back for a passing reason
    "baton_batch_seconds",  # from first statement to commit
    "baton_ship_seconds",  # from send to acknowledgement
]

READ: Final = Counter("baton_lane_read_total", "Records taken from streams", ["service"])
SAID: Final = Counter("baton_lane_said_total", "Facts said", ["service"])
SKIPPED: Final = Counter("baton_lane_skipped_total", "Records of unwanted types", ["service"])
UNKNOWN: Final = Counter("baton_lane_unknown_total", "Records of unknown types", ["service"])
REPEATS: Final = Counter("baton_lane_repeats_total", "Repeated records dropped", ["service"])
GAPS: Final = Gauge("baton_lane_gaps", "Streams waiting for a missing number", ["service"])
DEAD: Final = Counter("baton_lane_dead_letters_total", "Records buried", ["service"])
TAKEN: Final = Counter("baton_lane_takeovers_total", "Lanes taken", ["service"])
FENCED: Final = Counter("baton_lane_fenced_total", "Batches refused by the fence", ["service"])
FAILED: Final = Counter("baton_lane_failures_total", "Batches rolled back for a passing reason", ["service"])
BATCH: Final = Histogram("baton_batch_seconds", "First statement to commit", ["service"])
SHIP: Final = Histogram("baton_ship_seconds", "Send to acknowledgement", ["service"])

_SECRET: Final = re.compile(r"xox[abp]-|whsec_|hooks\.slack\.com/services/|\blk_|Bearer |Basic |://[^/@\s]*:[^/@\s]+@")

_INPUTS = """
    SELECT '{schema}' AS service, i.p, i.topic, i.last_seq AS read, l.owner, l.lease_until > clock_timestamp() AS held,
           l.stopped
    FROM {schema}.lane_input i JOIN {schema}.lane l USING (p)"""
_OUTPUTS = "SELECT '{schema}' AS service, topic, p, last_seq AS said, shipped_seq AS shipped FROM {schema}.lane_output"
_DEAD_OPEN = """
    SELECT '{schema}' AS service, id, p, topic, seq, subject, type, reason, state, at FROM {schema}.dead_letter
    WHERE state IN ('open', 'retry')"""
_VERSIONS = "SELECT '{schema}' AS service, version_num FROM {schema}.schema_version"


def _hide_secrets(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Nothing that looks like a credential reaches a log."""
    for name, value in event.items():
        event[name] = _hidden(value)
    return event


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return "[hidden]" if _SECRET.search(value) else value
    if isinstance(value, Mapping):
        return {key: _hidden(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden(inner) for inner in value]
    return value


class _StandardError(TextIOBase):
    """Whatever stderr is at the moment of writing: it may have been replaced, and the old one closed."""

    def write(self, words: str) -> int:
        return sys.stderr.write(words)

    def flush(self) -> None:
        sys.stderr.flush()


def configure_logs(*, as_json: bool | None = None) -> None:
    """JSON lines where nobody is looking, colours in a terminal."""
    machine = not sys.stderr.isatty() if as_json is None else as_json
    shown: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if machine else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _hide_secrets,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )


def _schemas() -> list[str]:
    return [schema_of(name) for name in FLOW]


async def overview(tx: AsyncConnection) -> dict[str, list[dict[str, object]]]:
    """Every lane of every service: how far it has read, said and shipped; open dead letters; schema versions.

    Needs a role that may read all schemas' lane tables: reporting's, or the administrator's.
    """
    schemas = _schemas()
    inputs = [dict(row) for row in (await tx.execute(text(in_schemas(_INPUTS, schemas)))).mappings()]
    outputs = [dict(row) for row in (await tx.execute(text(in_schemas(_OUTPUTS, schemas)))).mappings()]
    said = {(row["topic"], row["p"]): row["said"] for row in outputs}
    for row in inputs:
        row["behind"] = max(0, said.get((row["topic"], row["p"]), 0) - row["read"])
    return {
        "inputs": inputs,
        "outputs": outputs,
        "dead_letters": [dict(row) for row in (await tx.execute(text(in_schemas(_DEAD_OPEN, schemas)))).mappings()],
        "versions": [dict(row) for row in (await tx.execute(text(in_schemas(_VERSIONS, schemas)))).mappings()],
    }


async def unread(tx: AsyncConnection, services: Sequence[str]) -> int:
    """Events said and not yet taken by a reader among these services; needs an administrator."""
    parts = [
        f"""SELECT coalesce(sum(o.last_seq - i.last_seq), 0) AS n
            FROM {schema_of(topic.producer)}.lane_output o
            JOIN {schema_of(reader)}.lane_input i ON i.topic = o.topic AND i.p = o.p
            WHERE o.topic = '{topic.name}'"""  # noqa: S608  (names from our own map)
        for topic in TOPICS.values()
        if topic.producer in services
        for reader in topic.readers
        if reader in services
    ]
    total = (await tx.execute(text(f"SELECT sum(n) FROM ({' UNION ALL '.join(parts)}) AS t"))).scalar_one()  # noqa: S608
    return int(total)


async def next_timer(tx: AsyncConnection, schemas: Sequence[str]) -> datetime | None:
    """The earliest timer of all services."""
    parts = in_schemas("SELECT min(due_at) AS due FROM {schema}.timer", schemas)
    found: datetime | None = (await tx.execute(text(f"SELECT min(due) FROM ({parts}) AS t"))).scalar_one()  # noqa: S608
    return found
