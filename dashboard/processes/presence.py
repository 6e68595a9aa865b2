"""Workers and beats say that they live; pages, `doctor` and `/readyz?full` ask who was heard of.

It is said to Redis and to a row, apart from each other, so that either store suffices.
"""

import hmac
import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Q
from django.db.models.functions import Now

from dashboard.processes import redis_presence
from dashboard.processes.models import Process

EVERY_SECONDS = 5.0
SILENT_SECONDS = 20
KINDS = ("worker", "beat")
FORGET = timedelta(hours=1)
logger = logging.getLogger(__name__)
stopping = threading.Event()


def own_name() -> str:
    """The host and the process ID."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}"


def server() -> "redis.Redis":
    return redis_presence.client(settings.REDIS_URL, tuple(settings.REDIS_TLS.items()))


def save(kind: str, name: str) -> None:
    """Write down in the database that a process was heard of now, and with which keys. Raises DatabaseError."""
    row = Process(kind=kind, name=name, heard_at=Now(), keys=fingerprint(settings.FIELD_ENCRYPTION_KEYS))
    Process.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["kind", "name"], update_fields=["heard_at", "keys"]
    )
    Process.objects.filter(heard_at__lt=Now() - FORGET).delete()


def fingerprint(keys: list[str]) -> str:
    """Tells one set of keys from another, and nothing else about them."""
    return hmac.digest("\n".join(sorted(keys)).encode(), b"retake keys", "sha256").hex()[:16]


def with_other_keys() -> list[str]:
    """The workers that were heard of and have other FIELD_ENCRYPTION_KEYS than this process. Raises DatabaseError."""
    same = Q(keys="") | Q(keys=fingerprint(settings.FIELD_ENCRYPTION_KEYS))  # 0.1.0 writes none
    workers = Process.objects.heard(timedelta(seconds=SILENT_SECONDS)).filter(kind="worker")
    return list(workers.exclude(same).order_by("name").values_list("name", flat=True))


def begin(kind: str) -> None:
    """Say every EVERY_SECONDS that this process lives, until `end`. A store that hangs does not hold up the other."""
    name = own_name()
    for say in (lambda: redis_presence.announce(server(), kind, name), lambda: save(kind, name)):
        threading.Thread(target=_repeat, args=[say], name="presence", daemon=True).start()


def _repeat(say: Callable[[], None]) -> None:
    while not stopping.is_set():
        try:
            say()
        except (redis.RedisError, OSError, DatabaseError, InterfaceError) as error:
            logger.info("This process could not say that it lives (%s)", type(error).__name__)
        finally:
            connection.close()
        stopping.wait(EVERY_SECONDS)


def end(kind: str) -> None:
    """This process ends orderly: nobody has to wait for its silence."""
    stopping.set()
    for withdraw in (
        lambda: redis_presence.withdraw(server(), kind, own_name()),
        lambda: Process.objects.filter(kind=kind, name=own_name()).delete(),
    ):
        try:
            withdraw()
        except (redis.RedisError, OSError, DatabaseError, InterfaceError):
            logger.info("This process could not say that it ends")


def alive() -> set[str]:
    """The kinds of process that were heard of, from either store. Raises DatabaseError."""
    rows = Process.objects.heard(timedelta(seconds=SILENT_SECONDS))
    kinds = set(rows.values_list("kind", flat=True).distinct())
    if kinds >= set(KINDS):
        return kinds
    try:
        return kinds | redis_presence.heard(server(), SILENT_SECONDS)
    except (redis.RedisError, OSError):
        return kinds
