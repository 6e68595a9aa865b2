"""The whole story: sign in, paste, read, replay, watch it stream, show it to a colleague, reload."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.models import GatewayConnection, Role, Team
from tests import people
from tests.browser import pages
from tests.browser.conftest import Windows
from tests.processes import DemoGateway

pytestmark = pytest.mark.browser


def test_the_whole_story(
    window: Windows, team: Team, source: GatewayConnection, one_by_one: int, demo_gateway: DemoGateway
) -> None:
    ada = people.person(team, Role.OWNER, "ada@example.com", people.PASSWORD)
    grace = people.person(team, Role.MEMBER, "grace@example.com", people.PASSWORD)
    page, colleague = window(), window()

    page.goto("/")
    pages.sign_in(page, ada)
    expect(page).to_have_title("Acme Travel · Retake")

    pages.look_up(page, f'ERROR upstream request_id="{pages.CHAT}" status=200')
    expect(page).to_have_url(re.compile(f"/t/acme/g/{pages.CHAT}$"))
    expect(page).to_have_title(f"Succeeded 200 · {pages.CHAT} · Retake")
    expect(page.locator("main")).to_contain_text("My flight to Oslo was cancelled.")

    page.get_by_role("link", name="Replay", exact=False).first.click()
    expect(page.locator("main")).to_contain_text("None: value for value, in order")
    page.get_by_role("button", name="Run replay").dblclick()

    pages.wait_for_words(page, 3)
    link = page.url
    colleague.goto(link)
    pages.sign_in(colleague, grace)
    expect(colleague).to_have_url(link)
    for screen in (page, colleague):
        pages.wait_for_end(screen)

    text = pages.final_text(page)
    assert len(text.split()) == one_by_one
    assert text == pages.final_text(colleague) == pages.sent_text(page)
    assert len(demo_gateway.requests()) == 1
    page.reload()
    assert pages.final_text(page) == text
