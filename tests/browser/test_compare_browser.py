"""Comparing in a browser: the three views with and without script, and the way there from a generation's replays."""

import base64
import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboard.models import GatewayConnection, Team, User
from generations.gateway.demo.replies.media import picture, wav
from generations.models import Generation, Replay
from generations.models.replay import State
from tests.browser.conftest import Windows
from tests.support import rows
from tests.support.page_checks import complaints

pytestmark = pytest.mark.browser
STATUS_404 = (r"status of 404 \(Not Found\)",)
PATCH = '[{"op": "replace", "path": "/model", "value": "openai/gpt-5"}, {"op": "add", "path": "/seed", "value": 7}]'


def message(content: str, city: str) -> dict[str, Any]:
    function = {"name": "weather", "arguments": json.dumps({"city": city})}
    call = {"id": "c", "type": "function", "function": function}
    message = {"role": "assistant", "content": content, "reasoning": f"About {city}.", "tool_calls": [call]}
    return {"choices": [{"message": message}]}


def kept(
    team: Team, ada: User, source: GatewayConnection, request_id: str, answer: dict[str, Any], **fields: Any
) -> Generation:
    log = {"status": "stored", "payload": {"gateway_response": answer}}
    return rows.generation(team, ada, source, request_id=request_id, io_log=log, **fields)


def replayed(
    of: Generation, ada: User, wire: bytes, kind: str = "application/json", **columns: Any
) -> Replay:
    row = rows.replay(of, ada, state=State.SUCCEEDED, content_type=kind, received_bytes=len(wire), **columns)
    rows.answer(row, wire)
    return row


@pytest.fixture
def cold(team: Team, ada: User, source: GatewayConnection) -> Generation:
    return kept(team, ada, source, "G-cold", message("It is cold.\nTake a coat.", "Oslo"))


@pytest.fixture
def warm(cold: Generation, ada: User) -> Replay:
    wire = json.dumps(message("It is warm.\nTake a coat.", "Rome")).encode()
    return replayed(cold, ada, wire, patch=PATCH, why="another model")


def current(page: Page) -> str:
    return page.locator(".switch [aria-current]").inner_text()


def test_the_views_change_in_place_and_have_addresses(window: Windows, ada: User, warm: Replay) -> None:
    page = window(ada)
    page.goto(warm.get_absolute_url())
    expect(page.locator("#differs del", has_text="cold")).to_be_visible()
    page.evaluate("window.same = true")
    side = page.get_by_role("link", name="Side by side")
    side.click()
    expect(page.locator("table.sides td ins", has_text="warm")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?view=side$"))
    expect(side).to_be_focused()
    assert page.evaluate("window.same")
    page.reload()
    assert current(page) == "Side by side"


def test_the_views_work_without_script(window: Windows, ada: User, warm: Replay) -> None:
    page = window(ada, scripts=False)
    page.goto(warm.get_absolute_url())
    for name in ("Side by side", "Only changes", "Inline"):
        page.get_by_role("link", name=name).click()
        assert current(page) == name
        expect(page.locator("#differs ins", has_text="warm").first).to_be_visible()


def test_from_the_tab_of_replays_to_a_comparison_and_back(
    window: Windows, ada: User, cold: Generation, warm: Replay
) -> None:
    page = window(ada)
    page.goto(f"{cold.get_absolute_url()}/replays")
    page.get_by_role("button", name="Compare A with B").click()
    expect(page.locator("main")).to_contain_text("seed")
    assert page.get_by_label("B", exact=True).input_value() == str(warm.pk)
    page.get_by_role("link", name="Swap A and B").click()
    assert page.get_by_label("A", exact=True).input_value() == str(warm.pk)
    expect(page.locator("#differs del", has_text="warm")).to_be_visible()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#differs del", has_text="warm")).to_be_visible()


def test_the_key_d_opens_the_comparison(window: Windows, ada: User, warm: Replay) -> None:
    page = window(ada)
    page.goto(warm.get_absolute_url())
    page.keyboard.press("d")
    expect(page).to_have_title(re.compile("^Compare G-cold with"))


def test_pictures_load_when_they_are_asked_for(
    window: Windows, team: Team, ada: User, source: GatewayConnection
) -> None:
    # A small one would be open from the beginning; what follows the end of a PNG is not looked at.
    large = base64.b64encode(base64.b64decode(picture("a")) + bytes(70_000)).decode()
    answer = {"data": [{"b64_json": large}]}
    poster = kept(team, ada, source, "G-poster", answer, endpoint="images.generations")
    page = window(ada)
    page.goto(replayed(poster, ada, json.dumps(answer).encode()).get_absolute_url())
    loaded = (
        "performance.getEntriesByType('resource').filter(one => one.name.includes('/parts/media')).length"
    )
    assert page.evaluate(loaded) == 0
    page.get_by_text("Show all pictures").click()
    for image in page.locator(".gallery img").all():
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") == 96
    assert page.evaluate(loaded) == 2


def test_sound_plays(window: Windows, team: Team, ada: User, source: GatewayConnection) -> None:
    answer = {"audio_base64": base64.b64encode(wav("a")).decode(), "mime_type": "audio/wav"}
    speech = kept(team, ada, source, "G-speech", answer, endpoint="audio.speech")
    page = window(ada)
    page.goto(replayed(speech, ada, wav("b"), "audio/wav").get_absolute_url())
    players = page.locator("audio").all()
    assert players
    for player in players:
        player.evaluate("player => { player.preload = 'metadata'; player.load(); }")
        page.wait_for_function("player => player.duration > 1", arg=player.element_handle())


@pytest.mark.slow
def test_nothing_to_complain_about(
    window: Windows, team: Team, ada: User, source: GatewayConnection, cold: Generation, warm: Replay
) -> None:
    vectors = {"data": [{"index": 0, "embedding": [1, 0]}]}
    faq = kept(team, ada, source, "G-faq", vectors, endpoint="embeddings")
    flags = {"results": [{"flagged": False, "category_scores": {"hate": 0.25}}]}
    review = kept(team, ada, source, "G-review", flags, endpoint="moderations")
    lost = rows.generation(team, ada, source, request_id="G-lost")
    again = replayed(lost, ada, json.dumps(message("x", "Oslo")).encode())
    base = f"/t/acme/compare?a=G-cold&b={warm.pk}"
    paths = [
        *(f"{base}&view={view}" for view in ("inline", "side", "changes")),
        f"/t/acme/compare?a=G-lost&b={again.pk}",
        "/t/acme/compare?a=nothing&b=",
        "/t/acme/compare",
        warm.get_absolute_url(),
        f"{cold.get_absolute_url()}/replays",
        *(
            replayed(row, ada, json.dumps(extras).encode()).get_absolute_url()
            for row, extras in ((faq, vectors), (review, flags))
        ),
    ]
    assert complaints(window(ada, expect=STATUS_404), paths) == []
