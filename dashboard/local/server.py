"""One process of `make up`: an engine, the demo gateway, or one of the Procfile's."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from dashboard.local.system import UnavailableError, dies_with_parent, server_user

START_SECONDS = 60
STEP = 0.02
Note = Callable[[str], None]


@dataclass
class LocalServer:
    """A process that runs until `stop()`, and not longer than the one that started it.

    command: it in the foreground; stdin: what it reads first (a configuration with its password, which must not
    stand in `ps`); ready: given the process, whether it serves; stops: signals in the order of growing force, each
    with `patience` seconds to work, for it alone or for its `group` of processes. What it prints goes to the end of
    `log`, or line by line to `shown`.
    """

    name: str
    command: Sequence[str | Path]
    folder: Path
    stops: Sequence[signal.Signals]
    log: Path | None = None
    shown: Note | None = None
    ready: Callable[["LocalServer"], bool] = lambda _: True
    stdin: bytes = b""
    address: str = ""
    unprivileged: bool = False
    environment: Mapping[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    )
    patience: float = 4
    group: bool = False
    process: subprocess.Popen[bytes] | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _reader: threading.Thread | None = None

    def start(self) -> None:
        """Start the process; returns before it serves."""
        if self.log is None:
            self.process = self._popen(subprocess.PIPE)
            self._reader = threading.Thread(target=self._read, args=[self.process.stdout], daemon=True)
            self._reader.start()
            return
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            self.process = self._popen(log)

    def _popen(self, out: int | IO[bytes]) -> subprocess.Popen[bytes]:
        user = server_user() if self.unprivileged else None
        switch: dict[str, Any] = (
            {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        )
        process = subprocess.Popen(
            list(map(str, self.command)),
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the site first, the engines last
            preexec_fn=dies_with_parent(self.stops[0]),
            **switch,
        )
        assert process.stdin is not None
        process.stdin.write(self.stdin)
        process.stdin.close()
        return process

    def _read(self, lines: IO[bytes]) -> None:
        with lines:
            for line in lines:
                if self.shown:
                    self.shown(line.decode("utf-8", "replace").rstrip("\r\n"))

    def wait_ready(self) -> None:
        """Wait until it serves.

        Raises UnavailableError with the end of its log when it ends or stays silent.
        """
        end = time.monotonic() + START_SECONDS
        while not self.ready(self):
            if self.process is None or self.process.poll() is not None or time.monotonic() > end:
                raise UnavailableError(f"{self.name} did not start. {self.log} ends:\n{self._last_lines()}")
            time.sleep(STEP)

    def keep(self, note: Note, ended: Callable[[int], None] | None = None) -> threading.Thread:
        """Start it again whenever it ends before `stop()`, and say so.

        With `ended` only when it was killed: should it end by itself, `ended` is called with its exit code.
        """
        thread = threading.Thread(
            target=self._keep, args=[note, ended], daemon=True, name=f"keep {self.name}"
        )
        thread.start()
        return thread

    def _keep(self, note: Note, ended: Callable[[int], None] | None) -> None:
        while self.process is not None:
            code = self.process.wait()
            if ended and (code != -signal.SIGKILL or self._stopping.is_set()):
                return ended(code)
            if self._stopping.wait(1):
                return None
            note(f"{self.name} ended ({code}): starting it again")
            with self._starting:
                if not self._stopping.is_set():
                    self.start()
        return None

    def stop(self) -> None:
        """End it, gently first; returns when it is gone and what it printed is shown."""
        with self._starting:
            self._stopping.set()
        for sent in (*self.stops, signal.SIGKILL):
            if self.process is None or self.process.poll() is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if self.group else os.kill)(self.process.pid, sent)
            try:
                self.process.wait(self.patience)
            except subprocess.TimeoutExpired:
                continue
        if self._reader:
            self._reader.join(1)

    def _last_lines(self) -> str:
        shown = self.log.read_text(errors="replace") if self.log else ""
        return "\n".join(shown.splitlines()[-8:])
