"""What is it in our words, and when was it: names, facts, campaigns, corrected clocks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.leads import EngagementRecorded
from ingest.decide import Submission, Words
from ingest.decide.reading import instant, read
from ingest.decide.submission import normalise
from ingest.decide.words import campaign

NOON = datetime(2026, 8, 5, 12, 0, tzinfo=UTC)


def deed_of(submission: Submission, words: Words, now: datetime) -> EngagementRecorded.Data:
    """The one thing that was done."""
    ((_, body),) = read(submission, words, now).said
    assert isinstance(body, EngagementRecorded.Data)
    return body


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Demo Requested", "demo_request"),
        ("demo requested", "demo_request"),
        ("demo_requested", "demo_request"),
        ("Pricing Viewed", "pricing_view"),
        ("Email Opened", "email_open"),
        ("Button Pressed", "other"),
    ],
)
def test_track_events_have_our_names_and_unknown_ones_are_kept(words: Any, told: Any, name: Any, kind: Any) -> None:
    body = deed_of(told("track", user="u", name=name), words, NOON)
    assert (body.kind, body.name) == (kind, name)


@pytest.mark.parametrize(
    ("properties", "context", "kind"),
    [
        ({"path": "/pricing"}, {}, "pricing_view"),
        ({"path": "/Pricing/teams"}, {}, "pricing_view"),
        ({"url": "https://x.com/pricing?utm_source=ad"}, {}, "pricing_view"),
        ({}, {"page": {"path": "/pricing"}}, "pricing_view"),
        ({"path": "/blog/pricing"}, {}, "site_visit"),
        ({}, {}, "site_visit"),
    ],
)
def test_page_views_go_by_their_path(words: Any, told: Any, properties: Any, context: Any, kind: Any) -> None:
    body = deed_of(told("page", anonymous="a", properties=properties, context=context), words, NOON)
    assert body.kind == kind


@pytest.mark.parametrize(
    ("traits", "facts"),
    [
        ({"firstName": "Dana", "lastName": "Reed"}, {"first_name": "Dana", "last_name": "Reed"}),
        ({"company": "Acme"}, {"company": "Acme"}),
        (
            {"company": {"name": "Acme", "employee_count": "51-200", "industry": "SaaS", "domain": "acme.com"}},
            {"company": "Acme", "employees": 51, "industry": "SaaS", "domain": "acme.com"},
        ),
        ({"employees": "1,200"}, {"employees": 1200}),
        ({"employees": "1000+"}, {"employees": 1000}),
        ({"employees": True}, {}),
        ({"address": {"country": "Germany", "street": "x"}}, {"country": "Germany"}),
        ({"jobTitle": "  CRO "}, {"title": "CRO"}),
        ({"title": ""}, {}),
        ({"title": None}, {"title": None}),
        ({"plan": "pro", "nested": {"a": 1}}, {"plan": "pro"}),
        ({"email": "dana@acme.com"}, {}),
    ],
)
def test_traits_become_facts(words: Any, told: Any, traits: Any, facts: Any) -> None:
    deed = read(told("identify", user="u", traits=traits), words, NOON)
    assert {known.name: known.value for known in deed.known} == facts


def test_rudderstack_puts_traits_into_the_context(words: Any, told: Any) -> None:
    deed = read(told("identify", user="u", context={"traits": {"email": "dana@acme.com", "title": "CRO"}}), words, NOON)
    assert deed.email == "dana@acme.com"
    assert [known.name for known in deed.known] == ["title"]


def test_a_form_told_as_a_track_event_names_the_person(words: Any, told: Any) -> None:
    properties = {"email": "dana@acme.com", "company": "Acme", "seats": 5}
    deed = read(told("track", anonymous="a", name="Demo Requested", properties=properties), words, NOON)
    assert (deed.email, [known.name for known in deed.known]) == ("dana@acme.com", ["company"])


def test_an_address_in_an_unknown_event_is_somebody_elses(words: Any, told: Any) -> None:
    assert read(told("track", user="u", name="Invite Sent", properties={"email": "x@y.com"}), words, NOON).email is None


def test_mail_events_carry_message_link_and_delivery(words: Any, told: Any) -> None:
    properties = {"email_id": "m7", "link": "https://x.com/a", "delivered_at": "2026-08-05T11:59:59Z"}
    body = deed_of(told("track", email="d@a.com", name="Email Clicked", properties=properties), words, NOON)
    assert (body.kind, body.mail, body.link) == ("email_click", "m7", "https://x.com/a")
    assert body.delivered_at == NOON - timedelta(seconds=1)


def test_a_ticked_box_is_consent(words: Any, told: Any) -> None:
    deed = read(told("form", name="newsletter", properties={"email": "d@a.com", "consent": "on"}), words, NOON)
    assert [event.type_name() for event, _ in deed.said] == ["consent.changed.v1", "engagement.recorded.v1"]


@pytest.mark.parametrize(
    ("context", "url", "fields", "expected"),
    [
        ({"campaign": {"name": "spring", "source": "google"}}, None, {}, ("spring", "google", None)),
        ({}, "https://x.com/?utm_campaign=fall&utm_source=bing", {}, ("fall", "bing", None)),
        ({}, None, {"utm_campaign": "f", "partner": "p1"}, ("f", None, "p1")),
        ({}, "http://[bad", {}, None),
        ({"campaign": "text"}, None, {}, None),
    ],
)
def test_campaigns_come_from_wherever_they_stand(context: Any, url: Any, fields: Any, expected: Any) -> None:
    found = campaign(context, url, fields)
    assert (found and (found.name, found.source, found.referral)) == expected


class TestTime:
    def deed(self, words: Any, told: Any, **given: Any) -> Any:
        return read(told("track", user="u", name="x", **given), words, NOON)

    def test_a_client_whose_clock_is_wrong_is_corrected(self, words: Any, told: Any) -> None:
        wrong = NOON + timedelta(days=3650)
        assert self.deed(words, told, original=wrong - timedelta(minutes=5), sent=wrong).at == NOON - timedelta(
            minutes=5
        )

    @pytest.mark.parametrize("given", [{}, {"sent": NOON}, {"original": NOON - timedelta(hours=2)}])
    def test_without_both_stamps_the_receipt_counts(self, words: Any, told: Any, given: Any) -> None:
        assert self.deed(words, told, **given).at == NOON

    @pytest.mark.parametrize("years", [-2000, -10, 10, 7900])
    def test_nonsense_is_clamped(self, words: Any, told: Any, years: Any) -> None:
        wrong = NOON.replace(year=max(1, min(9999, NOON.year + years)))
        at = self.deed(words, told, original=wrong, exact=True).at
        assert NOON - timedelta(days=5 * 365) <= at <= NOON + timedelta(days=1)

    def test_old_news_is_historical(self, words: Any, told: Any) -> None:
        assert self.deed(words, told, original=NOON - timedelta(hours=25), sent=NOON).mode == "historical"
        assert self.deed(words, told, original=NOON - timedelta(hours=24), sent=NOON).mode == "live"
        assert self.deed(words, told, historical=True).mode == "historical"

    def test_what_is_flagged_as_history_keeps_its_time(self, words: Any, told: Any) -> None:
        then = NOON - timedelta(days=100)
        assert self.deed(words, told, original=then, historical=True).at == then

    @pytest.mark.parametrize(
        ("text", "hour"),
        [("2026-08-05T12:00:00Z", 12), ("2026-08-05T14:00:00.123+02:00", 12), ("2026-08-05T12:00:00.123456", 12)],
    )
    def test_instants_in_every_form(self, text: Any, hour: Any) -> None:
        found = instant(text)
        assert found is not None
        assert found.astimezone(UTC).hour == hour

    @pytest.mark.parametrize("text", [None, 12, "", "yesterday", "0000-00-00T00:00:00Z", "x" * 60])
    def test_what_is_no_instant(self, text: Any) -> None:
        assert instant(text) is None


@pytest.mark.parametrize(
    "address", [None, 3, "", "dana", "dana@", "a b@c.de", "a@b..c", "Dana <d@a.com>", "d@a.com\nBcc: x@y.z"]
)
def test_what_is_no_address(address: Any) -> None:
    assert normalise(address) is None


@pytest.mark.parametrize("address", ["dana@acme.example", "dana@acme.test", "DANA+x@ACME.co.uk", "ünï@exämple.com"])
def test_what_is_an_address(address: Any) -> None:
    assert normalise(address) == address.lower()
