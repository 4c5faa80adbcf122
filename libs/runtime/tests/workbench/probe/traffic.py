"""Facts for the probes while something goes wrong around them, and what is done to worker processes."""

from itertools import count

from events import Fact
from probe.bench import Bench, engagement
from probe.nursery import Worker
from testing.waiting import eventually


class Traffic:
    """Writes facts as ingest does, some of which plan timers; `written` has them all."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.written: list[Fact] = []

    async def some(self, amount: int = 12) -> None:
        start = len(self.written)
        kinds = ("wake", "page_view", "page_view")
        facts = [engagement(f"lead-{n % 9}", n, kinds[n % 3]) for n in range(start, start + amount)]
        await self.bench.write(*facts)
        self.written += facts

    async def until(self, process: Worker, state: str) -> None:
        """Writes at every fifth look until the process is dead (`X`) or frozen (`T`)."""
        looks = count()

        async def reached() -> bool:
            if next(looks) % 5 == 0:
                await self.some(3)
            return process.state == state

        await eventually(reached, what=f"state {state}")
