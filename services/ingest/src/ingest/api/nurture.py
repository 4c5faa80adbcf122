"""POST /api/nurture/sent: the mail tool says which mail it sent to whom; may-send counts it from then on."""

from typing import Annotated, Final

import uuid_utils
from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field

from agreement import Agreement
from events.leads import MailSent
from ingest.api.bodies import JsonBody
from ingest.api.checks import Checks, allow, refuse
from ingest.api.contents import Acceptance, acceptance
from ingest.api.counting import counted
from ingest.decide.submissions import LONGEST_ADDRESS, LONGEST_ID, MailReport
from ingest.intake import Intake
from runtime.http.access import Caller
from runtime.http.lazy_route import LazyRoute

CHANNEL: Final = "nurture"
LONGEST_CAMPAIGN: Final = 200


class SentMail(JsonBody):
    """One mail that went out."""

    email: Annotated[str, Field(max_length=LONGEST_ADDRESS)]
    """Of a known lead."""
    campaign: Annotated[str, Field(min_length=1, max_length=LONGEST_CAMPAIGN)]
    id: Annotated[str | None, Field(min_length=1, max_length=LONGEST_ID)] = None
    """The same id is the same mail."""
    at: AwareDatetime | None = None
    """When it was sent; null: now."""


def router(intake: Intake, agreement: Agreement) -> APIRouter:
    """`POST /api/nurture/sent`, with the scope `ingest`."""
    routes = APIRouter(route_class=LazyRoute, prefix="/api/nurture", tags=["in"], dependencies=[counted(intake)])
    checks = Checks(agreement)

    @routes.post("/sent", summary="A mail of marketing was sent to a known lead")
    async def sent(mail: SentMail, caller: Annotated[Caller, Depends(allow("ingest"))]) -> Acceptance:
        return acceptance(await intake.submit([_report(mail, caller, checks)]))

    return routes


def _report(mail: SentMail, caller: Caller, checks: Checks) -> MailReport:
    """Raises Malformed for what is no address."""
    address = checks.vocabulary.address(mail.email)
    if address is None:
        refuse([{"pointer": "/email", "detail": "must be an e-mail address"}])
    named = mail.id is not None and not checks.vocabulary.names_nobody(mail.id)
    message = mail.id if named and mail.id else str(uuid_utils.uuid7())
    return MailReport(
        source=f"mail:{caller.source}",
        message_id=message,
        channel=CHANNEL,
        pointer="/email",
        email=address,
        original=mail.at,
        data=MailSent.Data(campaign=mail.campaign, message_id=message),
    )
