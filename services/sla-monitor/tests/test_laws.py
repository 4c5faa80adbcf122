"""Two laws: where a batch is cut never shows, and how the topics interleave does not matter."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from events import Event
from runtime.values import Timer
from sla_monitor.decide.clock import Clock
from sla_monitor.decide.fold import Lead, Touch, decide
from sla_monitor.decide.milestones import fire
from sla_monitor.decide.start import Terms

Line = tuple[str, float, dict[str, Any]]

hours = st.sampled_from([0, 1, 2, 3, 4, 5, 8, 23, 24, 26, 30, 50, 100, 119, 121, 200])
versions = st.integers(1, 3)
reps = st.sampled_from(["rep-ana", "rep-ben", "rep-kate"])
cycles = st.sampled_from([1, 1, 1, 2])
handoff: st.SearchStrategy[Line] = st.one_of(
    st.tuples(st.just("stage"), hours, st.fixed_dictionaries({"cycle": cycles})),
    st.tuples(
        st.just("stage"),
        hours,
        st.fixed_dictionaries(
            {
                "cycle": cycles,
                "stage": st.sampled_from(["won", "lost", "mql"]),
                "closed": st.just(True),
                "owner": st.one_of(st.none(), reps),
            }
        ),
    ),
    st.tuples(st.just("assigned"), hours, st.fixed_dictionaries({"version": versions, "rep": reps, "cycle": cycles})),
    st.tuples(st.just("accepted"), hours, st.fixed_dictionaries({"version": versions, "cycle": cycles})),
    st.tuples(
        st.just("returned"),
        hours,
        st.fixed_dictionaries(
            {"version": versions, "cycle": cycles, "reason": st.sampled_from(["other", "rep_left", "accept_timeout"])}
        ),
    ),
)
sale: st.SearchStrategy[Line] = st.one_of(
    st.tuples(
        st.sampled_from(["attempted", "connected"]), hours, st.fixed_dictionaries({"by": st.one_of(st.none(), reps)})
    ),
    st.tuples(st.just("feedback"), hours, st.just({})),
)


def tell(stories: Any, lines: Sequence[Line]) -> list[Event]:
    story = stories()
    return [getattr(story, name)(at, **more) for name, at, more in lines]


def run(batches: Sequence[Sequence[Event]], terms: Terms) -> tuple[dict[str, Clock], set[Touch], list[Any]]:
    clocks: dict[str, Clock] = {}
    touches: list[Touch] = []
    facts: list[Any] = []
    for events in batches:
        outcome = decide({"lead-1": Lead(clocks, tuple(touches))}, events, terms)
        clocks = {**clocks, **outcome.clocks}
        touches += outcome.touches.get("lead-1", [])
        facts += outcome.facts
    return clocks, set(touches), facts


def interleaved(data: st.DataObject, left: list[Event], right: list[Event]) -> list[Event]:
    order = data.draw(st.permutations([0] * len(left) + [1] * len(right)))
    sources = (iter(left), iter(right))
    return [next(sources[which]) for which in order]


@given(lines=st.lists(st.one_of(handoff, sale), max_size=12), data=st.data())
def test_where_a_batch_is_cut_never_shows(lines: list[Line], data: st.DataObject, terms: Terms, stories: Any) -> None:
    events = tell(stories, lines)
    cut = data.draw(st.integers(0, len(events)))
    assert run([events], terms) == run([events[:cut], events[cut:]], terms)


@given(left=st.lists(handoff, max_size=8), right=st.lists(sale, max_size=8), data=st.data())
def test_how_the_topics_interleave_does_not_matter(
    left: list[Line], right: list[Line], data: st.DataObject, terms: Terms, stories: Any
) -> None:
    story = stories()
    first, second = ([getattr(story, n)(at, **more) for n, at, more in lines] for lines in (left, right))
    one, other = interleaved(data, first, second), interleaved(data, first, second)
    ours, theirs = run([one], terms), run([other], terms)
    assert ours[0] == theirs[0]
    assert ours[1] == theirs[1]


@given(lines=st.lists(st.one_of(handoff, sale), max_size=10), moments=st.lists(hours, max_size=6).map(sorted))
def test_how_often_the_timers_run_never_shows(
    lines: list[Line], moments: list[float], terms: Terms, stories: Any
) -> None:
    """Many small wake-ups say the same as one after a long sleep."""
    clocks, _, _ = run([tell(stories, lines)], terms)
    lead = {"lead-1": Lead(clocks)}
    often, said = dict(clocks), []
    for moment in [*moments, 1000.0]:
        timers = [Timer("lead-1", "milestone", name, clock.next_at) for name, clock in often.items()]
        outcome = fire({"lead-1": Lead(often)}, timers, stories().at(moment))
        often |= outcome.clocks
        said += outcome.facts
    every = [Timer("lead-1", "milestone", name, clock.next_at) for name, clock in clocks.items()]
    once = fire(lead, every, stories().at(1000.0))
    assert {**clocks, **once.clocks} == often
    assert sorted(map(repr, once.facts)) == sorted(map(repr, said))


@given(lines=st.lists(st.one_of(handoff, sale), max_size=12))
def test_every_state_is_explained_by_its_evidence(lines: list[Line], terms: Terms, stories: Any) -> None:
    clocks, _, _ = run([tell(stories, lines)], terms)
    for clock in clocks.values():
        match clock.state:
            case "met":
                assert clock.stopped is not None
                assert clock.started <= clock.stopped <= clock.due
            case "late":
                assert clock.stopped is not None
                assert clock.stopped > clock.due
            case "void":
                assert clock.ended == clock.stopped is not None
            case "breached" | "running":
                assert clock.stopped is None
        assert (clock.charged is not None) == (clock.state in ("breached", "late"))
