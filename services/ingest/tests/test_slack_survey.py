"""The survey in Slack: a button opens the agreement's questions, and what comes back is the fact `survey`."""

from collections.abc import Mapping

import pytest
from services.ingest.tests.conftest import Stream
from services.ingest.tests.test_slack import DANA, Press, app, click, press

from agreement import Agreement
from events.body import wire_values
from events.buttons import SURVEY, OfferButton, SurveyButton
from ingest.api.slack_survey import survey_fields, survey_view
from testing.world import Slack

__all__ = ["app", "press"]
CLOSED = SurveyButton(lead=DANA, deal="A/7")
Json = Mapping[str, object]


def filled(user: str = "U0ANA", **values: str) -> Json:
    menus = ("outcome", "lead_quality_issue")
    state = {
        name: {name: {"selected_option": {"value": value}} if name in menus else {"value": value}}
        for name, value in values.items()
    }
    view = {"id": "V3", "callback_id": SURVEY, "private_metadata": CLOSED.encode(), "state": {"values": state}}
    return {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": user}, "view": view}


def test_the_modal_has_the_questions_of_the_agreement_in_its_order(agreement: Agreement) -> None:
    questions = agreement.definitions.win_loss_survey
    view = survey_view(CLOSED, questions)
    assert [block["block_id"] for block in view["blocks"]] == ["outcome", *(one.id for one in questions)]
    assert [block["block_id"] for block in view["blocks"] if "optional" not in block] == ["outcome"]
    assert view["blocks"][-1]["label"]["text"] == "Which missing feature broke the deal? (lost deals)"
    assert len(view["title"]["text"]) <= 24
    assert SurveyButton.decode(view["private_metadata"]) == CLOSED


def test_lines_are_several_answers_and_yes_is_a_yes() -> None:
    state = {
        "objections": {"objections": {"value": " too dear \n\n too late\n"}},
        "lead_quality_issue": {"lead_quality_issue": {"selected_option": {"value": "no"}}},
        "champion": {"champion": {"value": "  "}},
        "reason": {"reason": {"value": None}},
    }
    assert survey_fields({"state": {"values": state}}) == {
        "objections": ["too dear", "too late"],
        "lead_quality_issue": False,
    }
    assert survey_fields({"state": {"values": "nonsense"}}) == {}


def test_one_button_is_not_read_as_the_other() -> None:
    assert OfferButton.decode(CLOSED.encode()) is None
    assert SurveyButton.decode(OfferButton(lead="l", assignment="a").encode()) is None


async def test_the_button_opens_the_modal_and_says_nothing_yet(press: Press, slack: Slack, stream: Stream) -> None:
    assert (await press(click(SURVEY, value=CLOSED.encode()))).status_code == 200
    ((method, call),) = slack.calls
    assert (method, call["view"]["callback_id"]) == ("views.open", SURVEY)
    assert await stream("sales") == []


async def test_what_comes_back_is_one_fact_about_the_deal(press: Press, stream: Stream) -> None:
    answers = {"outcome": "lost", "reason": "price", "objections": "too dear\ntoo late", "lead_quality_issue": "yes"}
    for _ in range(2):
        assert (await press(filled(**answers))).json() == {"response_action": "clear"}
    (event,) = await stream("sales")
    assert (event.type, event.subject) == ("survey.answered.v1", DANA)
    fields = wire_values(event.data)
    assert {name: fields[name] for name in ("deal", "outcome", "reason", "lead_quality_issue", "by", "via")} == {
        **{"deal": "A/7", "outcome": "lost", "reason": "price", "lead_quality_issue": True},
        **{"by": "rep-ana", "via": "slack"},
    }
    assert list(fields["objections"]) == ["too dear", "too late"]


@pytest.mark.parametrize(("user", "values"), [("U0ANA", {"reason": "price"}), ("U0STRANGER", {"outcome": "won"})])
async def test_what_is_missing_and_who_is_a_stranger_is_shown_in_the_modal(
    press: Press, stream: Stream, user: str, values: dict[str, str]
) -> None:
    assert list((await press(filled(user, **values))).json()["errors"]) == ["outcome"]
    assert await stream("sales") == []
