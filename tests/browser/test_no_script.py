"""The whole story without JavaScript: links, forms, and a page that refreshes itself."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.models import GatewayConnection, Role, Team, User
from generations.models import Generation
from tests.browser import pages
from tests.browser.conftest import Windows
from tests.browser.teller import Teller
from tests.support import people
from tests.support.processes import DemoGateway, wait_for

pytestmark = pytest.mark.browser


@pytest.mark.slow
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


def test_stop(window: Windows, scripted_chat: Generation, ada: User, teller: Teller) -> None:
    page = window(ada, scripts=False)
    page.goto(pages.path(pages.start_replay(scripted_chat, ada)))
    teller.say_words(1, 10)
    pages.wait_for_text(page, teller.text)
    page.locator("#stop").click()
    pages.wait_for_end(page, "cancelled")
    assert pages.final_text(page) == teller.text


def test_several_ids_and_the_list(
    window: Windows, source: GatewayConnection, ada: User, chat: Generation
) -> None:
    page = window(ada, scripts=False)
    page.goto("/")
    pages.look_up(page, f"{pages.CHAT}, {pages.FAILED} and {pages.UNKNOWN}")
    expect(page.locator("h1")).to_have_text("3 generations")
    # One is stored, so that it can be ticked: from there on the page comes anew when it is asked to.
    words, again = page.locator("#many [role=status]"), page.get_by_role("link", name="Refresh")
    page.get_by_role("checkbox", name=f"Select {pages.CHAT}").check()
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)

    def refreshed() -> bool:
        if again.count():
            again.click()
        return words.inner_text() == "2 of 3 found."

    wait_for(refreshed)
    expect(again).to_have_count(0)
    page.locator("#many").get_by_role("link", name=pages.FAILED).click()
    expect(page.locator("h1")).to_have_text(pages.FAILED)

    page.goto("/t/acme/generations")
    page.get_by_role("combobox", name="Verdict").select_option("failed")
    page.locator("summary", has_text="More filters").click()
    page.get_by_label("Provider", exact=True).fill("google")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"generations\?outcome=failed&provider=google$"))
    page.locator("summary", has_text="Save").click()
    page.get_by_label("Name for these filters").fill("Broken")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Clear all filters").click()
    page.get_by_role("link", name="Broken").click()
    expect(page.get_by_role("combobox", name="Verdict")).to_have_value("failed")
    page.get_by_role("button", name="Remove the saved filter Broken").click()
    expect(page.get_by_role("link", name="Broken")).to_have_count(0)


def test_a_page_is_copied_and_forgotten(window: Windows, ada: User, chat: Generation) -> None:
    page = window(ada, scripts=False)
    page.goto(f"{chat.get_absolute_url()}/copy")
    expect(page.locator("#code-curl")).to_contain_text("Say hi")
    assert page.get_by_role("button", name="Copy").locator("visible=true").count() == 0
    page.goto(chat.get_absolute_url())
    page.locator("summary[aria-label=More]").click()
    page.get_by_role("link", name="Forget this generation").click()
    page.get_by_role("button", name="Forget this generation").click()
    expect(page.locator("main")).to_contain_text(f"Retake has forgotten {chat.request_id}.")
