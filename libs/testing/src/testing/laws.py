"""The laws of every fold, for a service to inherit: where a batch is cut, how topics interleave, same bytes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, Generic, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import Event, Fact
from events.codec import encode
from runtime.values import Input

State = TypeVar("State")
INHERITED: Final = settings(
    deadline=None, suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow]
)
"""A law is one function that many classes run: that is meant. A busy machine is no counter-example."""


class FoldLaws(ABC, Generic[State]):
    """Give a strategy for logs of inputs, and the fold; inherit the tests."""

    @abstractmethod
    def logs(self) -> st.SearchStrategy[list[Input]]:
        """Inputs of one lane, each stream in its own order."""

    @abstractmethod
    def begin(self) -> State:
        """Nothing known yet."""

    @abstractmethod
    def fold(self, state: State, inputs: Sequence[Input]) -> tuple[State, Sequence[Fact]]:
        """The state after one batch, and what was decided; must leave the state it was given as it was."""

    def compared(self, state: State) -> object:
        """What must be equal; override to leave out what may depend on the order of topics."""
        return state

    interleaves = True
    """Events of different topics may arrive in any order (facts that the domain makes depend on time aside)."""

    @INHERITED
    @given(data=st.data())
    def test_where_a_batch_is_cut_never_shows(self, data: st.DataObject) -> None:
        """Two batches leave the same state, and the same facts in the same order, as one."""
        log = data.draw(self.logs())
        cut = data.draw(st.integers(0, len(log)))
        whole, facts = self.fold(self.begin(), log)
        head, first = self.fold(self.begin(), log[:cut])
        tail, second = self.fold(head, log[cut:])
        assert self.compared(tail) == self.compared(whole)
        assert [*first, *second] == [*facts]

    @INHERITED
    @given(data=st.data())
    def test_the_same_log_gives_the_same_bytes(self, data: st.DataObject) -> None:
        """Folding one log twice gives facts that are the same to the byte."""
        log = data.draw(self.logs())
        assert _bytes(self.fold(self.begin(), log)[1]) == _bytes(self.fold(self.begin(), log)[1])

    @INHERITED
    @given(data=st.data())
    def test_however_topics_interleave_the_state_is_the_same(self, data: st.DataObject) -> None:
        """The order between streams does not change the state."""
        if not self.interleaves:
            return
        log = data.draw(self.logs())
        shuffled = data.draw(interleavings(log))
        one, _ = self.fold(self.begin(), log)
        other, _ = self.fold(self.begin(), shuffled)
        assert self.compared(one) == self.compared(other)


@st.composite
def interleavings(draw: st.DrawFn, log: Sequence[Input]) -> list[Input]:
    """The same inputs in another order that keeps each stream's own."""
    streams: dict[str, list[Input]] = {}
    for one in log:
        streams.setdefault(one.topic if isinstance(one, Event) else "timers", []).append(one)
    queues = [list(stream) for stream in streams.values()]
    merged: list[Input] = []
    while queues:
        queue = queues[draw(st.integers(0, len(queues) - 1))]
        merged.append(queue.pop(0))
        queues = [one for one in queues if one]
    return merged


def _bytes(facts: Sequence[Fact]) -> list[bytes]:
    return [
        encode(fact, place=f"x/0/{n}", source="test", recorded=fact.time, agreement="test")
        for n, fact in enumerate(facts, 1)
    ]
