"""What health says of PostgreSQL, against a real one."""

import threading

import pytest

from dashboard.health import database
from tests.support.database_faults import session
from tests.support.processes import wait_for

HOLD = "LOCK TABLE django_session IN ROW EXCLUSIVE MODE"
WAIT = "LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE"
BEHIND = "SELECT 1 FROM django_session"
WAITS = "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"


@pytest.mark.django_db(transaction=True)
def test_a_lock_names_its_holder_and_nobody_who_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A forgotten psql holds it, a migration waits for that, and a page behind the migration."""
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.0)
    holder, migration, page = (session(autocommit=False) for _ in range(3))
    holder.execute(HOLD)
    threads = []
    with session() as onlooker:
        for waiting, statement in ((migration, WAIT), (page, BEHIND)):
            threads.append(threading.Thread(target=waiting.execute, args=[statement]))
            threads[-1].start()
            asked = [waiting.info.backend_pid]
            wait_for(lambda asked=asked: onlooker.execute(WAITS, asked).fetchall())
    try:
        said = database.findings(None)[0].said
        assert "2 statements" in said
        assert f"Process {holder.info.backend_pid} of PostgreSQL has it" in said
    finally:
        holder.close()
        threads[0].join(10)
        migration.close()
        threads[1].join(10)
        page.close()
