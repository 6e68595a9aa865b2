"""The web process: frozen processes are replaced, and SIGTERM ends all within a second."""

import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dashboard.local.system import LOOPBACK, Port
from dashboard.models import GatewayConnection, User
from dashboard.web.serve import Beats, listen
from generations.models.replay import State
from tests.support import people, rows
from tests.support.processes import process, wait_for

pytestmark = pytest.mark.heavy


class Web:
    """Running web processes."""

    def __init__(self, parent: int, port: int) -> None:
        self.parent, self.port = psutil.Process(parent), port

    @property
    def children(self) -> set[int]:
        return {process.pid for process in self.parent.children() if process.status() != psutil.STATUS_ZOMBIE}

    def ask(self, path: str, cookie: str = "") -> socket.socket:
        connection = socket.create_connection((LOOPBACK, self.port), timeout=20)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nCookie: {cookie}\r\n\r\n".encode())
        return connection

    def is_healthy(self) -> bool:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{self.port}/healthz", timeout=20) as answer:
            return bool(answer.status == 200)


@pytest.fixture
def web(site_environment: dict[str, str], tmp_path: Path) -> Iterator[Web]:
    number = Port().release()
    env = {**site_environment, "PORT": str(number), "WEB_CONCURRENCY": "2"}
    with process(
        "-m", "tests.dashboard.freezing_site", str(tmp_path / "log"), env=env, port=number
    ) as running:
        started = Web(running.pid, number)
        wait_for(lambda: len(started.children) == 2)
        yield started


@pytest.mark.parametrize("how", ["/page", "/loop", "stopped"])
def test_a_frozen_process_is_replaced_while_the_other_one_serves(web: Web, how: str, tmp_path: Path) -> None:
    before = web.children
    if how == "stopped":
        psutil.Process(min(before)).send_signal(signal.SIGSTOP)
    else:
        frozen = web.ask(how)
        time.sleep(0.3)
    assert web.is_healthy()
    wait_for(lambda: len(web.children) == 2 and web.children != before, 10)
    assert len(web.children & before) == 1
    assert web.is_healthy()
    if how != "stopped":
        with frozen:
            assert frozen.recv(1) == b""
        assert "in spin" in (tmp_path / "log").read_text()  # where it hung


def test_a_killed_process_is_replaced(web: Web) -> None:
    before = web.children
    psutil.Process(min(before)).kill()
    wait_for(lambda: len(web.children) == 2 and web.children != before, 10)
    assert web.is_healthy()


@pytest.mark.django_db(transaction=True)
def test_sigterm_ends_open_streams_and_the_process_within_a_second(
    web: Web, ada: User, source: GatewayConnection
) -> None:
    running = rows.replay(rows.generation(source.team, ada, source), ada, state=State.RUNNING)
    session = people.browser(ada).cookies["retake_session"].value
    streams = [web.ask(f"{running.get_absolute_url()}/events", f"retake_session={session}") for _ in range(6)]
    for stream in streams:
        text = b""
        while b"hello" not in text:
            text += stream.recv(4096)
        assert b"event: end" not in text
    begun = time.monotonic()
    web.parent.terminate()
    for stream in streams:
        while stream.recv(4096):
            pass
        stream.close()
    assert time.monotonic() - begun < 1
    web.parent.wait(5)
    assert time.monotonic() - begun < 1.5


def test_after_a_stop_of_all_processes_none_is_taken_for_frozen() -> None:
    beats = Beats(2)
    assert beats.frozen() == set()  # both silent for the first time: as after a stop
    beats.beat(0)
    assert beats.frozen() == {1}
    beats.beat(1)
    assert beats.frozen() == set()


@pytest.mark.parametrize("host", ["a" * 64, "a..b", "no.host.invalid"])
def test_a_host_that_is_none_is_refused_with_one_sentence(host: str) -> None:
    with pytest.raises(SystemExit, match=r"^Port 0 of .* cannot be used \(.+\): set PORT"):
        listen(host, 0)


def test_nobody_else_forks_or_serves() -> None:
    """gunicorn was measured and is not used: nothing of it may come back with a dependency."""
    root = Path(__file__).parents[3]
    locks = [path.read_text() for path in root.glob("requirements*.txt")]
    assert len(locks) == 4
    assert [
        word
        for word in ("gunicorn", "uvicorn-worker", "granian", "a2wsgi")
        if any(word in lock for lock in locks)
    ] == []
