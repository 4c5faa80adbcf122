"""Slack's Web API: posting, updating in place, and looking for a message whose answer was lost."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from notifier.channels.base import (
    AnswerLost,
    Delivered,
    Later,
    NotThere,
    OutgoingMessage,
    Rejected,
    SendOutcome,
    Stopped,
    wish,
)
from notifier.channels.slack_calls import call, compose
from notifier.render import Message

_SECONDS: Final = 15
_HISTORY: Final = 200
_DOUBTFUL: Final = frozenset({"fatal_error"})
_LATER: Final = frozenset(
    {
        *("ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "service_unavailable"),
        *("request_timeout", "team_added_to_org"),
    }
)
_ACCOUNT: Final = frozenset(
    {
        *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"),
        *("ekm_access_denied", "no_permission"),
    }
)
_PLACE: Final = frozenset({"channel_not_found", "not_in_channel", "is_archived"})
_GONE: Final = frozenset(
    {
        *("message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed"),
        *("cannot_reply_to_message", "is_inactive"),
    }
)
_NEVER_SENT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class SlackChannel:
    """Posts notices to Slack, and updates posted cards in place."""

    name = "slack"
    outbox = False
    pace: timedelta | None = timedelta(seconds=1)
    hold = timedelta(seconds=60)
    prompt = True
    calls = 50

    def __init__(self, token: str, url: str, *, seconds: int = _SECONDS) -> None:
        base = url if url.endswith("/") else f"{url}/"
        self._client = AsyncWebClient(token=token, base_url=base, timeout=seconds, retry_handlers=[])

    def compose(self, message: Message, notice: str) -> dict[str, Any]:
        """The call that posts a message, as it is kept and shown."""
        return compose(message, notice)

    async def send(self, message: OutgoingMessage, body: Mapping[str, Any]) -> SendOutcome:
        """Posts the message, or updates the one it replaces; in doubt it looks first whether it is there.

        A reply to a message that is not there any more stands alone.
        """
        if message.doubtful:
            outcome = await self._look(message)
            if outcome is not None:
                return outcome
        if message.removed and not message.reference:
            return Rejected("the person left before it was sent")
        if message.reference:
            return await self._call("chat.update", call(message, body))
        outcome = await self._call("chat.postMessage", call(message, body))
        if isinstance(outcome, NotThere) and message.thread:
            return await self._call("chat.postMessage", call(replace(message, thread=None), body))
        return outcome

    async def _call(self, method: str, body: Mapping[str, Any]) -> SendOutcome:
        """An update may be repeated freely; a lost answer to a post may not."""
        try:
            answer = await self._client.api_call(method, json=dict(body))
        except SlackApiError as error:
            outcome = _classify(error)
        except _NEVER_SENT as error:
            outcome = Later(f"no connection: {type(error).__name__}")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            outcome = AnswerLost(f"the answer was lost: {type(error).__name__}")
        else:
            return Delivered(place=answer.get("channel"), reference=answer.get("ts"))
        return Later(outcome.error) if isinstance(outcome, AnswerLost) and method != "chat.postMessage" else outcome

    async def _look(self, message: OutgoingMessage) -> SendOutcome | None:
        """Delivered, if the message is there; None, if it may be sent again; else what hindered us."""
        try:
            place = message.place or await self._direct(message.address)
            params = {"channel": place, "limit": _HISTORY, "include_all_metadata": True}
            if message.thread:
                answer = await self._client.api_call("conversations.replies", params={**params, "ts": message.thread})
            else:
                answer = await self._client.api_call("conversations.history", params=params)
        except SlackApiError as error:
            outcome = _classify(error)
            return outcome if isinstance(outcome, Later) else _once_more(message, outcome.error)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return Later(f"cannot look for it: {type(error).__name__}")
        messages: list[dict[str, Any]] = answer.get("messages", [])
        for posted in messages:
            if posted.get("metadata", {}).get("event_payload", {}).get("nid") == message.id:
                return Delivered(place=place, reference=posted["ts"])
        return None

    async def _direct(self, address: str) -> str:
        """A member's messages are found under the conversation with them."""
        if not address.startswith(("U", "W")):
            return address
        answer = await self._client.api_call("conversations.open", json={"users": address})
        place: str = answer["channel"]["id"]
        return place


def _once_more(message: OutgoingMessage, error: str) -> SendOutcome | None:
    """Where nobody may look, it is sent again once, and stays listed as unknown after that."""
    return None if message.lost_answers <= 1 else Rejected(f"may have been delivered; {error}")


def _classify(error: SlackApiError) -> Later | Rejected | Stopped | AnswerLost | NotThere:
    status = int(getattr(error.response, "status_code", 0) or getattr(error.response, "status", 0))
    data = getattr(error.response, "data", None)
    name = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or name in ("ratelimited", "rate_limited"):
        return Later(name or "ratelimited", _retry_after(error))
    if name in _DOUBTFUL:
        return AnswerLost(name)
    if status >= 500 or name in _LATER or not name:
        return Later(name or f"HTTP {status}")
    if name in _ACCOUNT:
        return Stopped(name, wide=True)
    if name in _PLACE or name.startswith("restricted_action"):
        return Stopped(name, wide=False)
    return NotThere(name) if name in _GONE else Rejected(name)


def _retry_after(error: SlackApiError) -> timedelta | None:
    headers = getattr(error.response, "headers", None) or {}
    return wish(str(next((headers[key] for key in headers if key.lower() == "retry-after"), "")))
