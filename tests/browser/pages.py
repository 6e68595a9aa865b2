"""What people do in Retake, in their words."""

import json
import re
import uuid
from base64 import b64decode
from typing import Any

from playwright.sync_api import Page, expect

from dashboard.models import GatewayConnection, User
from generations.gateway.demo.examples import EXAMPLE_IDS
from generations.models import Generation, Replay
from generations.replay.order import orders, start
from tests.support.people import PASSWORD
from tests.support.processes import DemoGateway

CHAT, FAILED = EXAMPLE_IDS["chat"], EXAMPLE_IDS["failed"]
UNKNOWN = "G-01ARZ3NDEKTSV4RRFFQ69G5FAV"
TABS = ("Conversation", "Parameters", "Cost", "Timing", "JSON", "Replays")
OPEN = re.compile("queued|running")


def sign_in(page: Page, user: User) -> None:
    """Fill in the sign-in form that the page shows."""
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def look_up(page: Page, text: str) -> None:
    """Paste into the large box on home."""
    page.get_by_label("What to look up").fill(text)
    page.get_by_role("button", name="Look up").click()


def press(page: Page, key: str) -> None:
    """A key as a person presses it: when the page has loaded, and with it the modules that listen to keys."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def start_replay(of: Generation, user: User) -> Replay:
    """A replay as if `user` had clicked."""
    source = GatewayConnection.objects.get(team=of.team)
    return start.start_replay(orders.order(of, source), user, uuid.uuid4())


def path(replay: Replay) -> str:
    return replay.get_absolute_url()


def wait_for_end(page: Page, state: str = "succeeded") -> None:
    """Until the page itself shows that the replay has ended so, in the panel and in the head, which come one by one."""
    expect(page.locator("#panel")).to_have_attribute("data-state", state)
    expect(page.locator("#stop")).to_have_count(0)


def live_text(page: Page) -> str:
    """What the live answer shows now."""
    return "".join(page.locator("#out .live-text").all_text_contents())


def wait_for_text(page: Page, text: str) -> None:
    """Until the live answer shows all of `text` and nothing else."""
    expect(page.locator("#out")).to_have_text(text.rstrip())


def seen(page: Page) -> list[str]:
    """Every text that the live answer showed on this page, oldest first."""
    return list(page.evaluate("window.seen"))


def final_text(page: Page) -> str:
    """The answer as the ended page offers it to be copied."""
    return page.locator("#answer-text").input_value()


def sent_text(page: Page) -> str:
    """The text in the answer's bytes as the gateway sent them, by the raw download."""
    raw = page.request.get(page.get_by_role("link", name="Raw answer").get_attribute("href") or "").text()
    frames = [json.loads(line[6:]) for line in raw.splitlines() if line.startswith("data: {")]
    deltas = [choice["delta"] for frame in frames for choice in frame.get("choices", ()) if "delta" in choice]
    return "".join(delta.get("content") or "" for delta in deltas)


def bodies(gateway: DemoGateway) -> list[bytes]:
    """The exact body of each POST that the gateway received."""
    return [b64decode(request["body"]) for request in gateway.requests()]


def record(page: Page) -> dict[str, Any]:
    """The JSON document of a replay's page."""
    data: dict[str, Any] = page.request.get(f"{page.url}.json").json()
    return data


def set_hidden(page: Page, hidden: bool) -> None:
    """Another tab comes to the front, or this one does. Playwright keeps every tab visible, so this pretends."""
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )
