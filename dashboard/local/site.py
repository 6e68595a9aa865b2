"""The Procfile's processes, as a PaaS would run them: killed ones come back, one that ends by itself ends all."""

import re
import signal
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue

from dashboard.local.server import LocalServer

GRACE_SECONDS = 5.0
SYSTEM = "system"


class LocalSite:
    """Those lines of a Procfile that `names` choose; each line that they print is written with its time and its name."""

    def __init__(
        self, procfile: Path, names: list[str], environment: Mapping[str, str], write: Callable[[str], None]
    ) -> None:
        self._write, self._writing = write, threading.Lock()
        self._width = max(map(len, [SYSTEM, *names]))
        commands = dict(re.findall(r"^([\w-]+):\s*(.+)$", procfile.read_text(), re.MULTILINE))
        self.servers = [
            LocalServer(
                name=name,
                command=["/bin/sh", "-c", f"exec {commands[name]}"],  # no shell stays in between
                folder=procfile.parent,
                stops=[signal.SIGTERM],
                shown=self._printer(name),
                environment=environment,
                patience=GRACE_SECONDS,
                group=True,
            )
            for name in names
        ]
        self._events: SimpleQueue[signal.Signals | int] = SimpleQueue()
        self._tell = self._printer(SYSTEM)

    def _printer(self, name: str) -> Callable[[str], None]:
        def show(line: str) -> None:
            with self._writing:
                self._write(f"{datetime.now():%H:%M:%S} {name.ljust(self._width)} | {line}\n")

        return show

    def end(self, signal_number: int, _: object = None) -> None:
        """Have `run` end; a signal handler, so it does nothing else."""
        self._events.put(signal.Signals(signal_number))

    def run(self, started: Callable[[], None]) -> int:
        """Run until a signal, then give 0, or until one of them ends by itself, then give its exit code.

        `started` is called when all have been started. Nothing of them is left in the end.
        """
        keepers = []
        try:
            self.start(*(server.name for server in self.servers))
            keepers = [server.keep(self._tell, self._watch(server)) for server in self.servers]
            started()
            event = self._events.get()
        finally:
            self.stop()
        for keeper in keepers:
            keeper.join(1)
        return 0 if isinstance(event, signal.Signals) else event

    def start(self, *names: str) -> None:
        """Start these, where they have not been started before."""
        for server in self.servers:
            if server.name in names and server.process is None:
                self._start(server)

    def _start(self, server: LocalServer) -> None:
        server.start()
        assert server.process
        self._tell(f"{server.name} started (pid={server.process.pid})")

    def _watch(self, server: LocalServer) -> Callable[[int], None]:
        def ended(code: int) -> None:
            self._tell(f"{server.name} stopped (rc={code})")
            self._events.put(code)

        return ended

    def stop(self) -> None:
        """End all at once, those that run."""
        running = [server for server in self.servers if server.process and server.process.poll() is None]
        if running:
            self._tell(f"ending {', '.join(server.name for server in running)}")
        threads = [threading.Thread(target=server.stop) for server in self.servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
