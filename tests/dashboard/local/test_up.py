"""`make up` in a checkout of its own, from the first start to the last process."""

import io
import os
import queue
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from dashboard.local import state, up
from dashboard.local.system import LOOPBACK, Port, UnavailableError
from tests.support.processes import ROOT, wait_for

pytestmark = pytest.mark.heavy

LEFT_OUT = shutil.ignore_patterns(".venv", ".git", ".local", ".*_cache", ".hypothesis", "tests", "bench")
OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "FIELD_ENCRYPTION_KEYS",
    "GATEWAY_URLS",
    "ALLOWED_HOSTS",
    "MAKELEVEL",
)


class Site:
    """A running `manage.py up`."""

    def __init__(self, checkout: Path, port: int) -> None:
        self.checkout, self.port = checkout, port
        self.lines: queue.Queue[str] = queue.Queue()
        self.printed: list[str] = []
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=checkout,
            env={**environment, "PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.lines.put(line)
        self.lines.put("")

    def ready(self) -> str:
        """Wait for the one line; gives the path of its URL."""
        for line in iter(lambda: self.lines.get(timeout=120), ""):
            self.printed.append(line)
            if found := re.fullmatch(rf"Retake is ready: http://{LOOPBACK}:{self.port}(/\S*)\n", line):
                return found[1]
        raise AssertionError("".join(self.printed))

    def get(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self.port}{path}", timeout=20) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    def end(self, how: signal.Signals) -> int:
        """Send a signal and wait until nothing of the checkout runs; gives the exit code."""
        self.process.send_signal(how)
        self.process.wait(30)
        self.reader.join(30)
        # A worker whose database has gone with `up` waits 10 s for it, to delete the row that says it is there.
        wait_for(lambda: not processes_of(self.checkout), 15, lambda: str(processes_of(self.checkout)))
        return self.process.returncode


def processes_of(checkout: Path) -> list[str]:
    """The command lines of the processes that work in the checkout or on its data."""
    return [
        line for line in map(described, Path("/proc").glob("[0-9]*")) if line and mentions(line, checkout)
    ]


def described(process: Path) -> str:
    try:
        return f"{(process / 'cwd').readlink()} {(process / 'cmdline').read_text()}"
    except OSError:
        return ""


def mentions(line: str, checkout: Path) -> bool:
    return any(str(place) in line for place in (checkout, state.home(checkout)))


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="retake-checkout-")) / "retake"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    yield folder
    shutil.rmtree(state.home(folder), ignore_errors=True)
    shutil.rmtree(folder.parent)


@pytest.fixture
def start(checkout: Path) -> Iterator[Callable[[], Site]]:
    sites: list[Site] = []

    def begin() -> Site:
        sites.append(Site(checkout, Port().release()))
        return sites[-1]

    yield begin
    for site in sites:
        if site.process.poll() is None:
            site.end(signal.SIGKILL)


def manage(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_from_the_first_start_to_the_last_process(checkout: Path, start: Callable[[], Site]) -> None:
    count = ["shell", "--no-imports", "-c", "from dashboard.models import User; print(User.objects.count())"]
    site = start()
    path = site.ready()
    people = manage(checkout, *count)
    assert (site.get("/readyz"), site.get(path), people.returncode) == (200, 200, 0)
    assert stat.S_IMODE((checkout / ".local" / "env").stat().st_mode) == 0o600
    assert manage(checkout, "up").stdout == ""
    assert site.end(signal.SIGINT) == 0
    assert sum("Retake is ready" in line for line in site.printed) == 1

    assert manage(checkout, *count).returncode != 0
    again = start()
    assert again.ready() != path
    assert manage(checkout, *count).stdout == people.stdout
    assert again.end(signal.SIGKILL) == -signal.SIGKILL


def test_the_database_is_asked_when_the_line_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before, and never where whoever was to write it is gone."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    call_command("prepare", "--on-line", "--demo")
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        call_command("prepare", "--on-line", "--demo")


@pytest.mark.parametrize("text", ["web", "0", "65536", "-1"])
def test_port_must_be_one(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(UnavailableError, match=f"PORT is '{text}', which is no port number"):
        up.site_port()


def test_taken_port_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "accepts", lambda port: True)
    monkeypatch.setenv("PORT", "8001")
    with pytest.raises(UnavailableError, match="Port 8001 is taken"):
        up.site_port()


def test_keys_are_made_once(tmp_path: Path) -> None:
    made = up.keys(tmp_path / "keys")
    assert made.keys() == {"SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "PASSWORD", "DEMO_PORT"}
    assert up.keys(tmp_path / "keys") == made
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_what_the_caller_sets_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://retake.example.com")
    monkeypatch.setenv("GATEWAY_URLS", "https://gateway.example.com/v1")
    kept = up.keys(tmp_path / "keys")
    assert up.demo_gateway(tmp_path, kept) is None
    environment = up.site_environment(8001, kept, {"DATABASE_URL": "postgres://x"}, None)
    assert environment["PUBLIC_URL"] == "https://retake.example.com"
    assert "DEMO_GATEWAY" not in environment
