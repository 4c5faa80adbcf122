"""How the facts of `events.teamwork` are read at every edge: what may be left out, and what must be the agreement's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from agreement.definitions import SelfAssessment
from events import Event
from events.teamwork import (
    ActionItem,
    AssessmentAnswered,
    ContentRated,
    ContentRequested,
    LeadEnrolled,
    LeadSnoozed,
    PartnerNoted,
)
from ingest.api.invalid_input import InvalidInput, in_bounds
from ingest.decide import normalise

_KEYS: Final[Mapping[type[Event], tuple[str, ...]]] = {
    LeadEnrolled: ("campaign",),
    ContentRequested: ("request", "text"),
    ContentRated: ("asset",),
    ActionItem: ("item", "pack"),
    PartnerNoted: ("partner", "note"),
}
"""Fields that name or say something: blank ones are refused. All but texts must fit an index."""
_TEXTS: Final = ("text", "note")
_YES_NO: Final = {True: "yes", False: "no"}


class AgreementWords(Protocol):
    """What reading asks of the agreement."""

    questions: tuple[SelfAssessment, ...]
    partners: tuple[str, ...]
    """Ids."""

    def day_begin(self, value: object, where: str) -> datetime | None:
        """An instant, or the beginning of a day in the house's zone. Raises InvalidInput."""
        ...

    def rep(self, name: object, where: str) -> str | None:
        """Rep id of an id or address. Raises InvalidInput."""
        ...


def teamwork_values(
    event: type[Event], given: Mapping[str, Any], where: str, words: AgreementWords
) -> Mapping[str, Any]:
    """The fields that are read otherwise than they stand; none for other types. Raises InvalidInput."""
    values: dict[str, Any] = {}
    if event is LeadSnoozed and given.get("until") is not None:
        values["until"] = words.day_begin(given["until"], f"{where}/until")
    elif event is ContentRequested:
        values["request"] = _text(given.get("request"), given.get("message_id"))
    elif event is ActionItem:
        values |= _action_item(given, where, words)
    elif event is AssessmentAnswered:
        values |= _assessment(given, where, words)
    elif event is PartnerNoted and given.get("partner") not in words.partners:
        raise InvalidInput(f"{where}/partner", f"must be one of {', '.join(words.partners)}")
    for name in _KEYS.get(event, ()):
        key = values.get(name, given.get(name))
        if isinstance(key, str):
            values[name] = key.strip() if name in _TEXTS and key.strip() else in_bounds(key.strip(), f"{where}/{name}")
    return values


def _text(given: object, usual: object) -> object:
    """A number as text, since other systems number what they keep; `usual` for nothing."""
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    return usual if given is None else given


def _action_item(given: Mapping[str, Any], where: str, words: AgreementWords) -> dict[str, Any]:
    """A new item has a text; news of one names it. The owner is a rep, or anybody's address."""
    if given.get("item") is None and not str(given.get("text") or "").strip():
        raise InvalidInput(f"{where}/text", "say what is to be done; or name the item that there is news of (item)")
    owner = given.get("owner")
    if owner is not None:
        address = normalise(owner)
        try:
            owner = words.rep(owner, f"{where}/owner")
        except InvalidInput:
            if address is None:
                raise InvalidInput(f"{where}/owner", "must be a rep of chapter teams, or an e-mail address") from None
            owner = address
    return {"item": _text(given.get("item"), given.get("message_id")), "owner": owner}


def _assessment(given: Mapping[str, Any], where: str, words: AgreementWords) -> dict[str, Any]:
    """The question by its topic or in its words; an answer in words, a number, or yes and no."""
    topics = {name.casefold(): one.topic for one in words.questions for name in (one.question, one.topic)}
    question, answer = given.get("question"), given.get("answer")
    topic = topics.get(question.strip().casefold()) if isinstance(question, str) else None
    if topic is None:
        raise InvalidInput(f"{where}/question", f"must be one of {', '.join(one.topic for one in words.questions)}")
    if isinstance(answer, bool):
        answer = _YES_NO[answer]
    elif isinstance(answer, int | float):
        answer = f"{answer:g}"
    if not isinstance(answer, str) or not answer.strip():
        raise InvalidInput(f"{where}/answer", "must be yes, partly, no, a number of 0 to 10, or some words")
    return {"question": topic, "answer": answer.strip()}
