"""Copying the stored request, and finding inside it, in a real browser."""

import pytest
from playwright.sync_api import expect

from dashboard.models import User
from generations.gateway.record import Record
from generations.models import Generation
from generations.reading.export import snippets
from tests.browser.conftest import Windows
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.browser
# Pixels between the words of what was done and the control that did it.
DISTANCE = """(control) => {
  const [said, button] = ["#said", control].map((one) => document.querySelector(one).getBoundingClientRect());
  return Math.max(button.top - said.bottom, said.top - button.bottom);
}"""


def test_c_copies_the_curl_command(
    window: Windows, ada: User, chat: Generation, demo_gateway: DemoGateway
) -> None:
    page = window(ada)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(chat.get_absolute_url())
    page.keyboard.press("c")
    expect(page.locator("#said.toast")).to_be_visible()
    expect(page.locator("#status")).to_have_text("Copied the cURL command.")
    body = Record.read(chat.records.get().raw).request_body or b""
    command = snippets.curl(f"{demo_gateway.url}/chat/completions", body.decode())
    assert page.evaluate("navigator.clipboard.readText()") == command
    page.goto(f"{chat.get_absolute_url()}/copy")
    button = page.locator("#python").get_by_role("button", name="Copy")
    button.click()
    said = page.locator("#said:not(.toast)", has_text="Copied.")
    expect(said).to_be_visible()
    apart = page.evaluate(DISTANCE, "#python button")
    assert 0 <= apart < 20
    expect(page.locator("#status")).to_have_text("Copied.")
    expect(said).to_be_hidden()
    script = snippets.python(f"{demo_gateway.url}/chat/completions", body.decode())
    assert page.evaluate("navigator.clipboard.readText()") == script
    page.context.clear_permissions()


def test_copying_and_finding_work_without_script(window: Windows, ada: User, chat: Generation) -> None:
    page = window(ada, scripts=False, expect=("Blocked script execution",))
    page.goto(chat.get_absolute_url())
    page.locator("summary", has_text="Copy as").click()
    page.get_by_role("link", name="cURL").click()
    expect(page.locator("#code-curl")).to_be_visible()
    page.goto(f"{chat.get_absolute_url()}/json")
    page.get_by_label("Text").fill("say HI")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("region", name="Hits").locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="replay_request.messages[0].content").click()
    expect(page.locator("body")).to_have_text("Say hi")
