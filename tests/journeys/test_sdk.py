"""Unmodified SDKs at the front door."""

import asyncio
from typing import Any

import pytest
from segment.analytics import Client

from standalone.house import House
from testing.house import Guest


def speak(url: str, key: str, **options: Any) -> list[Any]:
    """What a Python back end would do; returns the errors its SDK reports."""
    errors: list[Any] = []
    client = Client(write_key=key, host=url, on_error=lambda error, _batch: errors.append(error), **options)
    client.identify("u-1", {"email": "kai@lumen.io", "title": "CRO", "country": "US"})
    client.track("u-1", "Pricing Viewed")
    client.track("u-1", "Demo Requested", {"product": "core"})
    if not options.get("sync_mode"):
        client.flush()
        client.join()
    return errors


@pytest.mark.parametrize("options", [{}, {"gzip": True}, {"sync_mode": True}], ids=["batch", "gzip", "one-by-one"])
async def test_the_segment_python_sdk_feeds_a_lead(house: House, guest: Guest, options: dict[str, Any]) -> None:
    assert await asyncio.to_thread(speak, house.url, guest.write_key, **options) == []
    await guest.settle()
    lead = await guest.lead("kai@lumen.io")
    assert lead["stage"] == "mql"
    assert lead["score"]["engagement"] == 80


async def test_with_a_wrong_key_the_sdk_says_so(house: House) -> None:
    errors = await asyncio.to_thread(speak, house.url, "wk_wrong", max_retries=1)
    assert errors
    assert "401" in repr(errors[0])
