"""What is degraded in the whole of Retake, in sentences: for admins, `doctor` and `/readyz?full`."""

from typing import Any

import redis
from django.db import Error, connection

from dashboard.processes import presence
from dashboard.readiness import UNREACHABLE, broker, redis_cause

NO_WORKER = "No worker is running: replays stay queued, and nothing is sent. Start a worker process (see the Procfile)."
NO_BEAT = (
    "No beat is running: lost messages and silent workers are noticed only when somebody opens their page, and nothing "
    "is tidied. Start a beat process (see the Procfile)."
)
FULL = (
    "Redis is full and its policy is noeviction: live text comes late, out of the database, and queued replays wait for "
    "the sweep. Give it more memory (maxmemory)."
)
DROPS = (
    "When it is full, Redis throws away queued replays and live text (maxmemory-policy {policy}): these come late then, out "
    "of the database. Set maxmemory-policy to noeviction."
)
READ_ONLY = "Redis takes no writes. Check that REDIS_URL leads to the primary server, and its disk."
DATABASE_READ_ONLY = (
    "The database is read-only: nothing can be saved and nobody can sign in. Check that DATABASE_URL leads to the "
    "primary server, and default_transaction_read_only."
)
PROBE = "retake:probe"


def degraded() -> dict[str, str]:
    """Sentences by what is concerned: database, redis, worker, beat. Empty when all is well."""
    try:
        found = {"database": database_fault(), "redis": redis_fault()}
        alive = presence.alive()
    except Error:
        return {"database": UNREACHABLE}
    missing = {"worker": NO_WORKER, "beat": NO_BEAT}
    found |= {kind: "" if kind in alive else sentence for kind, sentence in missing.items()}
    if found["redis"] and "worker" in alive:
        found["beat"] = ""  # it writes to Redis only, so nothing is known of it
    return {name: sentence for name, sentence in found.items() if sentence}


def database_fault() -> str:
    """Why the database takes no writes, "" where it does. Raises django.db.Error."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return DATABASE_READ_ONLY if cursor.fetchone()[0] == "on" else ""


def redis_drops() -> str:
    """Whether Redis throws away what nobody has read, "" where it does not or does not say. Raises RedisError, OSError."""
    try:
        found: Any = presence.server().info("memory")
    except redis.ResponseError:
        return ""  # hosted ones may not tell
    policy = str(found.get("maxmemory_policy", ""))
    return DROPS.format(policy=policy) if found.get("maxmemory") and policy.startswith("allkeys") else ""


def redis_fault() -> str:
    """Redis answers and takes a write."""
    try:
        presence.server().set(PROBE, "1", ex=60)
    except redis.exceptions.OutOfMemoryError:
        return FULL
    except redis.ResponseError as error:
        return FULL if "OOM" in str(error) else redis_cause(error) or READ_ONLY
    except (redis.RedisError, OSError) as error:
        return redis_cause(error) or broker() or ""
    return ""
