"""Is everything there that the site needs? Asked by `/readyz` and by the `doctor` command.

Each check takes nothing and returns None when all is well, else a sentence without any address or password.
"""

from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from redis.backoff import NoBackoff
from redis.retry import Retry

Check = Callable[[], str | None]
OLDEST_POSTGRES = 15
PATIENCE_SECONDS = 0.7  # to connect, and again for each answer
UNVERIFIED = (
    "Redis's certificate cannot be verified. Where it is self-signed, as hosted plans have it, "
    "set REDIS_TLS_VERIFY=false."
)
REDIS_REFUSES = "Redis refuses the user or the password in REDIS_URL. Correct them, then restart."
REDIS_UNREACHABLE = "Redis cannot be reached. Check REDIS_URL."
# What the server or OpenSSL says -> what that is, and what to do.
REDIS_CAUSES = {
    "CERTIFICATE_VERIFY_FAILED": UNVERIFIED,
    "username-password": REDIS_REFUSES,
    "invalid password": REDIS_REFUSES,
    "Authentication required": REDIS_REFUSES,
    "already authenticated": REDIS_REFUSES,
    "no permissions": "The user in REDIS_URL may not do what Retake needs. Let it use all keys and commands (ACL).",
    "DB index": "Redis has no database of the number in REDIS_URL. Leave the number out.",
    "max number of clients": "Redis lets no more clients in. Raise maxclients, or look at who else uses it.",
    "loading": "Redis is loading its data. Wait; it takes writes when that is done.",
}
UNREACHABLE = "The database cannot be reached. Check DATABASE_URL."


def database() -> str | None:
    """PostgreSQL answers and is new enough."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("show server_version_num")
            major = int(cursor.fetchone()[0]) // 10_000
    except Error:
        return UNREACHABLE
    if major < OLDEST_POSTGRES:
        return f"The database is PostgreSQL {major}. Retake needs {OLDEST_POSTGRES} or later."
    return None


def migrations() -> str | None:
    """The tables match this version."""
    try:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except Error:
        return "The migrations cannot be read, because the database cannot be reached."
    return f"{missing} migrations are missing. Run: python manage.py migrate" if missing else None


def broker() -> str | None:
    """A server that speaks the Redis protocol answers."""
    wire = redis.Redis.from_url(settings.REDIS_URL, **_redis_options())
    try:
        wire.ping()
    except redis.RedisError as error:
        return redis_cause(error) or REDIS_UNREACHABLE
    finally:
        wire.close()
    return None


def redis_cause(error: Exception) -> str | None:
    """Why Redis lets nobody in, or not further, where its error says so."""
    return next((said for words, said in REDIS_CAUSES.items() if words in str(error)), None)


def _redis_options() -> dict[str, Any]:
    """No retries and short waits."""
    waits = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
    if settings.REDIS_URL.startswith("unix://"):
        waits.pop("socket_connect_timeout")
    return {**waits, **settings.REDIS_TLS, "retry": Retry(NoBackoff(), 0)}


CHECKS: dict[str, Check] = {"database": database, "migrations": migrations, "redis": broker}
NEED_DATABASE = ("database", "migrations")
