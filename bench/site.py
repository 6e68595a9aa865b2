"""The whole site as `make up` starts it, from a copy of this checkout that has data of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.person import Person
from bench.tools import installed
from dashboard.local.state import home, read_env
from dashboard.local.system import Port

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("dashboard", "generations", "templates", "static", "manage.py", "Procfile", "requirements.txt")
PACKAGES = "requirements-up.txt"
THEIRS = ("DATABASE_URL", "REDIS_URL", "GATEWAY_URLS", "PUBLIC_URL", "EMAIL_URL", "DJANGO_SETTINGS_MODULE")
READY = "Retake is ready: "
SITE_PROCESSES = {"web": "dashboard.web.serve", "worker": "dashboard.worker", "beat": "dashboard.beat"}


@dataclass(frozen=True, slots=True)
class Site:
    """A running site: `started_s` is from the command to its owner's first page, in seconds."""

    process: psutil.Process
    environment: dict[str, str]
    owner: Person
    started_s: float

    @property
    def address(self) -> str:
        return self.environment["PUBLIC_URL"]

    @property
    def gateway(self) -> str:
        """The demo gateway's base URL, which ends in /v1."""
        return self.environment["DEMO_GATEWAY"]

    def processes(self) -> list[psutil.Process]:
        """Every process of the site, the engines and the demo gateway among them."""
        return [self.process, *self.process.children(recursive=True)]

    def named(self, *names: str) -> list[psutil.Process]:
        """The Procfile's processes of these names (web, worker, beat), without the watchers that run them."""
        words = [SITE_PROCESSES[name] for name in names]
        return [
            process
            for process in self.processes()
            if any(word in " ".join(process.cmdline()) for word in words)
        ]


@contextmanager
def checkout() -> Iterator[Path]:
    """A copy of the checkout, without data, with the packages that `make up` installs.

    It and all that was made in it is deleted at the end.
    """
    folder = Path(tempfile.mkdtemp(prefix="retake-bench-"))
    folder.chmod(0o711)  # as root the database server runs as another user
    try:
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        installed.python(folder / ".venv", ROOT / PACKAGES)
        yield folder
    finally:
        for made in {home(folder), folder}:
            shutil.rmtree(made, ignore_errors=True)


@contextmanager
def running(folder: Path, **variables: str) -> Iterator[Site]:
    """`make up` in `folder` until the block ends, with the environment of this process and `variables`."""
    port = Port()
    ours = {name: value for name, value in os.environ.items() if name not in THEIRS}
    begun = time.monotonic()
    process = subprocess.Popen(
        [folder / ".venv" / "bin" / "python", folder / "manage.py", "up"],
        cwd=folder,
        env={**ours, "PORT": str(port.release()), **variables},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        owner = Person.by_link(_announced(process))
        started_s = time.monotonic() - begun
        yield Site(psutil.Process(process.pid), read_env(folder), owner, started_s)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def _announced(process: "subprocess.Popen[str]") -> str:
    """The address that signs the owner in, out of the line that `make up` prints when all is ready."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(READY):
            return line.removeprefix(READY).strip()
        sys.stderr.write(line)
    sys.exit("The site did not start; the lines above say why.")
