"""POST /events: CloudEvents 1.0 in binary, structured or batch mode, of the types that enter the house here."""

import base64
import binascii
import re
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Depends, Request, Response
from msgspec.structs import replace

from agreement import Agreement
from events import Event
from ingest.api.bodies import Unparsable, parsed
from ingest.api.checks import Checks, allow, import_name, json_body, refuse
from ingest.api.contents import Acceptance, acceptance
from ingest.api.counting import counted
from ingest.api.event_data import ENTERING, IncomingEvent, submission
from ingest.api.invalid_input import InvalidInput
from ingest.decide import Submission
from ingest.intake import Intake
from runtime.errors import InputProblem, Refused
from runtime.http.lazy_route import LazyRoute
from runtime.http.problems import TooLarge

MOST: Final = 500
LARGEST: Final = 128 * 1024
_BATCH: Final = "application/cloudevents-batch"
_STRUCTURED: Final = "application/cloudevents"
_JSON: Final = ("", "application/json", "text/json")
_ENCODED: Final = re.compile("%[0-9A-Fa-f]{2}")


class NotCloudEvents(Refused):
    """The body is not a CloudEvent in JSON."""

    status = 415


def router(intake: Intake, agreement: Agreement) -> APIRouter:
    """`POST /events`: CloudEvents, one or a batch."""
    routes = APIRouter(route_class=LazyRoute, tags=["in"], dependencies=[counted(intake)])
    checks = Checks(agreement)

    @routes.post(
        "/events",
        summary="CloudEvents of leads, sales and campaigns",
        openapi_extra=_OPENAPI,
        dependencies=[Depends(allow("ingest"))],
    )
    async def events(request: Request) -> Acceptance:
        batch = import_name(request)
        submissions: list[Submission] = []
        problems: list[InputProblem] = []
        for incoming in await _incoming(request):
            try:
                submissions.append(replace(_submission(incoming, checks), batch=batch))
            except InvalidInput as invalid:
                problems.append(invalid.problem)
        refuse(problems)
        return acceptance(await intake.submit(submissions))

    @routes.options("/events", summary="Handshake of the webhook profile", include_in_schema=False)
    async def handshake(request: Request) -> Response:
        origin = request.headers.get("webhook-request-origin", "*")
        return Response(headers={"allow": "POST", "webhook-allowed-origin": origin, "webhook-allowed-rate": "*"})

    return routes


async def _incoming(request: Request) -> list[IncomingEvent]:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if "ce-specversion" in request.headers and not kind.startswith(_STRUCTURED):
        return [await _binary(request, kind)]
    if kind not in (*_JSON, f"{_STRUCTURED}+json", f"{_BATCH}+json"):
        raise NotCloudEvents(f"{kind[:80]} is not understood: send application/cloudevents+json or ce-* headers")
    body = await json_body(request)
    many = kind.startswith(_BATCH) or (kind in _JSON and isinstance(body, list))
    if many and not isinstance(body, list):
        raise Unparsable("a batch is a JSON array of events")
    if many and len(body) > MOST:
        raise TooLarge(f"at most {MOST} events at once")
    return [_structured(one, f"/{n}") for n, one in enumerate(body)] if many else [_structured(body, "")]


def _structured(body: Any, where: str) -> IncomingEvent:
    if not isinstance(body, dict):
        return IncomingEvent({}, None, where)
    data = body.get("data")
    if isinstance(packed := body.get("data_base64"), str):
        try:
            data = parsed(base64.b64decode(packed, validate=True))
        except (binascii.Error, Unparsable):
            data = None
    return IncomingEvent(
        {name: value for name, value in body.items() if name not in ("data", "data_base64")}, data, where
    )


async def _binary(request: Request, kind: str) -> IncomingEvent:
    if "ce-datacontenttype" in request.headers:
        raise Unparsable("ce-datacontenttype must not be sent: Content-Type says it")
    if kind not in _JSON and not kind.endswith("+json"):
        raise NotCloudEvents(f"data of type {kind[:80]} is not understood: send JSON")
    attributes = {name[3:]: _decoded(value) for name, value in request.headers.items() if name.startswith("ce-")}
    return IncomingEvent(attributes, await json_body(request) if await request.body() else {}, "")


def _decoded(value: str) -> str:
    """Header values: unquoted, then percent-decoded once.

    A client that does not encode (npm's) sends Latin-1. Raises Unparsable when percent sequences are no UTF-8.
    """
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    try:
        return unquote_to_bytes(value.encode("latin-1")).decode().replace("\0", "")
    except UnicodeDecodeError:
        if _ENCODED.search(value) is None:
            return value
        raise Unparsable("a ce-* header is not UTF-8 once percent-decoded") from None


def _submission(incoming: IncomingEvent, checks: Checks) -> Submission:
    attributes, where = incoming.attributes, incoming.where
    if attributes.get("specversion") != "1.0":
        raise InvalidInput(f"{where}/specversion", "must be 1.0")
    for name in ("id", "source", "type"):
        value = attributes.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= 255:
            raise InvalidInput(f"{where}/{name}", "must be a text of 1 to 255 characters")
    if not isinstance(incoming.data, dict):
        raise InvalidInput(f"{where}/data", "must be a JSON object")
    made = submission(_event(attributes["type"], f"{where}/type"), incoming, checks)
    if len(made.raw or b"") > LARGEST:
        raise InvalidInput(f"{where}/data", f"is larger than {LARGEST} bytes")
    return made


def _event(name: str, where: str) -> type[Event]:
    event = ENTERING.get(name) or ENTERING.get(f"{name}.v1")
    if event is None:
        types = ", ".join(kind.removesuffix(".v1") for kind in ENTERING)
        raise InvalidInput(where, f"is not among the types that enter here: {types}")
    return event


_OBJECT: Final = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 255},
        "source": {"type": "string", "minLength": 1, "maxLength": 255},
        "type": {"type": "string", "enum": [*ENTERING]},
        "subject": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
_OPENAPI: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": {"schema": _OBJECT},
            "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _OBJECT, "maxItems": MOST}},
        },
    }
}
