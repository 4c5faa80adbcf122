"""Step 3 with an expansion model: existing customers go to their account manager, as a handoff."""

from dataclasses import replace

import pytest
from services.routing.tests.conftest import START, LeadStory, make, scored

from events.handoffs import (
    LeadAssigned,
    OwnerTold,
)
from events.sales import SalesRejected
from events.scores import LeadScored, ModelScore, ScoreLine
from routing.decide import Terms

TARGET, CUSTOMER = "wideworldimporters.example", "munsonspickles.example"


def growing(total: int, expansion: int, *, hand_raise: str | None = None, domain: str) -> LeadScored:
    """A score with that of the expansion model beside it."""
    event = scored(total=total, hand_raise=hand_raise, domain=domain)
    whole = event.data.standing
    assert whole is not None
    model = ModelScore(
        model="growth", fit=0, engagement=expansion, total=expansion, band="hot", passed=True,
        engagement_lines=(ScoreLine(rule="x", points=expansion, because="x", at=START),),
    )  # fmt: skip
    return event.replaced(data=event.data.replaced(standing=whole.replaced(models=(model,))))


@pytest.fixture
def expanding(terms: Terms) -> LeadStory:
    return LeadStory(replace(terms, expansion="growth", expansion_at_least=80))


def test_step_3_a_customer_who_passes_the_expansion_threshold_is_handed_to_the_account_manager(
    expanding: LeadStory,
) -> None:
    expanding.play(growing(72, 79, domain=CUSTOMER))
    assert [data.why for data in expanding.data(OwnerTold.Data)] == ["customer"]
    assert expanding.data(LeadAssigned.Data) == []
    expanding.play(growing(72, 80, domain=CUSTOMER))
    (offer,) = expanding.data(LeadAssigned.Data)
    assert (offer.rep, offer.step, offer.rule, offer.kind) == ("rep-ivan", 3, "existing_customer", "expansion")
    assert (offer.flag, offer.flags, offer.touch, offer.pool) == ("expansion", ("expansion",), "1bd", None)
    standing = expanding.lead().standing
    assert standing is not None
    assert [(one.model, one.engagement_lines) for one in standing.models or ()] == [("growth", ())]


def test_step_3_an_expansion_is_as_urgent_as_any_handoff_and_offered_once(expanding: LeadStory) -> None:
    expanding.play(growing(40, 90, hand_raise="demo_request", domain=CUSTOMER))
    (offer,) = expanding.data(LeadAssigned.Data)
    assert (offer.kind, offer.flags, offer.touch) == ("hand_raise", ("expansion", "hot"), "4bh")
    expanding.play(make(SalesRejected, assignment=offer.assignment, by="rep-ivan", reason="out_of_territory"))
    (_, second) = expanding.data(LeadAssigned.Data)
    assert (second.rep, second.rule) == ("rep-nora", "existing_customer"), "the other account manager"
    expanding.play(make(SalesRejected, assignment=second.assignment, by="rep-nora", reason="out_of_territory"))
    third = expanding.data(LeadAssigned.Data)[-1]
    assert (third.pool, third.rep) != (None, "rep-ivan"), "nobody is offered a lead twice in a cycle"
    assert third.pool == "mid-na"


def test_step_3_below_the_gate_or_without_an_expansion_model_a_customer_is_told(
    expanding: LeadStory, story: LeadStory
) -> None:
    for played in (expanding, story):
        played.play(growing(50 if played is expanding else 72, 90, domain=CUSTOMER))
        assert [data.why for data in played.data(OwnerTold.Data)] == ["customer"]
        assert played.data(LeadAssigned.Data) == []
