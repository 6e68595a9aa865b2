"""No accessibility violation on any page in either scheme, and nothing wider than a phone."""

from collections.abc import Iterable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from dashboard.models import GatewayConnection, Role, Team, User
from generations.models import Generation
from tests import people
from tests.browser import pages
from tests.browser.conftest import PHONE, Windows
from tests.browser.teller import Teller

pytestmark = pytest.mark.browser
STATUS = (r"status of 40[034]",)
AXE = Axe()
VIOLATIONS: dict[str, object] = {"resultTypes": ["violations"], "preload": False, "iframes": False}
ONLY_CONTRAST: dict[str, object] = {"runOnly": ["color-contrast"]}  # nothing else depends on the scheme
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def complaints(page: Page, paths: Iterable[str], part: str | None = None) -> list[str]:
    """What axe finds on these pages (or in a part of them) in light and dark, and which scroll sideways on a phone."""
    return [line for path in paths for line in look(page, path, part)]


def look(page: Page, path: str, part: str | None) -> list[str]:
    page.goto(path)
    page.emulate_media(color_scheme="light")
    page.evaluate(AXE.axe_script)
    found = [f"{path}: {line}" for line in violations(page, part, {})]
    page.emulate_media(color_scheme="dark")
    found += [f"{path} in the dark: {line}" for line in violations(page, part, ONLY_CONTRAST)]
    wide = page.viewport_size
    assert wide is not None
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    if (pixels := page.evaluate(WIDER)) > 0:
        found.append(f"{path}: {pixels} px too wide for a phone")
    page.set_viewport_size(wide)
    return found


def violations(page: Page, part: str | None, options: dict[str, object]) -> list[str]:
    run = "([part, options]) => axe.run(part ?? document, options)"
    told = page.evaluate(run, [part, {**VIOLATIONS, **options}])["violations"]
    return [f"{one['id']} {node['target']}" for one in told for node in one["nodes"]]


def test_generations(window: Windows, ada: User) -> None:
    page = window(ada)
    page.goto(f"/g/{pages.CHAT}")
    base = page.url
    page.goto(f"/g/{pages.FAILED}")
    tabs = [f"{base}/{name.lower()}" for name in pages.TABS[1:]]
    assert complaints(page, [base, f"{base}/replay", page.url, "/"]) == []
    assert complaints(page, tabs, "#view") == []


def test_lists(window: Windows, ada: User) -> None:
    page = window(ada)
    page.goto(f"/g/{pages.CHAT}")
    assert complaints(page, ["/t/acme/generations", f"{page.url}/copy", f"{page.url}/forget"]) == []


def test_replays(window: Windows, told: Generation, ada: User, teller: Teller) -> None:
    page = window(ada)
    running = pages.path(pages.start(told, ada))
    teller.say("Hello **you**, 1 < 2")
    assert complaints(page, [running, "/"]) == []
    teller.finish()
    page.goto(running)
    pages.wait_for_end(page)
    assert complaints(page, [running]) == []


def test_settings(window: Windows, ada: User, team: Team, grace: User) -> None:
    page = window(ada)
    names = ("", "connections", "connections/new", f"members/{grace.memberships.get().pk}")
    paths = [f"/t/acme/settings/{name}" for name in names]
    assert complaints(page, [*paths, "/accounts/profile/", "/teams/new"]) == []


def test_pages_that_say_no(window: Windows, team: Team, source: GatewayConnection, ada: User) -> None:
    page = window(ada, expect=STATUS)
    unknown = "/t/acme/lookup?id=G-01ARZ3NDEKTSV4RRFFQ69G5FAV"
    assert complaints(page, ["/nothing-here", unknown, "/lookup?q=hello"]) == []
    viewer = window(people.person(team, Role.VIEWER), expect=STATUS)
    assert complaints(viewer, [unknown, "/t/acme/settings/connections"]) == []


def test_signed_out(window: Windows, site: str) -> None:
    assert complaints(window(), ["/accounts/login/", "/accounts/password/reset/"]) == []
