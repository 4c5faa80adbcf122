"""The state machine's table: closed under itself, honest about cycles, and drawn in STAGES.md."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from events.vocabulary import STAGES, STATUSES
from routing.decide.model.lifecycle import CORRECTIONS, NEXT, allowed, implied, move, picture
from routing.decide.state import Lead

AT = datetime(2026, 8, 5, tzinfo=UTC)


def test_the_table_is_drawn_for_people() -> None:
    assert picture() in (Path(__file__).parents[1] / "STAGES.md").read_text()


def test_every_place_is_a_stage_and_a_status() -> None:
    places = {key[:2] for key in NEXT} | set(NEXT.values())
    assert {stage for stage, _ in places} == set(STAGES)
    assert {status for _, status in places} == set(STATUSES)


def test_a_stage_moves_back_only_by_withdrawal_or_in_a_new_cycle() -> None:
    for stage, status, name in sorted(NEXT):
        before = Lead("x", stage=stage, status=status, owner="rep-dan")
        before = replace(before, owner=None) if before.closed else before
        after = move(before, name, at=AT, reason="test")
        back = STAGES.index(after.stage) < STAGES.index(before.stage)
        assert not back or name in ("withdrawn", *CORRECTIONS) or after.cycle == 2
        assert after.cycle == 1 or before.closed
        assert not after.closed or (after.owner is None and (before.closed or after.exit is not None))


def test_an_absent_row_is_refused() -> None:
    assert not allowed(Lead("x", stage="won", status="connected"), "accepted")
    with pytest.raises(KeyError):
        move(Lead("x"), "accepted", at=AT, reason="test")


def test_implied_stages_of_a_jump() -> None:
    assert implied(Lead("x"), Lead("x", stage="opportunity")) == ("mql", "sal", "sql")
    assert implied(Lead("x", stage="sql"), Lead("x", stage="lost")) == ("opportunity",)
    assert implied(Lead("x", stage="won"), Lead("x", stage="sql", cycle=2)) == ("mql", "sal")
    assert implied(Lead("x", stage="mql"), Lead("x", stage="sal")) == ()
