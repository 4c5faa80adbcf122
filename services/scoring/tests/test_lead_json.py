"""A lead's state as JSON: rows that houses have must still be read after an upgrade."""

import orjson
from services.scoring.tests.conftest import LeadEvents, Scorer

from scoring.decide import lead_json

FIRST_RELEASE = """{
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
}"""


def test_a_row_of_the_first_release_is_read(events: LeadEvents) -> None:
    old = lead_json.old_lead("ann", "acme.example", orjson.loads(FIRST_RELEASE))
    assert (old.lead.open_by_score, old.lead.gate_open, old.lead.source) == (True, True, "google")
    assert (old.lead.closes_at, old.base.recency.hand_raise) == (events.at(91), "demo_request")
    assert (old.engagements[0].bot, old.engagements[0].final) == ("said", True)
    assert old.sealed == (events.at(0), 9, "leads/3/1")


def test_its_base_and_engagements_are_folded_on(events: LeadEvents, scorer: Scorer) -> None:
    scorer.stored["ann"] = lead_json.old_lead("ann", "acme.example", orjson.loads(FIRST_RELEASE))
    scorer.read(events.engaged("site_visit", 2))
    lead = scorer.leads["ann"]
    assert (lead.terms, lead.blocks, lead.recent_count) == (scorer.terms.version, 1, 2)
    assert lead.tally.ledgers["default"].balance == 52
    assert lead.tally.recency.hand_raise_at == events.at(0)
    scorer.read(events.engaged("demo_request", 3))
    assert scorer.leads["ann"].tally.ledgers["default"].balance == 52, "it counted within thirty days"
    tally = scorer.leads["ann"].tally
    late = events.engaged("webinar_attended", -1, asset="w").replaced(recordedtime=events.at(3))
    scorer.read(late, now=events.at(3))
    assert scorer.leads["ann"].tally == tally, "what lies before the seal is not looked at again"


def test_facts_come_back(events: LeadEvents, scorer: Scorer) -> None:
    scorer.read(
        events.captured(email="jo@acme.example", title="CEO"), events.updated(days=3, source="crm", employees=120)
    )
    facts = orjson.loads(orjson.dumps(lead_json.of_facts(scorer.persons["ann"])))
    assert lead_json.facts_of(facts) == scorer.persons["ann"]
