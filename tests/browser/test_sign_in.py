"""The whole sign-in in a real browser: a link, the own inbox, another part, and out again."""

import re

import pytest
from playwright.sync_api import Page, expect

from testing.house import Process

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_somebody_signs_in_by_a_link_plays_another_part_and_leaves(page: Page, up: Process) -> None:
    page.goto(f"{up.url}/sign-in?next=/leads")
    page.get_by_label("Your address at work").fill("Ana.Lima@northwind.example")
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    assert len(list((up.data / "outbox" / "email").glob("sign-in-*.eml"))) == 1
    page.get_by_role("link", name="Open the link").click()
    expect(page.get_by_role("heading", name="Welcome back, Ana")).to_be_visible()
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{up.url}/leads")
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation.get_by_role("link", name="Audit")).to_have_count(0)
    who = page.locator("button.me")
    expect(who).to_contain_text("Ana Lima")
    who.click()
    page.get_by_role("button", name="Piet de Vries").click()
    expect(page).to_have_url(f"{up.url}/partners")
    expect(navigation.get_by_role("link")).to_have_text(["Leads"])
    page.locator("button.me").click()
    page.get_by_role("button", name=re.compile("This machine")).click()
    page.goto(f"{up.url}/audit")
    expect(page.locator("tbody tr").first).to_contain_text("Piet de Vries")
    expect(page.locator("tbody")).to_contain_text("Ana Lima")
