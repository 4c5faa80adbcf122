"""The body of a form, whatever it was sent as: urlencoded, multipart or JSON."""

import re
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

import orjson
from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from ingest.api.bodies import Unparsable, parsed
from runtime.errors import Refused
from runtime.http.problems import Malformed, TooLarge

MOST_FIELDS: Final = 64
LONGEST_VALUE: Final = 8 * 1024
"""Bytes."""
LARGEST: Final = 64 * 1024
"""Bytes of a whole form."""
FieldValue = str | list[str]
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class UnknownForm(Refused):
    """The body is no form."""

    status: ClassVar[int] = 415


async def read_fields(request: Request) -> dict[str, FieldValue]:
    """The fields of a form's body by name. Of a name that comes several times blank copies and repeats drop; it has a
    list of values when several are left.

    Raises TooLarge, UnknownForm for a content type that is none, Unparsable, and Malformed with a pointer to the field.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    raw = await request.body()
    if len(raw) > LARGEST:
        raise TooLarge(f"a form has at most {LARGEST} bytes")
    if kind in ("application/json", "text/plain"):
        pairs = _from_json(parsed(raw))
    elif kind == "multipart/form-data":
        pairs = await _from_parts(request)
    elif kind in ("application/x-www-form-urlencoded", ""):
        pairs = _from_text(raw)
    else:
        raise UnknownForm(f"{kind[:80]} is no form: send urlencoded, multipart or JSON")
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        name, value = _CONTROL.sub("", name)[:255], _CONTROL.sub("", value.replace("\r\n", "\n"))  # noqa: PLW2901
        if len(value.encode()) > LONGEST_VALUE:
            raise Malformed(errors=[{"pointer": f"/{name}", "detail": f"is longer than {LONGEST_VALUE} bytes"}])
        fields.setdefault(name, []).append(value)
    if len(pairs) > MOST_FIELDS:
        raise Malformed(f"a form has at most {MOST_FIELDS} fields")
    return {name: _copies(values) for name, values in fields.items()}


def _copies(values: list[str]) -> FieldValue:
    given = [*dict.fromkeys(value for value in values if value.strip())]
    return given if len(given) > 1 else given[0] if given else values[0]


def _from_text(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Unparsable(f"the form cannot be read: {error}"[:200]) from error


async def _from_parts(request: Request) -> list[tuple[str, str]]:
    try:
        async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=LARGEST) as form:
            return [(name, value) for name, value in form.multi_items() if not isinstance(value, UploadFile)]
    except (HTTPException, UnicodeDecodeError) as error:
        raise Unparsable(f"the form cannot be read: {getattr(error, 'detail', error)}"[:200]) from error


def _from_json(body: Any) -> list[tuple[str, str]]:
    if not isinstance(body, dict):
        raise Unparsable("a form in JSON is an object of fields")
    pairs = []
    for name, value in body.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str | int | float):
                pairs.append((name, one if isinstance(one, str) else orjson.dumps(one).decode()))
            elif one is not None:
                raise Malformed(errors=[{"pointer": f"/{name}", "detail": "must be a text or a list of texts"}])
    return pairs
