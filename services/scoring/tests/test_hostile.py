"""Whatever a form, a tool or a CRM says, scoring goes on: nothing that parses may stop a lane."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.leads import EngagementRecorded, Known

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


@settings(deadline=None)
@given(facts=st.lists(st.tuples(NAMES, VALUES), max_size=6), email=st.text(max_size=12))
def test_any_fact_can_be_said(new_said: Any, new_desk: Any, facts: Any, email: str) -> None:
    said, desk = new_said(), new_desk()
    captured = said.captured(email=email)
    known = tuple(Known(name=name, value=value, source="form", at=FAR[0]) for name, value in facts)
    desk.tell(captured.replaced(data=captured.data.model_copy(update={"facts": known})))
    desk.tell(said.did("demo_request", 1))
    assert desk.standing().engagement == 50


@settings(deadline=None)
@given(kind=KINDS, asset=TEXTS, mail=TEXTS, link=TEXTS, agent=TEXTS, url=TEXTS, at=st.none() | st.sampled_from(FAR))
def test_any_engagement_can_happen(new_said: Any, new_desk: Any, kind: str, at: Any, agent: Any, **data: Any) -> None:
    said, desk = new_said(), new_desk()
    event: EngagementRecorded = said.did(kind, 1, user_agent=agent, delivered_at=at, **data)
    desk.tell(said.captured(), event.replaced(time=at or event.time))
    desk.tell(said.did("demo_request", 2), event)
    assert desk.points() >= 50


def test_a_clock_that_runs_ahead_does_not_decay_the_score(said: Any, desk: Any) -> None:
    ahead = said.did("demo_request", 300).replaced(recordedtime=said.at(0))
    desk.tell(ahead, said.did("pricing_view", timedelta(hours=1)))
    assert desk.points() == 80
