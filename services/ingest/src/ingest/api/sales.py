"""POST /sales: what reps, their pages and the CRM report; a fact or a list, kept together or (`partial`) one by one."""

from collections.abc import Mapping, Sequence
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
    OwnerNudged,
    RepAvailability,
    SalesAccepted,
    SalesNurtured,
    SalesRejected,
)
from events.sales_data import SalesData
from events.teamwork import (
    ActionItem,
    AssessmentAnswered,
    ContentRated,
    ContentRequested,
    CustomerChurned,
    CustomerRenewed,
    LeadEnrolled,
    LeadSnoozed,
    PartnerNoted,
)
from events.vocabulary import Via, humanize
from ingest.api.checks import Checks, allow, import_name, json_body, refuse
from ingest.api.contents import Acceptance, acceptance
from ingest.api.counting import counted
from ingest.api.invalid_input import InvalidInput
from ingest.api.sales_forms import form_answer, is_form
from ingest.api.verdicts import Verdicts, each_alone
from ingest.decide import lead_id, normalise
from ingest.decide.submissions import LONGEST_ID, SalesFact, subject_without_lead
from ingest.decide.times import names_a_day
from ingest.intake import Intake
from runtime.http.access import Caller
from runtime.http.audit import describe
from runtime.http.lazy_route import LazyRoute
from runtime.http.policy import reports_fact
from runtime.http.problems import Forbidden, Malformed

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
    "nudged": OwnerNudged,
    "availability": RepAvailability,
    "reviewed": ItemReviewed,
    "snoozed": LeadSnoozed,
    "enrolled": LeadEnrolled,
    "renewed": CustomerRenewed,
    "churned": CustomerChurned,
    "content_requested": ContentRequested,
    "content_feedback": ContentRated,
    "action_item": ActionItem,
    "assessed": AssessmentAnswered,
    "partner_feedback": PartnerNoted,
}
_LEFT_OUT: Final = {"content_requested": ("request",), "action_item": ("item",)}
"""Required fields that the id of the fact stands for."""
_OURS: Final = (
    *("type", "lead", "at", "id", "historical", "message_id", "merged", "backfill", "actor", "from_partner", "feed"),
)


def router(intake: Intake, agreement: Agreement) -> APIRouter:
    """`POST /sales`: facts of sales, one or several."""
    routes = APIRouter(route_class=LazyRoute, tags=["in"], dependencies=[counted(intake)])
    checks = Checks(agreement)

    @routes.post(
        "/sales",
        summary="Sales facts: one or a list of at most 500; or a form of a page",
        response_model=Acceptance | Verdicts,
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
    ) -> Acceptance | Verdicts | Response:
        async def take(given: Sequence[Mapping[str, Any]]) -> Acceptance:
            try:
                taken = [sales_fact(one, "", caller, checks) for one in given]
            except InvalidInput as invalid:
                raise Malformed(invalid.problem["detail"], errors=[invalid.problem]) from None
            describe(request.scope, [audited(one) for one in taken])
            return acceptance(await intake.submit(taken))

        if await is_form(request):
            return await form_answer(request, caller, take)
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
        if not partial:
            refuse([one.problem for one in read if isinstance(one, InvalidInput)])
        describe(request.scope, [audited(one) for one in read if isinstance(one, SalesFact)])
        if partial:
            response.status_code = 207
            return await each_alone(intake, read)
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
        own_rep = caller.user.id if caller.user is not None and caller.user.rep else None
        fields.setdefault("rep", fields.get("by", own_rep))
        fields.update(_leave(fields, where, checks))
    via: Via = "api" if caller.key else "web"
    filled: dict[str, Any] = {"via": via, **fields, **who_did(str(given["type"]), fields, caller, checks, where)}
    if event is PartnerNoted:
        filled |= partner_who_did(given, caller, where)
    data = checks.sales_data(event, {**filled, "message_id": message}, where)
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


def who_did(kind: str, given: Mapping[str, Any], caller: Caller, checks: Checks, where: str) -> dict[str, Any]:
    """`by` and `actor` of a fact that somebody reports who is signed in; nothing of any other caller's.

    It is by whoever is signed in. In a rep's place a manager acts, or operations: then `actor` says who did. Raises
    Forbidden for what this person may not report, or not for this rep; InvalidInput for a stranger.
    """
    user = caller.user
    if user is None:
        return {}
    if not reports_fact(user.roles, kind):
        raise Forbidden(f"{user.name} may not report {kind}")
    own = user.id if user.rep else None
    rep = own if given.get("by") is None else checks.rep(given["by"], f"{where}/by")
    others = {one for one in (rep, checks.rep(given.get("rep"), f"{where}/rep")) if one is not None and one != own}
    for one in sorted(others):
        if not checks.people.acts_for(user, one):
            raise Forbidden(f"{user.name} does not act for {checks.people.name(one)}")
    via: Via = "api" if caller.key else "web"
    return {"by": rep, "via": via, "actor": user.id if rep != own or own is None else None}


def partner_who_did(given: Mapping[str, Any], caller: Caller, where: str) -> dict[str, Any]:
    """Which partner it is about, and whether the partner says it. It is about no lead: raises InvalidInput for one.

    Raises Forbidden for somebody of a partner who names another one.
    """
    if given.get("lead") is not None:
        raise InvalidInput(f"{where}/lead", "it is about how we work together, and names no lead")
    own = caller.user.partner if caller.user is not None else None
    if own is None:
        return {"from_partner": False}
    if given.get("partner") not in (None, own):
        raise Forbidden("this is another partner's")
    return {"partner": own, "from_partner": True}


def audited(fact: SalesFact) -> tuple[str, str, str | None]:
    """What the audit says of a fact: what was reported, of which lead or rep, and in whose place."""
    data = fact.data
    kind = next(name for name, event in TYPES.items() if event is fact.event)
    about = fact.lead or (lead_id(fact.email) if fact.email else fact.rep) or ""
    return f"reported {humanize(kind)}", about, getattr(data, "by", None) if getattr(data, "actor", None) else None


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


def _needs_no_lead(event: type[Event]) -> bool:
    """It may be about something else, or about an item that names its lead."""
    shape = event.data_type()
    return event is ItemReviewed or getattr(shape, "other_subject", None) is not SalesData.other_subject


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
            **{k: v for k, v in fields.items() if k not in ("message_id", "merged", "backfill", "actor", "feed")},
        }
        if name == "availability":
            fields["from"] = fields.pop("since")
        needed = [one for one in schema.get("required", []) if one not in _LEFT_OUT.get(name, ())]
        needed += [] if _needs_no_lead(event) else ["lead"]
        shapes.append({"title": name, "type": "object", "properties": fields, "required": ["type", *needed]})
    return {"anyOf": [{"oneOf": shapes}, {"type": "array", "items": {"oneOf": shapes}, "maxItems": MOST}]}


_OPENAPI: Final = {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema()}}}}
