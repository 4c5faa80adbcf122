"""The unmodified Segment browser SDK feeds Baton from a page of another origin."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pydantic import ValidationError
from tests.browser.conftest import website

from testing.answers import LeadAnswer, LeadBeginning
from testing.house import Process
from testing.waiting import until

pytestmark = pytest.mark.browser

SITE = """<!doctype html><title>A shop</title><script src="/index.js"></script>
<script>
  const {AnalyticsBrowser} = window.AnalyticsNext;
  window.analytics = AnalyticsBrowser.load(
    {writeKey: "%(key)s", cdnURL: "%(baton)s"},
    {integrations: {"Segment.io": {apiHost: "%(host)s/v1", protocol: "http"}}});
</script>"""


@pytest.fixture
def site(segment_sdk: Path, tmp_path: Path, up: Process) -> Iterator[str]:
    """A website on another port, with the SDK's own bundle."""
    shutil.copytree(segment_sdk, tmp_path, dirs_exist_ok=True)
    given = {"key": up.keys["write_key"], "baton": up.url, "host": up.url.removeprefix("http://")}
    (tmp_path / "index.html").write_text(SITE % given)
    with website(tmp_path) as address:
        yield address


def stage(up: Process, email: str) -> str:
    return up.get(f"/api/leads/{email}", LeadBeginning)["stage"]


def engagement(up: Process, email: str) -> int:
    """As scored by now; 0 before anything was."""
    try:
        return up.get(f"/api/leads/{email}", LeadAnswer)["score"]["engagement"]
    except ValidationError:
        return 0


@pytest.mark.slow
@pytest.mark.chaos
def test_pages_identify_and_track_arrive_in_order(up: Process, site: str, page: Page) -> None:
    page.goto(site)
    page.evaluate("() => analytics.page('Pricing', {path: '/pricing', url: location.origin + '/pricing'})")
    page.evaluate("() => analytics.track('Case Study Viewed', {asset: 'retail'})")
    page.evaluate("() => analytics.identify('u-77', {email: 'noor@quayside.io', title: 'VP Sales', country: 'US'})")
    page.evaluate("() => analytics.track('Demo Requested')")
    until(lambda: stage(up, "noor@quayside.io") == "mql")
    until(lambda: engagement(up, "noor@quayside.io") == min(100, 30 + 15 + 50))
    noor = up.get("/api/leads/noor@quayside.io", LeadAnswer)
    signals = " ".join(signal["text"] for signal in noor["signals"])
    assert "pricing" in signals
