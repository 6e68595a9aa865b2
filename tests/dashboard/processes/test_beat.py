"""The beat process ends when it is asked to, whatever it waits for."""

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
import redis
from celery.beat import Scheduler

from dashboard import beat
from dashboard.beat import MemoryScheduler
from dashboard.processes import queues
from tests.support.processes import ROOT

pytestmark = pytest.mark.heavy
NOBODY = "redis://127.0.0.1:9/0"


class Stuck(MemoryScheduler):
    """Its broker's line cannot be closed: the lock that this needs is held."""

    def tick(self, *_: Any, **__: Any) -> float:
        print("ticking", flush=True)
        return 5.0

    def close(self) -> None:
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_line_that_cannot_be_closed_holds_nobody_up(sent: signal.Signals) -> None:
    program = f"from dashboard import beat; from {__name__} import Stuck; beat.main(Stuck)"
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "REDIS_URL": NOBODY, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as beat:
        try:
            assert beat.stdout is not None
            assert beat.stdout.readline() == "ticking\n"
            beat.send_signal(sent)
            assert beat.wait(20) == 0
        finally:
            beat.kill()


class _Redis:
    """A server that says how many messages wait; None: it is unavailable."""

    def __init__(self, waiting: int | None) -> None:
        self.waiting = waiting

    def llen(self, name: str) -> int:
        assert name == queues.CLOCK
        if self.waiting is None:
            raise redis.ConnectionError
        return self.waiting


@pytest.mark.parametrize(("waiting", "sends"), [(0, True), (99, True), (100, False), (None, True)])
def test_without_a_worker_messages_do_not_heap_up(
    waiting: int | None, sends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr(beat, "server", _Redis(waiting))
    monkeypatch.setattr(Scheduler, "apply_entry", lambda _self, entry, producer: sent.append(entry))
    MemoryScheduler(beat.app, lazy=True).apply_entry("sweep")
    assert sent == (["sweep"] if sends else [])
