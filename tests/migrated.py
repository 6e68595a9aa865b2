"""One migrated PostgreSQL for all processes of xdist, which start copies: migrating would take each of them seconds."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg

from dashboard.local.servers import Engines
from dashboard.local.system import dies_with_parent
from tests.support.processes import ROOT, with_database

DATABASE = "migrated"
GIVEN = "RETAKE_TESTS_START_ENGINES"  # names its folder and its password to the processes below


def given() -> tuple[Path | None, str]:
    """The folder for it and its password, in a process of xdist; None and "" elsewhere."""
    folder, _, password = os.environ.get(GIVEN, "").rpartition(" ")
    return Path(folder) if folder else None, password


def begin(folder: Path) -> subprocess.Popen[bytes]:
    """Make it in `folder` by a process of its own, which keeps a file locked until it ends."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.Popen(
            [sys.executable, "-m", "tests.migrated"],
            cwd=ROOT,
            pass_fds=[lock.fileno()],
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )


def copied(shared: Path, folder: Path) -> bool:
    """Wait for the one in `shared`, and copy it to `folder`; False where none was begun or it could not be made."""
    if (shared / "lock").exists():
        with (shared / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
    if not (shared / "whole").exists():
        return False
    subprocess.run(["cp", "-a", shared / "postgres", folder / "postgres"], check=True)
    return True


def make() -> None:
    folder, password = given()
    assert folder is not None
    engines = Engines(folder, {"REDIS_URL": os.environ["REDIS_URL"]}, password=password, durable=False)
    engines.start()
    url = engines.urls["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    environment = {**os.environ, "DATABASE_URL": with_database(url, DATABASE)}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    engines.stop()
    (folder / "whole").touch()


if __name__ == "__main__":
    make()
