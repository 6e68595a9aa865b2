"""The JSON explorer: exact values and paths by mouse, keyboard and finger; levels on request; without script."""

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.models import Team, User
from generations.models import Generation
from generations.reading.explorer import json_nodes
from tests.browser.conftest import Windows
from tests.views.kept import keep

pytestmark = pytest.mark.browser
LONG = b"Lorem ipsum \\u00e9 \\ud83d\\ude00 " * 2000
RAW = (
    b'{"request_id": "G-1", "endpoint": "chat.completions", "cost_nanos": 5.30e4, "replay_supported": true,\n'
    b' "replay_request": {"seed":  1e2, "odd key": {"a.b": [0.10, -0]}, "messages": [\n'
    b'  {"role": "user", "content": "' + LONG + b'"}, {"role": "user", "content": "Say \\"hi\\"\\n"}]},\n'
    b' "io_log": {"payload": {"gateway_response": {"choices": [{"index": 0,\n'
    b'  "message": {"role": "assistant", "content": "Hi"}}], "made": 1.0}}}}'
)


@pytest.fixture
def odd(team: Team) -> Generation:
    """A record with numbers and spaces that no serialiser would write."""
    return keep(team, RAW, "G-1")


@pytest.fixture
def page(window: Windows, ada: User, odd: Generation) -> Page:
    page = window(ada)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{odd.get_absolute_url()}/json")
    return page


def tree(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def node(page: Page, name: str, at: str) -> Locator:
    return tree(page, name).locator(f"li[data-at='{at}']")


def copied(page: Page, what: str) -> str:
    expect(page.locator("#status")).to_have_text(f"Copied the {what}.")
    page.locator("#status").evaluate("(line) => (line.textContent = '')")
    return str(page.evaluate("navigator.clipboard.readText()"))


def take(page: Page, name: str, at: str) -> tuple[str, str]:
    """Value and path of a node, copied with the mouse."""
    found = node(page, name, at)
    found.hover(position={"x": 5, "y": 5})
    buttons = found.locator("> .node-copy > button")
    buttons.first.click()
    value = copied(page, "value")
    buttons.last.click()
    return value, copied(page, "path")


def open_all(page: Page, name: str, *keys: str) -> None:
    for key in keys:
        opened = tree(page, name).locator("summary", has_text=key).last
        opened.click()
        expect(opened.locator("xpath=..").locator("ul > li .k").first).to_be_visible()


ANSWER = "/io_log/payload/gateway_response"


def test_exact_values_and_paths_of_record_request_and_answer(page: Page) -> None:
    assert take(page, "Record", "/cost_nanos") == ("5.30e4", "cost_nanos")
    assert take(page, "Record", "/replay_request") == (
        (json_nodes.cut(RAW, "/replay_request") or b"").decode(),
        "replay_request",
    )
    open_all(page, "Request", "request", "odd key", "a.b", "messages")
    assert take(page, "Request", "/replay_request/odd key/a.b") == ("[0.10, -0]", '["odd key"]["a.b"]')
    assert take(page, "Request", "/replay_request/odd key/a.b/1") == ("-0", '["odd key"]["a.b"][1]')
    assert take(page, "Request", "/replay_request/messages/0")[0].encode() == json_nodes.cut(
        RAW, "/replay_request/messages/0"
    )
    open_all(page, "Answer", "answer", "choices")
    assert take(page, "Answer", f"{ANSWER}/choices/0") == (
        (json_nodes.cut(RAW, f"{ANSWER}/choices/0") or b"").decode(),
        "choices[0]",
    )
    page.context.clear_permissions()


def test_a_long_text_is_opened_in_its_place(page: Page) -> None:
    open_all(page, "Request", "request", "messages", "0")
    content = node(page, "Request", "/replay_request/messages/0/content")
    content.get_by_role("link", name="all").click()
    expect(content.locator(".text")).to_contain_text("😀")
    expect(content.locator(".k")).to_have_text("content")
    value, path = take(page, "Request", "/replay_request/messages/0/content")
    assert (value, path) == (f'"{LONG.decode()}"', "messages[0].content")
    page.context.clear_permissions()


def test_found_values_are_copied_too(page: Page, odd: Generation) -> None:
    for where, text, value, path in (
        ("record", "5.30", "5.30e4", "cost_nanos"),
        ("request", "SAY", '"Say \\"hi\\"\\n"', "replay_request.messages[1].content"),
        ("answer", "made", "1.0", "io_log.payload.gateway_response.made"),
    ):
        page.goto(f"{odd.get_absolute_url()}/json?find={text}&where={where}")
        expect(page.get_by_text("1 hit in 1 place")).to_be_visible()
        hits = page.get_by_role("region", name="Hits")
        hits.get_by_role("link", name="Copy value").click()
        assert copied(page, "value") == value
        hits.get_by_role("button", name="Copy path").click()
        assert copied(page, "path") == path
    page.context.clear_permissions()


def test_the_buttons_move_nothing_and_are_seen_when_they_are_needed(page: Page) -> None:
    found = node(page, "Record", "/cost_nanos")
    buttons = found.locator("> .node-copy")
    expect(buttons).to_have_css("opacity", "0")
    found.scroll_into_view_if_needed()
    places = "(tree) => [...tree.querySelectorAll('.k, .v, .size')].map((one) => one.getBoundingClientRect().toJSON())"
    before = tree(page, "Record").evaluate(places)
    found.hover()
    expect(buttons).to_have_css("opacity", "1")
    assert tree(page, "Record").evaluate(places) == before
    assert tree(page, "Record").locator("li:hover > .node-copy").count() == 1
    page.mouse.move(0, 0)
    expect(buttons).to_have_css("opacity", "0")


def test_by_keyboard(page: Page, odd: Generation) -> None:
    page.keyboard.press("j")
    first = node(page, "Record", "/request_id").locator("> .node-copy")
    expect(first.get_by_role("button", name="Copy value of request_id")).to_be_focused()
    expect(first).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    assert copied(page, "value") == '"G-1"'
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert copied(page, "path") == "request_id"
    page.get_by_role("button", name="Copy path of io_log").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copy value of io_log.payload")).to_be_visible()
    page.context.clear_permissions()


def test_on_a_phone_the_buttons_are_there(window: Windows, ada: User, odd: Generation) -> None:
    page = window(ada, phone=True)
    page.goto(f"{odd.get_absolute_url()}/json")
    expect(node(page, "Record", "/cost_nanos").locator("> .node-copy")).to_have_css("opacity", "1")


def test_without_script_every_level_is_reached(window: Windows, ada: User, odd: Generation) -> None:
    page = window(ada, scripts=False, expect=("Blocked script execution",))
    page.goto(f"{odd.get_absolute_url()}/json")
    expect(page.locator(".node-copy")).to_have_count(0)
    assert page.get_by_role("link", name="Copy").locator("visible=true").count() == 0
    tree(page, "Record").locator("summary", has_text="replay_request").click()
    expect(node(page, "Record", "/replay_request/seed")).to_contain_text("1e2")
    messages = node(page, "Record", "/replay_request/messages")
    messages.locator("summary").click()
    messages.get_by_role("link", name="raw").click()
    expect(page.locator("body")).to_contain_text("Lorem ipsum")
