"""Who was heard of, in Redis: one sorted set of names by Redis's own clock. Needs no Django, so that beat can use it."""

from functools import cache
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

KEY = "retake:heard"
FORGET_SECONDS = 3600
WAIT_SECONDS = 0.7  # to connect, and for each answer


@cache
def client(url: str, tls: tuple[tuple[str, Any], ...]) -> "redis.Redis":
    """A client of one connection that waits shortly and repeats nothing. `tls`: the items of REDIS_TLS."""
    waits: dict[str, Any] = {"socket_timeout": WAIT_SECONDS}
    if not url.startswith("unix://"):
        waits["socket_connect_timeout"] = WAIT_SECONDS
    return redis.Redis.from_url(url, **waits, **dict(tls), retry=Retry(NoBackoff(), 0))


def announce(server: "redis.Redis", kind: str, name: str) -> None:
    """Write down that this process lives. Raises redis.RedisError."""
    seconds = _now(server)
    with server.pipeline(transaction=False) as pipe:
        pipe.zadd(KEY, {f"{kind} {name}": seconds})
        pipe.zremrangebyscore(KEY, 0, seconds - FORGET_SECONDS)
        pipe.execute()


def withdraw(server: "redis.Redis", kind: str, name: str) -> None:
    """This process ends. Raises redis.RedisError."""
    server.zrem(KEY, f"{kind} {name}")


def heard(server: "redis.Redis", within: float) -> set[str]:
    """The kinds of process that were heard of in the last `within` seconds. Raises redis.RedisError."""
    names: Any = server.zrangebyscore(KEY, _now(server) - within, "+inf")
    return {name.decode().split(" ")[0] for name in names}


def _now(server: "redis.Redis") -> int:
    answer: Any = server.time()
    return int(answer[0])
