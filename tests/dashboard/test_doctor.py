"""`manage.py doctor` says in plain words what is wrong, and ends with 1 when something is."""

import runpy
from io import StringIO

import psycopg
import psycopg_pool
import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pytest_django import Settings

from dashboard.processes import degraded, presence, spool
from dashboard.processes.models import Process
from tests.support.people import connection, team
from tests.support.processes import DemoGateway

pytestmark = [pytest.mark.django_db, pytest.mark.heavy]
DEAD = "http://127.0.0.1:9/v1"


def doctor() -> tuple[dict[str, str], str | None]:
    """What it prints, by check, and the last sentence when something is wrong."""
    out, ending = StringIO(), None
    try:
        call_command("doctor", stdout=out)
    except CommandError as error:
        ending = str(error)
    return dict(line.split(": ", 1) for line in out.getvalue().splitlines()), ending


@pytest.fixture(autouse=True)
def _everybody_is_heard_of(db: None) -> None:
    for kind in presence.KINDS:
        presence.save(kind, "h:1")


def test_a_missing_worker_and_a_missing_beat_are_named(settings: Settings, broker: object) -> None:
    settings.GATEWAY_URLS, settings.DEMO_GATEWAY = [], ""
    Process.objects.all().delete()
    lines, ending = doctor()
    assert (lines["Worker"], lines["Beat"]) == (degraded.NO_WORKER, degraded.NO_BEAT)
    assert (ending or "").startswith("2 of ")


def test_all_in_order(demo_gateway: DemoGateway, settings: Settings, broker: object) -> None:
    settings.GATEWAY_URLS, settings.DEMO_GATEWAY = [demo_gateway.url], ""
    settings.PUBLIC_URL = "http://localhost:8000"
    lines, ending = doctor()
    names = "Database, Redis, Mail, Disk, Spool, Migrations, Cache table, Worker, Beat, Keys, DEBUG, Address, Queue"
    assert set(lines) == {*names.split(", "), f"Gateway {demo_gateway.url}"}
    assert ([name for name in lines if not lines[name].startswith("ok.")], ending) == ([], None)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (psycopg_pool.PoolTimeout("hunter2"), "The database could not be reached a moment ago"),
        (
            psycopg.errors.ReadOnlySqlTransaction("hunter2"),
            "The database is read-only. Check default_transaction",
        ),
        (psycopg.errors.QueryCanceled("hunter2"), "The database is busy. pg_stat_activity"),
    ],
)
def test_a_command_says_why_the_database_does_not_do_it(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, said: str
) -> None:
    """One sentence instead of a traceback."""

    def fail(_argv: object) -> None:
        raise OperationalError("hunter2") from raised

    monkeypatch.setattr("django.core.management.execute_from_command_line", fail)
    monkeypatch.setattr("sys.argv", ["manage.py", "rotate_keys"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path("manage.py", run_name="__main__")
    assert str(caught.value).startswith(said)
    assert "hunter2" not in str(caught.value)


def test_a_gateway_that_does_not_answer(settings: Settings, broker: object) -> None:
    settings.GATEWAY_URLS, settings.DEMO_GATEWAY = [DEAD], ""
    lines, ending = doctor()
    assert not lines[f"Gateway {DEAD}"].startswith("ok.")
    assert (ending or "").startswith("1 of ")


def test_keys_that_cannot_be_opened_are_named(settings: Settings, broker: object) -> None:
    settings.GATEWAY_URLS, settings.DEMO_GATEWAY = [], ""
    good, lost = connection(team("acme")), None
    settings.FIELD_ENCRYPTION_KEYS, kept = [Fernet.generate_key().decode()], settings.FIELD_ENCRYPTION_KEYS
    lost = connection(team("blue"))
    settings.FIELD_ENCRYPTION_KEYS = kept
    lines, ending = doctor()
    assert lines["Keys"] == (
        f"FIELD_ENCRYPTION_KEYS does not open the keys of blue/{lost.name}. "
        "Put back the key with which they were saved, or enter the gateway keys again."
    )
    assert (good.name in lines["Keys"].split("blue")[0], ending is None) == (False, False)


def test_redis_unavailable(settings: Settings) -> None:
    settings.GATEWAY_URLS, settings.DEMO_GATEWAY = [], ""
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:9/0"
    lines, _ending = doctor()
    assert lines["Redis"] == "Redis cannot be reached. Check REDIS_URL."


def test_answers_in_the_spool_that_no_key_opens_are_named(settings: Settings, broker: object) -> None:
    settings.GATEWAY_URLS, settings.DEMO_GATEWAY = [], ""
    file = spool.SpoolFile.create("doctor")
    assert file.put(b"an answer")
    file.close()
    assert doctor()[0]["Spool"] == "ok. 1 file waits to be delivered."
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    lines, _ending = doctor()
    file.path.unlink()
    assert lines["Spool"].startswith("1 of 1 files in SPOOL_DIR cannot be read")
