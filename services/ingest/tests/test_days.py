"""A date without a time belongs to the house's zone, through whichever door it comes (domain, section 1)."""

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
import pytest
from httpx import AsyncClient
from services.ingest.tests.conftest import Keyring, Stream

from ingest.decide import instant

BEGIN, END = datetime(2026, 8, 4, 4, tzinfo=UTC), datetime(2026, 8, 5, 3, 59, 59, tzinfo=UTC)
"""Of 4 August in New York."""
DAY = "2026-08-04"


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        (DAY, "America/New_York", BEGIN),
        (f" {DAY} ", "America/New_York", BEGIN),
        (DAY, "UTC", datetime(2026, 8, 4, tzinfo=UTC)),
        ("2026-03-29", "Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (f"{DAY}T00:00:00Z", "America/New_York", datetime(2026, 8, 4, tzinfo=UTC)),
        (f"{DAY}T00:00:00", "America/New_York", datetime(2026, 8, 4, tzinfo=UTC)),
        ("2026-02-30", "America/New_York", None),
    ],
)
def test_a_date_begins_in_its_zone_and_an_instant_is_what_it_says(
    text: str, zone: str, moment: datetime | None
) -> None:
    assert instant(text, zone) == moment


async def event(http: AsyncClient, bearer: Mapping[str, str], type: str, data: object, **more: str) -> None:
    body = {"specversion": "1.0", "id": type, "source": "crm", "type": type, "subject": "dana@acme.com", "data": data}
    headers = {**bearer, "content-type": "application/cloudevents+json"}
    answer = await http.post("/events", content=orjson.dumps({**body, **more}), headers=headers)
    assert answer.status_code == 200, answer.text


async def test_what_is_dated_by_a_day_is_of_the_houses_day(
    http: AsyncClient, keys: Keyring, stream: Stream, bearer: dict[str, str]
) -> None:
    title = {"name": "title", "value": "CRO", "source": "crm", "at": DAY}
    await event(http, bearer, "lead.captured", {"facts": [title]}, time=DAY)
    await event(http, bearer, "engagement.recorded", {"kind": "blog_read"}, time=DAY)
    track = {"type": "track", "event": "Blog Read", "userId": "dana@acme.com", "messageId": "m1", "timestamp": DAY}
    await http.post("/v1/batch", json={"batch": [track]}, auth=(keys.write, ""))
    events = await stream("leads")
    assert [one.time for one in events] == [BEGIN, BEGIN, BEGIN]
    assert {fact.at for fact in events[0].data.facts} == {BEGIN}

    await event(http, bearer, "deal.won", {"deal": "a", "paid_at": DAY}, time=DAY)
    await http.post("/sales", headers=bearer, json={
        "type": "deal_won", "lead": "dana@acme.com", "deal": "b", "at": DAY, "paid_at": DAY,
    })  # fmt: skip
    assert [(one.time, one.data.paid_at) for one in await stream("sales")] == [(END, END)] * 2, "the end of that day"
