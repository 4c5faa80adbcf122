"""What an eye misses on a page, and a finger does not hit."""

from pathlib import Path

from playwright.sync_api import Page

FINGER = 44
"""Pixels that a control is high on a phone; a link within a sentence is as high as the sentence."""
_LOOK = Path(__file__).with_suffix(".js").read_text()


def misses(page: Page, *, finger: bool) -> list[str]:
    """What stands outside the screen, is cut with no way to read it, or is squeezed to a column of letters.

    With `finger` also controls that are too small.

    It opens whatever can be unfolded first.
    """
    found: list[str] = page.evaluate(_LOOK, [FINGER if finger else 0])
    return found
