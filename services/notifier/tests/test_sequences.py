"""The mail tool hears where an outbound sequence begins and ends: small companies have one beside the rep's work."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import pytest
from services.notifier.tests.conftest import LeadLog, snapshot

from events import Event
from events.handoffs import StageChanged
from events.leads import ConsentChanged
from notifier.decide import LeadView, State, Terms, decide, is_stale
from testing.events import NOON

SMALL: Final = snapshot(employees=20)
ENDS: Final[Mapping[str, Callable[[LeadLog], Event]]] = {
    "answered": lambda story: story.events.make(
        StageChanged, cycle=1, stage_from="sal", stage="sal", status="connected", why="the person answered"
    ),
    "refused": lambda story: story.returned("not_icp", "disqualify", "rep-ben", 2),
    "erased": lambda story: story.erased(),
}


@pytest.fixture
def switched_on(terms: Terms) -> Terms:
    """The shipped terms with their mail tool."""
    hooks = tuple(hook.model_copy(update={"enabled": True}) for hook in terms.notices.webhooks)
    return replace(terms, notices=terms.notices.model_copy(update={"webhooks": hooks}))


def played(terms: Terms, *events: Event) -> tuple[list[tuple[str, object]], LeadView]:
    """Kinds and channels of what the mail tool is told of sequences, and what is kept of the lead."""
    outcome = decide(State(), events, terms, now=NOON)
    mine = [one for one in outcome.notices if one.kind.startswith("sequence")]
    assert {(one.recipient, one.channel) for one in mine} <= {("mail-tool", "webhook")}
    return [(one.kind, one.payload.get("channels")) for one in mine], outcome.leads[events[0].subject]


@pytest.mark.parametrize("end", ENDS)
def test_it_begins_with_the_offer_goes_on_with_the_lead_and_ends(switched_on: Terms, story: LeadLog, end: str) -> None:
    offers = [story.assigned(snapshot=SMALL), story.returned("accept_timeout", "repool")]
    offers += [story.assigned("rep-ben", 2, snapshot=SMALL, reassigned_from="rep-ana")]
    channels = ["email", "linkedin"]
    assert played(switched_on, *offers)[0] == [("sequence", channels)]
    both, lead = played(switched_on, *offers, ENDS[end](story))
    assert both[-1] == ("sequence_left", channels)
    assert is_stale("sequence_left", "e-1", None, lead) is None, "told also of one who is no more"


def test_larger_companies_have_none(switched_on: Terms, story: LeadLog) -> None:
    assert played(switched_on, story.assigned(), ENDS["answered"](story))[0] == []


def test_none_begins_for_who_wants_no_mail(switched_on: Terms, story: LeadLog) -> None:
    no = story.make(ConsentChanged, {"channel": "email", "granted": False})
    _, lead = played(switched_on, story.assigned(snapshot=SMALL), no)
    assert is_stale("sequence", "e-1", None, lead) == "the person wants no e-mail"
