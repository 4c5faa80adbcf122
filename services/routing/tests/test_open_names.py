"""A name that no code knows works by the agreement alone: a reject reason, a segment, a region, a pool, a promise."""

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from services.routing.tests.conftest import DAY, START, LeadStory, escalated, make, qualified

from agreement import load
from agreement.service_levels import Promise
from events.handoffs import LeadAssigned, LeadNurtured, LeadReturned
from events.sales import ContactAttempted, LeadSalesDisqualified
from routing.decide import Terms
from routing.decide.locks import locks_of
from testing.service import SHIPPED

ROWS = {
    ("routing.yaml", "\nreject_reasons:\n"): (
        "  - {reason: budget_frozen, title: No budget this year, then: nurture, segment: next-year, turn: credited,\n"
        "     tells: [marketing]}\n"
    ),
    ("routing.yaml", "\n  segments:\n"): (
        "    - segment: next-year\n"
        "      title: Next year\n"
        "      who: Those whose budget is frozen\n"
        "      mails_a_month: {at_least: 1, at_most: 1}\n"
        "      leaves_when: [hand_raise, silence]\n"
        "      silence: {after: 30d, then: archived}\n"
    ),
    ("routing.yaml", "\nregions:\n"): "  - {name: latam, countries: [BR, MX]}\n",
    ("routing.yaml", "\npools:\n"): "  - {size: mid, region: latam, pool: mid-latam}\n",
    (
        "teams.yaml",
        "\npools:\n",
    ): "  - {id: mid-latam, title: South, members: [rep-ruby], manager: rep-grace}\n",
}
"""New rows by file and the line they follow."""


@pytest.fixture(scope="module")
def open_terms(tmp_path_factory: pytest.TempPathFactory) -> Terms:
    """The shipped agreement with one new row of each kind, and segment 3 under another name."""
    folder = Path(shutil.copytree(SHIPPED, tmp_path_factory.mktemp("extended") / "agreement"))
    for (file, anchor), row in ROWS.items():
        text = (folder / file).read_text()
        assert text.count(anchor) == 1
        (folder / file).write_text(text.replace(anchor, anchor + row))
    routing = folder / "routing.yaml"
    routing.write_text(routing.read_text().replace('segment: "3"', "segment: wrong-timing"))
    return Terms.of(load(folder))


@pytest.fixture
def new_story(open_terms: Terms) -> LeadStory:
    return LeadStory(open_terms)


def test_a_new_reason_with_a_new_segment(new_story: LeadStory) -> None:
    new_story.play(qualified())
    new_story.reject("budget_frozen")
    (returned,) = new_story.data(LeadReturned.Data)
    assert (returned.reason, returned.then, returned.credited) == ("budget_frozen", "nurture", True)
    assert [data.segment for data in new_story.data(LeadNurtured.Data)] == ["next-year"]
    assert new_story.place() == ("mql", "nurture")
    new_story.pass_to(START + 30 * DAY)
    assert new_story.place() == ("mql", "archived")
    new_story.play(qualified(hand_raise="demo_request", at=new_story.now + timedelta(minutes=1)))
    assert (new_story.lead().cycle, new_story.place()) == (2, ("mql", "assigned"))


def test_a_new_region_with_a_pool_of_its_own(new_story: LeadStory) -> None:
    new_story.now = START + timedelta(hours=9)
    new_story.play(qualified(country="BR", at=new_story.now))
    (offer,) = new_story.data(LeadAssigned.Data)
    assert (offer.pool, offer.rep, offer.flags) == ("mid-latam", "rep-ruby", ())
    new_story.play(qualified("other", country="MX", employees=500, domain="other.example", at=new_story.now))
    new_story.pass_to(START + DAY)
    assert new_story.data(LeadAssigned.Data)[-1].flags == ("no_local_cover",)


def test_the_segment_for_wrong_timing_goes_by_what_it_does_not_by_its_name(new_story: LeadStory) -> None:
    new_story.play(qualified())
    new_story.play(make(LeadSalesDisqualified, by="rep-dan", reason="timing", revisit_on=date(2026, 11, 2)))
    assert [data.segment for data in new_story.data(LeadNurtured.Data)] == ["wrong-timing"]


def test_the_escalation_of_a_new_promise_passes_the_lead_on(new_story: LeadStory) -> None:
    new_story.play(qualified())
    new_story.accept()
    new_story.play(escalated("lead-1", "lead-1.1", "proposal_sent"))
    assert [offer.rep for offer in new_story.data(LeadAssigned.Data)] == ["rep-dan", "rep-elena"]


@pytest.mark.parametrize(("attempts", "kept"), [(1, False), (2, True)])
def test_who_kept_a_promise_while_its_escalation_was_on_its_way_keeps_the_lead(
    story: LeadStory, attempts: int, kept: bool
) -> None:
    """By what the agreement says keeps it (`stops`, `attempts`), whatever the promise is called."""
    promise = Promise(
        name="two_calls", title="Two calls", side="sales", level="owner", repools=True,
        starts=("assigned",), stops=("attempted",), attempts=2,
    )  # fmt: skip
    terms = replace(story.terms, promises={"two_calls": promise})
    calls = LeadStory(terms)
    calls.play(qualified())
    calls.accept()
    for number in range(attempts):
        calls.play(make(ContactAttempted, by="rep-dan", channel="call", at=START + timedelta(minutes=number)))
    calls.play(escalated("lead-1", "lead-1.1", "two_calls"))
    assert (calls.lead().owner == "rep-dan") == kept


@pytest.mark.parametrize("answer", ["accept", "out_of_territory", "competitor_or_agency", "timeout"])
def test_a_pool_that_the_agreement_no_longer_has_holds_no_lead(new_story: LeadStory, terms: Terms, answer: str) -> None:
    """Its leads are answered as ever; who must give one up gives it to a pool that is there, or to operations."""
    new_story.now = START + timedelta(hours=9)
    new_story.play(qualified(country="BR", at=new_story.now))
    (offer,) = new_story.data(LeadAssigned.Data)
    assert offer.pool == "mid-latam"
    new_story.terms = terms
    late = escalated("lead-1", offer.assignment)
    locks_of(new_story.state.leads, new_story.state.companies, [late], terms)
    match answer:
        case "accept":
            new_story.accept()
        case "timeout":
            new_story.play(late)
        case _:
            new_story.reject(answer)
    ends = {"accept": {("sal", "assigned"), ("sal", "working")}, "competitor_or_agency": {("mql", "suppressed")}}
    assert new_story.place() in ends.get(answer, {("mql", "queued"), ("mql", "waiting_for_shift"), ("mql", "assigned")})
    assert all(given.pool != "mid-latam" for given in new_story.data(LeadAssigned.Data)[1:])
