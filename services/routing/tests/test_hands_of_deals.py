"""How a lead changes hands by its deals: from nobody, in the right order of time, in history, and under the locks."""

from datetime import timedelta

import pytest
from services.routing.tests.conftest import START, LeadStory, make, qualified
from services.routing.tests.test_deal_owners import elenas, hands
from services.routing.tests.test_deals import fact, play

from agreement.deals import DealHistory
from events.deal_ends import DealOwned
from events.deals import DealOpened
from events.handoffs import LeadAssigned, LeadReturned
from events.sales import ContactAttempted, LeadReassigned, RepAvailability
from routing.decide.locks import locks_of
from routing.decide.model.shared_deals import SharedDeal
from routing.decide.state import Lead

HOUR = timedelta(hours=1)


def nobodys(story: LeadStory, *, but: str) -> None:
    """A lead that waits: everybody is away, only this rep is here, and sells elsewhere."""
    for rep in story.terms.teams.reps:
        if rep.id != but:
            story.play(make(RepAvailability, rep.id, rep=rep.id, state="away"))
    story.play(qualified())
    assert story.lead().waiting
    story.facts.clear()


def test_a_lead_that_waits_for_somebody_goes_to_who_opens_its_deal(story: LeadStory) -> None:
    nobodys(story, but="rep-tom")
    story.play(make(DealOpened, deal="d", by="rep-tom"))
    assert hands(story) == ("rep-tom", ["rep-tom"])
    (offer,) = story.data(LeadAssigned.Data)
    assert (offer.rep, offer.rule, offer.reassigned_from) == ("rep-tom", "deal_owner", None)
    assert story.data(LeadReturned.Data) == [], "nobody had it"


@pytest.mark.parametrize(("hours", "ends"), [(-5, 0), (3, 3)], ids=["opened before the offer", "opened after it"])
def test_an_offer_never_ends_before_it_began(story: LeadStory, hours: int, ends: int) -> None:
    story.play(qualified(), make(RepAvailability, "rep-dan", rep="rep-dan", state="away"))
    holder = story.lead().owner
    play(story, fact("opened", hours, by="rep-frank"))
    ended = [one for one in story.facts if isinstance(one.data, LeadReturned.Data)]
    assert [(one.data.rep, one.time) for one in ended if isinstance(one.data, LeadReturned.Data)] == [
        (holder, START + ends * HOUR)
    ]


@pytest.mark.parametrize(("attempts", "status"), [(0, "assigned"), (1, "attempting_contact")])
def test_history_moves_no_work_that_is_in_somebodys_hands(story: LeadStory, attempts: int, status: str) -> None:
    """The other deal was lost long ago: whose the lead is changes, and how far its work has come does not."""
    elenas(story)
    play(story, fact("opened", 1, by="rep-elena"), fact("opened", 2, deal="e"))
    for number in range(attempts):
        story.play(make(ContactAttempted, by="rep-elena", channel="call", at=START + (3 + number) * HOUR))
    before = story.place()
    story.facts.clear()
    play(story, fact("lost", 9, by="rep-elena", mode="historical"))
    assert (story.lead().owner, story.place()) == ("rep-dan", before)


def test_history_gives_what_nobody_has_to_whom_it_names(story: LeadStory) -> None:
    nobodys(story, but="rep-tom")
    story.play(make(DealOpened, deal="d", by="rep-tom", mode="historical"))
    assert hands(story) == ("rep-tom", ["rep-tom"])
    assert story.place() == ("opportunity", "connected")
    assert story.data(LeadAssigned.Data) == []


def test_the_next_offer_is_in_the_pool_of_the_offer_before_where_the_owner_sells_in_several(story: LeadStory) -> None:
    """Kate is in two pools: which of them the lead was in is where it goes on."""
    pools = [pool for pool in story.terms.teams.pools if "rep-kate" in pool.members]
    assert [pool.id for pool in pools] == ["mid-emea", "ent-emea"]
    for number, (employees, pool) in enumerate(((120, "mid-emea"), (900, "ent-emea"))):
        lead, deal = f"lead-{number}", f"d{number}"
        story.play(qualified(lead, domain=f"d{number}.example", country="GB", employees=employees))
        other = next(rep for one in pools if one.id == pool for rep in one.members if rep != "rep-kate")
        story.play(make(LeadReassigned, lead, by="rep-owen", to=other))
        assert (story.lead(lead).owner, story.lead(lead).offers[-1].pool) == (other, pool)
        play(story, fact("opened", 1, lead, deal=deal, by="rep-kate"))
        assert (story.lead(lead).owner, story.lead(lead).offers[-1].pool) == ("rep-kate", pool)


def test_whose_pool_is_another_than_that_of_the_offer_before_has_it_in_a_pool_of_their_own(story: LeadStory) -> None:
    story.play(qualified())
    assert story.lead().offers[-1].pool == "mid-na"
    play(story, fact("opened", 1, by="rep-frank"))
    assert story.lead().offers[-1].pool == "ent-na"
    play(story, fact("opened", 2, by="rep-owen"))
    assert (story.lead().owner, story.lead().offers[-1].pool) == ("rep-owen", None), "a manager is in no pool"


def test_who_owns_a_deal_of_the_batch_is_locked_though_its_lead_names_somebody_else(story: LeadStory) -> None:
    """As another contact's lane has left the deal: the lead does not know yet."""
    named = DealHistory().after(fact("opened", 1, "lead-2", by="rep-tom"))
    change = fact("changed", 2, by=None)
    leads, deals = {"lead-1": Lead("lead-1")}, {"d": SharedDeal("d", ("lead-2",), named)}
    assert "rep-tom" in locks_of(leads, {}, [change], story.terms, deals).reps
    assert "rep-tom" not in locks_of(leads, {}, [change], story.terms, {}).reps


@pytest.mark.parametrize("kind", ["won", "lost"])
def test_who_sold_a_deal_keeps_it_though_its_lead_had_gone_before_that_was_told(story: LeadStory, kind: str) -> None:
    """The rep who closed it has left since: whether the end was told before or after is nothing to the deal."""
    for told_late in (False, True):
        story = LeadStory(story.terms)
        story.play(qualified())
        play(story, fact("opened", -2, by="rep-dan"))
        end, goes = fact(kind, 1, by="rep-dan"), make(LeadReassigned, by="rep-grace", to="rep-elena")
        story.now = START + 2 * HOUR
        play(story, *((goes, end) if told_late else (end, goes)))
        assert story.state.deals["d"].owner == "rep-dan", told_late
        assert [one.owner for one in story.data(DealOwned.Data)][-1] == "rep-dan"


def test_a_deal_that_another_lane_has_closed_does_not_go_along(story: LeadStory) -> None:
    """The lead has not heard of it yet: its timer comes later."""
    story.play(qualified("a", domain="a.example"), qualified("b", domain="b.example"))
    play(story, fact("opened", -2, "a"), fact("opened", -1, "b"))
    story.now = START + 2 * HOUR
    story.play(fact("won", 1, "a", by="rep-dan"))
    story.play(make(LeadReassigned, "b", by="rep-grace", to="rep-elena"))
    deal = story.state.deals["d"]
    assert (deal.owner, deal.passed) == ("rep-dan", None)
    assert [one.owner for one in story.data(DealOwned.Data)] == ["rep-dan"]


def test_a_deal_that_went_along_with_one_contact_goes_along_with_no_other_who_has_not_heard_of_it(
    story: LeadStory,
) -> None:
    """The other lane decides before its timer comes: it sees in the deal what it was not told, and what came first."""
    for number, lead in enumerate(("lead-1", "lead-2")):
        story.play(qualified(lead, domain=f"d{number}.example"))
        play(story, fact("opened", -2 + number, lead, by="rep-dan"))
    assert [hands(story, lead) for lead in ("lead-1", "lead-2")] == [("rep-dan", ["rep-dan"])] * 2
    story.timers.clear()
    story.now = START + HOUR
    story.play(make(LeadReassigned, by="rep-grace", to="rep-elena"))
    assert story.state.deals["d"].owner == "rep-elena"
    assert hands(story, "lead-2") == ("rep-dan", ["rep-dan"]), "its timer has not come"
    story.now = START + 2 * HOUR
    story.play(make(LeadReassigned, "lead-2", by="rep-grace", to="rep-frank"))
    assert story.state.deals["d"].owner == "rep-elena"
    assert [deal.owner for deal in story.lead("lead-2").open_deals] == ["rep-elena"]


def test_a_deal_of_nobody_goes_along_with_its_lead_to_whoever_gets_it(story: LeadStory) -> None:
    story.play(qualified())
    holder = story.lead().owner
    play(story, fact("opened", -1, by=None))
    assert hands(story) == (holder, [None])
    story.now = START + HOUR
    story.play(make(LeadReassigned, by="rep-grace", to="rep-elena"))
    assert hands(story) == ("rep-elena", ["rep-elena"])
    assert (story.state.deals["d"].owner, story.lead().open_deals[0].passed_on) == ("rep-elena", START + HOUR)
