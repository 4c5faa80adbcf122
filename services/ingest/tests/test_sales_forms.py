"""POST /sales as a page's own form: a fact for each lead that is chosen, and the way back."""

from httpx import AsyncClient
from services.ingest.tests.conftest import Keyring, Stream

from ingest.decide import lead_id

DANA = lead_id("dana@acme.com")


async def test_a_form_of_a_page_reports_a_fact_for_each_lead_and_leads_back(
    http: AsyncClient, keys: Keyring, stream: Stream
) -> None:
    for name in ("dana", "ravi"):
        await http.post("/f/demo", data={"email": f"{name}@acme.com"})
    fields = {"type": "reassigned", "to": "rep-ben", "reason": "", "next": "/leads?owner=rep-dan"}
    chosen = [lead_id("dana@acme.com"), lead_id("ravi@acme.com")]
    headers = {"authorization": f"Bearer {keys.server}", "accept": "text/html"}
    answer = await http.post("/sales", data={**fields, "lead": chosen}, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/leads?owner=rep-dan")
    facts = [one for one in await stream("sales") if one.type_name() == "lead.reassigned.v1"]
    assert sorted(one.subject for one in facts) == sorted(chosen)
    away = {"type": "availability", "rep": "rep-ben", "state": "away", "until": "2026-12-24", "next": "//evil.example"}
    answer = await http.post("/sales", data=away, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    wrong = await http.post("/sales", data={**fields, "to": "rep-nobody", "lead": chosen}, headers=headers)
    assert wrong.status_code == 422


async def test_json_under_the_name_of_a_form_is_json(http: AsyncClient, keys: Keyring) -> None:
    await http.post("/f/demo", data={"email": "dana@acme.com"})
    headers = {"authorization": f"Bearer {keys.server}", "content-type": "application/x-www-form-urlencoded"}
    body = f'{{"type": "connected", "lead": "{DANA}"}}'
    assert (await http.post("/sales", content=body, headers=headers)).json()["accepted"] == 1


async def test_a_survey_of_a_page_needs_no_script(http: AsyncClient, keys: Keyring, stream: Stream) -> None:
    for name in ("dana", "ravi"):
        await http.post("/f/demo", data={"email": f"{name}@acme.com"})
    leads = [lead_id("dana@acme.com"), lead_id("ravi@acme.com")]
    fields = {
        **{"type": "survey", "deal": "A/7", "outcome": "lost", "id": "web-1", "next": "/deals/A%2F7", "by": "rep-ana"},
        **{
            "objections": "too dear\r\ntoo late\r\n",
            "content": "ROI sheet",
            "lead_quality_issue": "no",
            "champion": "",
        },
    }
    headers = {"authorization": f"Bearer {keys.server}", "accept": "text/html"}
    for _ in range(2):
        answer = await http.post("/sales", data={**fields, "lead": leads}, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/deals/A%2F7")
    facts = [one for one in await stream("sales") if one.type_name() == "survey.answered.v1"]
    assert sorted(one.subject for one in facts) == sorted(leads)
    data = facts[0].data
    assert [list(data.objections), list(data.content), data.lead_quality_issue, data.champion] == [
        ["too dear", "too late"],
        ["ROI sheet"],
        False,
        None,
    ]
    wrong = await http.post("/sales", data={**fields, "lead": leads, "lead_quality_issue": "perhaps"}, headers=headers)
    assert wrong.status_code == 422
