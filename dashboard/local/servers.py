"""Both engines together: what `make up` and the tests start when no URLs are given."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from dashboard.local import postgres, valkey
from dashboard.local.server import LocalServer
from dashboard.local.system import LOOPBACK, Port


class Engines:
    """PostgreSQL unless `given` has a DATABASE_URL, Valkey unless it has a REDIS_URL; data in `folder`.

    `urls` is known, and its ports are kept, before anything is started.
    """

    def __init__(
        self, folder: Path, given: Mapping[str, str], *, password: str = "", durable: bool = True
    ) -> None:
        self.folder, self.durable = folder, durable
        self._password = password or secrets.token_urlsafe(24)
        self._ports = {name: Port() for name in ("DATABASE_URL", "REDIS_URL") if not given.get(name)}
        self.urls = {name: given.get(name) or self._url(name) for name in ("DATABASE_URL", "REDIS_URL")}
        self.running: list[LocalServer] = []

    @property
    def starts(self) -> bool:
        """Whether any of them is ours to start."""
        return bool(self._ports)

    def _url(self, name: str) -> str:
        place = f":{self._password}@{LOOPBACK}:{self._ports[name].number}"
        return (
            f"redis://{place}/0"
            if name == "REDIS_URL"
            else f"postgres://{postgres.USER}{place}/{postgres.DATABASE}"
        )

    def start(self) -> None:
        """Start what is missing and wait until it serves. Raises UnavailableError."""
        for name, port in self._ports.items():
            engine = self._engine(name, port)
            port.release()
            engine.start()
            self.running.append(engine)
        for engine in self.running:
            engine.wait_ready()

    def _engine(self, name: str, port: Port) -> LocalServer:
        if name == "REDIS_URL":
            return valkey.engine(self.folder / "valkey", port, self._password)
        return postgres.engine(self.folder / "postgres", port, self._password, durable=self.durable)

    def keep(self, note: Callable[[str], None]) -> None:
        """Start an engine again when it ends by itself; `note` gets one line each time."""
        for engine in self.running:
            engine.keep(note)

    def stop(self) -> None:
        """End both; returns when they are gone."""
        for port in self._ports.values():
            port.release()
        for engine in reversed(self.running):
            engine.stop()
        self.running.clear()
