"""Whose arrival it is: a lead, or the name under which a visitor's facts are parked; which names are one person's."""

from collections.abc import Callable

from events import Fact
from events.leads import KnownFact, LeadCaptured
from ingest.decide.identity import IdentityGraph
from ingest.decide.readings import Reading
from ingest.decide.state import Person, StoredFact
from ingest.decide.submissions import Alias, PersonArrival

StoredFactOf = Callable[[PersonArrival, Fact], StoredFact]
"""Makes the stored form of a fact."""


class Recognition:
    """Finds people in the graph, and changes it by what an arrival says of who they are."""

    def __init__(self, graph: IdentityGraph, row: StoredFactOf) -> None:
        self._graph = graph
        self._row = row

    def recognise(self, arrival: PersonArrival, reading: Reading) -> tuple[str, tuple[KnownFact, ...]]:
        """The lead id or the visitor's name, and the facts that are not yet on their stream."""
        graph, learned = self._graph, reading.facts
        user, anonymous, email = arrival.user, arrival.anonymous, reading.email
        if reading.lead is None and email is None and (known := self._known(user, anonymous)):
            return known, learned
        lead = self._named(reading, user)
        if lead is None and email is not None:
            lead, learned = self._capture(arrival, reading, email), ()
        if lead is None:
            visitor = graph.lead(graph.holder("anonymous", anonymous))
            if visitor is not None:
                return visitor.id, learned
        if lead is not None and email is not None and graph.holder("email", email) is None:
            graph.link("email", email, lead.id)
            learned = (_address(arrival, reading, email), *learned)
        who = lead.id if lead else graph.holder("user", user) or graph.holder("anonymous", anonymous)
        who = who or (f"user:{user}" if user else f"anonymous:{anonymous or arrival.message_id}")
        self._link(who, user, anonymous)
        return who, learned

    def join(self, alias: Alias, who: str) -> str:
        """From now on `previous` is another name of this person. Returns who the two are together."""
        graph, previous = self._graph, alias.previous
        address = alias.address
        names = (("anonymous", previous), ("user", previous), ("email", address))
        before = next((holder for kind, name in names if (holder := graph.holder(kind, name))), None)
        who = self._joined(before, who)
        for kind, name in (("anonymous", previous), ("user", previous), ("user", alias.user)):
            if name:
                graph.link(kind, name, who)
        if address and graph.lead(who):
            graph.link("email", address, who)
        return who

    def _joined(self, before: str | None, who: str) -> str:
        graph = self._graph
        if before is None or before == who:
            return who
        old, new = graph.lead(before), graph.lead(who)
        if old and new:
            return graph.merge(old, new, "alias").id if old.id != new.id else old.id
        if old:
            graph.absorb({who}, old.id)
            return old.id
        graph.absorb({before}, who)
        return who

    def _known(self, user: str | None, anonymous: str | None) -> str | None:
        """The lead whose names these are already, as in most messages; None when there is anything to learn."""
        graph = self._graph
        lead = graph.lead(graph.holder("user", user))
        if lead is None or (anonymous and graph.holder("anonymous", anonymous) != lead.id):
            return None
        return lead.id

    def _link(self, who: str, user: str | None, anonymous: str | None) -> None:
        graph = self._graph
        names = [(kind, name) for kind, name in (("user", user), ("anonymous", anonymous)) if name]
        holders = {graph.holder(kind, name) for kind, name in names}
        for kind, name in names:
            graph.link(kind, name, who)
        visitors = {name for name in holders if name and name != who and graph.lead(name) is None}
        if visitors:
            graph.absorb(visitors, who)

    def _named(self, reading: Reading, user: str | None) -> Person | None:
        """The lead that id, address or user id name; when they name several, these are one person."""
        graph = self._graph
        named = None
        for name in (reading.lead, graph.holder("email", reading.email), graph.holder("user", user)):
            lead = graph.lead(name)
            if lead is not None and named is not None and lead.id != named.id:
                lead = graph.merge(named, lead, "shared_email")
            named = lead or named
        return named

    def _capture(self, arrival: PersonArrival, reading: Reading, email: str) -> Person:
        lead = self._graph.capture(email)
        data = LeadCaptured.Data(
            email=email,
            facts=(_address(arrival, reading, email), *reading.facts),
            channel=arrival.channel,
            campaign=reading.campaign,
            anonymous_id=arrival.anonymous,
        )
        fact = LeadCaptured.fact(lead.id, data, time=reading.at, mode=reading.mode)
        self._graph.accept(self._row(arrival, fact))
        return lead


def _address(arrival: PersonArrival, reading: Reading, email: str) -> KnownFact:
    return KnownFact(name="email", value=email, source=arrival.learned_from, at=reading.at)
