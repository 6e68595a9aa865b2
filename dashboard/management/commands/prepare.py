"""`manage.py prepare`: the database made ready for this version of the code."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from django.urls import get_resolver

from dashboard import readiness

LOCK_MS = 2000  # that a statement of a migration waits for a lock; whoever asks for the table waits behind it
PAUSE_SECONDS = 2.0
TRIES = 30
WAIT_TRIES = 300  # while another prepare runs: ten minutes
ALONE = 0x7265_7461_6B65  # "retake"
LOCKED = "55P03"  # lock_not_available


class Command(BaseCommand):
    """Idempotent. Runs at every release, and with --demo in `make up`."""

    help = "Migrate, make the cache table, and with --demo the demo team: prints its sign-in path."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="make the demo team")
        parser.add_argument(
            "--on-line",
            action="store_true",
            help="load, then read a line of standard input before the database is asked",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if options["on_line"] and not may_begin():
            return
        with lock_timeout(), alone(self.stdout.write):
            if readiness.migrations():
                patiently(lambda: call_command("migrate", interactive=False, verbosity=0), self.stdout.write)
            patiently(lambda: call_command("createcachetable", verbosity=0), self.stdout.write)
        if options["demo"]:
            call_command("demo_team", stdout=self.stdout)


def may_begin() -> bool:
    """Load what the demo team needs, then wait for a line; False when whoever was to write it is gone."""
    _ = get_resolver().url_patterns
    return bool(sys.stdin.readline())


@contextmanager
def lock_timeout() -> Iterator[None]:
    """The session waits LOCK_MS for each lock, so that the running site does not stand behind a migration.

    A statement may take its time: an index over many rows does, whatever the server's statement_timeout is.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {LOCK_MS}; SET statement_timeout = 0")
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout; RESET statement_timeout")


@contextmanager
def alone(note: Callable[[str], object]) -> Iterator[None]:
    """While another prepare runs, on any machine, wait for it. Raises CommandError after WAIT_TRIES.

    It asks again and again: a statement that waits would hold up the other one's `CREATE INDEX CONCURRENTLY`, for ever.
    """
    for tried in range(WAIT_TRIES):
        if _asked("SELECT pg_try_advisory_lock(%s)"):
            break
        if not tried:
            note("Another prepare is running; this one waits for it.")
        time.sleep(PAUSE_SECONDS)
    else:
        raise CommandError(STAYS_BUSY)
    try:
        yield
    finally:
        if connection.is_usable():
            _asked("SELECT pg_advisory_unlock(%s)")


def _asked(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [ALONE])
        return bool(cursor.fetchone()[0])


def patiently(work: Callable[[], object], note: Callable[[str], object]) -> None:
    """Do `work`, again after a pause while a table is locked. Raises CommandError after TRIES.

    Each migration is whole or not done at all, or may be repeated (`online_indexes.py`).
    """
    for left in reversed(range(TRIES)):
        try:
            work()
            return
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != LOCKED:
                raise
            if not left:
                raise CommandError(STAYS_LOCKED) from None
            note(f"A table is locked; the migration is tried again in {PAUSE_SECONDS:g} s.")
        time.sleep(PAUSE_SECONDS)


STAYS_BUSY = (
    "Another prepare has not ended for ten minutes, so this one did nothing. Wait for it, then run prepare again. If none "
    "is running, a connection pooler has kept its session: pg_locks names it (locktype advisory); end it with "
    "pg_terminate_backend."
)
STAYS_LOCKED = (
    "A table stays locked, so the database is not ready for this version. The old version goes on with it. "
    "pg_stat_activity tells who holds the lock; then run prepare again."
)
