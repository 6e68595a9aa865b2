"""What health says of PostgreSQL, against a real one."""

import threading
import time

import psycopg
import pytest
from django.db import connection

from dashboard.health import database
from tests.support.processes import wait_for

HOLD = "LOCK TABLE django_session IN ROW EXCLUSIVE MODE"
WAIT = "LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE"
BEHIND = "SELECT 1 FROM django_session"


def session() -> "psycopg.Connection":
    options = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        options.pop(name, None)
    return psycopg.connect(**options)


@pytest.mark.django_db(transaction=True)
def test_a_lock_names_its_holder_and_nobody_who_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A forgotten psql holds it, a migration waits for that, and a page behind the migration."""
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.0)
    holder, migration, page = session(), session(), session()
    holder.execute(HOLD)
    threads = [
        threading.Thread(target=waiting.execute, args=[statement])
        for waiting, statement in ((migration, WAIT), (page, BEHIND))
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.2)
    try:
        wait_for(lambda: "2 statements" in database.findings(None)[0].said)
        assert f"Process {holder.info.backend_pid} of PostgreSQL has it" in database.findings(None)[0].said
    finally:
        holder.close()
        threads[0].join(10)
        migration.close()
        threads[1].join(10)
        page.close()
