"""The days before, and what a panel is not filtered by, over HTTP and on the page."""

from runtime.http.client import AsyncClient


async def test_figures_stand_beside_the_days_before(web: AsyncClient) -> None:
    answer = (await web.get("/api/key-figures?range=30d&compare=prev&team=new-york")).json()
    assert (answer["compared"]["from"], answer["compared"]["to"]) == ("2026-06-02", "2026-07-02")
    leads = answer["compared"]["rows"]["leads"]["value"]
    assert (leads["change"], leads["new"], leads["unit"]) == (None, True, "%")
    assert (await web.get("/api/goals?range=30d&team=new-york&compare=prev")).json()["not_filtered_by"] == [
        *("range", "team", "compare")
    ]
    page = (await web.get("/?range=30d&compare=prev&team=new-york")).text
    assert "against 2 June to 1 July 2026" in page
    assert "Not filtered by range, team, compare" in page
