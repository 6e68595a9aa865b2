"""One engine's process."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard.local.system import UnavailableError, dies_with_parent, server_user

START_SECONDS = 60
STEP = 0.02


@dataclass
class Engine:
    """A server that runs until `stop()`, and not longer than the process that started it.

    command: the server in the foreground; stdin: what it reads first (a configuration with its password,
    which must not stand in `ps`); ready: given the process, whether it serves; stops: signals in the order of
    growing force.
    """

    name: str
    command: Sequence[str | Path]
    folder: Path
    log: Path
    ready: Callable[["Engine"], bool]
    stops: Sequence[signal.Signals]
    stdin: bytes = b""
    address: str = ""
    unprivileged: bool = False
    process: subprocess.Popen[bytes] | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Start the process; returns before it serves."""
        user = server_user() if self.unprivileged else None
        switch: dict[str, Any] = (
            {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        )
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(map(str, self.command)),
                cwd=self.folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the site first, the engines last
                preexec_fn=dies_with_parent(self.stops[0]),
                **switch,
            )
        assert self.process.stdin is not None
        self.process.stdin.write(self.stdin)
        self.process.stdin.close()

    def wait_ready(self) -> None:
        """Wait until it serves.

        Raises UnavailableError with the end of its log when it ends or stays silent.
        """
        end = time.monotonic() + START_SECONDS
        while not self.ready(self):
            if self.process is None or self.process.poll() is not None or time.monotonic() > end:
                raise UnavailableError(f"{self.name} did not start. {self.log} ends:\n{self._last_lines()}")
            time.sleep(STEP)

    def keep(self, note: Callable[[str], None]) -> threading.Thread:
        """Start it again whenever it ends before `stop()`, and say so."""
        thread = threading.Thread(target=self._keep, args=[note], daemon=True, name=f"keep {self.name}")
        thread.start()
        return thread

    def _keep(self, note: Callable[[str], None]) -> None:
        while self.process is not None:
            code = self.process.wait()
            if self._stopping.wait(1):
                return
            note(f"{self.name} ended ({code}): starting it again")
            self.start()

    def stop(self) -> None:
        """End it, gently first; returns when it is gone."""
        self._stopping.set()
        for sent in (*self.stops, signal.SIGKILL):
            if self.process is None or self.process.poll() is not None:
                return
            self.process.send_signal(sent)
            try:
                self.process.wait(4)
            except subprocess.TimeoutExpired:
                continue

    def _last_lines(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
