"""The self-assessment: data where they can answer, the form else, and what would raise a score."""

from datetime import date, timedelta

from services.reporting.tests.conftest import History, client_of
from services.reporting.tests.golden_world import T0, golden_world
from services.reporting.tests.test_deals import Fold
from services.reporting.tests.test_win_loss import ask
from typing_extensions import TypedDict

from events.enrolment import CampaignEntered
from events.teamwork import ActionItem, AssessmentAnswered
from reporting.decide.self_assessment import QuestionEvidence, score_of, verdict, weakest
from runtime.database.connect import Database
from runtime.service import Context
from testing.events import NOON


def evidence(count: int, of: int) -> QuestionEvidence:
    return QuestionEvidence(count, of, f"{count} of {of}", "Do more.")


def test_data_say_before_people_do() -> None:
    judged = verdict(evidence(3, 4), "no", NOON, NOON)
    assert (judged.score, judged.basis, judged.due) == (0.75, "data", False)


def test_people_are_heard_where_data_have_nothing_to_count() -> None:
    judged = verdict(evidence(0, 0), "partly", NOON - timedelta(days=365), NOON)
    assert (judged.score, judged.basis, judged.due) == (0.5, "form", False)
    assert verdict(None, "8", NOON, NOON).score == 0.8


def test_an_answer_of_last_year_is_due_again() -> None:
    judged = verdict(None, "yes", NOON - timedelta(days=366), NOON)
    assert (judged.score, judged.basis, judged.due) == (None, None, True)
    assert verdict(None, None, None, NOON).due


def test_words_are_an_answer_and_no_score() -> None:
    judged = verdict(None, "we should talk", NOON, NOON)
    assert (judged.score, judged.due) == (None, False)
    assert [score_of(text) for text in (" Yes ", "10", "0", "11", "-1", None)] == [1, 1, 0, None, None, None]


def test_the_weakest_is_the_lowest_that_is_known() -> None:
    assert weakest({"a": 0.5, "b": None, "c": 0.2, "d": 0.2}) == "c"
    assert weakest({"a": None}) is None


class EvidenceRow(TypedDict):
    count: int
    of: int
    text: str


class QuestionRow(TypedDict):
    topic: str
    score: float | None
    basis: str | None
    due: bool
    evidence: EvidenceRow | None
    to_raise: str | None


class AssessmentAnswer(TypedDict):
    scored: int
    weakest: str | None
    items: list[QuestionRow]


async def test_the_golden_world_is_assessed_by_hand(context: Context, database: Database, fold: Fold) -> None:
    """Nine of ten offers fitted; one of three campaigns is used; 16 of 18 promises were kept; two of nine are rated."""
    history = History()
    for topic, word in (("shared definitions", "partly"), ("same offers", "yes"), ("handoff", "no")):
        history.add(AssessmentAnswered, topic, NOON, {"question": topic, "answer": word, "by": "rep-grace"})
    for number, (due, done) in enumerate(
        ((date(2026, 7, 20), True), (date(2026, 7, 27), False), (date(2026, 9, 1), False))
    ):
        item = {"item": f"i{number}", "text": "call", "due": due, "done": done, "owner": "rep-dan", "by": "rep-dan"}
        history.add(ActionItem, f"i{number}", T0, item)
    entry = {"cycle": 1, "campaign": "reference-stories", "title": "Reference stories", "by": "rep-dan"}
    history.add(CampaignEntered, "lead-0", NOON - timedelta(days=1), entry)
    await fold(context, database, golden_world())
    await fold(context, database, history.events)
    async with client_of(context) as http:
        answer = await ask(http, AssessmentAnswer, "/api/self-assessment")
        page = (await http.get("/self-assessment")).text
    found = {one["topic"]: (one["score"], one["basis"], one["due"]) for one in answer["items"]}
    assert found == {
        "shared definitions": (0.5, "form", False),
        "same buyers": (0.9, "data", False),
        "same goals": (None, None, True),
        "same offers": (1 / 3, "data", False),
        "content together": (None, None, True),
        "handoff": (16 / 18, "data", False),
        "feedback": (2 / 9, "data", False),
        "meetings": (0.5, "data", False),
    }
    assert (answer["scored"], answer["weakest"]) == (6, "feedback")
    texts = {one["topic"]: one["evidence"]["text"] for one in answer["items"] if one["evidence"]}
    assert texts["same offers"] == "Sales enrolled somebody in 1 of 3 campaigns that are offered to it"
    assert texts["feedback"] == "2 of 9 accepted leads are rated"
    raised = {one["topic"]: one["to_raise"] for one in answer["items"]}
    assert raised["handoff"] == "Most are missed in “First touch”: 2."
    assert "6 of 8 questions have a score, 56 % on average; the weakest: feedback" in page
    assert page.count('<input type="hidden" name="type" value="assessed">') == 8
    assert "Grace Miller says “partly”" in page
