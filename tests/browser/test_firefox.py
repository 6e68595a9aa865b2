"""The story once in Debian's own Firefox, which Playwright drives by WebDriver BiDi: no patched build, no driver."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright, expect

from dashboard.models import GatewayConnection, Role, Team
from tests.browser import pages
from tests.browser.conftest import DESKTOP, Window
from tests.support import people
from tests.support.processes import DemoGateway, firefox

pytestmark = [pytest.mark.browser, pytest.mark.firefox]
WORDS = 30


@pytest.fixture
def page(playwright: Playwright, web_process: str, worker: int, site: str) -> Iterator[Page]:
    """A window of a Firefox of its own; what it complained about fails the test."""
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=firefox())
    width, height = DESKTOP
    opened = Window(browser.new_context(base_url=site, viewport={"width": width, "height": height}))
    yield opened.page
    browser.close()
    assert opened.unexpected() == []


def test_the_story_in_firefox(
    page: Page, team: Team, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    ada = people.person(team, Role.OWNER, "ada@example.com", people.PASSWORD)
    demo_gateway.set(pace=1, first_byte_ms=100, frames=WORDS, frame_ms=50, record_ms=0)
    page.goto("/")
    pages.sign_in(page, ada)
    pages.look_up(page, f'ERROR upstream request_id="{pages.CHAT}" status=200')
    expect(page).to_have_url(re.compile(f"/t/acme/g/{pages.CHAT}$"))
    expect(page.locator("main")).to_contain_text("My flight to Oslo was cancelled.")

    page.locator("header.head").get_by_role("link", name="Replay").click()
    page.get_by_role("button", name="Run replay").dblclick()
    pages.wait_for_end(page)
    assert pages.final_text(page) == pages.seen(page)[-1]
    assert len(pages.seen(page)) > 5
    assert len(demo_gateway.requests()) == 1

    page.locator('main a[data-key="d"]').first.click()
    expect(page.locator("main")).to_contain_text("My flight to Oslo was cancelled.")
    expect(page).to_have_url(re.compile("/t/acme/compare"))
