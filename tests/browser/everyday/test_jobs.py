"""Five jobs that people come with, each in as many clicks as it may take, counted from home."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.models import GatewayConnection, Team, User
from generations.models import Batch, Generation, Replay
from generations.models.replay import State
from tests.browser import pages
from tests.browser.conftest import Windows
from tests.support import rows

pytestmark = pytest.mark.browser
SETTLED_S = 3
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
LISTS = {
    "Generations": "generations",
    "Log": "log",
    "Replays": "replays",
    "Batches": "batches",
    "Trends": "trends",
}
ERROR = b'{"error": {"code": "upstream_error", "message": "%s"}, "generation_id": "G-2", "status_code": 502}'


class Clicks:
    """What somebody clicks in a window from home on, and whether the page was scrolled for one of these clicks."""

    def __init__(self, page: Page) -> None:
        self.page, self.count, self.scrolled = page, 0, False
        page.goto("/")

    def click(self, target: Locator) -> None:
        target.wait_for()
        self.scrolled |= not comes_in_sight(target)
        target.click()
        self.count += 1


def comes_in_sight(target: Locator) -> bool:
    """Whether it is in sight once the page stands still: styles may come later than it, and a bar slides in.

    Meanwhile Playwright may have scrolled by itself, where the page was not laid out yet.
    """
    target.page.wait_for_load_state()
    limit = time.monotonic() + SETTLED_S
    while time.monotonic() < limit:
        target.page.evaluate("scrollTo(0, 0)")
        if in_sight(target):
            return True
    return False


def in_sight(target: Locator) -> bool:
    """Whether all of it stands in the window, and the page was not scrolled for it."""
    box, size = target.bounding_box(), target.page.viewport_size
    assert box is not None
    assert size is not None
    below = box["y"] + box["height"] <= size["height"] and box["x"] + box["width"] <= size["width"]
    return below and min(box["x"], box["y"]) >= 0 and target.page.evaluate("scrollY") == 0


def answered(of: Generation, user: User, temperature: float | None, text: str) -> Replay:
    """A replay that succeeded with this text."""
    patch = f'[{{"op": "add", "path": "/temperature", "value": {temperature}}}]' if temperature else ""
    row = rows.replay(of, user, state=State.SUCCEEDED, patch=patch, finished_at=of.fetched_at)
    rows.answer(row, b'{"choices": [{"message": {"role": "assistant", "content": "%s"}}]}' % text.encode())
    return row


def test_support_sends_a_link_or_a_summary(window: Windows, ada: User, chat: Generation) -> None:
    chat.opened(ada)
    page = window(ada)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    somebody = Clicks(page)
    row = page.locator("tr", has_text=chat.request_id).first
    row.hover()
    somebody.click(row.get_by_role("button", name="Copy the link"))
    expect(page.locator("#said:not(.toast)", has_text="Copied the link")).to_be_visible()
    address = page.evaluate("navigator.clipboard.readText()")
    assert address.endswith(chat.get_absolute_url())

    somebody = Clicks(page)
    expect(page.locator("main [name=q]")).to_be_focused()
    page.keyboard.insert_text(f"the ticket says {pages.FAILED}")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(pages.FAILED)
    somebody.click(page.get_by_role("button", name="Copy for support"))
    expect(page.locator("#said:not(.toast)", has_text="Copied for support")).to_be_visible()
    assert pages.FAILED in page.evaluate("navigator.clipboard.readText()")
    page.context.clear_permissions()
    assert somebody.count == 1


def test_a_developer_sees_both_errors(
    window: Windows, team: Team, ada: User, source: GatewayConnection
) -> None:
    failed = rows.generation(
        team,
        ada,
        source,
        request_id="G-failed",
        success=False,
        status_code=502,
        error_code="upstream_error",
        error_payload={"error": {"code": "upstream_error", "message": "The first time."}},
    )
    again = rows.replay(failed, ada, state=State.FAILED, reason="gateway_error", status_code=502)
    rows.answer(again, ERROR % b"The second time.")
    page = window(ada)
    page.goto(again.get_absolute_url())
    cards = page.locator("#panel .cols > section")
    left, right = (cards.nth(place).locator(".notice").first for place in (0, 1))
    assert in_sight(left)
    assert in_sight(right)
    tops = [card.evaluate("card => card.getBoundingClientRect().top") for card in (left, right)]
    assert abs(tops[0] - tops[1]) < 24


def test_an_engineer_compares_the_cool_replay_with_a_sibling(
    window: Windows, ada: User, chat: Generation
) -> None:
    exact = answered(chat, ada, None, "It is warm.")
    cool = answered(chat, ada, 0.2, "It is cold.")
    warm = answered(chat, ada, 0.9, "It is hot.")
    page = window(ada)
    somebody = Clicks(page)
    somebody.click(page.get_by_role("link", name="Replays", exact=True))
    somebody.click(page.locator("tr", has_text="temp 0.2").locator("[data-row]"))
    somebody.click(page.get_by_role("link", name="Compare replay 3 with this one"))
    expect(page).to_have_url(re.compile(f"a={cool.pk}&b={warm.pk}"))
    expect(page.locator("#differs ins", has_text="hot")).to_be_visible()
    assert somebody.count == 3

    page.goto(cool.get_absolute_url())
    page.get_by_role("link", name="Compare 1 with 3").press("Enter")
    expect(page).to_have_url(re.compile(f"a={exact.pk}&b={warm.pk}"))
    page.get_by_role("navigation", name="Compare another as A").get_by_role("link", name="2").click()
    expect(page).to_have_url(re.compile(f"a={cool.pk}&b={warm.pk}"))
    for _ in range(2):  # too many pairs to stand there openly
        answered(chat, ada, 0.9, "It is hot.")
    page.goto(cool.get_absolute_url())
    page.locator("summary", has_text="Compare any two").hover()
    page.get_by_role("link", name="Compare 1 with 3").click()
    expect(page).to_have_url(re.compile(f"a={exact.pk}&b={warm.pk}"))


def test_a_lead_replays_all_that_failed_yesterday(
    window: Windows, team: Team, ada: User, source: GatewayConnection, worker: int
) -> None:
    made = {"created_at": YESTERDAY.isoformat(), "success": False, "status_code": 502}
    for number in range(60):  # more than a page
        rows.generation(team, ada, source, request_id=f"G-{number}", **made)
    rows.generation(team, ada, source, request_id="G-good", created_at=YESTERDAY.isoformat())
    somebody = Clicks(window(ada))
    page = somebody.page
    somebody.click(page.get_by_role("link", name="Failed yesterday"))
    somebody.click(page.get_by_role("button", name="Select all 60"))
    expect(page.locator("[data-count]")).to_have_text("All 60 selected")
    somebody.click(page.get_by_role("button", name="Replay", exact=True))
    somebody.click(page.get_by_role("button", name="Start 60 replays"))
    expect(page.locator("#live [role=status]")).to_contain_text("of 60 finished")
    assert (somebody.count, somebody.scrolled, Batch.objects.get().size) == (4, False, 60)


def test_everybody_reaches_every_list(window: Windows, ada: User) -> None:
    for phone in (False, True):
        page = window(ada, phone=phone)
        somebody = Clicks(page)
        for name, path in LISTS.items():
            somebody.click(
                page.get_by_role("navigation", name="Lists").get_by_role("link", name=name, exact=True)
            )
            expect(page).to_have_url(re.compile(f"/{path}$"))
            page.go_back()
        assert (somebody.count, somebody.scrolled) == (len(LISTS), False)
