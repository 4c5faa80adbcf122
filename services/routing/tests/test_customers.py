"""A customer goes on, or is one no more, by the deal's facts in the order in which they occurred."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest
from services.routing.tests.conftest import START, LeadStory, make, qualified, scored
from services.routing.tests.recipes import shipped_terms

from events import Event
from events.deals import DealOpened, DealWon
from events.handoffs import AnswerIgnored, LeadAssigned, OwnerTold, StageChanged
from events.teamwork import CustomerChurned, CustomerRenewed
from routing import store
from routing.decide import Outcome
from routing.decide.state import Company
from runtime.database.connection import Connection
from runtime.database.parts import save

CUSTOMER = "munsonspickles.example"
"""The accounts file calls it one."""


def at(kind: type[Event], hours: int, lead: str = "lead-1", **data: object) -> Event:
    return make(kind, lead, at=START + timedelta(hours=hours), data={"deal": "d", "by": "rep-dan", **data})


def play(story: LeadStory, facts: Sequence[Event]) -> None:
    for one in facts:
        story.play(one)
        story.pass_to(story.now)


def rule_of_next(story: LeadStory, domain: str = "acme.example") -> str:
    """By which step somebody else of the company is placed."""
    story.play(qualified("lead-9", domain=domain))
    notices = [fact for fact in story.facts if fact.subject == "lead-9" and isinstance(fact.data, OwnerTold.Data)]
    return "existing_customer" if notices else story.data(LeadAssigned.Data)[-1].rule


def test_a_won_deal_makes_a_customer_until_it_churns_and_again_once_it_is_renewed(story: LeadStory) -> None:
    play(story, [qualified(), at(DealWon, 1)])
    assert (story.state.companies["acme.example"].won, story.lead().customer_deals != ()) == (
        {"lead-1": "rep-dan"},
        True,
    )
    play(story, [at(CustomerChurned, 2, reason="price")])
    company = story.state.companies["acme.example"]
    assert (company.won, company.churned) == ({}, {"lead-1": "rep-dan"})
    assert story.place() == ("won", "connected"), "what was won stays won"
    play(story, [at(CustomerRenewed, 3)])
    assert story.state.companies["acme.example"].won == {"lead-1": "rep-dan"}


def test_step_3_is_passed_by_whoever_is_a_customer_no_more(story: LeadStory) -> None:
    play(story, [qualified(), at(DealWon, 1), at(CustomerChurned, 2)])
    assert rule_of_next(story) != "existing_customer"
    (why,) = [step.why for step in story.data(LeadAssigned.Data)[-1].passed if step.rule == "existing_customer"]
    assert why == "a customer no more"


def test_who_churned_by_one_deal_is_a_customer_by_another(story: LeadStory) -> None:
    play(story, [qualified(), at(DealWon, 1), at(DealWon, 2, deal="other"), at(CustomerChurned, 3)])
    assert (story.lead().churned_deals != (), story.lead().customer_deals != ()) == (True, True)
    assert rule_of_next(story) == "existing_customer"


def test_a_churn_outweighs_the_accounts_file(story: LeadStory) -> None:
    play(story, [scored("lead-1", domain=CUSTOMER), at(DealWon, 1)])
    assert rule_of_next(story, CUSTOMER) == "existing_customer"
    other = LeadStory(shipped_terms())
    play(other, [scored("lead-1", domain=CUSTOMER), at(DealWon, 1), at(CustomerChurned, 2)])
    assert rule_of_next(other, CUSTOMER) != "existing_customer"


@pytest.mark.parametrize(
    ("facts", "churned"),
    [
        ([at(DealOpened, 0), at(DealWon, 1), at(CustomerChurned, 2)], True),
        ([at(DealWon, 1), at(CustomerChurned, 2), at(CustomerRenewed, 3)], False),
        ([at(DealWon, 1), at(CustomerRenewed, 2), at(CustomerChurned, 3)], True),
        ([at(DealWon, 3), at(CustomerChurned, 2), at(CustomerRenewed, 1)], False),
    ],
)
def test_any_order_of_arrival_leaves_the_same_customer(facts: list[Event], churned: bool) -> None:
    for arrived in permutations(facts):
        story = LeadStory(shipped_terms())
        play(story, [qualified(), *arrived])
        assert (story.lead().churned_deals != (), story.place()[0]) == (churned, "won"), [type(one) for one in arrived]


def test_a_churn_of_a_deal_that_nobody_reported_opens_none_and_waits_for_its_win(story: LeadStory) -> None:
    play(story, [qualified(), at(CustomerChurned, 2)])
    assert (story.place(), story.lead().deals) == (("mql", "assigned"), ())
    play(story, [at(DealWon, 1)])
    assert (story.place()[0], [deal.churned for deal in story.lead().deals]) == ("won", [True])
    assert story.data(AnswerIgnored.Data) == []


def test_all_contacts_of_the_deal_hear_of_it_and_nobody_moves(story: LeadStory) -> None:
    story.play(qualified("lead-1", domain="a.example"), qualified("lead-2", domain="b.example"))
    play(story, [at(DealOpened, 1, "lead-1"), at(DealWon, 2, "lead-2")])
    moves = len(story.data(StageChanged.Data))
    play(story, [at(CustomerChurned, 3, "lead-1")])
    assert [story.lead(one).churned_deals != () for one in ("lead-1", "lead-2")] == [True, True]
    assert set(story.state.companies["b.example"].churned) == {"lead-2"}
    assert len(story.data(StageChanged.Data)) == moves


async def test_the_company_keeps_whose_deals_ended(tx: Connection) -> None:
    company = Company("acme.example", churned={"lead-1": "rep-dan"})
    await save(tx, store.parts(Outcome({}, {"acme.example": company}, {}, {}, (), (), ())))
    assert await store.lock_companies(tx, ["acme.example"]) == {"acme.example": company}
