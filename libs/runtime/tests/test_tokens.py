"""Signing in, pure: what is derived from a secret, and where somebody may be led afterwards."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.http.tokens import Purpose, brings, cookie_name, derived, draw, local_path


def test_a_secret_has_256_bits_and_is_drawn_anew() -> None:
    assert len({draw() for _ in range(100)}) == 100
    assert len(draw()) * 6 >= 256


def test_what_is_derived_serves_one_purpose_and_one_secret() -> None:
    one, other = draw(), draw()
    for purpose in get_args(Purpose):
        assert brings(derived(one, purpose), one, purpose)
        assert not brings(derived(other, purpose), one, purpose)
        assert not any(brings(derived(one, purpose), one, wrong) for wrong in get_args(Purpose) if wrong != purpose)
    assert one not in derived(one, "form")


@pytest.mark.parametrize("brought", ["", None, "é", "0" * 64])
def test_nothing_and_nonsense_are_no_token(brought: str | None) -> None:
    assert not brings(brought, draw(), "form")


def test_without_a_secret_nothing_is_a_token() -> None:
    assert not brings(derived("", "form"), "", "form")
    assert not brings(derived("", "form"), None, "form")


def test_on_https_the_browser_itself_guards_the_cookie() -> None:
    assert cookie_name("https://baton.example.com", "session") == "__Host-baton_session"
    assert cookie_name("http://192.168.1.5:8300", "session") == "baton_session"


@pytest.mark.parametrize("path", ["/", "/inbox", "/leads?q=a%20b&stage=mql", "/explain/a/b#why"])
def test_a_page_of_ours_is_led_to(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None, "", "inbox", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example",
        "https://evil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x=1", " /inbox", "/in box", "/sign-out",
        "/sign-in?next=/sign-in", "http:/evil.example", "/é", "/" + "a" * 2000,
    ],
)  # fmt: skip
def test_nowhere_else_is_led_to(path: str | None) -> None:
    assert local_path(path) is None


@given(st.text())
def test_whatever_is_led_to_is_a_path_of_this_host(path: str) -> None:
    assert local_path(path) is None or (path[0] == "/" and path[1:2] not in ("/", "\\"))
