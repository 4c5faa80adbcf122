"""A form of a page is taken from somebody signed in only with the token of the session."""

import pytest

from runtime.http.access import Caller
from runtime.http.page_forms import require_token
from runtime.http.problems import Forbidden
from runtime.http.sessions import Session
from runtime.http.tokens import derived


def test_who_is_signed_in_brings_the_token_of_the_session() -> None:
    signed_in = Caller(None, None, Session("rep-dan", "mail", "a secret"))
    require_token(signed_in, derived("a secret", "form"))
    for given in (None, "", derived("a secret", "state"), derived("another", "form")):
        with pytest.raises(Forbidden):
            require_token(signed_in, given)


def test_a_key_needs_none() -> None:
    require_token(Caller(None), None)
