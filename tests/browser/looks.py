"""How pages are looked at: in both colours, at a desk and on a phone."""

import pytest

LOOKS = (("light", 1440), ("dark", 390), ("dark", 1440), ("light", 390))
"""Colour scheme and width in pixels."""


def each_look(*always: tuple[str, int]) -> pytest.MarkDecorator:
    """For tests that take `scheme` and `width`: looks that are not `always` taken are behind `make chaos`."""
    return pytest.mark.parametrize(
        ("scheme", "width"),
        [look if look in always else pytest.param(*look, marks=pytest.mark.chaos) for look in LOOKS],
    )
