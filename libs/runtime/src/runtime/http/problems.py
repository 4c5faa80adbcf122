"""Refusals over HTTP: the exceptions an edge raises, and the one shape (problem+json) in which all are answered."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from runtime.errors import InputProblem, Refused

PROBLEM: Final = "application/problem+json"
NO_VALUE: Final = "it holds a value that no text or number can have"


class Unauthorised(Refused):
    """A key is needed."""

    status = 401


class Forbidden(Refused):
    """You may not do that."""

    status = 403


class UnknownPage(Refused):
    """There is no such page."""

    status = 404


class TooLarge(Refused):
    """The body is larger than this route takes."""

    status = 413


class Malformed(Refused):
    """Something in the request is not as it should be."""

    status = 422


class Overloaded(Refused):
    """Too much at once, or the database is away: send it again."""

    status = 429

    def __init__(self, detail: str = "", *, retry_after: int = 2) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


def problem(
    request: Request, status: int, title: str, detail: str = "", errors: Sequence[InputProblem] = ()
) -> Response:
    """RFC 9457, with our pointers."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail or (errors[0]["detail"] if errors else title),
        "instance": request.url.path,
        "errors": list(errors),
        "request_id": request.scope.get("request_id"),
    }
    return JSONResponse(body, status, media_type=PROBLEM)


def refused_answer(request: Request, refusal: Refused) -> Response:
    """A refusal as problem+json with its own status, and with the header that the status asks for."""
    answer = problem(request, refusal.status, refusal.title, refusal.detail, refusal.errors)
    if isinstance(refusal, Overloaded):
        answer.headers["Retry-After"] = str(refusal.retry_after)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def unstorable(request: Request) -> list[InputProblem]:
    """What of an address no text of PostgreSQL can hold: each parameter of its path or query with a NUL."""
    given = [("path", *one) for one in request.path_params.items()]
    given += [("query", *one) for one in request.query_params.multi_items()]
    names = dict.fromkeys((where, name) for where, name, value in given if "\0" in str(value))
    return [{"pointer": pointer(one), "detail": "has a NUL in it"} for one in names]


def pointer(location: Sequence[Any]) -> str:
    """A pydantic location as a JSON pointer."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)
