"""What befalls the house, drawn from a seed: processes and servers die and freeze, nothing holds."""

import asyncio
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.soak.fleet import LEASE, Member
from tests.soak.soak_house import SoakHouse

from runtime.database.connect import admin
from runtime.database.statement import statement
from testing.broker import Broker

PAUSE: Final = (4.0, 20.0)
"""Seconds from the end of one fault to the beginning of the next."""
TOGETHER: Final = 0.25
"""Share of the faults of a process that meet a fault of a server."""
RESTART_AFTER: Final = (0.0, 5.0)
"""Seconds until somebody starts again what was killed."""
START_WITHIN: Final = 300.0
"""Seconds that a broker may take to come back, on a machine that does other things too."""
BROKER_FROZEN: Final = (5.0, 15.0)
"""Seconds; a broker that is silent for three is no longer counted with."""
_CUT = statement("""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
""")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happens, and is over when `strike` returns."""

    kind: str
    at: str
    """Whom it strikes."""
    strike: Callable[[], Awaitable[None]]


@dataclass
class Faults:
    """Strikes until the given moment; what was frozen or dead is back when `run` returns."""

    house: SoakHouse
    members: Sequence[Member]
    chance: Random
    counted: Counter[str] = field(default_factory=Counter)
    last: str = "none yet"

    async def run(self, until: float) -> None:
        """`until` is a moment of `time.monotonic`."""
        while True:
            await asyncio.sleep(min(self.chance.uniform(*PAUSE), max(0.0, until - time.monotonic())))
            if time.monotonic() >= until:
                return
            await asyncio.gather(*(self._strike(fault) for fault in self.draw()))

    def draw(self) -> list[Fault]:
        """One fault, or one of a process and one of a server at the same time."""
        of_process = [(self.kill, 4), (self.freeze, 4)]
        of_server = [
            (self.crash_database, 1),
            (self.kill_broker, 1),
            (self.freeze_broker, 1),
            (self.restart_brokers, 1),
            (self.cut_connections, 2),
        ]
        both = self.chance.random() < TOGETHER
        groups = [of_process, of_server] if both else [of_process + of_server]
        return [
            self.chance.choices([make for make, _ in group], [weight for _, weight in group])[0]() for group in groups
        ]

    async def _strike(self, fault: Fault) -> None:
        self.last = f"{fault.kind} {fault.at}".strip()
        self.counted[fault.kind] += 1
        await fault.strike()

    def kill(self) -> Fault:
        """kill -9 of a process, which is started again."""
        member = self.chance.choice([one for one in self.members if not one.name.endswith("-2")])
        after = self.chance.uniform(*RESTART_AFTER)

        async def strike() -> None:
            await asyncio.to_thread(member.kill)
            await asyncio.sleep(after)
            member.start()

        return Fault("process killed", member.name, strike)

    def freeze(self) -> Fault:
        """A process that says nothing for longer than its lease, and then goes on as if nothing had been."""
        member, seconds = self.chance.choice(self.members), self.chance.uniform(1.2, 3) * LEASE

        async def strike() -> None:
            member.signal(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            member.signal(signal.SIGCONT)

        return Fault("process frozen", member.name, strike)

    def crash_database(self) -> Fault:
        """PostgreSQL drops everything and recovers."""

        async def strike() -> None:
            await asyncio.to_thread(self.house.crash_postgres)

        return Fault("database crashed", "", strike)

    def kill_broker(self) -> Fault:
        """One of three is gone for a while."""
        broker, after = self.chance.choice(self.house.brokers), self.chance.uniform(*RESTART_AFTER)

        async def strike() -> None:
            await asyncio.to_thread(broker.kill9)
            await asyncio.sleep(after)
            await asyncio.to_thread(broker.start, START_WITHIN)

        return Fault("broker killed", self._name(broker), strike)

    def freeze_broker(self) -> Fault:
        """One of three keeps its connections and does not answer."""
        broker, seconds = self.chance.choice(self.house.brokers), self.chance.uniform(*BROKER_FROZEN)

        async def strike() -> None:
            broker.pause()
            await asyncio.sleep(seconds)
            broker.resume()

        return Fault("broker frozen", self._name(broker), strike)

    def restart_brokers(self) -> Fault:
        """One after the other, each stopped cleanly."""

        async def strike() -> None:
            for broker in self.house.brokers:
                await asyncio.to_thread(broker.stop)
                await asyncio.to_thread(broker.start, START_WITHIN)
                await asyncio.sleep(2)

        return Fault("brokers restarted in turn", "", strike)

    def cut_connections(self) -> Fault:
        """Every connection to PostgreSQL, and where the machine can do it every one to the brokers."""

        async def strike() -> None:
            async with admin(self.house.dsn) as connection:
                await connection.execute(_CUT)
            if shutil.which("ss"):
                ports = " or ".join(f"dport = :{broker.port}" for broker in self.house.brokers)
                command = ["ss", "--kill", "--tcp", "--no-header", f"( {ports} )"]
                await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)

        return Fault("connections cut", "", strike)

    def _name(self, broker: Broker) -> str:
        return str(self.house.brokers.index(broker) + 1)
