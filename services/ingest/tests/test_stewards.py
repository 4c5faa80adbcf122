"""What a steward decides comes in as facts: a correction that is pinned, and a word of sales on what waits."""

import pytest
from httpx import AsyncClient, Response
from services.ingest.tests.conftest import Keyring, Stream

from events.sales import StewardDecided
from ingest.decide import lead_id

ANN = lead_id("ann@acme.example")
FORM = {"email": "ann@acme.example", "first_name": "Ann", "company": "Acme"}


@pytest.fixture
async def known(http: AsyncClient) -> None:
    answer = await http.post("/f/newsletter", data=FORM, headers={"accept": "application/json"})
    assert answer.status_code == 200


@pytest.fixture
async def decide(http: AsyncClient, bearer: dict[str, str], known: None) -> "Decide":
    return Decide(http, bearer)


class Decide:
    """Posts a decision about an item of Ann's."""

    def __init__(self, http: AsyncClient, bearer: dict[str, str]) -> None:
        self._http, self.bearer = http, bearer

    async def __call__(self, item: str, lead: str = ANN, /, **body: object) -> Response:
        return await self._http.post(f"/api/stewards/{lead}.{item}/decide", json=body, headers=self.bearer)


async def decision_on(stream: Stream) -> StewardDecided.Data:
    (event,) = [one for one in await stream("sales") if isinstance(one, StewardDecided)]
    assert event.subject == ANN
    return event.data


async def test_a_pinned_value_is_the_stewards_correction(decide: Decide, stream: Stream) -> None:
    answer = await decide("country", decision="pin", value="Germany", by="data@northwind.example", note="looked it up")
    assert (answer.status_code, answer.json()) == (200, {"accepted": 2, "duplicates": 0})
    data = await decision_on(stream)
    assert (data.item, data.decision, data.steward, data.by, data.facts) == (
        *("country", "pin", "data@northwind.example", None),
        ("country",),
    )
    (fact,) = (await stream("leads"))[-1].data.facts
    assert (fact.name, fact.value, fact.source) == ("country", "DE", "steward"), "read as everybody's countries are"


async def test_several_facts_and_an_address_are_corrected_at_once(decide: Decide, stream: Stream) -> None:
    values = {"email": "ann.lee@acme.example", "employees": "1.5k", "company": "Acme GmbH"}
    answer = await decide("lead", decision="pin", values=values, by="grace.miller@northwind.example")
    assert answer.status_code == 200
    facts = {one.name: (one.value, one.source) for one in (await stream("leads"))[-1].data.facts}
    assert facts == {
        "email": ("ann.lee@acme.example", "steward"),
        "employees": (1500, "steward"),
        "company": ("Acme GmbH", "steward"),
    }
    data = await decision_on(stream)
    assert (data.by, data.steward, set(data.facts)) == ("rep-grace", "rep-grace", set(values))


async def test_what_is_left_as_it_is_is_a_word_without_a_value(decide: Decide, stream: Stream) -> None:
    assert (await decide("employees", decision="drop")).status_code == 200
    (fact,) = (await stream("leads"))[-1].data.facts
    assert (fact.name, fact.value, fact.source) == ("employees", None, "steward")
    assert (await decision_on(stream)).steward.startswith("key ")


@pytest.mark.parametrize("decision", ["fixed", "drop"])
async def test_a_lead_that_waits_is_fixed_or_dropped_without_facts(
    decide: Decide, stream: Stream, decision: str
) -> None:
    before = len(await stream("leads"))
    assert (await decide("lead", decision=decision)).json() == {"accepted": 1, "duplicates": 0}
    assert ((await decision_on(stream)).decision, len(await stream("leads"))) == (decision, before)


@pytest.mark.parametrize(
    ("record", "written"), [("Bob@Acme.example", lead_id("bob@acme.example")), (4711, "4711"), ("d-1", "d-1")]
)
async def test_a_merge_names_the_record_by_lead_deal_or_address(
    decide: Decide, stream: Stream, record: str | int, written: str
) -> None:
    assert (await decide("lead", decision="merge", record=record)).json() == {"accepted": 1, "duplicates": 0}
    data = await decision_on(stream)
    assert (data.decision, data.record, data.facts) == ("merge", written, ())


async def test_the_same_decision_counts_once(decide: Decide, stream: Stream) -> None:
    for again in (False, True):
        answer = await decide("country", decision="pin", value="DE", id="d1")
        assert answer.json() == {"accepted": 0 if again else 2, "duplicates": 2 if again else 0}


async def test_an_id_is_the_callers_own(decide: Decide, stream: Stream, http: AsyncClient, keys: Keyring) -> None:
    """Two keys number their decisions alike: both values are heard, and so is a fact of sales under that id."""
    fact = {"type": "feedback", "lead": ANN, "quality": 7, "id": "1"}
    assert (await http.post("/sales", json=fact, headers=decide.bearer)).json()["accepted"] == 1
    assert (await decide("country", decision="pin", value="DE", id="1")).json() == {"accepted": 2, "duplicates": 0}
    decide.bearer = {"authorization": f"Bearer {keys.server}"}
    assert (await decide("country", decision="pin", value="FR", id="1")).json() == {"accepted": 2, "duplicates": 0}


@pytest.mark.fault("F14")
async def test_nul_and_depth_are_refused_or_dropped(decide: Decide, stream: Stream) -> None:
    answer = await decide("company", decision="pin", value="Ac\0me", note="a\0b")
    assert answer.json() == {"accepted": 2, "duplicates": 0}
    (fact,) = (await stream("leads"))[-1].data.facts
    assert (fact.value, (await decision_on(stream)).note) == ("Acme", "ab")
    deep: object = "x"
    for _ in range(300):
        deep = [deep]
    assert (await decide("company", decision="pin", value=deep)).status_code == 422


@pytest.mark.parametrize(
    ("item", "body", "pointer"),
    [
        ("country", {"decision": "pin"}, "/values"),
        ("country", {"decision": "pin", "value": "  "}, "/values/country"),
        ("country", {"decision": "pin", "value": "Elbonia"}, "/values/country"),
        ("industry", {"decision": "pin", "value": "things"}, "/values/industry"),
        ("lead", {"decision": "pin", "values": {"employees": "many"}}, "/values/employees"),
        ("country", {"decision": "fixed"}, "/decision"),
        ("country", {"decision": "merge", "record": "d-1"}, "/decision"),
        ("lead", {"decision": "merge"}, "/record"),
        ("lead", {"decision": "merge", "record": "  "}, "/record"),
        ("lead", {"decision": "drop", "record": "d-1"}, "/record"),
        ("country", {"decision": "drop", "value": "DE"}, "/decision"),
        ("lead", {"decision": "fixed", "values": {"country": "DE"}}, "/decision"),
        ("lead", {"decision": "pin", "value": "Acme"}, "/values"),
        ("lead", {"decision": "pin", "values": {"shoe_size": 42}}, "/values/shoe_size"),
        ("lead", {"decision": "pin", "values": {"email": "ann"}}, "/values/email"),
        ("shoe_size", {"decision": "drop"}, "/id"),
        ("country", {"decision": "pin", "value": "DE", "by": "nobody@nowhere.example"}, "/by"),
        ("country", {"decision": "guess"}, "/decision"),
        ("country", {"decision": "drop", "why": "so"}, "/why"),
    ],
)
async def test_what_cannot_be_meant_is_refused_at_its_spot(
    decide: Decide, stream: Stream, item: str, body: dict[str, object], pointer: str
) -> None:
    answer = await decide(item, **body)
    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (422, [pointer])
    assert await stream("sales") == []


async def test_a_lead_that_nobody_knows_is_refused_and_nobody_is_made(decide: Decide, stream: Stream) -> None:
    before = len(await stream("leads"))
    answer = await decide("lead", lead_id("no@no.example"), decision="pin", values={"email": "no@no.example"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/id")
    assert len(await stream("leads")) == before
