"""The funnel model in a real browser: a slider that moves is seen in revenue and address, and keeps the focus."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from testing.founded_house import FoundedHouse
from testing.house import Process
from testing.ports import free_port


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, founded_house: FoundedHouse) -> Iterator[Process]:
    one = Process(founded_house.copy_to(tmp_path_factory.mktemp("model") / "baton"), free_port()).start()
    yield one
    assert one.stop() == 0


@pytest.mark.slow
def test_a_rate_that_is_moved_is_seen_in_the_revenue(house: Process, page: Page) -> None:
    page.goto(f"{house.url}/funnel-model")
    page.locator("#s-mql_to_sql").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(page.locator("output[for=s-mql_to_sql]")).to_have_text("30 %")
    expect(page.locator("#brings")).to_contain_text("240 MQLs a month bring 216,000 USD")
    expect(page.locator("#s-mql_to_sql")).to_be_focused()
    expect(page).to_have_url(f"{house.url}/funnel-model?mql_to_sql=30")
    page.reload()
    expect(page.locator("#brings")).to_contain_text("216,000 USD")
    page.get_by_role("link", name="As agreed").click()
    expect(page.locator("#brings")).to_contain_text("180,000 USD")
