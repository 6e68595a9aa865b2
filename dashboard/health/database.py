"""Checks of PostgreSQL: why it cannot be reached, who holds its locks, and whether it has connections left."""

import psycopg
from django.db import Error, connection

from dashboard import readiness
from dashboard.health.findings import BAD, OK, WARN, Finding, counted, verdict
from dashboard.processes import degraded
from dashboard.web.outage import OTHER_TABLES, UNAVAILABLE, outage_of

NO_ANSWER_SECONDS = 2
LOCK_SECONDS = 1.0  # that a statement may wait for another
FULL = "PostgreSQL has no connection left. Raise max_connections, or lower DATABASE_POOL or the number of processes."
# What libpq or the server says when it lets nobody in -> what that is, and what to do.
CAUSES = {
    "password authentication": "PostgreSQL refuses the user or the password in DATABASE_URL. Correct them, then restart.",
    "no password supplied": "PostgreSQL asks for a password, and DATABASE_URL has none. Add it, then restart.",
    "no pg_hba.conf entry": "PostgreSQL does not let this host in. Allow it in pg_hba.conf, or add ?sslmode=require.",
    "too many": FULL,
    "remaining connection slots": FULL,
    "permission denied for database": "The user in DATABASE_URL may not connect to this database. GRANT CONNECT to it.",
    "not currently accepting": "The database takes no connections: somebody has set ALLOW_CONNECTIONS to false.",
    'role "': "PostgreSQL refuses the user or the password in DATABASE_URL. Correct them, then restart.",
    '" does not exist': "PostgreSQL has no database of that name. Create it (createdb), then run: python manage.py prepare",
    "starting up": "PostgreSQL is starting. Wait; if it does not end, its own log says why.",
    "shutting down": "PostgreSQL is shutting down. Start it again.",
    "refused": "Nothing listens at the address in DATABASE_URL. Start PostgreSQL, or correct the address.",
    "closed the connection": "What listens at the address in DATABASE_URL closes the connection: a pooler or proxy whose "
    "PostgreSQL is down. Start PostgreSQL.",
    "timeout": "PostgreSQL does not answer: it hangs, or a firewall drops what is sent. Look at its machine and its log.",
    "resolve": "The host in DATABASE_URL has no address. Correct its name, or look at DNS.",
    "valid client certificate": "PostgreSQL asks for a client certificate. Add ?sslcert=...&sslkey=... to DATABASE_URL.",
    "certificate": "PostgreSQL's certificate cannot be verified. Correct sslmode and sslrootcert in DATABASE_URL.",
}
# A statement also waits for those that are ahead of it in the queue: the holder is one that waits for nobody.
ACTIVITY = """
WITH sessions AS (
    SELECT backend_type, query_start, pg_blocking_pids(pid) AS blockers,
           datname = current_database() AND query_start < now() - %s * interval '1 second'
           AND cardinality(pg_blocking_pids(pid)) > 0 AS waits
    FROM pg_stat_activity
)
SELECT count(*) FILTER (WHERE backend_type = 'client backend'),
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
       count(*) FILTER (WHERE waits),
       coalesce(max(extract(epoch FROM now() - query_start)) FILTER (WHERE waits), 0)::float,
       (SELECT min(blocker) FROM sessions, unnest(blockers) AS blocker
        WHERE waits AND blocker <> 0 AND cardinality(pg_blocking_pids(blocker)) = 0)
FROM sessions
"""


def findings(fault: str | None) -> list[Finding]:
    """PostgreSQL answers, takes writes, holds nothing up and lets more in. `fault`: what `readiness` has found."""
    try:
        if fault == readiness.UNREACHABLE:
            fault = unreachable()
        fault = fault or degraded.database_fault()
        return [verdict("Database", fault) if fault else _activity()]
    except Error as error:  # it went meanwhile
        return [of_rows("Database", error)]


def unreachable() -> str:
    """Why no connection can be made, as the server or libpq says. Holds no address and no password."""
    options = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):  # Django's, which libpq does not know
        options.pop(name, None)
    try:
        psycopg.connect(**{**options, "connect_timeout": NO_ANSWER_SECONDS}).close()
    except psycopg.OperationalError as error:
        return next((said for words, said in CAUSES.items() if words in str(error)), readiness.UNREACHABLE)
    return "The database could not be reached a moment ago, and can be now. Look again."


def sentence_of(error: Error, *, prepares: bool) -> str | None:
    """What a command says instead of a traceback; None for an error that is not the database's state.

    `prepares`: the tables are being made, so that they cannot be wrong.
    """
    outage = outage_of(error)
    if outage is None or (prepares and outage is OTHER_TABLES):
        return None
    return unreachable() if outage is UNAVAILABLE else f"{outage.title}. {outage.operator}"


def _activity() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(ACTIVITY, [LOCK_SECONDS])
        used, most, waiting, seconds, holder = cursor.fetchone()
    if waiting:
        held_up = f"A lock holds up {counted(waiting, 'statement', 'statements')}; the oldest began {round(seconds)} s ago."
        return Finding("Database", BAD, f"{held_up} {_holder(holder)}")
    if used >= most * 0.9:
        return Finding(
            "Database", BAD if used >= most else WARN, f"{used} of {most} connections are in use. {FULL}"
        )
    return Finding("Database", OK, "Responds and accepts writes.")


def _holder(pid: int | None) -> str:
    if pid is None:
        return "pg_locks tells who holds it; a prepared transaction may."
    return (
        f"Process {pid} of PostgreSQL has it: wait if that is a migration, else end it: "
        f"SELECT pg_terminate_backend({pid})"
    )


def of_rows(name: str, error: Error) -> Finding:
    """The red line of a check whose rows could not be read."""
    outage = outage_of(error) or OTHER_TABLES
    return Finding(name, BAD, f"{outage.title}. {outage.operator}")
