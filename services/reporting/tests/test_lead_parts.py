"""What the page of a lead draws: stages, offers, the waterfall of the score, the balance."""

from datetime import timedelta
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from agreement import Agreement
from reporting.pages.lead_parts import offer_lanes, running_clock, stage_path, why_rep
from reporting.pages.score_drawing import balance, waterfall
from reporting.reports.inbox_views import TimeLeft
from reporting.reports.report import Answer
from testing.events import NOON

HOUR: Final = timedelta(hours=1)


def line(points: int, part: str = "engagement", rule: str = "site visit", hours: int = 0) -> Answer:
    return {"rule": rule, "points": points, "part": part, "because": "so", "at": NOON + hours * HOUR, "events": []}


@given(st.lists(st.tuples(st.integers(-50, 50), st.sampled_from(["fit", "engagement"]), st.sampled_from("abc"))))
def test_the_bars_add_up_to_the_total_and_stay_within_the_drawing(rows: list[tuple[int, str, str]]) -> None:
    lines = [line(points, part, rule, n) for n, (points, part, rule) in enumerate(rows)]
    bars = waterfall(lines).bars
    assert sum(bar.points for bar in bars) == sum(points for points, _, _ in rows)
    assert all(bar.x >= -0.1 and bar.x + bar.width <= 100.1 for bar in bars)
    assert [bar.part for bar in bars] == sorted((bar.part for bar in bars), reverse=True)


def test_decay_is_a_step_of_its_own_where_it_happened() -> None:
    bars = waterfall(
        [line(10), line(10, hours=1), line(-10, rule="decay", hours=2), line(30, rule="pricing", hours=3)]
    ).bars
    assert [(bar.label, bar.points, bar.kind) for bar in bars] == [
        ("site visit 2×", 20, "plus"),
        ("decay", -10, "decay"),
        ("pricing", 30, "plus"),
    ]


def test_the_balance_is_a_line_of_steps_with_the_drop_of_silence(agreement: Agreement) -> None:
    def scored(days: int, total: int, why: str = "") -> Answer:
        text = f"Score {total}: fit 30 and engagement {total - 30}, warm{why}"
        return {"text": text, "at": NOON - timedelta(days=days)}

    drawn = balance({"timeline": [scored(5, 50, " (decay)"), scored(65, 70)]}, agreement, NOON)
    assert drawn is not None
    assert drawn.words == "From 70 to 50 points over 90 days"
    assert [words for _, _, words in drawn.drops] == [f"{NOON - timedelta(days=5):%-d %b}: silence took 20 points"]
    assert [text for _, text in drawn.thresholds] == ["MQL 60", "hot 80"]
    assert balance({"timeline": [scored(1, 50)]}, agreement, NOON) is None


def offer(hours: int, rep: str, answer: str | None = None, answered: int = 0) -> Answer:
    at = NOON + hours * HOUR
    ended = NOON + answered * HOUR if answer else None
    shown = {
        "rep": rep,
        "at": at,
        "answer": answer,
        "answered_at": ended,
        "by_contact": False,
        "rule": "pool",
        "pool": "p",
    }
    return {**shown, "candidates": []}


def test_offers_are_bars_between_the_first_and_now() -> None:
    lanes = offer_lanes([offer(0, "a", "accept_timeout", 5), offer(5, "b", "accepted", 6)], str.upper, NOON + 10 * HOUR)
    assert [(lane.rep, lane.x, lane.width, lane.answer, lane.kind) for lane in lanes] == [
        ("A", 0, 50, "silent", "bad"),
        ("B", 50, 50, "accepted", "good"),
    ]
    assert offer_lanes([], str, NOON) == []


def test_why_a_rep_is_one_sentence() -> None:
    table = [
        {"rep": "a", "eligible": True, "assigned": 34, "credits": 0, "weight": 1, "ratio": 34},
        {"rep": "c", "eligible": True, "assigned": 40, "credits": 0, "weight": 1, "ratio": 40},
        {"rep": "b", "eligible": True, "assigned": 37, "credits": 2, "weight": 1, "ratio": 35},
    ]
    assert (
        why_rep({**offer(0, "a"), "candidates": table}, str.upper)
        == "It was the turn of A in p: 34 leads so far, B 35."
    )
    assert (
        why_rep({**offer(0, "a"), "candidates": table[:1]}, str.upper) == "A was the only one in p who could take it."
    )
    assert why_rep({**offer(0, "a"), "candidates": table[:1]}, str.upper, lambda pool: f"pool {pool}") == (
        "A was the only one in pool p who could take it."
    )
    assert why_rep({**offer(0, "a"), "rule": "recycled"}, str.upper) == "A had it before and is active; it came back."


def test_a_stage_that_was_passed_over_is_said() -> None:
    stages = [{"stage": "mql", "cycle": 1, "entered_at": NOON, "withdrawn": False}]
    lead = {"cycle": 1, "stage": "sql", "captured_at": NOON - HOUR, "stages": stages}
    assert [(dot.stage, dot.state) for dot in stage_path(lead)] == [
        ("lead", "done"),
        ("mql", "done"),
        ("sal", "skipped"),
        ("sql", "now"),
        ("opportunity", "open"),
        ("won", "open"),
    ]
    assert stage_path({**lead, "stage": "lost"})[-1].state == "now"


def test_the_running_clock_is_the_next_one_that_still_counts() -> None:
    def clock(due: int, state: str = "running", **more: object) -> Answer:
        shown = {"name": "first_touch", "state": state, "stopped": None, "due": NOON + due * HOUR, "level": "owner"}
        return {**shown, "started": NOON - HOUR, "cycle": 1, "assignment": "x.1", "charged": None, **more}

    lead = {"assignment": "x.1", "cycle": 1, "closed": False, "clocks": [clock(5), clock(3)]}
    titles = {"first_touch": "First touch"}

    def left(one: Answer) -> TimeLeft:
        """Half of the time on the wall is open."""
        return TimeLeft(int((one["due"] - NOON).total_seconds()) // 2, 0.5, one["due"] <= NOON)

    shown = running_clock(lead, titles, NOON, left, "UTC")
    assert shown is not None
    assert (shown.text, shown.late) == ("First touch: 1 h 30 left (15:00)", False)
    late = running_clock({**lead, "clocks": [clock(-2, "breached")]}, titles, NOON, left, "UTC")
    assert late is not None
    assert late.text == "First touch: 1 h late, was due 10:00"
    of_the_lead = clock(-4, "breached", name="lead_touch", level="lead", charged="sales")
    for own in (clock(2), clock(-2, "breached", charged="rep-ana")):
        both = running_clock({**lead, "clocks": [of_the_lead, own]}, titles, NOON, left, "UTC")
        assert both == running_clock({**lead, "clocks": [own]}, titles, NOON, left, "UTC"), "the rep's own comes first"
    alone = running_clock({**lead, "clocks": [of_the_lead]}, titles, NOON, left, "UTC")
    assert alone is not None
    assert alone.text == "lead touch: 2 h late, was due 08:00"
    past = [clock(-2, "breached", assignment="x.0"), clock(-2, "breached", cycle=0), clock(-2, "met", stopped=NOON)]
    assert running_clock({**lead, "clocks": past}, titles, NOON, left, "UTC") is None
