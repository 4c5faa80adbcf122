"""A lead's state as JSON: rows that houses have must still be read after an upgrade."""

import orjson
from services.scoring.tests.conftest import LeadEvents, Scorer

from scoring.decide import lead_json
from scoring.decide.state import Lead

FIRST_RELEASE = orjson.loads("""{
    "terms": "v1", "source": "google", "campaign": null, "referral": null, "by_score": true, "open": true, "said": 42,
    "since": "2026-08-05T12:00:00+00:00", "as_of": "2026-08-06T12:00:00+00:00",
    "source_at": "2026-08-05T12:00:00+00:00", "campaign_at": null, "referral_at": null,
    "lapses": "2026-11-04T12:00:00+00:00", "wake": "2026-10-05T12:00:00+00:00",
    "entries": [["2026-08-06T12:00:00+00:00", "leads/3/2", "email_click", null, "m", "l", "said", true, false]],
    "sealed": ["2026-08-05T12:00:00+00:00", 9, "leads/3/1"],
    "older": ["2026-08-05T12:00:00+00:00", null, "2026-08-05T12:00:00+00:00", "demo_request"],
    "ledgers": {"default": {
        "base": [50, "2026-08-05T12:00:00+00:00", 0, 1, {"demo_request": "2026-08-05T12:00:00+00:00"}, {}],
        "head": [50, "2026-08-05T12:00:00+00:00", 0, 1, {"demo_request": "2026-08-05T12:00:00+00:00"},
                 {"site_visit": [["2026-08-05T12:00:00+00:00", 2]]}],
        "lines": [["2026-08-06T12:00:00+00:00", "", "decay", -25, "60d"]]}}
}""")


def test_a_row_of_the_first_release_is_read_and_written_as_it_was(events: LeadEvents) -> None:
    lead = lead_json.lead("ann", "acme.example", FIRST_RELEASE, {})
    assert (lead.open_by_score, lead.gate_open, lead.announced) == (True, True, 42)
    assert (lead.closes_at, lead.sealed_recency.hand_raise) == (events.at(91), "demo_request")
    assert (lead.engagements[0].bot, lead.engagements[0].final) == ("said", True)
    assert orjson.loads(orjson.dumps(lead_json.of_lead(lead))) == as_json(FIRST_RELEASE)


def test_every_field_comes_back(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(
        events.captured(email="jo@acme.example", title="CEO"),
        events.engaged("demo_request", 1),
        events.engaged("site_visit", 2),
        events.updated(days=3, source="crm", employees=120),
    )
    lead = scorer.leads["ann"]
    state, facts = as_json(lead_json.of_lead(lead)), as_json(lead_json.of_facts(lead.facts))
    assert lead_json.lead("ann", lead.domain, state, facts) == lead
    assert lead_json.lead("eve", None, as_json(lead_json.of_lead(Lead("eve"))), {}) == Lead("eve")


def as_json(value: object) -> dict[str, object]:
    """As JSON gives it back."""
    back: dict[str, object] = orjson.loads(orjson.dumps(value))
    return back
