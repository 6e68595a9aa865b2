"""The replay lab in a browser: an edited replay, the same one five times, a batch that is cancelled, with and without
script."""

import json
import re
import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.models import GatewayConnection, Team, User
from generations.models import Generation, Replay
from generations.models.replay import State
from generations.replay import batches
from generations.replay.order.request_edits import RequestEdits
from tests.browser import pages
from tests.browser.conftest import Windows
from tests.support import rows
from tests.support.page_checks import complaints, inspect
from tests.support.processes import DemoGateway, wait_for

pytestmark = pytest.mark.browser
STATUS_400 = r"status of 400 \(Bad Request\)"


def lab(page: Page, chat: Generation) -> None:
    page.goto(f"{chat.get_absolute_url()}/replay")


def sent(gateway: DemoGateway) -> list[dict[str, object]]:
    return [json.loads(body) for body in pages.bodies(gateway)]


def top_of(row: Locator) -> float:
    """Where it begins in the window, in pixels."""
    return float(row.evaluate("row => row.getBoundingClientRect().top"))


def test_an_edited_replay_shows_its_changes_and_sends_them(
    window: Windows, ada: User, chat: Generation, worker: int, demo_gateway: DemoGateway
) -> None:
    page = window(ada)
    lab(page, chat)
    page.get_by_text("Change something").click()
    page.get_by_label("Temperature").fill("0.2")
    page.get_by_label("Seed").fill("7")
    page.get_by_label("Seed").press("Tab")
    expect(page.get_by_role("heading", name="With 2 changes")).to_be_visible()
    expect(page.locator("#plan")).to_contain_text("temperature added: 0.2")
    page.get_by_role("button", name="Run replay").dblclick()
    pages.wait_for_end(page)
    assert sent(demo_gateway) == [{**rows.CHAT, "temperature": 0.2, "seed": 7}]


def test_five_times_with_its_spread(
    window: Windows, ada: User, chat: Generation, worker: int, demo_gateway: DemoGateway
) -> None:
    page = window(ada)
    lab(page, chat)
    page.get_by_text("Run several times").click()
    page.get_by_label("Times").fill("5")
    page.get_by_label("Times").press("Tab")
    page.get_by_role("button", name="Start 5 replays").dblclick()
    expect(page.locator("#live [role=status]")).to_contain_text("5 of 5 finished")
    expect(page.get_by_role("heading", name="Total time")).to_be_visible()
    expect(page.get_by_role("heading", name="Distinct outputs")).to_be_visible()
    assert sent(demo_gateway) == [rows.CHAT] * 5


def test_a_batch_of_several_generations_is_cancelled(
    window: Windows, team: Team, ada: User, source: GatewayConnection, worker: int, demo_gateway: DemoGateway
) -> None:
    demo_gateway.set(pace=1, first_byte_ms=0, frames=400, frame_ms=25)
    for letter in "BCDE":
        rows.generation(team, ada, source, request_id=f"G-01M0N8538G8F4T0W6X1Y2Z3A4{letter}")
    page = window(ada)
    page.goto("/t/acme/generations")
    for box in page.get_by_role("checkbox", name="Select").all():
        box.check()
    page.get_by_role("button", name="Replay", exact=True).click()
    page.get_by_label("Run in parallel").fill("1")
    page.get_by_role("button", name="Start 4 replays").click()
    expect(page.locator("#live [role=status]")).to_contain_text("3 waiting")
    wait_for(lambda: len(demo_gateway.requests()) == 1)
    box = page.get_by_role("checkbox", name="Select 2 ·")
    box.check()
    page.locator("#live").evaluate("node => node.dataset.old = 1")
    page.locator("#live:not([data-old])").wait_for()  # what runs came anew: the choice and the focus stay
    expect(box).to_be_checked()
    expect(box).to_be_focused()
    expect(page.locator("#choose")).to_contain_text("1 selected")
    # What appears above the list leaves the row under the pointer where it is.
    row = page.locator("#live a[data-row]").nth(2)
    row.hover()
    place = top_of(row)
    Replay.objects.filter(place=3).update(state=State.FAILED, reason="upstream")
    expect(page.locator("#live")).to_contain_text("Failures")
    assert top_of(row) == pytest.approx(place, abs=1)
    page.get_by_role("button", name="Also stop running").click()
    expect(page.locator("#live [role=status]")).to_contain_text("4 of 4 finished")
    assert len(demo_gateway.requests()) == 1
    # Home is not scrolled: what ends there leaves its room, until the pointer goes elsewhere.
    made = Generation.objects.get(request_id__endswith="E")
    made.opened(ada)
    running = rows.replay(made, ada, state=State.RUNNING)
    page.set_viewport_size({"width": 1280, "height": 1800})
    page.goto("/")
    row = page.locator("#recent [data-row]").last
    row.hover()
    place = top_of(row)
    running.delete()
    again = "htmx.ajax('GET', '/t/acme/recent', {target: '#recent', swap: 'outerHTML'})"
    page.evaluate(again)
    expect(page.get_by_role("heading", name="Running now")).to_have_count(0)
    assert top_of(row) == pytest.approx(place, abs=1)
    page.mouse.move(0, 0)
    page.evaluate(again)
    wait_for(lambda: top_of(row) < place - 50)
    # What begins there makes the page long enough, where it was not.
    row.hover()
    place = top_of(row)
    running = rows.replay(made, ada, state=State.RUNNING)
    page.evaluate(again)
    expect(page.get_by_role("heading", name="Running now")).to_have_count(1)
    assert top_of(row) == pytest.approx(place, abs=1)
    running.delete()


def test_the_lab_without_script(
    window: Windows, ada: User, chat: Generation, worker: int, demo_gateway: DemoGateway
) -> None:
    page = window(ada, scripts=False, expect=(STATUS_400,))
    lab(page, chat)
    page.get_by_text("Change something").click()
    page.get_by_label("Model", exact=True).fill("openai/gpt-5-mini")
    page.get_by_role("button", name="Run replay").click()
    expect(page.locator("#plan")).to_contain_text("Nothing has been sent yet.")
    expect(page.locator("#plan")).to_contain_text("model: openai/gpt-5-nano → openai/gpt-5-mini")
    page.get_by_role("button", name="Run replay").click()
    expect(page).to_have_url(re.compile("/r/"))
    pages.wait_for_end(page)
    assert [body["model"] for body in sent(demo_gateway)] == ["openai/gpt-5-mini"]


def test_the_pages_of_the_lab_are_accessible(window: Windows, ada: User, chat: Generation) -> None:
    made = batches.plan_batch([chat], [RequestEdits([("seed", "7")])], 3)
    batch = batches.start_batch(chat.team, ada, uuid.uuid4(), "Three", made, 1)
    batch.pause()
    batch.replays.filter(place=0).update(
        state="succeeded", total_ms=900, output_tokens=9, cost_nanos=53300, text_key="k", calls_key="c"
    )
    page = window(ada)
    paths = [batch.get_absolute_url(), "/t/acme/lab", f"{chat.get_absolute_url()}/replay?edit=json"]
    found = complaints(page, paths)
    lab(page, chat)
    for summary in page.locator("main summary").all():
        summary.click()
    assert found + inspect(page) == []
