"""POST /f/{form}: what a person types into a web page, from any site, with or without script."""

import hashlib
from collections.abc import Mapping
from html import escape
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

import orjson
from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from agreement import Agreement
from ingest.api.form_fields import FieldValue, read_fields
from ingest.api.rate_limits import FormRates
from ingest.decide import Vocabulary
from ingest.decide.spam import HONEYPOT
from ingest.decide.submissions import FormSubmitted
from ingest.decide.terms import one_value
from ingest.intake import Intake
from ingest.store import Reject
from runtime.database.fates import is_transient
from runtime.errors import Refused
from runtime.http.access import client_ip
from runtime.http.access_keys import Keys
from runtime.http.lazy_route import LazyRoute
from runtime.http.problems import Malformed, Overloaded, Unauthorised, problem
from runtime.settings import Settings

AGAIN_AFTER: Final = 60.0
"""Seconds in which the same content is the same submission: a double click, or one that was sent again.

Longer than `intake.PATIENCE` and a `Retry-After` together: what was answered too late may have been kept.
"""
THANKS: Final = "/demo?thanks=1"
TRAP: Final = "_gotcha"
"""Hidden from people by CSS; who fills it is a machine."""
_CORS: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
_ALLOWED: Final = "content-type, x-write-key, idempotency-key"
_PREFLIGHT: Final = {
    **_CORS,
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Max-Age": "7200",
}
FormName = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="the form's name: demo, contact, …")
]


class Forms:
    """Takes in forms of web pages: by address and rate first, then key, trap and e-mail address."""

    def __init__(self, intake: Intake, agreement: Agreement, settings: Settings, keys: Keys) -> None:
        self._intake = intake
        self._keys = keys
        self._rates = FormRates()
        self._hosts = tuple(agreement.definitions.house.own_domains)
        self._own = urlsplit(settings.url).netloc

    async def take(self, form: str, request: Request) -> Response:
        """Commits a form and thanks for it; a filled trap is thanked for, too. Raises Refused for all that is wrong."""
        self._rates.count(form, client_ip(request))
        fields = await read_fields(request)
        await self._key(fields.get("_key") or request.query_params.get("key") or request.headers.get("x-write-key"))
        email = self._intake.vocabulary.email(fields)
        if fields.get(TRAP):
            await self._intake.submit([], rejects=[self._caught(form, fields, email, request)])
            return self._thanks(request, fields)
        if email is None:
            raise Malformed(
                "an e-mail address is needed, such as dana@example.com",
                errors=[{"pointer": "/email", "detail": "is not an e-mail address"}],
            )
        await self._intake.submit([_submission(form, fields, email, request, self._intake.vocabulary)])
        return self._thanks(request, fields)

    def _caught(self, form: str, fields: Mapping[str, FieldValue], email: str | None, request: Request) -> Reject:
        """A browser fills traps as well as machines do: what names a person can be released by one."""
        if email is None:
            return Reject(f"form:{form}", None, HONEYPOT, orjson.dumps(fields), "spam")
        submission = _submission(form, fields, email, request, self._intake.vocabulary)
        return Reject(submission.source, submission.message_id[:100], HONEYPOT, None, "spam", submission)

    async def _key(self, secret: object) -> None:
        if secret is None or secret == "":
            return
        key = await self._keys.find(secret) if isinstance(secret, str) else None
        if key is None or key.kind != "write":
            raise Unauthorised("the form's write key is unknown here")

    def _thanks(self, request: Request, fields: Mapping[str, FieldValue]) -> Response:
        if _wants_json(request):
            return JSONResponse({"success": True}, headers=_CORS)
        target = fields.get("_redirect")
        place = target if isinstance(target, str) and self._may_go(target, request) else THANKS
        return RedirectResponse(place, 303, headers=_CORS)

    def _may_go(self, target: str, request: Request) -> bool:
        """Our own pages and the house's own sites; never an open redirect."""
        if "\\" in target or any(ord(letter) <= 32 for letter in target):
            return False
        if target.startswith("/"):
            return not target.startswith("//")
        try:
            parts = urlsplit(target)
            host = (parts.hostname or "").lower()
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or parts.username or parts.password:
            return False
        ours = any(host == domain or host.endswith(f".{domain}") for domain in self._hosts)
        return ours or parts.netloc in (self._own, request.headers.get("host"))


def router(intake: Intake, agreement: Agreement, settings: Settings, keys: Keys) -> APIRouter:
    """`POST /f/{form}`, and the page that thanks for it."""
    routes = APIRouter(route_class=LazyRoute, tags=["in"])
    forms = Forms(intake, agreement, settings, keys)

    @routes.post("/f/{form}", summary="A form; 303, or JSON when asked for it", openapi_extra=_OPENAPI)
    async def form(form: FormName, request: Request) -> Response:
        try:
            return await forms.take(form.lower(), request)
        except Refused as refusal:
            intake.leave_out("refused form", refusal.title, f"form:{form.lower()}")
            return _refusal(request, refusal)
        except Exception as error:
            if is_transient(error):
                return _refusal(request, Overloaded("the database is away", retry_after=5))
            raise

    @routes.options("/f/{form}", include_in_schema=False)
    async def preflight(form: FormName, request: Request) -> Response:
        names = request.headers.get("access-control-request-headers", _ALLOWED)
        return Response(headers={**_PREFLIGHT, "Access-Control-Allow-Headers": names, "X-Form": quote(form)})

    return routes


def _submission(
    form: str, fields: Mapping[str, FieldValue], email: str, request: Request, vocabulary: Vocabulary
) -> FormSubmitted:
    given = {name: value for name, value in fields.items() if not name.startswith("_")}
    own = vocabulary.identifier(request.headers.get("idempotency-key", "").strip('" ')[:100])
    anonymous = given.pop("anonymous_id", None)
    content = orjson.dumps([form, given], option=orjson.OPT_SORT_KEYS)
    return FormSubmitted(
        source=f"form:{form}",
        message_id=own or hashlib.sha256(content).hexdigest(),
        again_after=None if own else AGAIN_AFTER,
        channel=f"form:{form}",
        learned_from="form",
        name=form,
        email=email,
        anonymous=vocabulary.identifier(one_value("anonymous_id", anonymous)),
        fields=given,
        page_url=request.headers.get("referer", "")[:2048],
        user_agent=request.headers.get("user-agent", "")[:500] or None,
        raw=content,
    )


def _wants_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    accept = request.headers.get("accept", "")
    fetched = request.headers.get("sec-fetch-dest") == "empty"
    return "application/json" in accept or kind == "application/json" or (fetched and "text/html" not in accept)


def _refusal(request: Request, refusal: Refused) -> Response:
    """A page for people, a problem for programs."""
    if "text/html" in request.headers.get("accept", "") and not _wants_json(request):
        words = escape(refusal.detail or refusal.title)
        answer: Response = HTMLResponse(_PAGE.format(words=words), refusal.status)
        answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    else:
        answer = problem(request, refusal.status, refusal.title, refusal.detail, refusal.errors)
    answer.headers.update(_CORS)
    if isinstance(refusal, Overloaded):
        answer.headers["Retry-After"] = str(refusal.retry_after)
    return answer


_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Please check the form</title>
<meta name="viewport" content="width=device-width"><main><h1>Please check the form</h1><p>{words}</p>
<p>Use your browser's Back button: what you typed is still there.</p></main></html>
"""
_SHAPE: Final = {
    "type": "object",
    "required": ["email"],
    "properties": {
        name: {"type": "string"}
        for name in ("email", "first_name", "last_name", "company", "title", "phone", "country", "message", "_redirect")
    },
    "additionalProperties": {"type": "string"},
}
_OPENAPI: Final = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": _SHAPE}
            for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "application/json")
        },
    }
}
