"""Laws of the fold: cuts never show, arrival order never shows, interleaving never shows, lines always sum."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events import Event
from events.scores import LeadScored
from scoring.decide import Terms, decide
from scoring.decide.state import Lead

HOURS = st.integers(0, 150 * 24)
LEADS = st.sampled_from(["ann", "bob"])
KINDS = st.sampled_from(
    ["demo_request", "pricing_view", "webinar_attended", "case_study", "product_page", "blog_read", "newsletter_signup"]
    + ["site_visit"] * 3
    + ["email_open", "email_reply", "email_click", "other"]
)
DEEDS = st.builds(
    lambda kind, hours, lead, asset, machine: ("did", kind, hours, lead, asset, machine),
    KINDS,
    HOURS,
    LEADS,
    st.sampled_from("abc"),
    st.sampled_from([None, None, None, True]),
)
_SAYINGS: list[tuple[str, Any]] = [
    ("employees", 120),
    ("employees", 5),
    ("employees", None),
    ("title", "CEO"),
    ("title", "Intern"),
    ("industry", "SaaS"),
    ("domain", "acme.example"),
    ("domain", None),
    ("company", "n/a"),
]
FACTS = st.builds(
    lambda name_value, hours, lead, source: ("said", name_value, hours, lead, source),
    st.sampled_from(_SAYINGS),
    HOURS,
    LEADS,
    st.sampled_from(["form", "crm", "steward"]),
)
ENDS = st.builds(lambda what, hours, lead: (what, hours, lead), st.sampled_from(["merged", "erased"]), HOURS, LEADS)
COMPANIES = st.builds(
    lambda hours, employees, domain: ("company", hours, employees, domain),
    HOURS,
    st.sampled_from([40, 120, 700]),
    st.sampled_from(["acme.example", "unknown-company.example"]),
)


def made(said: Any, specs: Sequence[Any]) -> list[Event]:
    """Events received at once, on day 150, whenever they occurred."""
    events: list[Event] = []
    for spec in specs:
        match spec:
            case ("did", kind, hours, lead, asset, machine):
                data = {"asset": asset, "mail": asset, "link": str(len(events) % 4), "machine": machine}
                event = said.did(kind, timedelta(hours=hours), lead=lead, **data)
            case ("said", (name, value), hours, lead, source):
                event = said.updated(lead, timedelta(hours=hours) / timedelta(days=1), source=source, **{name: value})
            case ("company", hours, employees, domain):
                event = said.company(domain, hours / 24, employees=employees)
            case (end, hours, lead):
                event = getattr(said, end)(lead=lead, days=hours / 24)
        events.append(event.replaced(recordedtime=said.at(150)))
    return events


def seen(lead: Lead) -> Any:
    """State but for the alarm: when it next looks at the clock is no part of what is known."""
    found = lead.copy()
    found.wake = None
    return found


def newcomers(said: Any) -> list[Event]:
    return [said.captured("ann", 0), said.captured("bob", 0, email="bob@acme.example")]


@settings(deadline=None)
@given(specs=st.lists(DEEDS | FACTS | ENDS | COMPANIES, max_size=14), cuts=st.sets(st.integers(0, 16), max_size=4))
def test_where_a_batch_is_cut_never_shows(new_said: Any, new_desk: Any, specs: Any, cuts: set[int]) -> None:
    said = new_said()
    events = newcomers(said) + made(said, specs)
    now = said.at(150)
    whole, parts = new_desk(), new_desk()
    whole.tell(*events, now=now)
    edges = [0, *sorted(cut for cut in cuts if cut < len(events)), len(events)]
    for first, last in pairwise(edges):
        parts.tell(*events[first:last], now=now)
    assert parts.facts == whole.facts
    assert parts.leads == whole.leads
    assert parts.companies == whole.companies
    assert parts.timers == whole.timers


@settings(deadline=None)
@given(specs=st.lists(DEEDS, max_size=12), order=st.randoms(use_true_random=False))
def test_in_whatever_order_engagements_arrive_the_ledger_is_the_same(
    new_said: Any, new_desk: Any, specs: Any, order: Any
) -> None:
    said = new_said()
    events = made(said, specs)
    other = list(events)
    order.shuffle(other)
    first, second = new_desk(), new_desk()
    for desk, told in ((first, events), (second, other)):
        desk.tell_one_by_one([*newcomers(said), *told], now=said.at(150))
        desk.advance(said.at(150))
    for lead in ("ann", "bob"):
        assert first.leads[lead].ledgers == second.leads[lead].ledgers
        assert first.leads[lead].entries == second.leads[lead].entries
        assert first.standing(lead).model_dump(exclude={"reason", "kind"}) == second.standing(lead).model_dump(
            exclude={"reason", "kind"}
        )


@settings(deadline=None)
@given(specs=st.lists(DEEDS | FACTS, max_size=12), companies=st.lists(COMPANIES, max_size=3), order=st.data())
def test_interleaving_with_news_of_companies_never_shows(
    new_said: Any, new_desk: Any, specs: Any, companies: Any, order: Any
) -> None:
    said = new_said()
    leads, news = newcomers(said) + made(said, specs), made(said, companies)
    one, two = new_desk(), new_desk()
    one.tell_one_by_one(news + leads, now=said.at(150))
    mixed = [*leads]
    place = 0
    for event in news:
        place = order.draw(st.integers(place, len(mixed)))
        mixed.insert(place, event)
        place += 1
    two.tell_one_by_one(mixed, now=said.at(150))
    for desk in (one, two):
        desk.advance(said.at(150))
    assert {id: seen(lead) for id, lead in one.leads.items()} == {id: seen(lead) for id, lead in two.leads.items()}
    assert one.companies == two.companies


@settings(deadline=None)
@given(specs=st.lists(DEEDS | FACTS, max_size=14))
def test_lines_sum_to_balance_and_fit_at_every_instant(new_said: Any, new_desk: Any, specs: Any) -> None:
    said, desk = new_said(), new_desk()
    for event in newcomers(said) + made(said, specs):
        desk.tell(event, now=said.at(150))
        for lead in desk.leads:
            assert 0 <= desk.points(lead) <= 100
    desk.advance(said.at(400))
    for fact in desk.facts:
        if fact.event is not LeadScored:
            continue
        standing = fact.data
        assert sum(line.points for line in standing.fit_lines) == standing.fit
        assert standing.total == standing.fit + standing.engagement
        if len(standing.engagement_lines) < 20:
            assert sum(line.points for line in standing.engagement_lines) == standing.engagement
    for lead in desk.leads.values():
        running = 0
        for line in lead.ledgers["default"].lines:
            running += line.points
            assert 0 <= running <= 100
    assert all(desk.points(lead) == 0 for lead in desk.leads)


@settings(deadline=None)
@given(specs=st.lists(DEEDS | FACTS, max_size=10))
def test_times_of_a_lead_never_run_back(new_said: Any, new_desk: Any, specs: Any) -> None:
    said, desk = new_said(), new_desk()
    desk.tell(*newcomers(said), *made(said, specs), now=said.at(150))
    desk.advance(said.at(400))
    for lead in desk.leads:
        times = [fact.time for fact in desk.facts if fact.subject == lead]
        assert times == sorted(times)


@settings(deadline=None)
@given(
    deeds=st.lists(st.tuples(KINDS, st.integers(0, 700), st.integers(0, 40), st.sampled_from("abc")), max_size=25),
)
def test_what_is_sealed_counts_as_if_it_were_remembered(new_said: Any, new_desk: Any, deeds: Any) -> None:
    """Forgetting single engagements never shows, as long as what is late comes within the memory."""
    said = new_said()
    arrivals = sorted(deeds, key=lambda deed: deed[1] + deed[2])
    events = [said.did(kind, day, asset=asset, mail=asset) for kind, day, _, asset in arrivals]
    brief, long = new_desk(), new_desk()
    long.terms = replace(long.terms, memory=timedelta(days=10_000))
    for desk in (brief, long):
        for event, (_, day, delay, _) in zip(events, arrivals, strict=True):
            desk.advance(said.at(day + delay))
            desk.tell(event.replaced(recordedtime=said.at(day + delay)))
        desk.advance(said.at(900))
    assert said_of(brief) == said_of(long)


def said_of(desk: Any) -> list[Any]:
    """Without the lines, of which recent ones are shown."""
    lines = {"engagement_lines"}
    return [(fact.event, fact.time, fact.data.model_dump(exclude=lines)) for fact in desk.facts]


def test_decide_leaves_what_it_was_given_alone(said: Any, desk: Any, terms: Terms) -> None:
    desk.tell(said.captured(), said.did("demo_request", 1))
    before = desk.leads["ann"].copy()
    world = desk.world()
    outcome = decide(world, desk.timers.values(), terms, said.at(300))
    assert outcome.leads["ann"] != before
    assert desk.leads["ann"] == before
