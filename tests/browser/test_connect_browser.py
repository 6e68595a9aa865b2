"""From an empty team to the first replay, without a pasted key: connect, the gateway's page, allow, replay, run."""

import os
import re
import time

import pytest
from playwright.sync_api import Page, expect

from dashboard.consents.models import Consent
from dashboard.models import Role, Team
from tests.browser import pages
from tests.browser.conftest import Windows
from tests.support import people
from tests.support.page_checks import inspect
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.browser
NO_ICON = r"status of 404 \(Not Found\).*favicon"
SECONDS = 60


def photograph(page: Page, name: str) -> None:
    """Only where somebody wants to look: $CONNECT_SHOTS names the folder."""
    folder = os.environ.get("CONNECT_SHOTS")
    for width in (1280, 390) if folder else ():
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)
    if folder:
        page.set_viewport_size({"width": 1280, "height": 900})


def look_at(page: Page, name: str) -> float:
    """Nothing that axe complains about, in light and dark, and nothing wider than a phone. Returns the seconds it took."""
    began = time.monotonic()
    photograph(page, name)
    assert inspect(page, "#main") == []
    return time.monotonic() - began


def test_from_an_empty_team_to_the_first_replay(
    window: Windows, team: Team, worker: int, demo_gateway: DemoGateway
) -> None:
    ada = people.person(team, Role.OWNER, "ada@example.com")
    page = window(ada, expect=(NO_ICON, "status of 400"))
    began, looking = time.monotonic(), 0.0

    page.goto("/")
    looking += look_at(page, "empty-team")
    page.get_by_role("button", name="Connect to 127.0.0.1").first.click()
    looking += look_at(page, "begun")
    page.get_by_role("link", name="Go on to 127.0.0.1").click()
    expect(page).to_have_url(re.compile("^http://localhost:.*/oauth/consent"))
    expect(page.locator("body")).to_contain_text("The real gateway wants https")
    photograph(page, "gateway")
    page.get_by_role("button", name="Allow").click()

    expect(page).to_have_url(re.compile("/t/acme/settings/connections$"))
    expect(page.locator("main")).to_contain_text("is connected")
    expect(page.locator("main")).to_contain_text("Can send replays, read stored requests, browse the log")
    expect(page.get_by_role("button", name="Connect again")).not_to_have_class(re.compile("primary"))
    looking += look_at(page, "connected")
    demo_gateway.call("/demo/log", {"rows": 1})
    page.get_by_role("link", name="Log", exact=True).click()
    expect(page.locator("#log-body tr").first).to_be_visible()
    looking += look_at(page, "log")
    page.locator("#log-body").get_by_role("link", name="Replay").first.click()
    expect(page.locator("main")).to_contain_text("the consent of ada@example.com")
    page.get_by_role("button", name="Run replay").click()
    pages.wait_for_end(page)
    assert time.monotonic() - began - looking < SECONDS
    assert len(demo_gateway.requests()) == 1
    assert (Consent.objects.get().team, team.connections.get().read_key.reveal()) == (team, "")

    page.goto("/t/acme/settings/connections")
    page.get_by_role("button", name="Reconnect").click()
    page.get_by_role("link", name="Go on to 127.0.0.1").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.locator("main")).to_contain_text("The consent was denied at the gateway")
    look_at(page, "denied")
    page.goto("/t/acme/settings/connections/client")
    look_at(page, "client")
    page.goto("/oauth/callback?code=x&state=y")
    expect(page).to_have_url(re.compile(r"/oauth/stray\?why=unknown$"))
    look_at(page, "stray")
