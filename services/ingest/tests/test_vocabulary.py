"""What people do is named in agreement/events.yaml alone: a new row there works at every edge."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from httpx import AsyncClient
from services.ingest.tests.conftest import Keyring, Stream, client, ingest_app, kinds

from agreement import Agreement, load
from agreement.routing import ChannelTerm
from events.sales import ContactAttempted
from ingest.api.checks import Checks
from ingest.api.invalid_input import InvalidInput
from runtime.service import Context
from testing.service import SHIPPED

ROWS = {
    "kinds:\n": "kinds:\n  - {kind: calculator_used, title: calculator, intent: high, side: marketing}\n"
    "  - {kind: audit_request, title: audit request, intent: high, side: marketing, hand_raise: true}\n",
    "track:\n": "track:\n  Calculator Used: calculator_used\n",
    "pages:\n": "pages:\n  - {prefix: /calculator, kind: calculator_used}\n",
    "forms:\n": "forms:\n  audit: audit_request\n",
    "  phone: [": "  fax: [fax, fax_number]\n  phone: [",
}


@pytest.fixture
def grown(tmp_path: Path) -> Agreement:
    """The shipped terms with two kinds, a track event, a page, a form and a field more."""
    folder = tmp_path / "agreement"
    shutil.copytree(SHIPPED, folder)
    written = (folder / "events.yaml").read_text()
    for before, after in ROWS.items():
        assert written.count(before) == 1
        written = written.replace(before, after)
    (folder / "events.yaml").write_text(written)
    return load(folder)


async def test_a_new_kind_form_page_and_track_event_need_no_code(
    context: Context, grown: Agreement, keys: Keyring, stream: Stream
) -> None:
    async with client(ingest_app(replace(context, agreement=grown))) as http:
        form = {"email": "dana@acme.com", "fax_number": "1"}
        assert (await http.post("/f/audit", data=form)).status_code == 303
        track = {"type": "track", "userId": "dana@acme.com", "event": "calculator used"}
        page = {"type": "page", "userId": "dana@acme.com", "properties": {"path": "/calculator/roi"}}
        assert (await _batch(http, keys, track, page)) == 200
        assert (await _event(http, keys, "calculator_used")) == 200
    captured, *done = await stream("leads")
    assert {fact.name for fact in captured.data.facts} == {"email", "fax"}
    assert kinds(done) == ["audit_request", "calculator_used", "calculator_used", "calculator_used"]


async def test_without_the_rows_they_are_other_activity_or_refused(
    http: AsyncClient, keys: Keyring, stream: Stream
) -> None:
    track = {"type": "track", "userId": "dana@acme.com", "event": "calculator used"}
    assert (await _batch(http, keys, track)) == 200
    assert (await _event(http, keys, "calculator_used")) == 422
    assert kinds(await stream("leads")) == [None, "other"]


async def _batch(http: AsyncClient, keys: Keyring, *messages: Mapping[str, object]) -> int:
    return (await http.post("/v1/batch", json={"batch": messages}, auth=(keys.write, ""))).status_code


async def _event(http: AsyncClient, keys: Keyring, kind: str) -> int:
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "engagement.recorded", "subject": "dana@acme.com"}
    headers = {"authorization": f"Bearer {keys.server}", "content-type": "application/cloudevents+json"}
    return (await http.post("/events", json={**event, "data": {"kind": kind}}, headers=headers)).status_code


def test_the_channels_are_those_of_the_agreement_and_no_others(agreement: Agreement) -> None:
    routing = agreement.routing
    more = routing.model_copy(update={"channels": (*routing.channels, ChannelTerm(channel="fax", title="Telefax"))})
    grown = agreement.model_copy(update={"routing": more})
    for terms in (agreement, grown):
        for one in terms.routing.channels:
            Checks(terms).data(ContactAttempted, {"channel": one.channel}, "")
    with pytest.raises(InvalidInput, match="must be one of email, call, voicemail, linkedin, meeting, sms, video"):
        Checks(agreement).data(ContactAttempted, {"channel": "fax"}, "")
