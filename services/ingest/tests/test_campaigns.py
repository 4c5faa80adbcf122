"""What marketing spends and what becomes known of companies, as CloudEvents: nothing in it is ignored in silence."""

import pytest
from httpx import AsyncClient
from services.ingest.tests.conftest import Keyring, Stream
from services.ingest.tests.test_cloudevents import EventPost, cloud


@pytest.fixture
def post(http: AsyncClient, keys: Keyring) -> EventPost:
    return EventPost(http, keys.server)


SPEND = {"campaign": "x", "amount": {"amount": 1, "currency": "USD"}, "start": "2026-08-01", "end": "2026-08-01"}


async def test_spend_from_a_day_to_the_same_day_is_of_that_day(post: EventPost, stream: Stream) -> None:
    assert (await post(cloud("spend.recorded", subject=None, data=SPEND))).status_code == 200
    (spend,) = await stream("campaigns")
    assert (str(spend.data.start), str(spend.data.end)) == ("2026-08-01", "2026-08-02")


async def test_a_companys_facts_are_called_by_our_names(post: EventPost, stream: Stream) -> None:
    data = {"domain": "acme.com", "facts": {"employee_count": 50, "Industry": "SaaS", "customer": True}}
    assert (await post(cloud("company.changed", subject=None, data=data))).status_code == 200
    (changed,) = await stream("campaigns")
    assert changed.data.facts == {"employees": 50, "industry": "SaaS", "customer": True}


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        (cloud("spend.recorded", data={**SPEND, "end": "2026-07-31"}), "/data/end"),
        (cloud("spend.recorded", data={**SPEND, "sorce": "google"}), "/data/sorce"),
        (cloud("company.changed", data={"domain": "acme.com", "employees": 50}), "/data/employees"),
        (cloud("company.changed", data={"domain": "acme.com", "facts": {"mood": "up"}}), "/data/facts/mood"),
    ],
)
async def test_what_nobody_would_read_is_refused_at_its_spot(
    post: EventPost, stream: Stream, event: object, pointer: str
) -> None:
    answer = await post(event)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])
    assert await stream("campaigns") == []
