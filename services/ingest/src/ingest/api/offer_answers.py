"""POST /a/{token}/{answer}: the buttons of a mail. Reporting shows the page that posts here."""

from typing import Final, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from agreement import Agreement
from events import Event
from events.sales import SalesAccepted, SalesRejected
from ingest.api.checks import Checks
from ingest.api.counting import counted
from ingest.api.invalid_input import InvalidInput
from ingest.decide.submissions import SalesFact
from ingest.intake import Intake
from runtime.clock import BusinessClock, wall
from runtime.http.lazy_route import LazyRoute
from runtime.http.offer_links import ExpiredButton, read_offer_token
from runtime.settings import Settings

_MOST: Final = 16_384
_FIELDS: Final = ("reason", "note", "record", "region")


def router(intake: Intake, agreement: Agreement, settings: Settings, clock: BusinessClock) -> APIRouter:
    """Whoever has the mail answers in the name of the rep it went to; whether it still counts routing decides."""
    routes = APIRouter(route_class=LazyRoute, tags=["in"], dependencies=[counted(intake)])
    checks = Checks(agreement)
    secret = settings.secret.get_secret_value() if settings.secret else None

    @routes.post("/a/{token}/{answer}", summary="A button of a mail", status_code=303, include_in_schema=False)
    async def take(request: Request, token: str, answer: Literal["accept", "reject"]) -> RedirectResponse:
        link = read_offer_token(secret, token, clock.read(wall())) if secret else None
        if link is None:
            raise ExpiredButton("answer on the lead's page, or in your inbox")
        body = (await request.body())[:_MOST]
        fields = {name: value for name, value in parse_qsl(body.decode("utf-8", "replace")) if name in _FIELDS}
        event: type[Event] = SalesAccepted if answer == "accept" else SalesRejected
        given = {"assignment": link.assignment, "by": link.rep, "via": "web", "message_id": link.fact}
        back = f"/a/{token}/{answer}"
        try:
            data = checks.sales_data(event, {**given, **(fields if answer == "reject" else {})}, "")
        except InvalidInput:
            return RedirectResponse(f"{back}?wrong=1", 303)
        fact = SalesFact(source="mail", message_id=link.fact, channel="mail", lead=link.lead, event=event, data=data)
        await intake.submit([fact])
        return RedirectResponse(f"{back}?done=1", 303)

    return routes
