"""The numbers on a wall, where nobody scrolls, and pages on paper, where nothing can be pressed."""

import pytest
from playwright.sync_api import Browser
from tests.browser.test_phone import FRAME

from testing.house import Process

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAPER = 718
"""Pixels of a sheet of A4 between its margins."""


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1440, 900), (3840, 2160)])
def test_a_wall_shows_all_of_it_on_one_screen(up: Process, browser: Browser, width: int, height: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{up.url}/?kiosk=1")
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    tiles = {one["y"] for one in (tile.bounding_box() for tile in page.locator(".kpi").all()) if one}
    page.close()
    assert size == [width, height]
    assert len(tiles) == 1


def test_paper_is_wide_enough_for_every_page_and_has_no_controls(up: Process, browser: Browser) -> None:
    page, wrong = browser.new_page(viewport={"width": PAPER, "height": 1000}), []
    page.emulate_media(media="print")
    for path in (*FRAME, "/money", "/leads/first@coldstart.io", "/offers", "/outcomes"):
        page.goto(f"{up.url}{path}")
        if page.evaluate("document.documentElement.scrollWidth") > PAPER:
            wrong.append(f"{path} is wider than the paper")
        shown = "[...document.querySelectorAll('button, select, input, .links')].filter((one) => one.checkVisibility())"
        wrong += [f"{path}: {one}" for one in page.evaluate(f"{shown}.map((one) => one.outerHTML.slice(0, 90))")]
    page.close()
    assert wrong == []
