"""How figures of the bench are judged, shown and written down; and that every part says how it measures."""

from datetime import date
from inspect import getdoc

import orjson
import pytest
from tests.bench.__main__ import PARTS, Part, Run
from tests.bench.figures import Figure, Measured, Setting, as_json, as_page, show

SETTING = Setting(date(2026, 11, 25), "2 cores", "abc123", 0.25)
FAST = Figure("scoring_events_per_s", "scoring's full job", 22_100.4, "/s", 22_000, "45 us an event")
SLOW = Figure("form_to_slack_p99_ms", "form to Slack call, p99", 61.25, "ms", 60, at_most=True)
JOBS = Measured("jobs", "The services\n take turns.", [FAST])
SLACK = Measured("slack", "Forms, one by one.", [SLOW])
PEERS = Measured("peers", "In turns.", failure="no broker | anywhere")


@pytest.mark.parametrize(
    ("value", "reach", "at_most", "verdict"),
    [
        (1.5, 1.5, False, "reached"),
        (1.49, 1.5, False, "missed"),
        (1.2, 1.2, True, "reached"),
        (1.21, 1.2, True, "missed"),
        (7.0, None, False, ""),
    ],
)
def test_a_goal_is_reached_at_its_edge(value: float, reach: float | None, at_most: bool, verdict: str) -> None:
    assert Figure("key", "what", value, "x", reach, at_most=at_most).verdict == verdict


def test_figures_and_goals_are_written_as_people_write_them() -> None:
    assert (FAST.shown, FAST.goal) == ("22,100 /s", ">= 22,000 /s")
    assert (SLOW.shown, SLOW.goal) == ("61.2 ms", "<= 60 ms")
    assert Figure("ratio", "what", 0.185, "", 0.18).goal == ">= 0.18"
    assert Figure("key", "what", 3.14159).goal == ""


def test_the_page_has_every_figure_and_what_is_missing() -> None:
    page = as_page([JOBS, SLACK, PEERS], SETTING)
    assert "| scoring's full job | `scoring_events_per_s` | 22,100 /s | >= 22,000 /s | reached |" in page
    assert "| form to Slack call, p99 | `form_to_slack_p99_ms` | 61.2 ms | <= 60 ms | missed |" in page
    assert "| peers | | not measured: no broker / anywhere | | |" in page
    assert "- `scoring_events_per_s`: 45 us an event" in page
    assert "- **jobs**: The services take turns." in page
    assert "2026-11-25, 2 cores, commit abc123, load before 0.2" in page


def test_the_json_has_the_same_figures_by_key() -> None:
    assert orjson.loads(as_json([JOBS, SLACK, PEERS], SETTING)) == {
        "setting": SETTING.sentence,
        "scoring_events_per_s": 22_100.4,
        "form_to_slack_p99_ms": 61.25,
        "not_measured": {"peers": "no broker | anywhere"},
    }


def test_the_table_says_what_was_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    show([JOBS, PEERS], SETTING)
    output = capsys.readouterr().out
    assert "reached" in output
    assert "peers was not measured: no broker | anywhere" in output


def test_a_part_that_fails_is_told_and_does_not_end_the_run() -> None:
    def fails(_run: Run) -> list[Figure]:
        raise TimeoutError

    measured = Part(PARTS["jobs"].module, fails).measure("jobs", Run.__new__(Run))
    assert (measured.figures, measured.failure) == ((), "TimeoutError()")


@pytest.mark.parametrize("name", PARTS)
def test_every_part_says_how_it_measures(name: str) -> None:
    assert "\n\n" in (getdoc(PARTS[name].module) or ""), "a first line, then how its figures are taken"
