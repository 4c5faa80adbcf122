"""The agreement is edited while somebody reads it: the page says what was changed, and the old value beside the new."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from testing.founded_house import FoundedHouse
from testing.house import Process
from testing.ports import free_port
from testing.service import SHIPPED
from testing.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
GOAL = "    per_month: 100\n"


def test_what_an_edit_changed_is_read_on_the_page(page: Page, tmp_path: Path, founded_house: FoundedHouse) -> None:
    folder = tmp_path / "agreement"
    shutil.copytree(SHIPPED, folder)
    house = Process(
        founded_house.copy_to(tmp_path / "baton"), free_port(), environment={"BATON_AGREEMENT": str(folder)}
    )
    try:
        house.start()
        page.goto(f"{house.url}/agreement")
        expect(page.get_by_role("heading", name="The agreement")).to_be_visible()
        assert page.get_by_role("heading", name="Changed").count() == 0
        chapter = folder / "service_levels.yaml"
        assert GOAL in chapter.read_text()
        chapter.write_text(chapter.read_text().replace(GOAL, GOAL.replace("100", "140")))

        def is_said() -> bool:
            page.reload()
            return page.get_by_role("heading", name="Changed").count() == 1

        until(is_said)
        change = page.get_by_role("listitem").filter(has_text="service_levels.commitments.volume.per_month")
        expect(change.get_by_text("100")).to_have_js_property("tagName", "DEL")
        expect(change.get_by_text("140")).to_have_js_property("tagName", "INS")
        expect(page.locator("#service_levels")).to_contain_text("Marketing brings 140 MQLs.")
    finally:
        page.goto("about:blank")  # it listens for news as long as it is open
        assert house.stop() == 0
