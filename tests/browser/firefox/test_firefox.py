"""The story once in Debian's own Firefox."""

from collections.abc import Iterator

import pytest

from dashboard.models import GatewayConnection, Role, Team
from tests.browser import pages
from tests.browser.conftest import WATCH
from tests.browser.firefox.driver import Tab, opened
from tests.support import people
from tests.support.processes import DemoGateway

pytestmark = [pytest.mark.browser, pytest.mark.firefox]
WORDS = 30


@pytest.fixture
def tab(web_process: str, worker: int, site: str) -> Iterator[Tab]:
    """What it complained about fails the test."""
    with opened() as tab:
        tab.before_scripts(WATCH)
        yield tab
        assert tab.complaints == []


def test_the_story_in_firefox(
    tab: Tab, site: str, team: Team, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    people.person(team, Role.OWNER, "ada@example.com", people.PASSWORD)
    demo_gateway.set(pace=1, first_byte_ms=100, frames=WORDS, frame_ms=50, record_ms=0)
    tab.goto(site)
    tab.type("input[name=login]", "ada@example.com")
    tab.type("input[name=password]", people.PASSWORD)
    tab.click("button", "Sign in")

    tab.wait("document.title === 'Acme Travel · Retake'")
    tab.type("main [name=q]", f'ERROR upstream request_id="{pages.CHAT}" status=200')
    tab.click("button", "Look up")
    tab.wait(f"location.pathname === '/t/acme/g/{pages.CHAT}'")
    tab.text("My flight to Oslo was cancelled.")

    tab.click_at("header.head a[data-key=r]")
    tab.click("button", "Run replay", times=2)
    tab.wait("document.querySelector('#panel')?.dataset.state === 'succeeded'")
    shown, final = tab.run("window.seen"), tab.run("document.querySelector('#answer-text').value")
    assert (len(shown) > 5, shown[-1], len(demo_gateway.requests())) == (True, final, 1)

    tab.click_at("main a[data-key=d]")
    tab.wait("location.pathname === '/t/acme/compare'")
    tab.wait(
        "[...document.querySelectorAll('main .small-chip')].some((chip) => chip.textContent === 'exact')"
    )
    tab.text("Figures")
