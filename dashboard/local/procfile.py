"""Runs the Procfile's commands through honcho, as a PaaS would run them.

Two things are added to honcho: a process that is killed is started again, as a PaaS does, and nothing
outlives us, not even when we are killed (Linux).
"""

import multiprocessing
import signal
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer
from honcho.process import Popen, Process

from dashboard.local.system import dies_with_parent


class KeptProcess(Process):  # type: ignore[misc]  # honcho has no types
    """A command, run in honcho's forked watcher; after SIGKILL it is run again unless we are ending."""

    def __init__(self, cmd: str, *args: Any, ending: Any, **kwargs: Any) -> None:
        super().__init__(f"exec {cmd}", *args, **kwargs)  # no shell in between, so that signals arrive
        self._ending, self._killed = ending, True

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        dies_with_parent(signal.SIGKILL)()
        self._child_ctor = partial(Popen, preexec_fn=dies_with_parent(signal.SIGTERM))
        while self._killed:
            self._killed = False
            super().run(events, ignore_signals)
            time.sleep(1 if self._killed else 0)

    def _send_message(self, data: Any, type: str = "line") -> None:
        if type == "stop" and data["returncode"] == -signal.SIGKILL and not self._ending.is_set():
            self._killed = True
            data, type = b"killed: starting it again\n", "line"
        super()._send_message(data, type)


class Runner(Manager):  # type: ignore[misc]
    """honcho's manager over the chosen lines of a Procfile."""

    def __init__(self, out: Any, started: Callable[[], None]) -> None:
        """`started` is called when every process is forked: only then may threads begin."""
        super().__init__(Printer(out, colour=False))
        self._started = started
        self._ending = multiprocessing.Event()
        self._process_ctor = partial(KeptProcess, ending=self._ending)

    def add(self, procfile: Path, names: list[str], env: Mapping[str, str]) -> None:
        commands = parse_procfile(procfile.read_text()).processes
        for name in names:
            self.add_process(name, commands[name], env=dict(env), cwd=str(procfile.parent))

    def _start(self) -> None:
        super()._start()
        self._started()

    def terminate(self) -> None:
        self._ending.set()
        super().terminate()
