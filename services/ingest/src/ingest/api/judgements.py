"""POST /api/engagements/judge: a person says that what a lead did was human after all, or a machine's (domain, 3.4)."""

from typing import Annotated, Final, Self

import uuid_utils
from fastapi import APIRouter, Depends, Request
from pydantic import ConfigDict, Field, model_validator

from agreement import Agreement
from ingest.api.bodies import JsonBody
from ingest.api.checks import Checks, allow, refuse
from ingest.api.contents import Acceptance, acceptance
from ingest.api.counting import counted
from ingest.api.invalid_input import InvalidInput
from ingest.api.stewards import steward_of
from ingest.decide import lead_id
from ingest.decide.submissions import LONGEST_ADDRESS, LONGEST_ID, Judgement, normalise
from ingest.intake import Intake
from runtime.http.access import Caller
from runtime.http.audit import identify
from runtime.http.lazy_route import LazyRoute

CHANNEL: Final = "judgements"
Name = Annotated[str | None, Field(min_length=1, max_length=LONGEST_ADDRESS)]


class JudgementRequest(JsonBody):
    """Of one engagement (`message_id`), or of all that the lead did with one mail (`mail`)."""

    model_config = ConfigDict(extra="forbid")

    lead: Annotated[str, Field(min_length=1, max_length=LONGEST_ADDRESS)]
    """Id or address."""
    message_id: Name = None
    """As `GET /api/leads/{lead}` lists it under `engagements`."""
    mail: Name = None
    machine: bool
    by: Annotated[str | None, Field(max_length=LONGEST_ADDRESS)] = None
    """Who says so: a rep's id or address, or a contact's address; without it the key, or whoever is at this machine."""
    id: Annotated[str | None, Field(min_length=1, max_length=LONGEST_ID)] = None
    """The same id is the same verdict."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.message_id is None) == (self.mail is None):
            raise ValueError("name the engagement (message_id), or the mail of all that are meant (mail)")
        return self


def router(intake: Intake, agreement: Agreement) -> APIRouter:
    """The way in, with the scope `ingest`: marketing's."""
    routes = APIRouter(route_class=LazyRoute, prefix="/api/engagements", tags=["in"], dependencies=[counted(intake)])
    checks = Checks(agreement)

    @routes.post("/judge", summary="What a lead did was human after all, or a machine's")
    async def judge(
        verdict: JudgementRequest, request: Request, caller: Annotated[Caller, Depends(allow("ingest"))]
    ) -> Acceptance:
        try:
            _, by = steward_of(verdict.by, caller, checks)
        except InvalidInput as invalid:
            refuse([invalid.problem])
            raise
        email = normalise(verdict.lead)
        identify(request.scope, lead_id(email) if email else verdict.lead.strip())
        judgement = Judgement(
            source=f"{CHANNEL}:{caller.source}",
            message_id=verdict.id or str(uuid_utils.uuid7()),
            channel=CHANNEL,
            pointer="/message_id" if verdict.message_id else "/mail",
            lead=None if email else verdict.lead.strip(),
            email=email,
            engagement=verdict.message_id,
            mail=verdict.mail,
            machine=verdict.machine,
            by=by,
        )
        return acceptance(await intake.submit([judgement]))

    return routes
