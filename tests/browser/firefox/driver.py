"""Debian's own Firefox, driven by WebDriver BiDi, which it speaks itself: no driver and no special build.

Source: w3c.github.io/webdriver-bidi
"""

import itertools
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.processes import end, firefox, wait_for

ANSWER_S = 30
SHOWN_S = 15
EVENTS = ("log.entryAdded", "network.fetchError", "network.responseCompleted")
LEFT = "NS_BINDING_ABORTED"  # a page that is left ends its own requests
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
# Started with an empty profile: nothing is fetched, asked or shown that no page wants.
PREFERENCES = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "ui.prefersReducedMotion": 1,
}


class BidiError(Exception):
    """What Firefox refused, in its own words."""


class Tab:
    """One tab. `complaints` are errors of its console, failed requests and answers of 400 and more."""

    def __init__(self, line: ClientConnection) -> None:
        self.line, self.numbers = line, itertools.count(1)
        self.complaints: list[str] = []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=list(EVENTS))
        self.context: str = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its result; events that come first are heard. Raises BidiError."""
        number = next(self.numbers)
        self.line.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.line.recv(timeout=ANSWER_S))
            if message.get("id") == number:
                break
            self._hear(message.get("method", ""), message.get("params", {}))
        if message["type"] == "error":
            raise BidiError(f"{method}: {message['error']}: {message['message']}")
        result: dict[str, Any] = message["result"]
        return result

    def _hear(self, event: str, facts: dict[str, Any]) -> None:
        if event == "log.entryAdded" and facts["level"] in ("error", "warn"):
            self.complaints.append(f"{facts['level']}: {facts['text']}")
        elif event == "network.fetchError" and facts["errorText"] != LEFT:
            self.complaints.append(f"failed: {facts['errorText']} {facts['request']['url']}")
        elif event == "network.responseCompleted" and facts["response"]["status"] >= 400:
            self.complaints.append(f"status {facts['response']['status']}: {facts['request']['url']}")

    def before_scripts(self, script: str) -> None:
        """Run `script` in every page from now on, ahead of its own."""
        self.ask("script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}")

    def goto(self, address: str) -> None:
        self.ask("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression in the page, as JSON carries it. Raises BidiError."""
        answer = self.ask(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({script})) ?? null))()",
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise BidiError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def wait(self, script: str) -> Any:
        """The first true value of the expression; a page on its way to the next one has none."""

        def value() -> Any:
            with suppress(BidiError):
                return self.run(script)
            return None

        return wait_for(
            value, SHOWN_S, lambda: f"{script} is {self.run(script)!r} at {self.run('location.href')}"
        )

    def text(self, *words: str, within: str = "main") -> None:
        """Wait until the part of the page shows these words."""
        for said in words:
            self.wait(f"document.querySelector({json.dumps(within)})?.innerText.includes({json.dumps(said)})")

    def click(self, role: str, name: str, times: int = 1) -> None:
        """Press the control that a screen reader calls so, as a pointer does."""
        self._press({"type": "accessibility", "value": {"role": role, "name": name}}, times)

    def click_at(self, selector: str) -> None:
        self._press({"type": "css", "value": selector}, 1)

    def type(self, selector: str, text: str) -> None:
        """Fill in a field, key by key."""
        self.click_at(selector)
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.ask(
            "input.performActions",
            context=self.context,
            actions=[{"type": "key", "id": "keyboard", "actions": keys}],
        )

    def _press(self, locator: dict[str, Any], times: int) -> None:
        node = self._located(locator)
        shown = "(element) => element.scrollIntoView({block: 'center', behavior: 'instant'})"
        self.ask(
            "script.callFunction",
            functionDeclaration=shown,
            arguments=[node],
            target={"context": self.context},
            awaitPromise=False,
        )
        button = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": node}}
        self.ask(
            "input.performActions",
            context=self.context,
            actions=[{"type": "pointer", "id": "mouse", "actions": [move, *button * times]}],
        )

    def _located(self, locator: dict[str, Any]) -> dict[str, str]:
        def nodes() -> list[dict[str, str]]:
            found = self.ask("browsingContext.locateNodes", context=self.context, locator=locator)
            return list(found["nodes"])

        node = wait_for(nodes, SHOWN_S, lambda: f"no {locator['value']}")[0]
        return {"sharedId": node["sharedId"]}


@contextmanager
def opened() -> Iterator[Tab]:
    """The one tab of a new Firefox with an empty profile, until the block ends."""
    program = firefox()
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="retake-firefox-") as profile:
        (Path(profile) / "user.js").write_text(
            "".join(
                f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
                for name, value in PREFERENCES.items()
            )
        )
        command = [program, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile]
        log = Path(profile) / "log.txt"
        with log.open("w") as output:
            running = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            wait_for(lambda: LISTENING.search(log.read_text()) or running.poll() is not None)
            address = LISTENING.search(log.read_text())
            assert address, f"Firefox did not start: {log.read_text()[-2000:]}"
            with connect(f"{address[1]}/session", max_size=None, proxy=None) as line:
                yield Tab(line)
        finally:
            end(running)
