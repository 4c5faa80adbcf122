"""Of what was turned away: who is erased from it and who stays, and two people who decide about one row at once."""

import asyncio
from collections.abc import Sequence

import pytest
from httpx import AsyncClient
from services.ingest.tests.conftest import Keyring, Rows, Stream, kinds

from ingest.decide import Receipt, Submission
from ingest.intake import Intake
from runtime.http.problems import Malformed
from testing.waiting import eventually

FORM = {"email": "dana@acme.com", "first_name": "Dana", "company": "Acme", "title": "VP Sales", "country": "US"}
JSON = {"accept": "application/json"}


@pytest.mark.parametrize(
    ("text", "goes"),
    [
        ("joann@acme.example", False),
        ("jo-ann@acme.example", False),
        ("jo.ann@acme.example", False),
        ("o'ann@acme.example", False),
        ("\u00fcann@acme.example", False),
        ("ann@acme.example.org", False),
        ("ann@acme.examples", False),
        ("ann@acmexexample", False),
        ("ann@acme-example", False),
        ("ANN@Acme.Example", True),
        ("I am <ann@acme.example>.", True),
        ("'ann@acme.example'", True),
        ("\u201cann@acme.example\u201d", True),
        ("Regards\nann@acme.example.\nBye", True),
        ("https://acme.example/?email=ann@acme.example&x=1", True),
    ],
)
async def test_who_only_has_a_similar_address_stays_when_somebody_is_erased(
    http: AsyncClient, rows: Rows, bearer: dict[str, str], text: str, goes: bool
) -> None:
    await http.post("/f/demo", data={"email": "ann@acme.example", "first_name": "Ann"}, headers=JSON)
    form = {"email": "lee@acme.com", "message": text, "_gotcha": "x"}
    assert (await http.post("/f/contact", data=form, headers=JSON)).status_code == 200
    (held,) = await rows("reject")
    assert b"lee@acme.com" in held["submission"]
    erase = {"specversion": "1.0", "id": "e1", "source": "crm", "type": "lead.erased", "subject": "ann@acme.example",
             "data": {}}  # fmt: skip
    sent = await http.post("/events", json=erase, headers=bearer)
    assert sent.status_code == 200, sent.text
    assert await rows("reject") == ([] if goes else [held])


async def test_counts_of_a_similar_address_stay_when_somebody_is_erased(
    http: AsyncClient, keys: Keyring, rows: Rows, bearer: dict[str, str]
) -> None:
    await http.post("/f/demo", data={"email": "ann@acme.example", "first_name": "Ann"}, headers=JSON)
    names = ("joann@acme.example", "ann@acme.example.org", "for ANN@acme.example")
    tracks = [{"type": "track", "userId": "u1", "event": name} for name in names]
    await http.post("/v1/batch", json={"batch": tracks}, auth=(keys.write, ""))

    async def written() -> bool:
        return len(await rows("left_out")) == len(names)

    await eventually(written)
    erase = {"specversion": "1.0", "id": "e1", "source": "crm", "type": "lead.erased", "subject": "ann@acme.example",
             "data": {}}  # fmt: skip
    assert (await http.post("/events", json=erase, headers=bearer)).status_code == 200
    assert {row["reason"] for row in await rows("left_out")} == set(names[:2])


async def test_who_drops_what_is_being_released_is_told_so(
    http: AsyncClient, stream: Stream, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await http.post("/f/demo", data={**FORM, "_gotcha": "x"}, headers=JSON)
    submit, dropped = Intake.submit, list[int]()

    async def slow(intake: Intake, submissions: Sequence[Submission]) -> Receipt:
        dropped.append((await http.post("/api/spam/1/drop", headers=bearer)).status_code)
        return await submit(intake, submissions)

    monkeypatch.setattr(Intake, "submit", slow)
    assert (await http.post("/api/spam/1/release", headers=bearer)).status_code == 200
    assert dropped == [409]
    assert (await http.post("/api/spam/1/drop", headers=bearer)).status_code == 404
    assert kinds(await stream("leads")) == [None, "demo_request"]
    (closed,) = (await http.get("/api/spam?closed=true", headers=bearer)).json()["items"]
    assert closed["state"] == "released"


async def test_of_a_release_and_a_drop_at_once_one_wins(
    http: AsyncClient, stream: Stream, bearer: dict[str, str]
) -> None:
    await http.post("/f/demo", data={**FORM, "_gotcha": "x"}, headers=JSON)
    answers = await asyncio.gather(
        *(http.post(f"/api/spam/1/{what}", headers=bearer) for what in ("release", "drop", "release", "drop"))
    )
    done = {what for what, answer in zip(("release", "drop") * 2, answers, strict=True) if answer.status_code == 200}
    assert len(done) == 1
    assert {answer.status_code for answer in answers} <= {200, 404, 409}
    assert kinds(await stream("leads")) == ([None, "demo_request"] if done == {"release"} else [])


async def test_a_release_that_is_cut_off_before_it_is_taken_in_is_listed_and_repeated(
    http: AsyncClient, stream: Stream, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await http.post("/f/demo", data={**FORM, "_gotcha": "x"}, headers=JSON)

    async def broken(*_: object) -> Receipt:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(Intake, "submit", broken)
        with pytest.raises(ConnectionResetError):
            await http.post("/api/spam/1/release", headers=bearer)
    listed = (await http.get("/api/spam", headers=bearer)).json()
    assert [(item["state"], item["content"]["email"]) for item in listed["items"]] == [("releasing", "dana@acme.com")]
    assert [count["count"] for count in listed["counts"]] == [1]
    answer = await http.post("/api/spam/1/release", headers=bearer)
    assert answer.json() == {"id": 1, "accepted": 1, "duplicates": 0}
    assert kinds(await stream("leads")) == [None, "demo_request"]


async def test_what_cannot_be_taken_in_can_still_be_dropped(
    http: AsyncClient, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await http.post("/f/demo", data={**FORM, "_gotcha": "x"}, headers=JSON)

    async def refuse(*_: object) -> Receipt:
        raise Malformed

    monkeypatch.setattr(Intake, "submit", refuse)
    assert (await http.post("/api/spam/1/release", headers=bearer)).status_code == 422
    assert (await http.post("/api/spam/1/drop", headers=bearer)).status_code == 200


@pytest.mark.parametrize("number", [-1, 0, 2**63 - 1, 2**63, 10**23])
async def test_a_number_that_no_row_can_have_is_no_fault_of_ours(
    http: AsyncClient, bearer: dict[str, str], number: int
) -> None:
    for path in ("/api/spam", "/api/refused"):
        listed = await http.get(f"{path}?after={number}", headers=bearer)
        assert listed.status_code == (200 if 1 <= number < 2**63 else 422), listed.text
    for path in (f"/api/spam/{number}/release", f"/api/spam/{number}/drop", f"/api/refused/{number}/drop"):
        decided = await http.post(path, headers=bearer)
        assert decided.status_code == (404 if 0 <= number < 2**63 else 422), decided.text
