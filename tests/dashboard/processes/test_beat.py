"""The beat process ends when it is asked to, whatever it waits for."""

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest

from dashboard.beat import MemoryScheduler
from tests.support.processes import BEAT, ROOT

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
    command = [sys.executable, *BEAT[:-1], f"{__name__}:Stuck"]
    environment = {**os.environ, "REDIS_URL": NOBODY, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as beat:
        try:
            assert beat.stdout is not None
            assert beat.stdout.readline() == "ticking\n"
            beat.send_signal(sent)
            assert beat.wait(20) == 0
        finally:
            beat.kill()
