"""Clients of Redis that repeat nothing and wait shortly: what they carry is lost without harm, or is in PostgreSQL."""

from functools import cache
from threading import Lock
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

_making = Lock()


def connection_options() -> dict[str, Any]:
    return {"socket_connect_timeout": 0.5, **settings.REDIS_TLS}


def client(connections: int, wait_s: float) -> "redis.Redis":
    """The process's client with so many connections, for one of which a thread waits at most `wait_s`."""
    with _making:  # two threads at once would make two pools
        return _client(connections, wait_s)


@cache
def _client(connections: int, wait_s: float) -> "redis.Redis":
    pool = redis.BlockingConnectionPool.from_url(
        settings.REDIS_URL,
        max_connections=connections,
        timeout=wait_s,
        socket_timeout=1,
        retry=Retry(NoBackoff(), 0),
        **connection_options(),
    )
    return redis.Redis(connection_pool=pool)
