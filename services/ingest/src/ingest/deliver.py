"""Out to Slack: the modals that ask a rep for the reason of a rejection, to whom a lead goes, or why a deal ended."""

from logging import getLogger
from typing import Any, Final

from pydantic import SecretStr

from agreement import Agreement
from agreement.people import People
from events.buttons import HAND_OVER, REJECT, OfferButton
from runtime.settings import Settings

REASON: Final = "reason"
NOTE: Final = "text"
RECORD: Final = "record"
REGION: Final = "region"
TO: Final = "to"
"""Block and action ids of the modals' fields."""
MOST_OPTIONS: Final = 100
"""That Slack takes in one menu."""
LONGEST_NOTE: Final = 3000
LONGEST_RECORD: Final = 255
log = getLogger(__name__)


class Modals:
    """Best effort, at once: a trigger lives three seconds, and the rep can press the button again."""

    def __init__(self, agreement: Agreement, settings: Settings) -> None:
        self._reasons = [reason for reason in agreement.routing.reject_reasons if reason.chosen_by_rep]
        self._regions = [region.name for region in agreement.routing.regions]
        self._people = People(agreement.teams)
        self._token = settings.slack_token
        self._url = settings.slack_url

    async def ask_reason(self, trigger: str, offer: OfferButton) -> None:
        """Opens the modal of a rejection; it carries the offer."""
        await self._open(trigger, self._view(offer))

    async def ask_colleague(self, trigger: str, offer: OfferButton, rep: str) -> None:
        """Opens the modal that asks to whom the rep passes the lead on: a manager to anybody, others to colleagues."""
        await self._open(trigger, self._to_whom(offer, rep))

    async def ask_survey(self, trigger: str, view: dict[str, Any]) -> None:
        """Opens the modal of a survey; it carries the deal."""
        await self._open(trigger, view)

    async def _open(self, trigger: str, view: dict[str, Any]) -> None:
        if self._token is None:
            log.warning("no modal: BATON_SLACK_TOKEN is not set")
        elif problem := await self._call(self._token, "views_open", trigger_id=trigger, view=view):
            log.warning("no modal: %s", problem)

    async def show_privately(self, channel: str, user: str, text: str) -> None:
        """Only the one who pressed the button sees it."""
        if self._token is None:
            return
        if problem := await self._call(self._token, "chat_postEphemeral", channel=channel, user=user, text=text):
            log.warning("not shown: %s", problem)

    async def _call(self, token: SecretStr, method: str, **given: Any) -> str | None:
        """A method of Slack's client; what went wrong, or None."""
        from aiohttp import ClientError  # noqa: PLC0415  (12 MB that a house without Slack is spared)
        from slack_sdk.errors import SlackClientError  # noqa: PLC0415
        from slack_sdk.web.async_client import AsyncWebClient  # noqa: PLC0415

        client = AsyncWebClient(token.get_secret_value(), base_url=self._url, timeout=3, retry_handlers=[])
        try:
            await getattr(client, method)(**given)
        except (SlackClientError, ClientError, OSError, TimeoutError) as error:
            return type(error).__name__
        return None

    def _to_whom(self, offer: OfferButton, rep: str) -> dict[str, Any]:
        manager, teams = self._people.manages(rep), self._people.teams
        pool = teams.pool_by_id.get(offer.pool or "")
        team = self._people.team(rep)
        options = [
            {"text": _plain(one.name), "value": one.id}
            for one in sorted(teams.reps, key=lambda one: one.name)
            if one.active and (manager or (one.id != rep and (one.id in pool.members if pool else one.team == team)))
        ][:MOST_OPTIONS]
        if not options:
            nobody = {"type": "section", "text": _plain("There is no colleague to hand it over to.")}
            return _modal(HAND_OVER, offer, "Hand over this lead", None, [nobody])
        menu = {"type": "static_select", "action_id": TO, "options": options}
        verb = "Reassign" if manager else "Hand over"
        return _modal(HAND_OVER, offer, f"{verb} this lead", verb, [_input(TO, "To whom?", menu), _note_input("Why?")])

    def _view(self, offer: OfferButton) -> dict[str, Any]:
        options = [{"text": _plain(reason.title), "value": reason.reason} for reason in self._reasons]
        record = {"type": "plain_text_input", "action_id": RECORD, "max_length": LONGEST_RECORD}
        regions = [{"text": _plain(region), "value": region} for region in self._regions][:MOST_OPTIONS]
        region = {"type": "static_select", "action_id": REGION, "options": regions}
        blocks = [
            _input(REASON, "Why?", {"type": "static_select", "action_id": REASON, "options": options}),
            _note_input("In a few words"),
            _input(RECORD, "In the pipeline already: which lead, deal or address?", record, optional=True),
            _input(REGION, "Out of territory: where does it belong?", region, optional=True),
        ]
        return _modal(REJECT, offer, "Reject this lead", "Reject", blocks)


def _modal(
    name: str, offer: OfferButton, title: str, submit: str | None, blocks: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": name,
        "private_metadata": offer.encode(),
        "title": _plain(title),
        **({"submit": _plain(submit)} if submit else {}),
        "close": _plain("Cancel"),
        "blocks": blocks,
    }


def _input(name: str, label: str, element: dict[str, Any], *, optional: bool = False) -> dict[str, Any]:
    more = {"optional": True} if optional else {}
    return {"type": "input", "block_id": name, "label": _plain(label), "element": element, **more}


def _note_input(label: str) -> dict[str, Any]:
    text = {"type": "plain_text_input", "action_id": NOTE, "multiline": True, "max_length": LONGEST_NOTE}
    return _input(NOTE, label, text, optional=True)


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text[:75]}
