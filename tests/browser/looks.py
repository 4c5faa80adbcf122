"""How pages are looked at: in both colours, at a desk and on a phone."""

from typing import Final

import pytest

EACH_LOOK: Final = pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 1440),
        ("dark", 390),
        pytest.param("dark", 1440, marks=pytest.mark.chaos),  # the same once more, where there is time
        pytest.param("light", 390, marks=pytest.mark.chaos),
    ],
)
"""For tests that take `scheme` and `width`."""
