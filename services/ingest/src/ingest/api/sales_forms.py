"""Sales facts from a form of our own pages: the same facts as in JSON, for browsers with and without scripts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from events.vocabulary import Money
from ingest.api.contents import Acceptance
from ingest.api.form_fields import FieldValue, read_fields
from ingest.api.survey_fields import survey_value
from runtime.errors import Refused
from runtime.http.access import Caller
from runtime.http.page_forms import TOKEN, require_token
from runtime.http.problems import Malformed, refused_answer
from runtime.http.tokens import local_path

NEXT: Final = "next"
"""Field with the address on this host that follows."""
_KINDS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_JSON: Final = (b"{", b"[")
Take = Callable[[Sequence[Mapping[str, Any]]], Awaitable[Acceptance]]
"""Commits facts as JSON has them, all or none. Raises Refused."""


async def is_form(request: Request) -> bool:
    """Whether the body is a form of a page. JSON of a tool that does not say what it sends is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _KINDS:
        return False
    return "content-encoding" not in request.headers and (await request.body()).lstrip()[:1] not in _JSON


async def form_answer(request: Request, caller: Caller, take: Take) -> Response:
    """Commits the facts of a form: 303 to where it says, or JSON where that is asked for; a refusal as a page, or JSON.

    Who is signed in brings the session's token, as in every form.
    """
    accept = request.headers.get("accept", "")
    try:
        fields = await read_fields(request)
        require_token(caller, _one(fields.get(TOKEN)))
        taken = await take(facts_of(fields))
    except Refused as refusal:
        page = request.app.state.refusal_page
        return await page(request, refusal) if "text/html" in accept and page else refused_answer(request, refusal)
    if "application/json" in accept:
        return JSONResponse(taken.model_dump())
    following = local_path(_one(fields.get(NEXT))) or "/"
    return RedirectResponse(following, 303, headers={"Cache-Control": "no-store"})


def facts_of(fields: Mapping[str, FieldValue]) -> list[dict[str, Any]]:
    """The facts that the fields of a form say: one for each `lead` that is chosen, or one without any.

    A blank field is not there. Of a survey, lines are several answers, and yes and no are what they say.
    `amount` and `currency` become money: raises Malformed for an amount that is none.
    """
    fact: dict[str, Any] = {
        name: value
        for name, value in fields.items()
        if name not in (TOKEN, NEXT) and (value if isinstance(value, list) else value.strip())
    }
    currency = fact.pop("currency", None)
    if isinstance(fact.get("amount"), str):
        try:
            money = Money.parse(f"{fact['amount'].strip()} {currency}")
        except ValueError as error:
            raise Malformed(f"amount: {error}", errors=[{"pointer": "/amount", "detail": str(error)}]) from None
        fact["amount"] = {"amount": money.amount, "currency": money.currency}
    if fact.get("type") == "survey":
        fact = {name: survey_value(name, value) if isinstance(value, str) else value for name, value in fact.items()}
    leads = fact.get("lead")
    if not isinstance(leads, list):
        return [fact]
    ids = {lead: {"id": f"{fact['id']}.{lead}"} if "id" in fact else {} for lead in leads}
    return [{**fact, "lead": lead, **own} for lead, own in ids.items()]


def _one(value: FieldValue | None) -> str | None:
    return value[-1] if isinstance(value, list) else value
