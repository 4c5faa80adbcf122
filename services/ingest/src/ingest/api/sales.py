"""POST /sales: what reps, their pages and the CRM report; one fact or a list, kept together or refused together."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

import uuid_utils
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from agreement import Agreement
from events import Event
from events.sales import (
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    ContactConnected,
    DealChanged,
    DealLost,
    DealOpened,
    DealWon,
    FeedbackGiven,
    LeadSalesDisqualified,
    LeadSalesQualified,
    RepAvailability,
    SalesAccepted,
    SalesRejected,
)
from ingest.api.checks import Checks, Wrong, json_body, let_in, refuse, subject_of
from ingest.decide import Submission, instant, normalise
from ingest.handler import Door
from runtime.errors import InputProblem
from runtime.http.access import Caller

MOST: Final = 500
LONGEST_ID: Final = 255
TYPES: Final[Mapping[str, type[Event]]] = {
    "accepted": SalesAccepted,
    "rejected": SalesRejected,
    "contact_attempted": ContactAttempted,
    "connected": ContactConnected,
    "qualified": LeadSalesQualified,
    "disqualified": LeadSalesDisqualified,
    "deal_opened": DealOpened,
    "deal_changed": DealChanged,
    "deal_won": DealWon,
    "deal_lost": DealLost,
    "feedback": FeedbackGiven,
    "suppressed": AccountSuppressed,
    "handed_back": AccountHandedBack,
    "availability": RepAvailability,
}
_OURS: Final = ("type", "lead", "at", "id", "historical", "message_id")


class Kept(BaseModel):
    """Committed, or here before."""

    accepted: int
    duplicates: int


def router(door: Door, agreement: Agreement) -> APIRouter:
    routes = APIRouter(tags=["in"])
    checks = Checks(agreement)

    @routes.post("/sales", summary="Sales facts: one or a list of at most 500", openapi_extra=_OPENAPI)
    async def sales(request: Request, caller: Annotated[Caller, Depends(let_in("sales"))]) -> Kept:
        body = await json_body(request)
        facts = body if isinstance(body, list) else [body]
        if len(facts) > MOST:
            refuse([{"pointer": "", "detail": f"at most {MOST} facts at once"}])
        submissions: list[Submission] = []
        problems: list[InputProblem] = []
        for number, fact in enumerate(facts):
            where = f"/{number}" if isinstance(body, list) else ""
            try:
                submissions.append(_submission(fact, where, caller, checks))
            except Wrong as wrong:
                problems.append(wrong.problem)
        refuse(problems)
        verdict = await door.take(submissions)
        return Kept(accepted=verdict.accepted, duplicates=verdict.duplicates)

    return routes


def _submission(fact: Any, where: str, caller: Caller, checks: Checks) -> Submission:
    if not isinstance(fact, dict):
        raise Wrong(where, "must be an object")
    event = TYPES.get(cast(str, fact.get("type"))) if isinstance(fact.get("type"), str) else None
    if event is None:
        raise Wrong(f"{where}/type", f"must be one of {', '.join(TYPES)}")
    message = str(uuid_utils.uuid7()) if fact.get("id") is None else fact["id"]
    if not isinstance(message, str) or not 0 < len(message) <= LONGEST_ID:
        raise Wrong(f"{where}/id", f"must be a text of at most {LONGEST_ID} characters")
    given = {name: value for name, value in fact.items() if name not in _OURS}
    if event is RepAvailability:
        given.setdefault("rep", given.get("by"))
    given.setdefault("via", "api" if caller.key else "web")
    body = checks.body(event, {**given, "message_id": message}, where)
    account = subject_of(event, body)
    lead = fact.get("lead")
    if account is None and (not isinstance(lead, str) or not lead.strip()):
        raise Wrong(f"{where}/lead", "must be a lead's id or e-mail address")
    email = normalise(lead)
    return Submission(
        source=f"sales:{caller.source}",
        message_id=message,
        channel="sales",
        learned_from="crm_human",
        what="said",
        pointer=f"{where}/lead",
        lead=None if account or email else str(lead).strip(),
        email=None if account else email,
        account=account,
        event=event,
        body=body,
        original=at(fact.get("at"), f"{where}/at"),
        exact=True,
        historical=fact.get("historical") is True,
    )


def at(value: object, where: str) -> Any:
    """None when absent; an instant of RFC 3339 otherwise."""
    found = instant(value)
    if value is not None and found is None:
        raise Wrong(where, "must be an instant such as 2026-08-05T12:00:00Z")
    return found


def _schema() -> dict[str, Any]:
    """One object for each type, from the events' own shapes."""
    shapes = []
    for name, event in TYPES.items():
        data = event.model_fields["data"].annotation
        assert data is not None  # noqa: S101
        schema = data.model_json_schema(ref_template="#/components/schemas/{model}")
        money = schema.pop("$defs", {}).get("Money")
        fields = {k: money if money and "Money" in str(v) else v for k, v in schema["properties"].items()}
        fields = {
            "type": {"const": name},
            "lead": {"type": "string", "description": "id or e-mail"},
            "at": {"type": "string", "format": "date-time"},
            "id": {"type": "string", "description": "the same id is the same fact"},
            **{k: v for k, v in fields.items() if k != "message_id"},
        }
        needed = [*schema.get("required", []), *(() if name == "availability" else ("lead",))]
        shapes.append({"title": name, "type": "object", "properties": fields, "required": ["type", *needed]})
    return {"anyOf": [{"oneOf": shapes}, {"type": "array", "items": {"oneOf": shapes}, "maxItems": MOST}]}


_OPENAPI: Final = {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema()}}}}
