"""The content library at the door: JSON, CSV and a form; what nobody could use is refused at its spot."""

from datetime import date

import pytest
from httpx import AsyncClient
from services.ingest.tests.conftest import Keyring, Stream

GUIDE = {"title": "The sales guide", "kind": "guide", "persona": "Sales VP", "stage": "mql", "until": "2026-12-31"}
CSV = """\ufeffasset,title,kind,url,persona,stage,topics,until,published_at
retail,Retail case study,case study,https://northwind.example/retail,,opportunity,"retail, shops",,2026-01-05
,Price list,price list,,vp,,,2026-12-31,
"""


@pytest.fixture
def headers(keys: Keyring) -> dict[str, str]:
    return {"authorization": f"Bearer {keys.server}"}


async def test_an_asset_is_named_by_its_title_and_the_same_words_count_once(
    http: AsyncClient, headers: dict[str, str], stream: Stream
) -> None:
    for accepted in (1, 0):
        answer = await http.post("/api/content", json=GUIDE, headers=headers)
        assert answer.json() == {"accepted": accepted, "duplicates": 1 - accepted}
    (published,) = await stream("campaigns")
    data = published.data
    assert (published.subject, data.asset, data.persona, data.stage) == ("the-sales-guide",) * 2 + ("sales vp", "mql")
    assert data.until == date(2026, 12, 31)
    await http.post("/api/content", json={**GUIDE, "url": "https://northwind.example/guide"}, headers=headers)
    assert len(await stream("campaigns")) == 2, "other words are news"


async def test_a_library_is_imported_as_csv_as_often_as_one_likes(
    http: AsyncClient, headers: dict[str, str], stream: Stream
) -> None:
    for accepted in (2, 0):
        answer = await http.post("/api/content", content=CSV, headers={**headers, "content-type": "text/csv"})
        assert answer.json() == {"accepted": accepted, "duplicates": 2 - accepted}
    assets = {one.subject: one for one in await stream("campaigns")}
    assert set(assets) == {"retail", "price-list"}
    assert assets["retail"].data.topics == ("retail", "shops")
    assert assets["retail"].time.date() == date(2026, 1, 5)
    assert assets["price-list"].data.persona == "vp"


async def test_a_form_of_the_page_answers_a_request_and_leads_back(
    http: AsyncClient, headers: dict[str, str], stream: Stream
) -> None:
    fields = {"title": "Price list", "kind": "price list", "answers": "r-1", "url": "", "next": "/content"}
    answer = await http.post("/api/content", data=fields, headers={**headers, "accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/content")
    (published,) = await stream("campaigns")
    assert (published.data.answers, published.data.url) == ("r-1", None)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"url": "javascript:alert(1)"}, "/url"), ({"persona": "sales boss"}, "/persona"),
        ({"stage": "wonn"}, "/stage"), ({"until": "soon"}, "/until"), ({"title": ""}, "/asset"),
        ({"kind": None}, "/kind"), ({"author": "Ada"}, "/author"),
        ({"asset": ["a"]}, "/asset"), ({"asset": True}, "/asset"),
    ],
)  # fmt: skip
async def test_what_nobody_could_use_is_refused_at_its_spot(
    http: AsyncClient, headers: dict[str, str], stream: Stream, wrong: dict[str, object], pointer: str
) -> None:
    answer = await http.post("/api/content", json=[GUIDE, {**GUIDE, **wrong}], headers=headers)
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [f"/1{pointer}"]
    assert await stream("campaigns") == [], "all of it or nothing"


async def test_a_file_that_is_none_is_refused(http: AsyncClient, headers: dict[str, str]) -> None:
    csv = {**headers, "content-type": "text/csv"}
    assert (await http.post("/api/content", content=b"\xff\xfe\x00", headers=csv)).status_code == 400
    assert (await http.post("/api/content", json=["x"], headers=headers)).status_code == 422
    assert (await http.post("/api/content", json=[GUIDE] * 501, headers=headers)).status_code == 422


async def test_titles_of_any_script_name_assets_of_their_own(
    http: AsyncClient, headers: dict[str, str], stream: Stream
) -> None:
    titles = ("2026年ガイド", "2026報告", "Größe 2026", "2026")
    answer = await http.post("/api/content", json=[{**GUIDE, "title": one} for one in titles], headers=headers)
    assert answer.json() == {"accepted": len(titles), "duplicates": 0}
    assert {one.subject for one in await stream("campaigns")} == {"2026年ガイド", "2026報告", "größe-2026", "2026"}


@pytest.mark.parametrize("csv", ["title,kind\nA,guide,more than fields\n", "title,kind,\nA,guide,,\n"])
async def test_a_line_with_more_cells_than_fields_is_refused(
    http: AsyncClient, headers: dict[str, str], csv: str
) -> None:
    answer = await http.post("/api/content", content=csv, headers={**headers, "content-type": "text/csv"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/more")
