"""The palette with keys alone, as a screen reader hears it, and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.models import User
from generations.models import Generation
from tests.browser import pages
from tests.browser.conftest import Windows
from tests.browser.test_axe import inspect

pytestmark = pytest.mark.browser


def test_one_box_leads_everywhere(window: Windows, ada: User, chat: Generation) -> None:
    chat.opened(ada)
    page = window(ada)
    page.goto(chat.get_absolute_url())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    pages.press(page, "Control+k")
    box = page.get_by_role("combobox", name="Go to")
    expect(box).to_be_focused()
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options.filter(has_text="Gateway connections")).to_be_visible()
    expect(
        page.get_by_role("group", name="On this page").get_by_role("option", name="Copy link")
    ).to_be_visible()
    assert inspect(page, "#palette") == []

    box.fill("batches")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    chosen = options.nth(1).get_attribute("id")
    expect(box).to_have_attribute("aria-activedescendant", str(chosen))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/batches$"))

    pages.press(page, "Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Go to").click()
    page.keyboard.insert_text(f"id={chat.request_id} failed")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(chat.request_id)
    assert [line for line in asked if "failed" in line] == []  # what was pasted is in no address
    assert f"POST {page.url.split('/t/')[0]}/lookup" in asked
