"""The shape of routing's work: lock in one order, decide, save, plan; for events and for due timers alike."""

from collections.abc import Sequence

from events import Fact
from routing import store
from routing.decide import HANDLES, State, Terms, decide
from routing.decide.locks import accounts_of, deals_of, domains_of, leads_of, locks_of, records_of
from runtime.database.connection import Connection
from runtime.database.parts import keep
from runtime.emit.timers import Timers
from runtime.values import Batch, Input


class RouteLeads:
    """Takes a batch of one lane: locks what it may touch, decides, saves, plans timers, and returns the facts."""

    handles = tuple(HANDLES)

    def __init__(self, terms: Terms, timers: Timers) -> None:
        self._terms, self._timers = terms, timers

    async def __call__(self, batch: Batch, tx: Connection) -> Sequence[Fact]:
        """Deals, companies, reps: all lanes lock in this order, so no ring of them waits for each other.

        A lead is written by its own lane alone, and is not locked.
        """
        state = await self._load(batch.inputs, tx)
        outcome = decide(state, batch.inputs, self._terms, now=batch.now)
        saves = store.parts(outcome)
        saves.add(self._timers.parts(outcome.timers))
        await keep(tx, batch, saves)
        return outcome.facts

    async def _load(self, inputs: Sequence[Input], tx: Connection) -> State:
        leads = await store.load_leads(tx, leads_of(inputs))
        deals = await store.lock_deals(tx, deals_of(inputs, leads))
        people = await store.people_of(tx, accounts_of(leads, inputs))
        domains = domains_of(leads, inputs, people)
        companies = await store.lock_companies(tx, domains.changed)
        others = await store.load_companies(tx, domains.read)
        locks = locks_of(leads, companies, inputs, self._terms, deals)
        reps = await store.lock_reps(tx, locks.reps)
        seats = await store.load_seats(tx, locks.reps)
        work = await store.open_work(tx, locks.leaving)
        records = await store.records_of(tx, records_of(inputs))
        return State(leads, companies, reps, seats, work, others, deals, people, records)
