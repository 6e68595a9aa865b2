"""The processes that tests talk to: engines, demo gateway, web and worker, each on a free port of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from dashboard.local.system import LOOPBACK, Port, accepts, dies_with_parent

ROOT = Path(__file__).resolve().parents[2]
# Debian's headless shell is the same Chromium without its windows, which takes a third of the time.
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_SECONDS = 60
_PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
WORKER, BEAT = (tuple(_PROCFILE[name].split()[1:]) for name in ("worker", "beat"))


def chromium() -> str | None:
    """Where a Chromium is, or None. $CHROMIUM names one that is not on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def firefox() -> str | None:
    """Where a Firefox is, or None. $FIREFOX names one that is not on the PATH."""
    return os.environ.get("FIREFOX") or next(
        filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None
    )


@contextmanager
def process(
    *command: str, env: Mapping[str, str] | None = None, port: int = 0
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours until the block ends; with `port` the block begins when it accepts connections."""
    running = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        preexec_fn=dies_with_parent(signal.SIGTERM),
    )
    try:
        if port:
            wait_for(lambda: accepts(port) or running.poll() is not None)
            assert running.poll() is None, f"{' '.join(command)} ended ({running.returncode})"
        yield running
    finally:
        end(running)


def end(running: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and SIGKILL for who stays."""
    running.terminate()
    try:
        running.wait(10)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def wait_for(true: Any, seconds: float = WAIT_SECONDS, message: Callable[[], str] | None = None) -> Any:
    """The first value of true() that is; after `seconds` fails the test, with what `message` then says."""
    limit = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < limit, message() if message else f"waited {seconds} s in vain"
        time.sleep(0.02)
    return found


def with_database(url: str, name: str) -> str:
    """The same server's other database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@dataclass(frozen=True)
class DemoGateway:
    """The demo gateway in a process of its own, and its control API."""

    port: int

    @property
    def url(self) -> str:
        """The base URL for a Client or a GatewayConnection."""
        return f"http://{LOOPBACK}:{self.port}/v1"

    def call(self, path: str, body: object = None) -> Any:
        """GET, or with a body POST, and the JSON of the answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://{LOOPBACK}:{self.port}{path}", data, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read() or b"null")

    def reset(self, *, keep_consents: bool = False) -> None:
        """Nothing received, and the settings of the start. The keys of consents end, unless they are kept."""
        self.call("/demo/reset", {"keep_consents": keep_consents})

    def set(self, **settings: object) -> None:
        """Speed and faults for everything that comes, until the next test."""
        self.call("/demo/settings", settings)

    def requests(self) -> list[dict[str, Any]]:
        """Every POST received since the reset, in order, with its exact body (base64)."""
        answer = self.call("/demo/requests")
        return list(answer["requests"] if isinstance(answer, dict) else answer)


@contextmanager
def demo_process(port: Port) -> Iterator[DemoGateway]:
    number = port.release()
    with process("-m", "generations.gateway.demo", "--port", str(number), port=number):
        yield DemoGateway(number)
