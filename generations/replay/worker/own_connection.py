"""A thread's own way into the database: outside the pool, quick to give up, no statement without a limit."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections, transaction
from django.db.utils import load_backend

CONNECT_S, SILENT_S = 2, 10


def use_own_connection() -> None:
    """Give the calling thread a connection of its own: it waits for no pool, and 2 s for a database."""
    description = copy.deepcopy(connections.settings["default"])
    description["OPTIONS"].pop("pool", None)
    description["OPTIONS"] |= {"connect_timeout": CONNECT_S, "tcp_user_timeout": SILENT_S * 1000}
    connections["default"] = load_backend(description["ENGINE"]).DatabaseWrapper(description, "default")


@contextmanager
def limited(lock_s: float, statement_s: float) -> Iterator[None]:
    """A transaction whose statements wait for a lock, and run, at most so long. They raise OperationalError then."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
                [str(round(lock_s * 1000)), str(round(statement_s * 1000))],
            )
        yield
