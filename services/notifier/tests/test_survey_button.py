"""The notice that asks for a survey has a button that carries the deal, beside the link to its page."""

from datetime import timedelta

from services.notifier.tests.conftest import LeadLog, message_after

from events.buttons import SURVEY, SurveyButton
from events.slas import ClockStarted
from notifier.decide import State, Terms, decide
from notifier.render import slack, text
from testing.events import NOON


def test_a_survey_is_answered_where_it_is_asked(story: LeadLog, terms: Terms) -> None:
    clock = {
        **{"clock": "c1", "promise": "survey", "side": "sales", "cycle": 1, "team": "new-york", "holder": "rep-ana"},
        **{"level": "owner", "target": "5bd", "started": NOON, "due": NOON + timedelta(days=7), "deal": "A/7"},
    }
    started = story.make(ClockStarted, clock)
    message = message_after(terms, [*story.offer(), started], "survey")
    (actions,) = [block for block in slack(message, "n1")["blocks"] if block["type"] == "actions"]
    buttons = {one["action_id"]: one for one in actions["elements"]}
    assert SurveyButton.decode(buttons[SURVEY]["value"]) == SurveyButton(lead=story.lead, deal="A/7")
    assert buttons["open"]["url"].endswith("/survey/A%2F7")
    assert "Survey" in text(message)


def test_each_deal_of_a_lead_is_asked_about_by_itself(story: LeadLog, terms: Terms) -> None:
    clock = {
        **{"promise": "survey", "side": "sales", "cycle": 1, "team": "new-york", "holder": "rep-ana", "level": "owner"},
        **{"target": "5bd", "started": NOON, "due": NOON + timedelta(days=7)},
    }
    ends = [story.make(ClockStarted, {**clock, "clock": f"c{n}", "deal": f"D-{n}"}) for n in (1, 2)]
    notices = decide(State(), [*story.offer(), *ends], terms, now=NOON).notices
    assert {one.about for one in notices if one.kind == "survey"} == {"c1", "c2"}
    for n, end in enumerate(ends, 1):
        message = message_after(terms, [*story.offer(), end], "survey")
        assert message.survey == SurveyButton(lead=story.lead, deal=f"D-{n}")
