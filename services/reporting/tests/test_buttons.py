"""Buttons are for whom they answer: a page shows none that the door would refuse."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from services.reporting.tests.conftest import History

from events import Event
from reporting.service import SERVICE
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON
from testing.office import browser, sign_in

Fold = Callable[[Context, Database, Sequence[Event]], Awaitable[None]]


@pytest.fixture
async def offered(house: Context, database: Database, fold: Fold) -> Path:
    """Where mails are; a lead waits for the answer of a rep, and one for a manager."""
    history = History()
    history.offered("quinn", NOON - timedelta(hours=1), "rep-dan", name="Quinn", company="Quay", source="google")
    await fold(house, database, history.events)
    return house.settings.data / "outbox" / "email"


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("dan.kowalski", True),
        ("grace.miller", True),
        ("omar.haddad", True),
        ("elena.petrova", False),
        ("mara.lindqvist", False),
    ],
)
async def test_an_offer_is_answered_by_its_rep_and_who_acts_for_the_rep(
    house: Context, offered: Path, who: str, may: bool
) -> None:
    async with browser(SERVICE, house) as http:
        await sign_in(http, offered, f"{who}@northwind.example")
        page = (await http.get("/inbox?rep=&lead=quinn")).text
        assert "Quinn" in page
        assert ('name="type" value="accepted"' in page) is may


async def test_whoever_is_signed_in_answers_the_survey_under_the_own_name(house: Context, offered: Path) -> None:
    async with browser(SERVICE, house) as http:
        await sign_in(http, offered, "mara.lindqvist@northwind.example")
        page = (await http.get("/survey/d-lead-0")).text
        assert '<input type="hidden" name="type" value="survey">' in page
        assert 'name="by"' not in page
