"""What brings a lead back: a deal lost months ago, another job, an event of the company."""

from datetime import UTC, date, datetime

import pytest
from services.routing.tests.conftest import DAY, START, LeadStory, facts_of, make, qualified, scored, standing

from events import Mode
from events.campaigns import CompanyChanged
from events.deals import DealLost, DealOpened
from events.handoffs import LeadAssigned, StageChanged
from events.sales import ContactAttempted, LeadSalesDisqualified
from events.scores import LeadScored
from testing.events import scored_data


def unresponsive(story: LeadStory) -> None:
    tried = [
        make(ContactAttempted, by="rep-dan", channel=one, at=START + n * DAY)
        for n, one in enumerate(("email", "call", "email"))
    ]
    story.play(qualified(company="Acme Inc"), *tried)
    story.pass_to(START + 10 * DAY)


def test_a_lost_deal_comes_back_after_six_months_whatever_the_score(story: LeadStory) -> None:
    story.play(qualified(), make(DealOpened, deal="d1", by="rep-dan"))
    story.play(make(DealLost, deal="d1", by="rep-dan", reason="timing"), scored(total=20))
    story.pass_to(datetime(2027, 2, 5, 15, 59, tzinfo=UTC))
    assert story.lead().stage == "lost"
    story.pass_to(datetime(2027, 2, 5, 16, 0, tzinfo=UTC))
    offer = story.data(LeadAssigned.Data)[-1]
    assert (offer.rep, offer.step, offer.kind, offer.cycle) == ("rep-dan", 6, "recycled", 2)


def lose(story: LeadStory) -> None:
    story.play(qualified(company="Acme Inc"), make(DealOpened, deal="d1", by="rep-dan"))
    story.play(make(DealLost, deal="d1", by="rep-dan", reason="timing"), scored(total=20, company="Acme Inc"))


def happened(what: str, domain: str = "www.acme.example", mode: Mode = "live") -> CompanyChanged:
    return make(CompanyChanged, "acme.example", mode=mode, data={"domain": domain, "happened": what})


def test_what_recycles_a_lead_is_said(story: LeadStory) -> None:
    lose(story)
    story.pass_to(datetime(2027, 2, 5, 16, 0, tzinfo=UTC))
    assert [(data.trigger, data.cycle) for data in story.data(StageChanged.Data)][-1] == ("lost_deal", 2)


def test_a_deal_lost_more_than_twelve_months_ago_comes_back_no_more(story: LeadStory) -> None:
    lose(story)
    story.now = START + 366 * DAY
    story.pass_to(story.now)
    assert story.lead().stage == "lost"


def begun(story: LeadStory, begin: str) -> None:
    """A lead of Acme Inc that sales had, and that ended so; or one that nobody has had."""
    match begin:
        case "lost":
            lose(story)
        case "unresponsive":
            unresponsive(story)
        case "wrong timing":
            story.play(qualified(company="Acme Inc"))
            story.accept()
            story.play(make(LeadSalesDisqualified, by="rep-dan", reason="timing", revisit_on=date(2027, 11, 2)))
        case _:
            story.play(scored(total=45, company="Acme Inc"))
            story.rest()


@pytest.mark.parametrize("begin", ["lost", "unresponsive", "wrong timing"])
def test_an_event_of_the_company_begins_a_new_cycle(story: LeadStory, begin: str) -> None:
    begun(story, begin)
    story.now += 100 * DAY
    story.play(happened("funding"))
    story.pass_to(story.now)
    offer = story.data(LeadAssigned.Data)[-1]
    assert (offer.rep, offer.kind, offer.cycle) == ("rep-dan", "recycled", 2)
    moved = story.data(StageChanged.Data)[-1]
    assert (moved.trigger, moved.re_engaged, moved.stage) == ("funding", False, "mql")


def test_other_news_other_companies_old_news_and_other_leads_begin_nothing(story: LeadStory) -> None:
    lose(story)
    story.play(scored("reader", total=45), qualified("worked"))
    story.rest()
    before = len(story.data(LeadAssigned.Data))
    story.play(happened("moved_office"), happened("funding", "b.example"), happened("funding", mode="historical"))
    story.pass_to(story.now)
    assert len(story.data(LeadAssigned.Data)) == before
    story.play(happened("launch"))
    story.pass_to(story.now)
    offers = story.data(LeadAssigned.Data)[before:]
    assert len(offers) == 1, "the lost one, not who is in nurture or in work"


@pytest.mark.parametrize("begin", ["lost", "unresponsive", "wrong timing", "nobody had it"])
@pytest.mark.parametrize(
    ("facts", "moved"),
    [
        ({"domain": "other.example"}, True),
        ({"domain": None, "company": "Bluefin Labs"}, True),
        ({"company": "Acme Incorporated"}, False),
    ],
    ids=["another domain", "another company", "the same company"],
)
def test_another_job_begins_a_new_cycle(story: LeadStory, facts: dict[str, object], moved: bool, begin: str) -> None:
    begun(story, begin)
    offers, back = len(story.data(LeadAssigned.Data)), moved and begin != "nobody had it"
    story.now += 10 * DAY
    known = standing(20, story.now, None, facts_of({"company": "Acme Inc", **facts}))
    story.play(make(LeadScored, at=story.now, data=scored_data(known)))
    story.pass_to(story.now)
    cycles = [(data.kind, data.cycle) for data in story.data(LeadAssigned.Data)][offers:]
    assert cycles == ([("recycled", 2)] if back else [])
    if back:
        entry = story.data(StageChanged.Data)[-1]
        assert (entry.trigger, entry.re_engaged) == ("job_change", True), "ten days after the exit it counts not"


def test_deals_lost_long_ago_in_an_import_wake_nobody(story: LeadStory) -> None:
    story.play(make(DealLost, deal="d1", reason="price", at=START - 400 * DAY, mode="historical"))
    assert [timer.kind for timer in story.timers.values() if timer.kind == "recycle"] == []
