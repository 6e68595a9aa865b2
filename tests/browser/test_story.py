"""The whole story: sign in, paste, read, replay, watch it stream, show it to a colleague, reload."""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import expect

from dashboard.models import GatewayConnection, Role, Team, User
from generations.gateway.demo.keys import SCOPED_KEY
from generations.gateway.rawjson.spans import member
from generations.models import Generation
from tests.browser import pages
from tests.browser.conftest import Windows
from tests.support import people, rows
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.browser
STATUS_404, STATUS_400 = r"status of 404 \(Not Found\)", r"status of 400 \(Bad Request\)"
WORDS = 60


def test_the_whole_story(
    window: Windows, team: Team, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    ada = people.person(team, Role.OWNER, "ada@example.com", people.PASSWORD)
    grace = people.person(team, Role.MEMBER, "grace@example.com", people.PASSWORD)
    page, colleague = window(), window()
    demo_gateway.set(pace=1, first_byte_ms=100, frames=WORDS, frame_ms=50, record_ms=0)

    page.goto("/")
    pages.sign_in(page, ada)
    expect(page).to_have_title("Acme Travel · Retake")

    pages.look_up(page, f'ERROR upstream request_id="{pages.CHAT}" status=200')
    expect(page).to_have_url(re.compile(f"/t/acme/g/{pages.CHAT}$"))
    expect(page).to_have_title(f"Succeeded 200 · {pages.CHAT} · Retake")
    expect(page.locator("main")).to_contain_text("My flight to Oslo was cancelled.")

    page.locator("header.head").get_by_role("link", name="Replay").click()
    expect(page.locator("main")).to_contain_text("None: sent exactly as stored")
    page.get_by_role("button", name="Run replay").dblclick()

    expect(page.locator("#out .live-text").first).to_be_visible()
    link = page.url
    colleague.goto(link)
    pages.sign_in(colleague, grace)
    expect(colleague).to_have_url(link)
    for screen in (page, colleague):
        pages.wait_for_end(screen)

    text = pages.final_text(page)
    assert len(text.split()) >= WORDS - 5
    assert text == pages.final_text(colleague) == pages.sent_text(page) == pages.seen(page)[-1]
    assert len(pages.seen(page)) > 5
    expect(page).to_have_title(f"Succeeded · replay of {pages.CHAT} · Retake")
    stored = page.request.get(f"/t/acme/g/{pages.CHAT}.json").body()
    assert pages.bodies(demo_gateway) == [member(stored, "replay_request")]

    page.get_by_role("link", name=demo_gateway.requests()[0]["request_id"]).click()
    expect(page.locator("main")).to_contain_text("My flight to Oslo was cancelled.")
    page.goto(link)
    page.reload()
    assert pages.final_text(page) == text


def test_every_tab_is_a_page_and_a_fragment(window: Windows, ada: User) -> None:
    page = window(ada)
    page.goto(f"/g/{pages.CHAT}")
    for name in pages.TABS:
        tab = page.locator("nav.tabs").get_by_role("link", name=name)
        tab.click()
        expect(tab).to_have_attribute("aria-current", "page")
        expect(page.locator("[hx-trigger=load]")).to_have_count(0)  # prices come by themselves
        fragment = page.locator("#view").inner_text()
        page.reload()
        expect(tab).to_have_attribute("aria-current", "page")
        expect(page.locator("[hx-trigger=load]")).to_have_count(0)
        assert page.locator("#view").inner_text() == fragment
    page.go_back()
    expect(page.locator("nav.tabs [aria-current]")).to_have_text("JSON")


def test_json_opens_level_by_level(window: Windows, ada: User) -> None:
    page = window(ada)
    page.goto(f"/g/{pages.CHAT}")
    page.goto(f"{page.url}/json")
    tree = page.locator(".json-root")
    for key in ("replay_request", "messages", "1"):
        tree = tree.locator(f"details:has(> summary .k:text-is('{key}'))").first
        tree.locator("summary").first.click()
    expect(tree).to_contain_text("My flight to Oslo was cancelled.")


def test_a_failure_is_reproduced(window: Windows, ada: User, demo_gateway: DemoGateway) -> None:
    stories = demo_gateway.call("/demo/catalogue")["records"]
    request_id = next(story["request_id"] for story in stories if "a replay hits it again" in story["title"])
    page = window(ada)
    page.goto(f"/g/{request_id}")
    expect(page.locator("main .notice.bad").first).to_be_visible()
    page.locator("header.head").get_by_role("link", name="Replay").click()
    page.get_by_role("button", name="Run replay").click()
    pages.wait_for_end(page, "failed")
    expect(page.locator("#replay-status")).to_contain_text("Reproduced")
    assert len(demo_gateway.requests()) == 1


def test_a_record_that_is_not_written_yet_opens_by_itself(
    window: Windows, ada: User, demo_gateway: DemoGateway
) -> None:
    demo_gateway.set(record_ms=3000)
    page = window(ada, expect=(STATUS_404,))
    page.goto("/")
    request_id = call(demo_gateway)
    pages.look_up(page, request_id)
    expect(page.locator("#waiting")).to_contain_text("Not recorded yet.")
    expect(page).to_have_url(re.compile(f"/t/acme/g/{request_id}$"))
    expect(page.locator("h1")).to_have_text(request_id)


def call(gateway: DemoGateway) -> str:
    """A chat that somebody's program has just made; gives its request ID."""
    body = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"authorization": f"Bearer {SCOPED_KEY}", "content-type": "application/json"}
    request = urllib.request.Request(f"{gateway.url}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.loads(answer.read())["id"])


def test_what_holds_no_id_comes_back_with_the_reason(window: Windows, ada: User) -> None:
    page = window(ada, expect=(STATUS_400,))
    page.goto("/")
    for text in (
        "hello world",
        "<script>alert(1)</script> <b>",
        "\u202e \N{PILE OF POO}" * 500,
        "x" * 100_000,
    ):
        pages.look_up(page, text)
        expect(page.locator(".hero [role=alert]")).to_contain_text("No request ID found")
        expect(page.get_by_label("What to look up")).to_have_value(text)


def test_an_id_in_odd_clothes_is_found(window: Windows, ada: User, chat: Generation) -> None:
    page = window(ada)
    for wrapped in (
        "  `{}` \t",
        '{{"id": "{}", "n": 1}}',
        "x" * 50_000 + " request_id={}",
        "http://x.test/g/{}?a=1#b",
    ):
        page.goto("/")
        pages.look_up(page, wrapped.format(chat.request_id))
        expect(page.locator("h1")).to_have_text(chat.request_id)


def test_an_id_that_is_no_path_has_its_page(
    window: Windows, team: Team, ada: User, source: GatewayConnection
) -> None:
    page = window(ada)
    for request_id in ("realtime:sess_acme", "a/b?c=%2F#d", "~1", "../../admin", "x" * 256):
        rows.generation(team, ada, source, request_id=request_id).opened(ada)
        page.goto("/")
        page.locator("[data-row]", has_text=request_id).first.click()
        page.locator("nav.tabs").get_by_role("link", name="Cost").click()
        expect(page.locator("#tab-cost")).to_have_attribute("aria-current", "page")
        page.reload()
        expect(page.locator("h1")).to_have_text(request_id)
