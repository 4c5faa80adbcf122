"""The survey of a closed deal as a modal of Slack: its blocks from the agreement, its fact from what was filled in."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from agreement.definitions import SurveyQuestion
from events.buttons import SURVEY, SurveyButton
from ingest.api.survey_fields import LINES, YES_NO, survey_value
from ingest.decide.traits import object_of

OUTCOME: Final = "outcome"
LONGEST: Final = 3000
_LONG: Final = ("reason", "could_differ")
_LABEL: Final = 2000
"""Characters that Slack takes in the label of a field."""
SurveyBlock = dict[str, Any]


def survey_view(button: SurveyButton, questions: Sequence[SurveyQuestion]) -> SurveyBlock:
    """The modal: how it ended, then the agreement's questions in its order; what only a loss is asked says so."""
    ended = _menu(OUTCOME, (("won", "Won"), ("lost", "Lost")))
    return {
        "type": "modal",
        "callback_id": SURVEY,
        "private_metadata": button.encode(),
        "title": _text("Why won or lost?", 24),
        "submit": _text("Send", 24),
        "close": _text("Cancel", 24),
        "blocks": [_input(OUTCOME, "How did it end?", ended), *map(_block, questions)],
    }


def survey_fields(view: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in, by the fields of the fact `survey`; what was left empty is not there.

    Any other block that Slack sends is left out.
    """
    values = object_of(object_of(view.get("state")).get("values"))
    given: dict[str, Any] = {}
    for block, elements in values.items():
        element = object_of(object_of(elements).get(block))
        value = object_of(element.get("selected_option")).get("value") or element.get("value")
        if not isinstance(value, str) or not value.strip():
            continue
        given[block] = survey_value(block, value.strip()[:LONGEST])
    return given


def _block(question: SurveyQuestion) -> SurveyBlock:
    label = question.text if "won" in question.asked_when else f"{question.text} (lost deals)"
    if question.asked_when == ("won",):
        label = f"{question.text} (won deals)"
    if question.id == YES_NO:
        return _input(question.id, label, _menu(question.id, (("yes", "Yes"), ("no", "No"))), optional=True)
    lines = question.id in LINES
    element = {
        "type": "plain_text_input",
        "action_id": question.id,
        "multiline": lines or question.id in _LONG,
        "max_length": LONGEST,
        **({"placeholder": _text("one on each line", 150)} if lines else {}),
    }
    return _input(question.id, label, element, optional=True)


def _menu(name: str, options: Sequence[tuple[str, str]]) -> SurveyBlock:
    shown = [{"text": _text(words, 75), "value": value} for value, words in options]
    return {"type": "static_select", "action_id": name, "options": shown}


def _input(name: str, label: str, element: SurveyBlock, *, optional: bool = False) -> SurveyBlock:
    more = {"optional": True} if optional else {}
    return {"type": "input", "block_id": name, "label": _text(label, _LABEL), "element": element, **more}


def _text(text: str, most: int) -> dict[str, str]:
    return {"type": "plain_text", "text": text[:most]}
