"""POST /slack/interactivity: buttons of the cards, and the modals behind them, signed by Slack."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import JSONResponse, Response

from agreement import Agreement
from events import Event
from events.buttons import ACCEPT, HAND_OVER, REJECT, SURVEY, OfferButton, SurveyButton
from events.deals import SurveyAnswered
from events.sales import LeadHandedOver, LeadReassigned, SalesAccepted, SalesRejected
from events.sales_data import SalesData
from ingest.api.bodies import Unparsable, parsed
from ingest.api.checks import Checks
from ingest.api.counting import counted
from ingest.api.invalid_input import InvalidInput
from ingest.api.slack_survey import OUTCOME, survey_fields, survey_view
from ingest.decide.submissions import LONGEST_ID, SalesFact
from ingest.decide.traits import object_of
from ingest.deliver import LONGEST_NOTE, NOTE, REASON, RECORD, REGION, TO, Modals
from ingest.intake import Intake
from runtime.clock import wall
from runtime.http.lazy_route import LazyRoute
from runtime.http.problems import Malformed, Unauthorised
from runtime.settings import Settings

WINDOW: Final = 300
"""Seconds in which a signature is good, in both directions."""


class Interactivity:
    """Answers within three seconds, after the commit; whether the rep's answer still counts is routing's decision."""

    def __init__(self, intake: Intake, agreement: Agreement, settings: Settings) -> None:
        self._intake = intake
        self._checks = Checks(agreement)
        self._questions = agreement.definitions.win_loss_survey
        self._modals = Modals(agreement, settings)
        secret = settings.slack_signing_secret
        self._secret = secret.get_secret_value().encode() if secret else None

    async def take(self, request: Request, later: BackgroundTasks) -> Response:
        """Answers one interaction: a button (200, the rest later) or a submitted modal. Raises Refused."""
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
        """Accept is a fact; reject asks for the reason first, pass on for the colleague, a survey for its answers.

        Other buttons are links.
        """
        actions = payload.get("actions")
        for action in map(object_of, actions if isinstance(actions, list) else []):
            name, offer = action.get("action_id"), OfferButton.decode(action.get("value"))
            closed = SurveyButton.decode(action.get("value")) if name == SURVEY else None
            if offer is None and closed is None:
                continue
            try:
                rep = self._rep(payload)
                if closed is not None:
                    view = survey_view(closed, self._questions)
                    later.add_task(self._modals.ask_survey, str(payload.get("trigger_id")), view)
                elif offer is None:
                    continue
                elif name == ACCEPT:
                    data = SalesAccepted.Data(assignment=offer.assignment, by=rep, via="slack")
                    await self._submit(SalesAccepted, data, offer, _message_id(payload, action.get("action_ts")))
                elif name == REJECT:
                    later.add_task(self._modals.ask_reason, str(payload.get("trigger_id")), offer)
                elif name == HAND_OVER:
                    later.add_task(self._modals.ask_colleague, str(payload.get("trigger_id")), offer, rep)
            except Malformed as refusal:
                channel, user = object_of(payload.get("channel")), object_of(payload.get("user"))
                later.add_task(
                    self._modals.show_privately, str(channel.get("id")), str(user.get("id")), _detail(refusal)
                )

    async def _view(self, payload: Mapping[str, Any]) -> Response:
        """A modal comes back; what is missing or wrong is shown in it."""
        view = object_of(payload.get("view"))
        if view.get("callback_id") == SURVEY:
            return await self._survey(payload, view)
        offer = OfferButton.decode(view.get("private_metadata"))
        fields = _MODALS.get(str(view.get("callback_id")))
        if fields is None or offer is None:
            return Response()
        given = {"via": "slack", **_values(view, fields)}
        try:
            rep = self._rep(payload)
            event: type[Event] = SalesRejected
            if view["callback_id"] == HAND_OVER:
                event = LeadReassigned if self._checks.people.manages(rep) else LeadHandedOver
            else:
                given["assignment"] = offer.assignment
            data = self._checks.sales_data(event, {**given, "by": rep}, "")
            await self._submit(event, data, offer, _message_id(payload, view.get("id")))
        except InvalidInput as invalid:
            wrong = invalid.problem["pointer"].removeprefix("/")
            named = {name: block for block, name in fields.items()}
            return _in_modal(named.get(wrong, next(iter(fields))), invalid.problem["detail"])
        except Malformed as refusal:
            return _in_modal(next(iter(fields)), _detail(refusal))
        return JSONResponse({"response_action": "clear"})

    async def _survey(self, payload: Mapping[str, Any], view: Mapping[str, Any]) -> Response:
        """The same of a survey: a fact about the deal."""
        closed = SurveyButton.decode(view.get("private_metadata"))
        if closed is None:
            return Response()
        given = {**survey_fields(view), "deal": closed.deal, "via": "slack"}
        try:
            data = self._checks.sales_data(SurveyAnswered, {**given, "by": self._rep(payload)}, "")
            await self._submit(SurveyAnswered, data, closed, _message_id(payload, view.get("id")))
        except InvalidInput as invalid:
            wrong = invalid.problem["pointer"].removeprefix("/").partition("/")[0]
            block = wrong if wrong in {question.id for question in self._questions} else OUTCOME
            return _in_modal(block, invalid.problem["detail"])
        except Malformed as refusal:
            return _in_modal(OUTCOME, _detail(refusal))
        return JSONResponse({"response_action": "clear"})

    async def _submit(
        self, event: type[Event], data: SalesData, offer: OfferButton | SurveyButton, message: str
    ) -> None:
        data = data.replaced(message_id=message)
        fact = SalesFact(source="slack", message_id=message, channel="slack", lead=offer.lead, event=event, data=data)
        await self._intake.submit([fact])

    def _rep(self, payload: Mapping[str, Any]) -> str:
        """Anyone in the channel can press a button; only reps are heard."""
        user = str(object_of(payload.get("user")).get("id"))
        rep = self._checks.people.rep_of_slack(user)
        if rep is None:
            raise Malformed(f"Slack user {user[:40]} is no rep: set slack_user in agreement/teams.yaml")
        return rep


def router(intake: Intake, agreement: Agreement, settings: Settings) -> APIRouter:
    """`POST /slack/interactivity`."""
    routes = APIRouter(route_class=LazyRoute, tags=["in"], dependencies=[counted(intake)])
    interactivity = Interactivity(intake, agreement, settings)

    @routes.post("/slack/interactivity", summary="Slack's buttons and modals")
    async def slack(request: Request, later: BackgroundTasks) -> Response:
        answer = await interactivity.take(request, later)
        answer.background = later
        return answer

    return routes


_MODALS: Final[Mapping[str, Mapping[str, str]]] = {
    REJECT: {REASON: "reason", NOTE: "note", RECORD: "record", REGION: "region"},
    HAND_OVER: {TO: "to", NOTE: "reason"},
}
"""By callback id: block to the field of the fact that it fills; the first one shows what is wrong elsewhere."""


def _values(view: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, str]:
    """What was chosen or written in the blocks, by field."""
    values = object_of(object_of(view.get("state")).get("values"))
    given = {}
    for block, name in fields.items():
        element = object_of(object_of(values.get(block)).get(block))
        value = object_of(element.get("selected_option")).get("value") or element.get("value")
        if isinstance(value, str) and value.strip():
            given[name] = value[:LONGEST_NOTE]
    return given


def _detail(refusal: Malformed) -> str:
    return refusal.errors[0]["detail"] if refusal.errors else refusal.detail


def _in_modal(block: str, text: str) -> Response:
    return JSONResponse({"response_action": "errors", "errors": {block: text}})


def _payload(raw: bytes) -> Mapping[str, Any]:
    try:
        payload = parsed(parse_qs(raw.decode(), strict_parsing=True)["payload"][0].encode())
    except (KeyError, ValueError) as error:
        raise Unparsable("there is no field `payload` with JSON in it") from error
    if not isinstance(payload, dict):
        raise Unparsable("`payload` must be a JSON object")
    return payload


def _message_id(payload: Mapping[str, Any], stamp: object) -> str:
    team, user = object_of(payload.get("team")), object_of(payload.get("user"))
    return f"slack:{team.get('id')}:{user.get('id')}:{stamp}"[:LONGEST_ID]
