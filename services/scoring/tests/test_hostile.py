"""Whatever a form, a tool or a CRM sends, scoring goes on: nothing that parses may stop a lane."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from services.scoring.tests.conftest import LeadEvents, Scorer, shipped_terms

from events.leads import EngagementRecorded, KnownFact

FAR = [datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), datetime(9999, 12, 30, tzinfo=UTC)]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["a@b@c", "@", "x@", "https://", "51-200", "1e9", ",,", "0", "-5", "US", "١٢٠", "²"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["amount", "currency", "x"]), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [
        "email",
        "first_name",
        "name",
        "title",
        "company",
        "domain",
        "employees",
        "industry",
        "revenue",
        "country",
        "tech_stack",
        "customer",
        "shoe_size",
    ]
)
KINDS = st.sampled_from(["demo_request", "email_click", "email_open", "case_study", "site_visit", "no such kind", ""])
TEXTS = st.none() | st.text(max_size=8)


@given(facts=st.lists(st.tuples(NAMES, VALUES), max_size=6), email=st.text(max_size=12))
def test_any_fact_can_be_claimed(facts: list[tuple[str, object]], email: str) -> None:
    events, scorer = LeadEvents(), Scorer(shipped_terms())
    captured = events.captured(email=email)
    known = tuple(KnownFact(name=name, value=value, source="form", at=FAR[0]) for name, value in facts)
    scorer.read(captured.replaced(data=captured.data.replaced(facts=known)))
    scorer.read(events.engaged("demo_request", 1))
    assert scorer.standing().engagement == 50


@given(kind=KINDS, asset=TEXTS, mail=TEXTS, link=TEXTS, agent=TEXTS, url=TEXTS, at=st.none() | st.sampled_from(FAR))
def test_any_engagement_can_happen(kind: str, at: datetime | None, agent: str | None, **data: str | None) -> None:
    events, scorer = LeadEvents(), Scorer(shipped_terms())
    event: EngagementRecorded = events.engaged(kind, 1, user_agent=agent, delivered_at=at, also=data)
    scorer.read(events.captured(), event.replaced(time=at or event.time))
    scorer.read(events.engaged("demo_request", 2), event)
    assert scorer.points() >= 50


def test_a_clock_that_runs_ahead_does_not_decay_the_score(events: LeadEvents, scorer: Scorer) -> None:
    ahead = events.engaged("demo_request", 300).replaced(recordedtime=events.at(0))
    scorer.read(ahead, events.engaged("pricing_view", timedelta(hours=1)))
    assert scorer.points() == 80
