"""Forms of our own pages: who is signed in brings the token of the session, which no page of somebody else knows."""

from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from runtime.http.access import Caller
from runtime.http.problems import Forbidden
from runtime.http.tokens import brings

TOKEN: Final = "form_token"  # noqa: S105 (its name)
_FORM: Final = "application/x-www-form-urlencoded"


async def page_form(request: Request, caller: Caller) -> dict[str, str] | None:
    """The fields of an urlencoded form, of each name the last value; None when the body is something else.

    Raises Forbidden when the caller is signed in and the form lacks the token of the session.
    """
    if not request.headers.get("content-type", "").startswith(_FORM):
        return None
    fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    require_token(caller, fields.get(TOKEN))
    return fields


def require_token(caller: Caller, given: str | None) -> None:
    """Raises Forbidden when the caller is signed in and `given` is not the token of the session."""
    if caller.session is not None and not brings(given, caller.session.secret, "form"):
        raise Forbidden("this form is too old, or came from elsewhere; open the page again and repeat it")
