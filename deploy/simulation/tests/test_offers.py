"""What waits in inboxes, by the hand-overs alone."""

from datetime import UTC, datetime

from events import Fact
from events.grounds import Snapshot
from events.handoffs import LeadAccepted, LeadAssigned, LeadReturned, StageChanged
from events.vocabulary import Stage
from simulation.offers import Offers

NOON = datetime(2026, 8, 5, 12, 0, tzinfo=UTC)
_SCORED = Snapshot(fit=40, engagement=32, total=72, band="A")


def offered(assignment: str, rep: str = "rep-ana", flag: str | None = None) -> Fact:
    data = LeadAssigned.Data(
        assignment=assignment, version=1, cycle=1, rep=rep, team="smb", step=9, rule="round robin", flag=flag,
        touch="4bh", snapshot=_SCORED,
    )  # fmt: skip
    return LeadAssigned.fact("lead-1", data, time=NOON)


def accepted(assignment: str) -> Fact:
    data = LeadAccepted.Data(assignment=assignment, cycle=1, rep="rep-ana")
    return LeadAccepted.fact("lead-1", data, time=NOON)


def returned(assignment: str) -> Fact:
    data = LeadReturned.Data(assignment=assignment, cycle=1, rep="rep-ana", reason="not_icp", then="nurture")
    return LeadReturned.fact("lead-1", data, time=NOON)


def stage(to: Stage) -> Fact:
    data = StageChanged.Data(cycle=1, stage=to, status="assigned", why="test")
    return StageChanged.fact("lead-1", data, time=NOON)


def test_an_offer_waits_until_it_is_answered_or_taken_back() -> None:
    offers = Offers()
    (seen,) = offers.hear([stage("mql"), offered("a", flag="hot")])
    assert (seen.assignment, seen.lead, seen.owner, seen.total, seen.flag, seen.stage) == (
        "a", "lead-1", "rep-ana", 72, "hot", "mql",
    )  # fmt: skip
    assert set(offers.waiting) == {"a"}
    assert offers.hear([accepted("a")]) == []
    assert offers.waiting == {}


def test_what_was_offered_and_taken_back_before_anybody_looked_was_never_seen() -> None:
    offers = Offers()
    assert [one.assignment for one in offers.hear([offered("a"), returned("a"), offered("b", "rep-ben")])] == ["b"]
    assert set(offers.waiting) == {"b"}


def test_a_lead_that_changes_hands_keeps_its_stage() -> None:
    offers = Offers()
    offers.hear([stage("mql"), offered("a"), accepted("a"), stage("sql")])
    assert [one.stage for one in offers.hear([offered("b", "rep-ben")])] == ["sql"]
