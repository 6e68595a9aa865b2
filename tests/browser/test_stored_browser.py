"""Answers that the gateway did not keep, in a browser: what is offered, the paste form, what went to the provider."""

import json

import pytest
from playwright.sync_api import expect

from dashboard.models import GatewayConnection, Team, User
from generations.models import Generation, PastedAnswer
from tests.browser.conftest import Windows
from tests.support import rows
from tests.support.page_checks import complaints

pytestmark = pytest.mark.browser
FRAME = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
SENT = {
    "model": "gpt-5-nano",
    "messages": [
        {"role": "system", "content": "You answer in one short sentence, and you name your source. " * 4}
    ],
    "stream": True,
    "temperature": 1,
    "parallel_tool_calls": True,
    "safety_identifier": "7c2d6d0e-9c35-4a53-8d7e-3d8b0d1f2a10",
    "stream_options": {"include_usage": True},
}
ASKED = {
    "model": "openai/gpt-5-nano",
    "messages": [{"role": "system", "content": "You answer in one short sentence. " * 5}],
    "stream": True,
    "top_k": 40,
}


@pytest.fixture
def frame(team: Team, ada: User, source: GatewayConnection) -> Generation:
    """A streamed chat of which the gateway kept the last frame, and what it sent to the provider."""
    payload = {"request_payload": ASKED, "gateway_response": FRAME, "provider_request": json.dumps(SENT)}
    log = {"status": "stored", "payload": payload}
    fields = {"provider": "openai", "stream": True, "finish_reason": "stop", "replay_request": ASKED}
    return rows.generation(team, ada, source, io_log=log, request_id="G-01M8FHYK19XRSK6F3SKK5TCZB7", **fields)


def test_the_pages_are_accessible_and_no_wider_than_a_phone(
    window: Windows, ada: User, frame: Generation
) -> None:
    tab, base = window(ada), frame.get_absolute_url()
    assert complaints(tab, [base, f"{base}/provider", f"{base}/paste"], "main") == []
    tab.goto(f"{base}/paste")
    tab.get_by_label("The answer").fill("The harbour opens at seven, says its own page.")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("pasted by")).to_be_visible()
    assert complaints(tab, [base, f"{base}/paste"], "main") == []


def test_an_answer_is_pasted_and_removed_without_script(
    window: Windows, ada: User, frame: Generation
) -> None:
    tab = window(ada, scripts=False)
    tab.goto(frame.get_absolute_url())
    tab.get_by_role("link", name="Paste the answer you have").click()
    tab.get_by_label("The answer").fill("one\ntwo")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("pasted by")).to_be_visible()
    assert PastedAnswer.objects.get().text == "one\ntwo"
    tab.get_by_role("button", name="Remove").click()
    expect(tab.get_by_text("The pasted answer was removed.")).to_be_visible()
    expect(tab.get_by_text("pasted by")).to_have_count(0)


def test_the_tab_opens_in_place(window: Windows, ada: User, frame: Generation) -> None:
    tab = window(ada)
    tab.goto(frame.get_absolute_url())
    tab.get_by_role("link", name="Sent to provider").click()
    expect(tab.get_by_role("heading", name="What the gateway changed")).to_be_visible()
    assert tab.url.endswith("/provider")
