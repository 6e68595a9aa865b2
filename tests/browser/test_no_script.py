"""The whole story without JavaScript: links, forms, and a page that refreshes itself."""

import pytest
from playwright.sync_api import expect

from dashboard.models import GatewayConnection, Role, Team, User
from generations.models import Generation
from tests import people
from tests.browser import pages
from tests.browser.conftest import Windows
from tests.browser.teller import Teller
from tests.processes import DemoGateway

pytestmark = pytest.mark.browser


def test_the_whole_story(
    window: Windows, team: Team, source: GatewayConnection, teller: Teller, demo_gateway: DemoGateway
) -> None:
    ada = people.person(team, Role.OWNER, "ada@example.com", people.PASSWORD)
    page = window(scripts=False)
    page.goto("/")
    pages.sign_in(page, ada)
    pages.look_up(page, pages.CHAT)
    expect(page.locator("main")).to_contain_text("My flight to Oslo was cancelled.")
    for name in pages.TABS:
        tab = page.locator("nav.tabs").get_by_role("link", name=name)
        tab.click()
        expect(tab).to_have_attribute("aria-current", "page")

    GatewayConnection.objects.update(base_url=teller.peer.url)
    page.locator("header.head").get_by_role("link", name="Replay").click()
    page.get_by_role("button", name="Run replay").click()
    teller.say_words(1, 10)
    pages.wait_for_text(page, teller.text)
    teller.say_words(11, 20)
    teller.finish()
    pages.wait_for_end(page)
    assert pages.final_text(page) == teller.text
    assert teller.posts == 1


def test_stop(window: Windows, told: Generation, ada: User, teller: Teller) -> None:
    page = window(ada, scripts=False)
    page.goto(pages.path(pages.start(told, ada)))
    teller.say_words(1, 10)
    pages.wait_for_text(page, teller.text)
    page.get_by_role("button", name="Stop").click()
    pages.wait_for_end(page, "cancelled")
    assert pages.final_text(page) == teller.text
