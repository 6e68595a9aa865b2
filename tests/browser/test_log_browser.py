"""The gateway's log in a real browser: live rows, paging, keyboard, no script, phone and dark."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from dashboard.models import GatewayConnection, Team, User
from generations.models import BulkLookup, Generation
from tests.browser.conftest import Windows
from tests.browser.test_connect_browser import photograph
from tests.support.page_checks import complaints
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.browser
LOG = "/t/acme/log"
NOTES = """() => {
  window.notes = [];
  const note = document.getElementById("live-note");
  new MutationObserver(() => window.notes.push(note.textContent)).observe(note, { childList: true });
}"""


def arrive(demo: DemoGateway, count: int, step_us: int = 1000) -> list[str]:
    now = datetime.now(UTC).isoformat()
    return list(demo.call("/demo/log", {"rows": count, "at": now, "step_us": step_us})["ids"])


def rows(page: Page) -> list[str]:
    """The request IDs that are shown, from top to bottom."""
    found = page.locator("#log-body a[data-row]").all()
    return [str(link.get_attribute("id")).removeprefix("log-") for link in found]


def quick(page: Page) -> None:
    """Ask for news four times a second instead of every ten."""
    page.route(re.compile(LOG + r"(\?.*)?$"), _hurried)


def _hurried(route: object) -> None:
    answer = route.fetch()  # type: ignore[attr-defined]
    body = answer.text().replace('data-seconds="10"', 'data-seconds="0.25"')
    route.fulfill(response=answer, body=body)  # type: ignore[attr-defined]


def test_new_rows_come_on_top_by_themselves_and_stop_when_paused(
    window: Windows, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    page = window(ada)
    quick(page)
    demo_gateway.set(traffic=0)
    page.goto(f"{LOG}?range=15m")
    page.evaluate(NOTES)
    known = rows(page)
    made = arrive(demo_gateway, 3)
    expect(page.locator(f'[id="log-{made[-1]}"]')).to_be_visible()
    assert rows(page) == [*made[::-1], *known]
    total = f"{len(known)} requests in the last 15 minutes when this page was opened, 3 more since."
    expect(page.get_by_text(total)).to_be_visible()
    expect(page.get_by_role("button", name="Look up all, 200 at most")).to_be_visible()
    assert "3 new" in page.evaluate("notes")  # the next tick, which brings none, has emptied it perhaps

    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(700)  # for news that were asked for before
    held = arrive(demo_gateway, 1)
    page.wait_for_timeout(900)
    assert held[0] not in rows(page)
    bar = page.locator("#pick")
    expect(bar).to_be_hidden()
    page.get_by_label("Select all on this page").check()
    expect(bar).to_contain_text(f"{len(known) + len(made)} selected")
    expect(bar.get_by_role("button", name="Look up selected")).to_be_in_viewport()
    page.get_by_label("Select all on this page").uncheck()
    expect(bar).to_be_hidden()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(f'[id="log-{held[0]}"]')).to_be_visible()
    assert rows(page) == [*held, *made[::-1], *known]


def test_a_thousand_rows_arrive_while_somebody_pages(
    window: Windows, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    page = window(ada)
    demo_gateway.set(traffic=0)
    made = arrive(demo_gateway, 220, step_us=61)
    page.goto(f"{LOG}?range=15m")
    seen = rows(page)
    for _ in range(4):
        arrive(demo_gateway, 250, step_us=7)
        page.get_by_role("link", name="Older").click()
        expect(page.get_by_role("link", name="Newest")).to_be_visible()
        seen += rows(page)
    assert [name for name in seen if name in made] == made[::-1]
    assert len(seen) == len(set(seen))


def test_without_script(
    window: Windows, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    page = window(ada, scripts=False)
    arrive(demo_gateway, 1)
    page.goto(f"{LOG}?range=7d")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.get_by_label("Status", exact=True).fill("success")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("status=success"))
    page.locator("#log-body").get_by_role("link", name="Replay").first.click()
    expect(page).to_have_url(re.compile("/replay$"))
    expect(page.get_by_role("button", name="Run replay")).to_be_visible()


def test_all_failed_ones_are_looked_up_and_replayed_as_a_batch(
    window: Windows, ada: User, source: GatewayConnection, worker: int, demo_gateway: DemoGateway
) -> None:
    page = window(ada)
    page.goto(f"{LOG}?range=7d")
    only_failed = page.get_by_role("link", name="Only failed")
    expect(only_failed).to_have_attribute("href", "?range=7d&status=error")
    page.goto(f"{LOG}?status=4xx")
    expect(only_failed).to_have_count(0)
    count = len(rows(page))
    page.get_by_role("button", name=f"Look up all {count}").click()
    expect(page.locator("#bulk [role=status]")).to_have_text(f"{count} of {count} found.")
    assert Generation.objects.count() == count
    assert BulkLookup.objects.get().ended_at is not None
    photograph(page, "bulk")
    page.get_by_role("link", name=re.compile(r"^Replay \d+$")).click()
    expect(page.get_by_role("button", name=re.compile(r"^Start \d+ replays"))).to_be_visible()


def test_the_keyboard_is_enough(
    window: Windows, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    page = window(ada)
    page.goto(LOG)
    page.keyboard.press("j")
    first = page.locator("#log-body a[data-row]").first
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1.id")).to_be_visible()


def test_axe_phone_and_dark(
    window: Windows, ada: User, team: Team, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    page = window(ada, expect=(r"status of 4\d\d",))
    page.goto(LOG)
    photograph(page, "log-page")
    page.locator("#log-body a[data-row]").first.click()
    job = BulkLookup.objects.create(team=team, user=ada, request_ids=["G-1", "G-2"])
    addresses = [
        LOG,
        f"{LOG}?status=error&model=openai/gpt-5-mini",
        f"{LOG}?status=nonsense",
        f"{LOG}?id=G-01ARZ3NDEKTSV4RRFFQ69G5FAV",
        f"{LOG}/session?id=support-4711",
        job.get_absolute_url(),
    ]
    assert complaints(page, addresses) == []


def test_the_pages_of_a_team_that_cannot_browse(window: Windows, ada: User, team: Team) -> None:
    assert complaints(window(ada), [LOG, f"{LOG}/session?id=x"]) == []
