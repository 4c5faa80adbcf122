"""Customer success: at `won` who looks after the customer hears the whole story, and then what the survey adds."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

from services.notifier.tests.conftest import LeadLog, message_after

from agreement.people import People
from agreement.teams import NamedAccount, Teams
from events import Event, Money
from events.body import wire_values
from events.deal_ends import DealJudged
from events.deals import DealLost, DealOpened, DealWon, SurveyAnswered
from events.handoffs import StageChanged
from notifier.decide import Notice, State, Terms, decide
from notifier.render import Message
from testing.events import NOON

SURVEY = {
    "deal": "D-1", "outcome": "won", "by": "rep-ana", "reason": "trust", "competitor": "Fabrikam",
    "content": ("Retail case study",), "objections": ("price", "rollout"), "champion": "Ravi, head of data",
}  # fmt: skip


def won(story: LeadLog, domain: str = "acme.example") -> StageChanged:
    data = {"cycle": 1, "stage_from": "opportunity", "stage": "won", "status": "assigned", "why": "deal won"}
    return story.make(StageChanged, {**data, "owner": "rep-ana", "domain": domain, "deal": "D-1"})


def signed(story: LeadLog) -> list[Event]:
    opened = story.make(DealOpened, {"deal": "D-1", "by": "rep-ana", "product": "Pipeline"})
    money = Money(amount=5000000, currency="USD")
    data = {"deal": "D-1", "by": "rep-ana", "amount": money, "promised": "Two weeks of rollout, by the same person"}
    return [*story.offer(), opened, story.make(DealWon, data)]


def customer_notices(terms: Terms, *events: Event) -> list[Notice]:
    return [one for one in decide(State(), events, terms, now=NOON).notices if one.kind == "customer"]


def fields(written: Message) -> dict[str, str]:
    return dict(written.parts[0].fields)


def with_account(terms: Terms, owner: str, *, nobody: bool = False) -> Terms:
    """Terms by which this rep owns the account of Acme; `nobody`: no rep is an account manager."""
    values = {name: getattr(terms.teams, name) for name in Teams.model_fields}
    account = NamedAccount(domain="acme.example", company="Acme", kind="customer", owner=owner)
    reps = tuple(one.model_copy(update={"role": "ae"}) if nobody else one for one in terms.teams.reps)
    teams = Teams.model_construct(**{**values, "named_accounts": () if nobody else (account,), "reps": reps})
    return replace(terms, teams=teams, people=People(teams))


def test_the_owner_of_the_account_hears_of_a_new_customer(terms: Terms, story: LeadLog) -> None:
    (notice,) = customer_notices(with_account(terms, "rep-ben"), *signed(story), won(story))
    assert notice.recipient == "rep-ben"
    (notice,) = customer_notices(terms, *signed(story), won(story))
    managers = [rep.id for rep in terms.teams.reps if rep.role == "account_manager"]
    assert notice.recipient in managers, "of a company that nobody owns: an account manager"
    (notice,) = customer_notices(with_account(terms, "rep-ben", nobody=True), *signed(story), won(story))
    assert notice.recipient == "rep-ana", "where there is none, who sold it"


def test_the_notice_tells_what_was_promised_and_the_survey_adds_the_rest(terms: Terms, story: LeadLog) -> None:
    wish = story.engaged(text="Can it read our Salesforce?", minutes=1)
    written = message_after(terms, [*signed(story), wish, won(story)], "customer")
    assert written.title == "New customer: Jane Doe, Acme Ltd"
    assert written.summary == "Ana Lima won Jane Doe, Acme Ltd. They are yours to look after."
    assert fields(written) == {
        "Sold by": "Ana Lima", "Amount": "50,000 USD", "Product": "Pipeline",
        "Promised": "Two weeks of rollout, by the same person",
    }  # fmt: skip
    assert written.parts[1].lines == ("“Can it read our Salesforce?”",)
    assert written.link == "http://baton/deals/D-1"
    after = message_after(terms, [*signed(story), story.make(SurveyAnswered, SURVEY)], "customer")
    assert after.title == "What won Jane Doe, Acme Ltd"
    assert {name: fields(after)[name] for name in ("Promised", "Champion", "Objections", "Why they bought")} == {
        "Promised": "Two weeks of rollout, by the same person", "Champion": "Ravi, head of data",
        "Objections": "price and rollout", "Why they bought": "Trust",
    }  # fmt: skip


def test_it_is_said_once_for_each_win_and_of_no_loss(terms: Terms, story: LeadLog) -> None:
    lost = story.make(SurveyAnswered, {**SURVEY, "outcome": "lost"})
    assert customer_notices(terms, *signed(story), lost) == []
    survey = story.make(SurveyAnswered, SURVEY)
    notices = customer_notices(terms, *signed(story), won(story), won(story), survey, survey)
    assert [one.about for one in notices] == ["won/1", "survey/D-1"]


def test_a_survey_of_a_deal_that_did_not_end_so_says_nothing_until_it_does(terms: Terms, story: LeadLog) -> None:
    opened = [*story.offer(), story.make(DealOpened, {"deal": "D-1", "by": "rep-ana"})]
    survey = story.make(SurveyAnswered, SURVEY)
    closed = signed(story)
    lost = story.make(DealLost, {"deal": "D-1", "by": "rep-ana", "reason": "price"})
    for before in (story.offer(), opened, [*opened, lost], [*closed, lost], [*opened, lost, *closed]):
        assert customer_notices(terms, *before, survey) == []
    moved = story.make(StageChanged, {**wire_values(won(story).data), "stage": "lost"})
    assert customer_notices(terms, *signed(story), moved, survey) == [], "a fact about another contact lost it"
    stays = story.make(DealJudged, {"cycle": 1, "deal": "D-1", "state": "lost", "owner": "rep-ana"})
    today = story.make(StageChanged, {**wire_values(won(story).data), "deal_judged": True})
    assert customer_notices(terms, *signed(story), stays, survey) == [], "and its lead may stay where it is"
    abouts = [one.about for one in customer_notices(terms, *signed(story), stays, today, survey)]
    assert abouts == ["won/1"], "a stage says nothing of a deal that speaks for itself"
    written = message_after(terms, [*opened, survey, won(story)], "customer")
    assert fields(written)["Champion"] == "Ravi, head of data", "answered too early it is part of the story"
    assert [one.about for one in customer_notices(terms, *opened, won(story), survey)] == ["won/1", "survey/D-1"]


def test_the_latest_survey_is_what_it_says_in_whatever_order_they_come(terms: Terms, story: LeadLog) -> None:
    survey = story.make(SurveyAnswered, SURVEY)
    answers = {"deal": "D-1", "outcome": "won", "by": "rep-ana", "champion": "Mia", "content": ("ROI sheet",)}
    shorter = story.make(SurveyAnswered, answers, at=survey.time + timedelta(minutes=1))
    loss = {**SURVEY, "outcome": "lost", "reason": "price", "objections": ("late",)}
    lost = story.make(SurveyAnswered, loss, at=survey.time + timedelta(minutes=2))
    for arrived in permutations((survey, shorter, lost)):
        outcome = decide(State(), [*signed(story), *arrived], terms, now=NOON)
        deal = outcome.leads[story.lead].handoff.deals["D-1"]
        assert (deal.champion, deal.content) == ("Mia", ("ROI sheet",))
        assert (deal.reason, deal.competitor, deal.objections) == (None, None, ()), "as reporting has it"


def test_of_who_is_forgotten_nothing_is_kept(terms: Terms, story: LeadLog) -> None:
    outcome = decide(State(), [*signed(story), won(story), story.erased()], terms, now=NOON)
    assert outcome.leads[story.lead].handoff.deals == {}
    assert [one.payload for one in outcome.notices if one.kind == "customer"] == [{}]
