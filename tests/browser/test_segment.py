"""The unmodified Segment browser SDK feeds Baton from a page of another origin."""

import functools
import http.server
import threading
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pydantic import ValidationError

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
    (tmp_path / "index.js").write_bytes((segment_sdk / "index.js").read_bytes())
    for chunk in segment_sdk.glob("*.js"):
        (tmp_path / chunk.name).write_bytes(chunk.read_bytes())
    given = {"key": up.keys["write_key"], "baton": up.url, "host": up.url.removeprefix("http://")}
    (tmp_path / "index.html").write_text(SITE % given)
    handler = functools.partial(Quiet, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
            return
        super().do_GET()


def stage(up: Process, email: str) -> str:
    try:
        return up.get(f"/api/leads/{email}", LeadBeginning)["stage"]
    except urllib.error.HTTPError:
        return "unknown"


def engagement(up: Process, email: str) -> int:
    """As scored by now; 0 before anything was."""
    try:
        return up.get(f"/api/leads/{email}", LeadAnswer)["score"]["engagement"]
    except (urllib.error.HTTPError, ValidationError):
        return 0


def test_pages_identify_and_track_arrive_in_order(up: Process, site: str, page: Page) -> None:
    page.goto(site)
    page.evaluate("() => analytics.page('Pricing', {path: '/pricing', url: location.origin + '/pricing'})")
    page.evaluate("() => analytics.track('Case Study Viewed', {asset: 'retail'})")
    page.evaluate("() => analytics.identify('u-77', {email: 'noor@quayside.io', title: 'VP Sales', country: 'US'})")
    page.evaluate("() => analytics.track('Demo Requested')")
    until(lambda: stage(up, "noor@quayside.io") == "mql", 15)
    until(lambda: engagement(up, "noor@quayside.io") == min(100, 30 + 15 + 50))
    noor = up.get("/api/leads/noor@quayside.io", LeadAnswer)
    signals = " ".join(signal["text"] for signal in noor["signals"])
    assert "pricing" in signals
