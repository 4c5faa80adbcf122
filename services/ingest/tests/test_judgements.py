"""POST /api/engagements/judge: the verdict is kept with what was done, told now, and told again at a merge."""

import pytest
from httpx import AsyncClient, Response
from services.ingest.tests.conftest import Keyring, Maker, PureIntake, Rows, Stream

from events import Fact
from events.leads import EngagementJudged, EngagementRecorded
from ingest.decide import lead_id
from ingest.decide.submissions import FormSubmitted, Identify, Judgement, Merge, Track
from testing.events import data_of

DANA, LEE = lead_id("dana@acme.com"), lead_id("lee@acme.com")


@pytest.fixture
def known(pure: PureIntake, make: Maker) -> PureIntake:
    """Dana, who clicked three links of one mail and read a page."""
    pure.take(make(FormSubmitted, name="demo", email="dana@acme.com", message_id="form"))
    for link in "abc":
        pure.take(make(Track, name="Email Clicked", email="dana@acme.com", message_id=f"c-{link}",
                       properties={"email_id": "m1", "link": link}))  # fmt: skip
    pure.facts.clear()
    return pure


def judgements(facts: list[Fact]) -> list[tuple[str, str, bool]]:
    return [
        (fact.subject, fact.data.message_id, fact.data.verdict.machine)
        for fact in facts
        if isinstance(fact.data, EngagementJudged.Data)
    ]


def take(pure: PureIntake, judgement: Judgement) -> None:
    """The memory is all there: the pure registry holds everybody's."""
    outcome = pure.take(judgement)
    assert [receipt.wrong for receipt in outcome.receipts] == [()]


def test_one_engagement_is_judged_by_its_message_id(known: PureIntake, make: Maker) -> None:
    take(known, make(Judgement, lead=DANA, engagement="c-a", machine=False, by="rep-ana"))
    assert judgements(known.facts) == [(DANA, "c-a", False)]
    data = data_of(known.facts[0], EngagementJudged.Data)
    assert (data.kind, data.mail, data.link) == ("email_click", "m1", "a")


def test_all_that_was_done_with_one_mail_is_judged_at_once(known: PureIntake, make: Maker) -> None:
    take(known, make(Judgement, email="dana@acme.com", mail="m1", machine=True, by="rep-ana"))
    assert judgements(known.facts) == [(DANA, f"c-{link}", True) for link in "abc"]


def test_what_the_lead_did_not_do_is_refused(known: PureIntake, make: Maker) -> None:
    outcome = known.take(make(Judgement, lead=DANA, engagement="x", machine=True, by="me", pointer="/message_id"))
    assert [(one.pointer, one.detail) for one in outcome.receipts[0].wrong] == [
        ("/message_id", "the lead did nothing that goes by this id")
    ]
    assert outcome.facts == []


def test_a_merge_tells_the_winner_with_the_last_verdict(known: PureIntake, make: Maker) -> None:
    known.take(make(Identify, email="lee@acme.com"))
    take(known, make(Judgement, lead=DANA, mail="m1", machine=True, by="rep-ana"))
    take(known, make(Judgement, lead=DANA, engagement="c-b", machine=False, by="rep-ben"))
    known.facts.clear()
    known.take(make(Merge, lead=LEE, into=DANA), make(Judgement, lead=DANA, engagement="c-c", machine=False, by="x"))
    assert judgements(known.facts) == [(LEE, "c-c", False)], "who has the lower id of two that came at once"
    other = PureIntake(known.vocabulary)
    other.take(make(Identify, email="lee@acme.com"))
    for link in "ab":
        other.take(make(Track, name="Email Clicked", email="dana@acme.com", message_id=f"c-{link}",
                        properties={"email_id": "m1", "link": link}))  # fmt: skip
    other.take(make(Judgement, lead=DANA, engagement="c-a", machine=True, by="rep-ana"),
               make(Merge, lead=DANA, into=LEE))  # fmt: skip
    copies = {
        fact.data.message_id: fact.data.verdict and (fact.data.verdict.machine, fact.data.verdict.by)
        for fact in other.facts
        if isinstance(fact.data, EngagementRecorded.Data) and fact.subject == LEE
    }
    assert copies == {"c-a": (True, "rep-ana"), "c-b": None}


async def test_over_http_it_is_kept_with_the_fact(http: AsyncClient, keys: Keyring, stream: Stream, rows: Rows) -> None:
    await http.post("/f/demo", data={"email": "dana@acme.com"})
    events = [event for event in await stream("leads") if isinstance(event, EngagementRecorded)]
    message = events[0].data.message_id

    async def judge(status: int, **body: object) -> Response:
        headers = {"authorization": f"Bearer {keys.server}"}
        answer = await http.post("/api/engagements/judge", json={"lead": "dana@acme.com", **body}, headers=headers)
        assert answer.status_code == status, answer.text
        return answer

    answer = await judge(200, message_id=message, machine=True, by="ana.lima@northwind.example", id="v-1")
    assert answer.json() == {"accepted": 1, "duplicates": 0}
    assert (await judge(200, message_id=message, machine=True, id="v-1")).json() == {"accepted": 0, "duplicates": 1}
    (judged,) = [event for event in await stream("leads") if isinstance(event, EngagementJudged)]
    assert (judged.subject, judged.data.occurred, judged.data.verdict.by) == (DANA, events[0].time, "rep-ana")
    (kept,) = [row["data"] for row in await rows("fact") if row["type"] == "engagement.recorded.v1"]
    assert kept["verdict"]["by"] == "rep-ana"
    wrong = await judge(422, message_id="x", machine=True)
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/message_id"]
    await judge(422, machine=True)
    await judge(422, mail="m", message_id="x", machine=True)
    await judge(422, message_id=message, machine=True, by="stranger")
    await judge(422, lead="nobody@acme.com", message_id=message, machine=True)
