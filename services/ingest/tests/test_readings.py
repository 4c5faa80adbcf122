"""What is it in our words, and when was it: names, facts, campaigns, corrected clocks."""

from collections.abc import Mapping
from datetime import UTC, timedelta

import pytest
from services.ingest.tests.conftest import Maker

from events.leads import EngagementRecorded
from ingest.decide import Reading, Submission, Vocabulary, instant, normalise, read
from ingest.decide.campaign import campaign_of
from ingest.decide.submissions import FormSubmitted, Identify, Page, Track
from testing.events import NOON

Json = Mapping[str, object]


def engagement(submission: Submission, vocabulary: Vocabulary) -> EngagementRecorded.Data:
    """The one thing that was done."""
    ((_, data),) = read(submission, vocabulary, NOON).events
    assert isinstance(data, EngagementRecorded.Data)
    return data


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
def test_track_events_have_our_names_and_unknown_ones_are_kept(
    vocabulary: Vocabulary, make: Maker, name: str, kind: str
) -> None:
    body = engagement(make(Track, user="u", name=name), vocabulary)
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
def test_page_views_go_by_their_path(
    vocabulary: Vocabulary, make: Maker, properties: Json, context: Json, kind: str
) -> None:
    body = engagement(make(Page, anonymous="a", properties=properties, context=context), vocabulary)
    assert body.kind == kind


@pytest.mark.parametrize(
    ("traits", "facts"),
    [
        ({"firstName": "Dana", "lastName": "Reed"}, {"first_name": "Dana", "last_name": "Reed"}),
        ({"company": "Acme"}, {"company": "Acme"}),
        (
            {"company": {"name": "Acme", "employee_count": "51-200", "industry": "SaaS", "domain": "acme.com"}},
            {"company": "Acme", "employees": "51-200", "industry": "SaaS", "domain": "acme.com"},
        ),
        ({"employees": "1,200"}, {"employees": 1200}),
        ({"employees": "1000+"}, {"employees": "1,000+"}),
        ({"employees": "150.0"}, {"employees": 150}),
        ({"employees": "10k-50k"}, {"employees": "10,000-50,000"}),
        ({"employees": "1.5k"}, {"employees": 1500}),
        ({"employees": "< 50"}, {"employees": "up to 49"}),
        ({"employees": "a few"}, {"employees": "a few"}),
        ({"first_name": ["Dana", ""], "company": ["", "Acme"]}, {"first_name": "Dana", "company": "Acme"}),
        ({"country": "The Netherlands"}, {"country": "NL"}),
        ({"country": "Atlantis"}, {"country": "Atlantis"}),
        ({"customer_number": 2**63}, {"customer_number": str(2**63)}),
        ({"employees": True}, {}),
        ({"address": {"country": "Germany", "street": "x"}}, {"country": "DE"}),
        ({"jobTitle": "  CRO "}, {"title": "CRO"}),
        ({"title": ""}, {}),
        ({"title": None}, {"title": None}),
        ({"plan": "pro", "nested": {"a": 1}}, {"plan": "pro"}),
        ({"email": "dana@acme.com"}, {}),
    ],
)
def test_traits_become_facts(vocabulary: Vocabulary, make: Maker, traits: Json, facts: Json) -> None:
    reading = read(make(Identify, user="u", traits=traits), vocabulary, NOON)
    assert {known.name: known.value for known in reading.facts} == facts


def test_rudderstack_puts_traits_into_the_context(vocabulary: Vocabulary, make: Maker) -> None:
    reading = read(
        make(Identify, user="u", context={"traits": {"email": "dana@acme.com", "title": "CRO"}}), vocabulary, NOON
    )
    assert reading.email == "dana@acme.com"
    assert [known.name for known in reading.facts] == ["title"]


def test_a_form_told_as_a_track_event_names_the_person(vocabulary: Vocabulary, make: Maker) -> None:
    properties = {"email": "dana@acme.com", "company": "Acme", "seats": 5}
    reading = read(make(Track, anonymous="a", name="Demo Requested", properties=properties), vocabulary, NOON)
    assert (reading.email, [known.name for known in reading.facts]) == ("dana@acme.com", ["company"])


def test_an_address_in_an_unknown_event_is_somebody_elses(vocabulary: Vocabulary, make: Maker) -> None:
    assert (
        read(make(Track, user="u", name="Invite Sent", properties={"email": "x@y.com"}), vocabulary, NOON).email is None
    )


def test_mail_events_carry_message_link_and_delivery(vocabulary: Vocabulary, make: Maker) -> None:
    properties = {"email_id": "m7", "link": "https://x.com/a", "delivered_at": "2026-08-05T11:59:59Z"}
    body = engagement(make(Track, email="d@a.com", name="Email Clicked", properties=properties), vocabulary)
    assert (body.kind, body.mail, body.link) == ("email_click", "m7", "https://x.com/a")
    assert body.delivered_at == NOON - timedelta(seconds=1)


def test_a_ticked_box_is_consent(vocabulary: Vocabulary, make: Maker) -> None:
    reading = read(
        make(FormSubmitted, name="newsletter", fields={"email": "d@a.com", "consent": "on"}), vocabulary, NOON
    )
    assert [event.type_name() for event, _ in reading.events] == ["consent.changed.v1", "engagement.recorded.v1"]


@pytest.mark.parametrize(
    ("context", "url", "fields", "expected"),
    [
        ({"campaign": {"name": "spring", "source": "google"}}, None, {}, ("spring", "google", None)),
        ({}, "https://x.com/?utm_campaign=fall&utm_source=bing", {}, ("fall", "bing", None)),
        ({}, None, {"utm_campaign": "f", "partner": "p1"}, ("f", None, "p1")),
        ({}, "http://[bad", {}, None),
        ({"campaign": "text"}, None, {}, None),
        ({}, None, {"partner": "undefined"}, None),
        ({}, None, {"partner": "{{partner}}", "utm_campaign": "null", "utm_source": "google"}, (None, "google", None)),
        (
            {"campaign": {"name": "[object Object]", "source": "none"}},
            "https://x.com/?utm_source=bing",
            {},
            (None, "bing", None),
        ),
        (
            {"campaign": {"source": "(not set)"}, "page": {"referrer": "https://t.co/a"}},
            "https://us.com/a",
            {},
            (None, "t.co", None),
        ),
        ({"page": {"referrer": "https://www.google.com/"}}, "https://us.com/a", {}, (None, "google.com", None)),
        ({"page": {"referrer": "https://us.com/b"}}, "https://www.us.com/a", {}, None),
        ({"page": {"referrer": "https://www.northwind.example/b"}}, "https://us.com/a", {}, None),
    ],
)
def test_campaigns_come_from_wherever_they_stand(
    vocabulary: Vocabulary, context: Json, url: str | None, fields: Json, expected: tuple[str | None, ...] | None
) -> None:
    campaign = campaign_of(context, url, fields, vocabulary)
    assert (campaign and (campaign.name, campaign.source, campaign.referral)) == expected


class TestTime:
    def reading(self, vocabulary: Vocabulary, make: Maker, **given: object) -> Reading:
        return read(make(Track, user="u", name="x", **given), vocabulary, NOON)

    def test_a_client_whose_clock_is_wrong_is_corrected(self, vocabulary: Vocabulary, make: Maker) -> None:
        wrong = NOON + timedelta(days=3650)
        reading = self.reading(vocabulary, make, original=wrong - timedelta(minutes=5), sent_at=wrong)
        assert reading.at == NOON - timedelta(minutes=5)

    @pytest.mark.parametrize("given", [{}, {"sent_at": NOON}, {"original": NOON + timedelta(hours=2)}])
    def test_without_its_time_it_is_now(self, vocabulary: Vocabulary, make: Maker, given: Json) -> None:
        assert self.reading(vocabulary, make, **given).at == NOON

    @pytest.mark.parametrize(("ago", "mode"), [(timedelta(hours=5), "live"), (timedelta(days=7), "historical")])
    def test_a_time_in_the_past_is_believed_without_a_sending_time(
        self, vocabulary: Vocabulary, make: Maker, ago: timedelta, mode: str
    ) -> None:
        reading = self.reading(vocabulary, make, original=NOON - ago)
        assert (reading.at, reading.mode) == (NOON - ago, mode)

    @pytest.mark.fault("F16")
    @pytest.mark.parametrize("years", [-2000, -10, 10, 7900])
    def test_nonsense_is_clamped(self, vocabulary: Vocabulary, make: Maker, years: int) -> None:
        wrong = NOON.replace(year=max(1, min(9999, NOON.year + years)))
        at = self.reading(vocabulary, make, original=wrong, exact=True).at
        assert NOON - timedelta(days=5 * 365) <= at <= NOON + timedelta(days=1)

    def test_old_news_is_historical(self, vocabulary: Vocabulary, make: Maker) -> None:
        assert self.reading(vocabulary, make, original=NOON - timedelta(hours=25), sent_at=NOON).mode == "historical"
        assert self.reading(vocabulary, make, original=NOON - timedelta(hours=24), sent_at=NOON).mode == "live"
        assert self.reading(vocabulary, make, historical=True).mode == "historical"

    def test_what_is_flagged_as_history_keeps_its_time(self, vocabulary: Vocabulary, make: Maker) -> None:
        then = NOON - timedelta(days=100)
        assert self.reading(vocabulary, make, original=then, historical=True).at == then

    @pytest.mark.parametrize(
        ("text", "hour"),
        [("2026-08-05T12:00:00Z", 12), ("2026-08-05T14:00:00.123+02:00", 12), ("2026-08-05T12:00:00.123456", 12)],
    )
    def test_instants_in_every_form(self, text: str, hour: int) -> None:
        moment = instant(text)
        assert moment is not None
        assert moment.astimezone(UTC).hour == hour

    @pytest.mark.parametrize("unit", [1, 1000, 10**6, 10**9])
    @pytest.mark.parametrize("form", [int, str])
    def test_a_number_counts_since_1970_in_the_unit_of_its_size(self, unit: int, form: type[int | str]) -> None:
        assert instant(form(int(NOON.timestamp()) * unit)) == NOON

    @pytest.mark.parametrize(
        "text", [None, 12, True, -1, 10**11, 10**400, float("inf"), "", "yesterday", "0000-00-00T00:00:00Z", "x" * 60]
    )
    def test_what_is_no_instant(self, text: object) -> None:
        assert instant(text) is None


@pytest.mark.parametrize(
    "address", [None, 3, "", "dana", "dana@", "a b@c.de", "a@b..c", "Dana <d@a.com>", "d@a.com\nBcc: x@y.z"]
)
def test_what_is_no_address(address: object) -> None:
    assert normalise(address) is None


@pytest.mark.parametrize("address", ["dana@acme.example", "dana@acme.test", "DANA+x@ACME.co.uk", "ünï@exämple.com"])
def test_what_is_an_address(address: str) -> None:
    assert normalise(address) == address.lower()
