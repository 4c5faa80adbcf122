"""Unmodified SDKs at the front door."""

import asyncio

import pytest
from segment.analytics import Client as SegmentClient

from standalone.house import House
from testing.house import Client
from testing.waiting import PATIENCE


def feed(url: str, key: str, **options: int) -> list[Exception]:
    """What a Python back end would do; returns the errors its SDK reports."""
    errors: list[Exception] = []
    sdk = SegmentClient(
        write_key=key, host=url, on_error=lambda error, _batch: errors.append(error), timeout=int(PATIENCE), **options
    )
    sdk.identify("u-1", {"email": "kai@lumen.io", "title": "CRO", "country": "US"})
    sdk.track("u-1", "Pricing Viewed")
    sdk.track("u-1", "Demo Requested", {"product": "core"})
    if not options.get("sync_mode"):
        sdk.flush()
        sdk.join()
    return errors


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"gzip": True}, {"sync_mode": True}], ids=["batch", "gzip", "one-by-one"])
async def test_the_segment_python_sdk_feeds_a_lead(house: House, client: Client, options: dict[str, bool]) -> None:
    assert await asyncio.to_thread(feed, house.url, client.write_key, **options) == []
    await client.settle()
    lead = await client.lead("kai@lumen.io")
    assert lead["stage"] == "mql"
    assert lead["score"]["engagement"] == 80


async def test_with_a_wrong_key_the_sdk_says_so(house: House) -> None:
    errors = await asyncio.to_thread(feed, house.url, "wk_wrong", max_retries=1)
    assert errors
    assert "401" in repr(errors[0])
