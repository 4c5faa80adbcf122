"""`lead.scored` is a difference: the row of the standing is folded from a whole one on."""

from services.reporting.tests.conftest import standing
from services.reporting.tests.test_decide import state_after

from events import Event
from events.scores import Gate, LeadScored, ScoreLine, Signal
from reporting.decide.scores import LeadStanding
from testing.events import NOON, EventBuilder, scored_data

SIGNAL = Signal(kind="blog_read", text="blog", count=1, last_at=NOON)


def difference(builder: EventBuilder, was: int, points: int) -> Event:
    total = was + points
    return builder.make(
        LeadScored,
        model="default",
        was=was,
        total=total,
        fit=45,
        engagement=total - 45,
        band="hot",
        completeness=90,
        gate=Gate(passed=True, reason=f"{total} of 60"),
        lines=(ScoreLine(rule="blog_read", points=points, because="blog", at=NOON),),
        signals=(SIGNAL,),
        last_engaged_at=NOON,
    )


def row_after(events: list[Event], *cuts: int) -> LeadStanding | None:
    return state_after(events, *cuts).get(LeadStanding, ("x",))


def test_the_newest_twenty_lines_stand_in_the_row_and_the_rest_adds_up() -> None:
    builder = EventBuilder("x")
    whole = builder.make(LeadScored, scored_data(standing(NOON)))
    log = [whole, *[difference(builder, 95 + n, 1) for n in range(25)]]
    row = row_after(log)
    assert row is not None
    assert (row.total, row.engagement, row.completeness, row.passed, row.employees) == (120, 75, 90, True, 120)
    assert [line.points for line in row.body.engagement_lines] == [1] * 20
    assert [signal.text for signal in row.body.signals] == ["blog"]
    assert row.body.facts.company == "Acme", "what a difference does not say is as it was"
    for cut in (1, 2, 13, 25):
        assert row_after(log, cut) == row


def test_who_begins_in_the_middle_waits_for_a_whole_standing() -> None:
    builder = EventBuilder("x")
    assert row_after([difference(builder, 95, 5)]) is None
    log = [difference(builder, 95, 5), builder.make(LeadScored, scored_data(standing(NOON)))]
    row = row_after(log)
    assert row is not None
    assert row.total == 95
