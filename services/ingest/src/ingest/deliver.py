"""Out to Slack: the modal that asks a rep for the reason of a rejection."""

from logging import getLogger
from typing import Any, Final

from aiohttp import ClientError
from pydantic import SecretStr
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from agreement import Agreement
from events.buttons import REJECT, OfferButton
from runtime.settings import Settings

REASON: Final = "reason"
NOTE: Final = "text"
"""Block and action ids of the modal's two fields."""
LONGEST_NOTE: Final = 3000
log = getLogger(__name__)


class Modals:
    """Best effort, at once: a trigger lives three seconds, and the rep can press the button again."""

    def __init__(self, agreement: Agreement, settings: Settings) -> None:
        self._reasons = [reason for reason in agreement.routing.reject_reasons if reason.chosen_by_rep]
        self._token = settings.slack_token
        self._url = settings.slack_url

    async def ask_reason(self, trigger: str, offer: OfferButton) -> None:
        """Opens the modal; it carries the offer."""
        if self._token is None:
            log.warning("no modal: BATON_SLACK_TOKEN is not set")
            return
        try:
            await self._client(self._token).views_open(trigger_id=trigger, view=self._view(offer))
        except (SlackClientError, ClientError, OSError, TimeoutError) as error:
            log.warning("no modal: %s", type(error).__name__)

    async def show_privately(self, channel: str, user: str, text: str) -> None:
        """Only the one who pressed the button sees it."""
        if self._token is None:
            return
        try:
            await self._client(self._token).chat_postEphemeral(channel=channel, user=user, text=text)
        except (SlackClientError, ClientError, OSError, TimeoutError) as error:
            log.warning("not shown: %s", type(error).__name__)

    def _client(self, token: SecretStr) -> AsyncWebClient:
        return AsyncWebClient(token.get_secret_value(), base_url=self._url, timeout=3, retry_handlers=[])

    def _view(self, offer: OfferButton) -> dict[str, Any]:
        options = [{"text": _plain(reason.title), "value": reason.reason} for reason in self._reasons]
        text = {"type": "plain_text_input", "action_id": NOTE, "multiline": True, "max_length": LONGEST_NOTE}
        return {
            "type": "modal",
            "callback_id": REJECT,
            "private_metadata": offer.encode(),
            "title": _plain("Reject this lead"),
            "submit": _plain("Reject"),
            "close": _plain("Cancel"),
            "blocks": [
                {
                    "type": "input",
                    "block_id": REASON,
                    "label": _plain("Why?"),
                    "element": {"type": "static_select", "action_id": REASON, "options": options},
                },
                {
                    "type": "input",
                    "block_id": NOTE,
                    "optional": True,
                    "label": _plain("In a few words"),
                    "element": text,
                },
            ],
        }


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text[:75]}
