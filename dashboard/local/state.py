"""`.local/`: what a running `make up` keeps, and what it publishes for other processes of the same checkout.

`.local/env` holds its addresses and keys. It counts only while that `make up` lives (it holds a lock, which
the kernel takes back at its death) and its engines accept connections, so a stale file is never mistaken for
a site.
"""

import fcntl
import hashlib
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

ROOT_HOMES = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108  as root; the server user cannot enter a home folder


class AlreadyRunningError(Exception):
    """Another `make up` of this checkout runs."""


def read_env(root: Path) -> dict[str, str]:
    """What `.local/env` of this checkout says, or {} unless its `make up` runs and its engines answer."""
    local = root / ".local"
    try:
        values = parse((local / "env").read_text())
        alive = _is_locked(local / "lock")
    except OSError:
        return {}
    urls = [values[name] for name in ("DATABASE_URL", "REDIS_URL") if name in values]
    return values if alive and all(map(_answers, urls)) else {}


def parse(text: str) -> dict[str, str]:
    """`NAME=value` lines; a value may hold any character but a line end."""
    lines = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name: value for name, _, value in lines}


def write_private(path: Path, values: dict[str, str]) -> None:
    """Replace `path` by `NAME=value` lines that only its owner may read."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    fresh.replace(path)


def lock(root: Path) -> int:
    """Make `.local/` of the checkout ours until this process ends; gives the held descriptor.

    Raises AlreadyRunningError.
    """
    local = root / ".local"
    local.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(local / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise AlreadyRunningError from None
    return descriptor


def home(root: Path) -> Path:
    """Where the data and the keys of this checkout live: `.local/`, or as root a folder outside any home."""
    if os.geteuid() != 0:
        return root / ".local"
    base = next(folder for folder in ROOT_HOMES if os.access(folder, os.W_OK))
    mark = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:12]
    return base / f"retake-{mark}"


def _is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    if not parts.hostname:
        return True  # a Unix socket of the operator's own choice
    try:
        socket.create_connection((parts.hostname, parts.port or 0), timeout=2).close()
    except OSError:
        return False
    return True
