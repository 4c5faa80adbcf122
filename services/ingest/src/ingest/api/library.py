"""POST /api/content: marketing publishes content, or answers a request of sales: JSON, CSV, or a form."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Request, Response

from agreement import Agreement
from events.body import fields_of
from events.campaigns import ContentPublished
from ingest.api.assets import published_asset
from ingest.api.bodies import Unparsable, unpacked
from ingest.api.checks import LARGEST, Checks, allow, json_body, refuse
from ingest.api.contents import Acceptance, acceptance
from ingest.api.counting import counted
from ingest.api.invalid_input import InvalidInput, in_bounds
from ingest.api.sales_forms import form_answer, is_form
from ingest.decide.submissions import LONGEST_ID, CampaignFact
from ingest.intake import Intake
from runtime.errors import InputProblem
from runtime.http.access import Caller
from runtime.http.lazy_route import LazyRoute
from runtime.http.problems import Malformed

MOST: Final = 500
_CHANNEL: Final = "content"
_NOT_WORDS: Final = re.compile(r"[\W_]+")
"""What stands between words, in any script."""
_MORE: Final = "more"
"""Where cells stand that a line of CSV has beyond the names of its fields: no field of content."""
_OWN: Final = ("id", "published_at")
"""Fields beside those of the event."""


def router(intake: Intake, agreement: Agreement) -> APIRouter:
    """`POST /api/content`; the library itself is reporting's answer (`GET /api/content`)."""
    routes = APIRouter(route_class=LazyRoute, prefix="/api", tags=["in"], dependencies=[counted(intake)])
    checks = Checks(agreement)

    @routes.post(
        "/content",
        summary="Content published: one or a list of at most 500, as JSON or CSV; or a form of a page",
        response_model=Acceptance,
    )
    async def content(request: Request, caller: Annotated[Caller, Depends(allow("ingest"))]) -> Acceptance | Response:
        async def take(given: Sequence[Mapping[str, Any]]) -> Acceptance:
            assets: list[CampaignFact] = []
            problems: list[InputProblem] = []
            for number, one in enumerate(given):
                try:
                    assets.append(asset_of(one, f"/{number}" if len(given) > 1 else "", caller, checks))
                except InvalidInput as invalid:
                    problems.append(invalid.problem)
            refuse(problems)
            return acceptance(await intake.submit(assets))

        if await is_form(request):
            return await form_answer(request, caller, take)
        given = await _rows(request)
        if len(given) > MOST:
            refuse([{"pointer": "", "detail": f"at most {MOST} at once"}])
        return await take(given)

    return routes


async def _rows(request: Request) -> list[Any]:
    """The assets of the body: JSON, or CSV with the names of the fields in its first line."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        body = await json_body(request)
        return body if isinstance(body, list) else [body]
    raw = unpacked(await request.body(), request.headers.get("content-encoding", ""), LARGEST)
    if len(raw) > LARGEST:
        raise Malformed(f"a file has at most {LARGEST} bytes")
    try:
        text = io.StringIO(raw.decode("utf-8-sig").replace("\x00", ""))
        return list(csv.DictReader(text, restkey=_MORE, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unparsable(f"the file is no CSV in UTF-8: {error}"[:200]) from error


def asset_of(given: object, where: str, caller: Caller, checks: Checks) -> CampaignFact:
    """One asset; `where` is its pointer. Without an `asset` its title names it. Raises InvalidInput.

    The same words about the same asset are the same fact, however often a file is imported.
    """
    if not isinstance(given, Mapping):
        raise InvalidInput(where, "must be an object")
    fields = {name: value for name, value in given.items() if not _is_blank(value)}
    if unknown := next((name for name in fields if name not in (*fields_of(ContentPublished.Data), *_OWN)), None):
        raise InvalidInput(f"{where}/{unknown}", "is no field of content")
    if isinstance(fields.get("topics"), str):
        fields["topics"] = [one.strip() for one in re.split("[,;]", fields["topics"]) if one.strip()]
    title, named = fields.get("title"), fields.get("asset")
    if named is not None and (isinstance(named, bool) or not isinstance(named, str | int)):
        raise InvalidInput(f"{where}/asset", "must be a text")
    fields.setdefault("asset", _NOT_WORDS.sub("-", title.lower()).strip("-") if isinstance(title, str) else "")
    fields["asset"] = in_bounds(str(fields["asset"]).strip(), f"{where}/asset")
    identity, at = fields.pop("id", None), fields.pop("published_at", None)
    if isinstance(answers := fields.get("answers"), str):
        fields["answers"] = in_bounds(answers.strip(), f"{where}/answers")
    data = published_asset(fields, where, checks)
    message = identity or sha256(orjson.dumps([fields, at], option=orjson.OPT_SORT_KEYS)).hexdigest()
    return CampaignFact(
        source=f"content:{caller.source}",
        message_id=in_bounds(str(message), f"{where}/id")[:LONGEST_ID],
        channel=_CHANNEL,
        pointer=where,
        original=checks.day_begin(at, f"{where}/published_at"),
        exact=True,
        event=ContentPublished,
        data=data,
        subject=data.asset,
    )


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
