"""Answers of the log, kept for seconds in Redis, and who is asking: one request in flight per team and question.

Redis ends both by itself, so no mirror of the log stays. Without Redis every question goes to the gateway.
"""

import logging
import zlib

import redis

from generations.replay.live.redis_client import client

log = logging.getLogger(__name__)

LARGEST = 2 * 2**20
LEASE_SECONDS = 20


def _store() -> "redis.Redis":
    return client(8, 1)


def read(name: str) -> bytes | None:
    """The answer that is kept under this name. Raises redis.RedisError."""
    packed = _store().get(name)
    return zlib.decompress(packed) if isinstance(packed, bytes) else None


def keep(name: str, answer: bytes, seconds: int) -> None:
    """Keep an answer for so long, and let others ask again."""
    try:
        if len(answer) <= LARGEST:
            _store().set(name, zlib.compress(answer, 1), ex=seconds)
        _store().delete(f"{name}:asked")
    except redis.RedisError:
        log.info("An answer of the log could not be kept")


def claim(name: str) -> bool:
    """True for the one who may ask now; the claim ends by itself. Raises redis.RedisError."""
    return bool(_store().set(f"{name}:asked", b"1", nx=True, ex=LEASE_SECONDS))
