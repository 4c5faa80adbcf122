"""POST /slack/interactivity: buttons of the cards and the modal for a reject reason, signed by Slack."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import JSONResponse, Response

from agreement import Agreement
from events import Event
from events.sales import SalesAccepted, SalesRejected
from ingest.api.bodies import Unparsable, parsed
from ingest.api.checks import Checks, Wrong
from ingest.decide import Submission
from ingest.deliver import REASON, Modals, Offer
from ingest.handler import Door
from runtime.clock import wall
from runtime.http.problems import Malformed, Unauthorised
from runtime.settings import Settings

LONGEST_NOTE: Final = 3000
WINDOW: Final = 300
"""Seconds in which a signature is good, in both directions."""
_TEXT: Final = "text"


class Interactivity:
    """Answers within three seconds, after the commit; whether the rep's answer still counts is routing's decision."""

    def __init__(self, door: Door, agreement: Agreement, settings: Settings) -> None:
        self._door = door
        self._checks = Checks(agreement)
        self._modals = Modals(agreement, settings)
        secret = settings.slack_signing_secret
        self._secret = secret.get_secret_value().encode() if secret else None

    async def take(self, request: Request, later: BackgroundTasks) -> Response:
        raw = await request.body()
        self._verify(raw, request)
        payload = _payload(raw)
        match payload.get("type"):
            case "block_actions":
                await self._actions(payload, later)
            case "view_submission":
                return await self._view(payload)
        return Response()

    def _verify(self, raw: bytes, request: Request) -> None:
        if self._secret is None:
            raise Unauthorised("set BATON_SLACK_SIGNING_SECRET to the signing secret of your Slack app, and restart")
        stamp = request.headers.get("x-slack-request-timestamp", "")
        fresh = stamp.isdecimal() and len(stamp) < 12 and abs(wall().timestamp() - int(stamp)) <= WINDOW
        signed = hmac.new(self._secret, b"v0:" + stamp.encode() + b":" + raw, hashlib.sha256).hexdigest()
        given = request.headers.get("x-slack-signature", "").encode("latin-1", "replace")
        if not fresh or not hmac.compare_digest(f"v0={signed}".encode(), given):
            raise Unauthorised("the signature is not Slack's, or older than five minutes")

    async def _actions(self, payload: Mapping[str, Any], later: BackgroundTasks) -> None:
        """Accept is a fact; reject asks for the reason first. Other buttons are links."""
        actions = payload.get("actions")
        for action in map(_part, actions if isinstance(actions, list) else []):
            name, offer = action.get("action_id"), _offer(action.get("value"))
            if offer is None:
                continue
            try:
                rep = self._rep(payload)
                if name == "accept":
                    body = SalesAccepted.Data(assignment=offer.assignment, by=rep, via="slack")
                    await self._say(SalesAccepted, body, offer, _message_id(payload, action.get("action_ts")))
                elif name == "reject":
                    later.add_task(self._modals.ask_reason, str(payload.get("trigger_id")), offer)
            except Malformed as refusal:
                channel, user = _part(payload.get("channel")), _part(payload.get("user"))
                later.add_task(self._modals.tell, str(channel.get("id")), str(user.get("id")), _words(refusal))

    async def _view(self, payload: Mapping[str, Any]) -> Response:
        """The modal comes back with a reason; what is missing is said in the modal."""
        view = _part(payload.get("view"))
        offer = _offer(view.get("private_metadata"))
        if view.get("callback_id") != "reject" or offer is None:
            return Response()
        values = _part(_part(view.get("state")).get("values"))
        chosen = _part(_part(_part(values.get(REASON)).get(REASON)).get("selected_option"))
        note = _part(_part(values.get(_TEXT)).get(_TEXT)).get("value") or None
        given = {
            "assignment": offer.assignment,
            "via": "slack",
            "reason": chosen.get("value"),
            "note": note[:LONGEST_NOTE] if isinstance(note, str) else None,
        }
        try:
            body = self._checks.body(SalesRejected, {**given, "by": self._rep(payload)}, "")
            assert isinstance(body, SalesRejected.Data)  # noqa: S101
            await self._say(SalesRejected, body, offer, _message_id(payload, view.get("id")))
        except Wrong as wrong:
            block = _TEXT if wrong.problem["pointer"] == "/note" else REASON
            return _in_modal(block, wrong.problem["detail"])
        except Malformed as refusal:
            return _in_modal(REASON, _words(refusal))
        return JSONResponse({"response_action": "clear"})

    async def _say(
        self, event: type[Event], body: SalesAccepted.Data | SalesRejected.Data, offer: Offer, message: str
    ) -> None:
        said = body.model_copy(update={"message_id": message})
        submission = Submission(
            source="slack", message_id=message, channel="slack", what="said", lead=offer.lead, event=event, body=said
        )
        await self._door.take([submission])

    def _rep(self, payload: Mapping[str, Any]) -> str:
        """Anyone in the channel can press a button; only reps are heard."""
        user = str(_part(payload.get("user")).get("id"))
        rep = self._checks.slack_rep(user)
        if rep is None:
            raise Malformed(f"Slack user {user[:40]} is no rep: set slack_user in agreement/teams.yaml")
        return rep


def router(door: Door, agreement: Agreement, settings: Settings) -> APIRouter:
    routes = APIRouter(tags=["in"])
    interactivity = Interactivity(door, agreement, settings)

    @routes.post("/slack/interactivity", summary="Slack's buttons and modals")
    async def slack(request: Request, later: BackgroundTasks) -> Response:
        answer = await interactivity.take(request, later)
        answer.background = later
        return answer

    return routes


def _words(refusal: Malformed) -> str:
    return refusal.errors[0]["detail"] if refusal.errors else refusal.detail


def _in_modal(block: str, words: str) -> Response:
    return JSONResponse({"response_action": "errors", "errors": {block: words}})


def _payload(raw: bytes) -> Mapping[str, Any]:
    try:
        payload = parsed(parse_qs(raw.decode(), strict_parsing=True)["payload"][0].encode())
    except (KeyError, ValueError) as error:
        raise Unparsable("there is no field `payload` with JSON in it") from error
    if not isinstance(payload, dict):
        raise Unparsable("`payload` must be a JSON object")
    return payload


def _part(value: object) -> Mapping[str, Any]:
    """What should be an object; empty where Slack left it out."""
    return value if isinstance(value, dict) else {}


def _offer(value: object) -> Offer | None:
    """What the notifier wrote on the button."""
    try:
        given = orjson.loads(value) if isinstance(value, str) else None
    except orjson.JSONDecodeError:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("lead"), str):
        return None
    return Offer(given["lead"], str(given.get("assignment")), str(value))


def _message_id(payload: Mapping[str, Any], stamp: object) -> str:
    team, user = _part(payload.get("team")), _part(payload.get("user"))
    return f"slack:{team.get('id')}:{user.get('id')}:{stamp}"[:255]
