"""The probes as services. `ingest` only speaks, `scoring` reads leads, `routing` reads scores."""

import os
import re
import signal
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from events import Fact
from events.leads import ConsentChanged, EngagementRecorded, LeadErased, LeadMerged
from events.scores import LeadCooled
from events.topics import partition
from probe.fold import Tally, fold
from runtime.database.connection import Connection
from runtime.database.parts import save
from runtime.database.statement import statement
from runtime.service import Components, Context, Service
from runtime.values import Batch, Key, Parts, Timer

_LOCK = statement(
    "SELECT subject, n, chain FROM tally WHERE subject = ANY(CAST(:subjects AS text[])) ORDER BY 1 FOR UPDATE"
)
_SAVE: Final = """
    INSERT INTO tally SELECT * FROM unnest(CAST(:subjects AS text[]), CAST(:ns AS int[]), CAST(:chains AS text[]))
    ON CONFLICT (subject) DO UPDATE SET n = excluded.n, chain = excluded.chain
"""
_RING = statement("""
    INSERT INTO rung SELECT s, k, 1 FROM unnest(CAST(:subjects AS text[]), CAST(:keys AS text[])) AS t(s, k)
    ON CONFLICT (subject, key) DO UPDATE SET times = rung.times + 1
""")
_MENDED = statement("SELECT kind FROM mended")
HANDLES: Final = (EngagementRecorded, LeadErased, LeadMerged, ConsentChanged, LeadCooled, "ring")
TROUBLE: Final = ("boom", "sql", "die", "exit", "spin", "astray", "huge", "wake", "late")
_ENDLESS: Final = re.compile(r"(a+)+$")


class Tell:
    """Folds a batch into its tallies; an engagement's kind may ask for trouble."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.handles: tuple[Key, ...] = HANDLES if context.database.schema == "scoring" else HANDLES[:-1]
        """Routing plans no timers."""

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        due = [one for one in batch if isinstance(one, Timer)]
        for timer in due:
            if timer.kind not in self.handles:
                raise KeyError(timer.kind)
        facts = await self._fold(batch, tx) if batch.events else []
        return [*facts, *await self._ring(due, batch.now, tx)] if due else facts

    async def _fold(self, batch: Batch, tx: Connection) -> list[Fact]:
        rows = await tx.execute(_LOCK, {"subjects": batch.subjects})
        tallies = {row.subject: Tally(row.n, row.chain) for row in rows}
        changed, facts = fold(tallies, batch.events)
        timers: list[Timer] = []
        facts = await self._trouble(batch, tx, facts, timers)
        subjects = sorted(changed)
        given = {"ns": [changed[s].n for s in subjects], "chains": [changed[s].chain for s in subjects]}
        saves = Parts({"tallies": _SAVE}, {"subjects": subjects, **given})
        saves.add(self._context.timers.parts(timers))
        if batch.saves is None:
            await save(tx, saves)
        else:
            batch.saves.add(saves)
        return facts

    async def _trouble(self, batch: Batch, tx: Connection, facts: list[Fact], timers: list[Timer]) -> list[Fact]:
        troubles = [e for e in batch if isinstance(e, EngagementRecorded) and e.data.kind in TROUBLE]
        if not troubles:
            return facts
        mended = set((await tx.execute(_MENDED)).scalars())
        for event in troubles:
            if event.data.kind not in mended:
                facts = await self._one(event, tx, facts, timers)
        return facts

    async def _one(
        self, event: EngagementRecorded, tx: Connection, facts: list[Fact], timers: list[Timer]
    ) -> list[Fact]:
        match event.data.kind:
            case "boom":
                raise ValueError(f"boom {event.data.message_id}")
            case "sql":
                await tx.execute(statement("SELECT 1 / 0"))
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "exit":
                os._exit(0)
            case "spin":
                _ENDLESS.match("a" * 64 + "!")  # holds the interpreter's lock for years
            case "astray":
                own = partition(event.subject, self._context.settings.partitions)
                other = next(
                    f"other-{n}" for n in range(99) if partition(f"other-{n}", self._context.settings.partitions) != own
                )
                return [*facts, LeadCooled.fact(other, LeadCooled.Data(total=0, reason="astray"), time=event.time)]
            case "huge":
                huge = LeadCooled.Data(total=0, reason="x" * 1_000_000)
                return [*facts, LeadCooled.fact(event.subject, huge, time=event.time)]
            case "wake" | "late":
                due = event.time if event.data.kind == "wake" else None
                timers.append(Timer(event.subject, "ring", event.data.message_id, due))
        return facts

    async def _ring(self, due: Sequence[Timer], now: datetime, tx: Connection) -> list[Fact]:
        """Counts each timer that fires and says so; one whose key begins with `boom` raises until it is mended."""
        if any(t.key.startswith("boom") for t in due) and "ring" not in set((await tx.execute(_MENDED)).scalars()):
            raise ValueError("a timer went boom")
        if any(t.key.startswith("exit") for t in due):
            os._exit(0)
        await tx.execute(_RING, {"subjects": [t.subject for t in due], "keys": [t.key for t in due]})
        return [LeadCooled.fact(t.subject, LeadCooled.Data(total=-1, reason=t.key), time=now) for t in due]


def _build(context: Context) -> Components:
    return Components(handler=Tell(context))


def _build_joining(context: Context) -> Components:
    return Components(handler=Tell(context), joins=True)


INGEST: Final = Service("ingest", "probe", lambda _around: Components())
SCORING: Final = Service("scoring", "probe", _build_joining)
ROUTING: Final = Service("routing", "probe", _build)
SILENT: Final = Service("sla-monitor", "probe", lambda _around: Components())
"""Routing reads its stream, so that the schema must be there."""
SERVICES: Final = {service.name: service for service in (INGEST, SCORING, ROUTING)}
