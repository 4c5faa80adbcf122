"""POST /sales: what reps, their pages and the CRM report; a fact or a list, kept together or (`partial`) one by one."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import uuid_utils
from fastapi import APIRouter, Depends, Query, Request, Response

from agreement import Agreement
from events import Event
from events.deals import DealChanged, DealLost, DealOpened, DealWon, SurveyAnswered
from events.edge import outside_schema
from events.sales import (
    AccountHandedBack,
    AccountSuppressed,
    ContactAttempted,
    ContactConnected,
    FeedbackGiven,
    ItemReviewed,
    LeadHandedOver,
    LeadReassigned,
    LeadSalesDisqualified,
    LeadSalesQualified,
    RepAvailability,
    SalesAccepted,
    SalesNurtured,
    SalesRejected,
)
from events.vocabulary import Via
from ingest.api.checks import Checks, InvalidInput, allow, import_name, json_body, names_a_day, refuse
from ingest.api.contents import Acceptance, acceptance
from ingest.api.counting import counted
from ingest.api.verdicts import Verdicts, each_alone
from ingest.decide import normalise
from ingest.decide.submissions import LONGEST_ID, SalesFact, subject_without_lead
from ingest.intake import Intake
from runtime.http.access import Caller

MOST: Final = 500
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
    "survey": SurveyAnswered,
    "suppressed": AccountSuppressed,
    "handed_back": AccountHandedBack,
    "reassigned": LeadReassigned,
    "handed_over": LeadHandedOver,
    "nurtured": SalesNurtured,
    "availability": RepAvailability,
    "reviewed": ItemReviewed,
}
ABOUT_NO_LEAD: Final = ("availability", "suppressed", "handed_back", "reviewed")
"""Types that need no lead: they name a rep, may name an account, or an item that names its lead."""
_OURS: Final = ("type", "lead", "at", "id", "historical", "message_id", "merged", "backfill")


def router(intake: Intake, agreement: Agreement) -> APIRouter:
    """`POST /sales`: facts of sales, one or several."""
    routes = APIRouter(tags=["in"], dependencies=[counted(intake)])
    checks = Checks(agreement)

    @routes.post(
        "/sales",
        summary="Sales facts: one or a list of at most 500",
        openapi_extra=_OPENAPI,
        responses={207: {"description": "With `partial=true`: a verdict for each fact", "model": Verdicts}},
    )
    async def sales(
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(allow("sales"))],
        partial: Annotated[
            bool, Query(description="keep what is right, and say of each fact what became of it")
        ] = False,
    ) -> Acceptance | Verdicts:
        body = await json_body(request)
        batch = import_name(request)
        facts = body if isinstance(body, list) else [body]
        if len(facts) > MOST:
            refuse([{"pointer": "", "detail": f"at most {MOST} facts at once"}])
        read: list[SalesFact | InvalidInput] = []
        for number, fact in enumerate(facts):
            try:
                read.append(sales_fact(fact, f"/{number}" if isinstance(body, list) else "", caller, checks, batch))
            except InvalidInput as invalid:
                read.append(invalid)
        if partial:
            response.status_code = 207
            return await each_alone(intake, read)
        refuse([one.problem for one in read if isinstance(one, InvalidInput)])
        return acceptance(await intake.submit([one for one in read if isinstance(one, SalesFact)]))

    return routes


def sales_fact(given: object, where: str, caller: Caller, checks: Checks, batch: str | None = None) -> SalesFact:
    """One fact of the body; `where` is its pointer, `batch` its import. Raises InvalidInput at the first wrong spot."""
    if not isinstance(given, dict):
        raise InvalidInput(where, "must be an object")
    event = _event(given.get("type"), where)
    message = str(uuid_utils.uuid7()) if given.get("id") is None else given["id"]
    if not isinstance(message, str) or not 0 < len(message) <= LONGEST_ID:
        raise InvalidInput(f"{where}/id", f"must be a text of at most {LONGEST_ID} characters")
    if checks.vocabulary.names_nobody(message):
        message = str(uuid_utils.uuid7())
    fields = {name: value for name, value in given.items() if name not in _OURS}
    if event is RepAvailability:
        fields.setdefault("rep", fields.get("by"))
        fields.update(_leave(fields, where, checks))
    via: Via = "api" if caller.key else "web"
    data = checks.sales_data(event, {"via": via, **fields, "message_id": message}, where)
    lead = given.get("lead")
    named = "lead"
    if isinstance(data, ItemReviewed.Data) and lead is None:
        lead, named = data.item.rpartition(".")[0] or data.item, "item"
    rep = subject_without_lead(data, named=lead is not None)
    if rep is None and (not isinstance(lead, str) or not lead.strip()):
        raise InvalidInput(f"{where}/lead", "must be a lead's id or e-mail address")
    email = normalise(lead)
    return SalesFact(
        source=f"sales:{caller.source}",
        message_id=message,
        channel="sales",
        pointer=f"{where}/{named}",
        lead=None if rep or email else str(lead).strip(),
        email=None if rep else email,
        rep=rep,
        event=event,
        data=data,
        original=checks.moment(given.get("at"), f"{where}/at"),
        by_day=names_a_day(given.get("at")),
        time_pointer=f"{where}/at",
        exact=True,
        historical=given.get("historical") is True,
        batch=batch,
    )


def _leave(fields: dict[str, Any], where: str, checks: Checks) -> dict[str, Any]:
    """When a rep is away; a date is a whole day in the house's zone: `from` its beginning, `until` its end."""
    begin = "from" if "from" in fields else "since"
    since, until = fields.pop(begin, None), fields.get("until")
    leave = {"since": checks.day_begin(since, f"{where}/{begin}"), "until": checks.day_end(until, f"{where}/until")}
    if leave["since"] and leave["until"] and leave["until"] <= leave["since"]:
        raise InvalidInput(f"{where}/until", f"must be after {begin}")
    return leave


def _event(kind: object, where: str) -> type[Event]:
    event = TYPES.get(kind) if isinstance(kind, str) else None
    if event is None:
        raise InvalidInput(f"{where}/type", f"must be one of {', '.join(TYPES)}")
    return event


def _schema() -> dict[str, Any]:
    """One object for each type, from the events' own shapes."""
    shapes = []
    for name, event in TYPES.items():
        schema = outside_schema(event.data_type(), "#/components/schemas/{model}")
        money = schema.pop("$defs", {}).get("Money")
        fields = {k: money if money and "Money" in str(v) else v for k, v in schema["properties"].items()}
        if "deal" in fields:
            fields["deal"] = {"type": ["string", "integer"], "description": "the deal's id in whatever system"}
        fields = {
            "type": {"const": name},
            "lead": {"type": "string", "description": "id or e-mail"},
            "at": {"type": "string", "description": "an instant, or a date: the end of that day in the house's zone"},
            "id": {"type": "string", "description": "the same id is the same fact"},
            **{k: v for k, v in fields.items() if k not in ("message_id", "merged", "backfill")},
        }
        if name == "availability":
            fields["from"] = fields.pop("since")
        needed = [*schema.get("required", []), *(() if name in ABOUT_NO_LEAD else ("lead",))]
        shapes.append({"title": name, "type": "object", "properties": fields, "required": ["type", *needed]})
    return {"anyOf": [{"oneOf": shapes}, {"type": "array", "items": {"oneOf": shapes}, "maxItems": MOST}]}


_OPENAPI: Final = {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema()}}}}
