"""The peers, each as its own documentation starts it, on loopback, with a store of its own."""

import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.peers import environments, spans
from dashboard.local.system import LOOPBACK, Port

START_S = 300
QUIET = {"DO_NOT_TRACK": "true", "PHOENIX_TELEMETRY_ENABLED": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


@dataclass(frozen=True, slots=True)
class Peer:
    """`start` gives command and variables for a port and a folder; `place` is the page of a trace, by its ID, and `inside`
    the record's part of it; `plain` is a light page of the same server.
    """

    name: str
    package: str
    start: Callable[[int, Path], tuple[list[str], dict[str, str]]]
    attributes: Callable[[Sequence[str]], dict[str, str]]
    headers: Mapping[str, str]
    place: str
    inside: str
    plain: str

    @property
    def title(self) -> str:
        return f"{self.name} {environments.version(self.package)}"


def _phoenix(port: int, folder: Path) -> tuple[list[str], dict[str, str]]:
    return ["phoenix", "serve"], {
        "PHOENIX_HOST": LOOPBACK,
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(Port().release()),
        "PHOENIX_WORKING_DIR": str(folder),
    }


def _mlflow(port: int, folder: Path) -> tuple[list[str], dict[str, str]]:
    store = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    files = ["--artifacts-destination", f"{folder}/artifacts"]
    return ["mlflow", "server", "--host", LOOPBACK, "--port", str(port), *store, *files], {}


PHOENIX = Peer(
    "Phoenix",
    "arize-phoenix",
    _phoenix,
    spans.openinference,
    {},
    "/projects/UHJvamVjdDox/traces/{}",  # base64 of Project:1, the one that a new store has
    "[data-testid=span-info-wrap]",
    "/healthz",
)
MLFLOW = Peer(
    "MLflow",
    "mlflow",
    _mlflow,
    spans.mlflow,
    {"x-mlflow-experiment-id": "0"},
    "/#/experiments/0/traces?selectedEvaluationId=tr-{}",
    "[role=dialog]",
    "/health",
)
PEERS = (PHOENIX, MLFLOW)


@dataclass(frozen=True, slots=True)
class Running:
    """A started peer: `started_s` is from the command to its first answer, in seconds."""

    peer: Peer
    process: psutil.Process
    address: str
    started_s: float

    def put(self, texts: Sequence[str]) -> str:
        """Export the conversation as one trace; gives the path of its page."""
        trace_id, body = spans.export(self.peer.attributes(texts))
        headers = {"content-type": "application/x-protobuf", **self.peer.headers}
        request = urllib.request.Request(f"{self.address}/v1/traces", body, headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            assert answer.status == 200, f"{self.peer.name} answered {answer.status}"
        return self.peer.place.format(trace_id)

    def processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def running(peer: Peer, folder: Path) -> Iterator[Running]:
    """The peer with its store in `folder`, until the block ends."""
    port, programs = Port().release(), environments.environment(peer.package)
    (program, *arguments), variables = peer.start(port, folder)
    begun = time.monotonic()
    with (folder / "log.txt").open("ab") as log:
        process = psutil.Popen(
            [programs / program, *arguments],
            cwd=folder,
            env={**_environment(programs), **QUIET, **variables},
            stdout=log,
            stderr=log,
        )
    try:
        address = f"http://{LOOPBACK}:{port}"
        _wait(peer, process, f"{address}{peer.plain}", folder)
        yield Running(peer, process, address, time.monotonic() - begun)
    finally:
        _end(process)


def _environment(programs: Path) -> dict[str, str]:
    """Of this process only what every program needs: no address of our own engines."""
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
    }


def _wait(peer: Peer, process: psutil.Popen, address: str, folder: Path) -> None:
    limit = time.monotonic() + START_S
    while not _answers(address):
        if process.poll() is not None or time.monotonic() > limit:
            raise SystemExit(f"{peer.name} did not start:\n{(folder / 'log.txt').read_text()[-2000:]}")
        time.sleep(0.05)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _end(process: psutil.Popen) -> None:
    """SIGTERM to it and to all that it started; SIGKILL for who stays."""
    family = [process, *process.children(recursive=True)] if process.poll() is None else []
    for member in family:
        _send(member, signal.SIGTERM)
    _, left = psutil.wait_procs(family, timeout=15)
    for member in left:
        _send(member, signal.SIGKILL)
    process.wait()


def _send(member: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        member.send_signal(number)
