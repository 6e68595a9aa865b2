"""Small things asked of the operating system."""

import ctypes
import os
import pwd
import signal
import socket
import sys
from collections.abc import Callable

LOOPBACK = "127.0.0.1"
UNPRIVILEGED = ("nobody", "daemon", "www-data")
PR_SET_PDEATHSIG = 1


class UnavailableError(Exception):
    """What the machine cannot do, why, and what to do about it: one sentence for the operator."""


class Port:
    """A free loopback port, kept from others until `release()`, called just before its server binds."""

    def __init__(self, wanted: int = 0) -> None:
        self._held: socket.socket | None = socket.socket()
        try:
            self._held.bind((LOOPBACK, wanted))
        except OSError:
            self._held.bind((LOOPBACK, 0))
        self.number: int = self._held.getsockname()[1]

    def release(self) -> int:
        """Let the port go; gives its number."""
        if self._held is not None:
            self._held.close()
            self._held = None
        return self.number


def accepts(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def server_user() -> pwd.struct_passwd | None:
    """The existing user that PostgreSQL, which refuses root, runs as; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    names = ", ".join(UNPRIVILEGED)
    raise UnavailableError(
        f"PostgreSQL refuses root, and no user {names} exists: use make up as a normal user."
    )


def dies_with_parent(sent: signal.Signals) -> Callable[[], None]:
    """For `Popen(preexec_fn=...)`: the kernel sends this signal when the thread that started the process is
    gone.

    Linux only; elsewhere nothing happens. Python changes the user before it calls this, which would clear the
    wish.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, int(sent), 0, 0, 0)

    return ask
