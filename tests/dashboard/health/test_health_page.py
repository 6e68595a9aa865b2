"""Each fault has its red line, with the right sentence, on the page of a team and from `doctor` alike."""

import json
import re
import shutil
import smtplib
import time
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
import redis
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import OperationalError, ProgrammingError
from django.utils import timezone
from pytest_django import Settings

from dashboard import readiness
from dashboard.consents.models import Consent
from dashboard.fields import Secret
from dashboard.health import checks, database, findings, machine
from dashboard.health.credentials import gateway
from dashboard.health.findings import BAD, OK, WARN, Finding
from dashboard.models import GatewayConnection, Role, Team, User
from dashboard.processes import degraded, presence, spool
from dashboard.processes.models import Process
from tests.faults import table
from tests.support import people, rows

pytestmark = pytest.mark.django_db


class Injected(NamedTuple):
    """What a fault may change."""

    team: Team
    source: GatewayConnection
    ada: User
    settings: Settings
    patch: pytest.MonkeyPatch


@pytest.fixture
def site(
    team: Team, ada: User, settings: Settings, monkeypatch: pytest.MonkeyPatch, broker: object
) -> Injected:
    """All in order, but for a gateway that nobody asks."""
    for kind in presence.KINDS:
        presence.save(kind, "h:1")
    settings.GATEWAY_URLS, settings.DEMO_GATEWAY = ["http://127.0.0.1:9/v1"], ""
    settings.PUBLIC_URL, settings.SECURE, settings.TRUST_PROXY = "https://retake.example.com", True, True
    monkeypatch.setattr(
        "dashboard.health.credentials.gateway", lambda url: Finding(f"Gateway {url}", OK, "Responds.")
    )
    monkeypatch.setattr("dashboard.health.checks.document_faults", list)
    source = people.connection(team)
    source.remember_check({"read": {"reads_records": True, "sends": True}})
    return Injected(team, source, ada, settings, monkeypatch)


def consent(site: Injected, left: timedelta, **changes: Any) -> None:
    Consent.objects.create(
        team=site.team, connection=site.source, connected_by=site.ada, base_url=site.source.base_url, client_id="c",
        subject="s", workspace_id="w", scopes="gateway:access generations:read", key=Secret("k"),
        expires_at=timezone.now() + left, **changes,
    )  # fmt: skip


def silent(kind: str) -> Callable[[Injected], None]:
    return lambda _: Process.objects.filter(kind=kind).delete() and None


def refusing(fault: Exception) -> Callable[[Injected], None]:
    def inject(site: Injected) -> None:
        site.settings.MAIL_WORKS = True

        class Server:
            def open(self) -> None:
                raise fault

        site.patch.setattr(machine, "get_connection", lambda **_: Server())

    return inject


def lose_key(site: Injected) -> None:
    site.settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]


def old_release(site: Injected) -> None:
    site.patch.setattr(
        readiness, "migrations", lambda: "3 migrations are missing. Run: python manage.py migrate"
    )


def missing_table(site: Injected) -> None:
    def keys(_: object) -> None:
        raise ProgrammingError("no such table")

    site.patch.setattr(checks, "ROWS", (keys,))


def full_disk(site: Injected) -> None:
    usage = shutil.disk_usage("/")._replace(free=50 * 2**20)
    site.patch.setattr(machine.shutil, "disk_usage", lambda _: usage)  # type: ignore[attr-defined]


def hanging_gateway(site: Injected) -> None:
    site.patch.setattr(findings, "NETWORK_SECONDS", 0.05)

    def late(url: str) -> Finding:
        time.sleep(0.3)
        return Finding("late")

    site.patch.setattr("dashboard.health.credentials.gateway", late)


def redis_that(fault: Exception) -> Callable[[Injected], None]:
    class Server:
        def set(self, *_: object, **__: object) -> None:
            raise fault

    return lambda site: site.patch.setattr(presence, "server", Server)


def evicting_redis(site: Injected) -> None:
    real = presence.server()
    memory = {"maxmemory": 10**8, "maxmemory_policy": "allkeys-lru"}
    site.patch.setattr(type(real), "info", lambda *_: memory)


def refused_by_postgres(words: str) -> Callable[[Injected], None]:
    """No connection can be made, for the reason that the server or libpq gives in these words."""

    def connect(**_: object) -> None:
        raise psycopg.OperationalError(f'connection failed: FATAL: {words} "hunter2"')

    def inject(site: Injected) -> None:
        site.patch.setattr(readiness, "database", lambda: readiness.UNREACHABLE)
        site.patch.setattr(database.psycopg, "connect", connect)  # type: ignore[attr-defined]

    return inject


def crowded(used: int, waiting: int = 0) -> Callable[[Injected], None]:
    """So many of 97 connections are in use, and so many statements wait for the one of process 4711."""

    def inject(site: Injected) -> None:
        site.patch.setattr(database, "ACTIVITY", f"SELECT {used}, 97, {waiting}, 12.0, 4711 WHERE %s > 0")

    return inject


def other_worker(site: Injected) -> None:
    Process.objects.filter(kind="worker").update(keys=presence.fingerprint([Fernet.generate_key().decode()]))


def locked_table(site: Injected) -> None:
    def queue(_: object) -> None:
        raise OperationalError(
            "canceling statement due to lock timeout"
        ) from psycopg.errors.LockNotAvailable()

    site.patch.setattr(checks, "_more", [queue])


def beat_behind_redis(site: Injected) -> None:
    silent("beat")(site)
    without_redis(site)


def without_redis(site: Injected) -> None:
    site.settings.REDIS_URL = "redis://:hunter2@127.0.0.1:9/0"


def without_tls(site: Injected) -> None:
    site.settings.PUBLIC_URL, site.settings.SECURE = "http://h", False


def stuck_queue(site: Injected) -> None:
    chat = rows.generation(site.team, site.ada, site.source)
    rows.replay(chat, site.ada, queued_at=timezone.now() - timedelta(seconds=200))


def old_file(site: Injected) -> None:
    file = spool.SpoolFile.create("late")
    file.close()
    site.patch.setattr(machine, "WAITING_SECONDS", -1)


GATEWAY = "Gateway http://127.0.0.1:9/v1"
KEY = "Credentials {source}"
FAULTS: dict[str, tuple[Callable[[Injected], Any], str, str, str]] = {
    "no worker": (silent("worker"), "Worker", BAD, "No worker is running: replays stay queued, and nothing is sent. Start"),
    "no beat": (silent("beat"), "Beat", BAD, "Start a beat process (see the Procfile)."),
    "Redis away": (without_redis, "Redis", BAD, "Redis cannot be reached. Check REDIS_URL."),
    "Redis's password": (
        redis_that(redis.AuthenticationError("invalid username-password pair or user is disabled.")),
        "Redis", BAD, "Redis refuses the user or the password in REDIS_URL",
    ),
    "Redis's ACL": (
        redis_that(redis.exceptions.NoPermissionError("User x has no permissions to run the 'set' command")),
        "Redis", BAD, "may not do what Retake needs",
    ),
    "Redis evicts": (evicting_redis, "Redis", WARN, "Set maxmemory-policy to noeviction"),
    "Redis full": (redis_that(redis.exceptions.OutOfMemoryError("x")), "Redis", BAD, "Give it more memory (maxmemory)."),
    "Redis read-only": (redis_that(redis.ReadOnlyError("x")), "Redis", BAD, "Check that REDIS_URL leads to the primary"),
    "Redis unverified": (
        redis_that(redis.ConnectionError("CERTIFICATE_VERIFY_FAILED")),
        "Redis",
        BAD,
        "Where it is self-signed, as hosted plans have it, set REDIS_TLS_VERIFY=false.",
    ),
    "database read-only": (
        lambda site: site.patch.setattr(degraded, "database_fault", lambda: degraded.DATABASE_READ_ONLY),
        "Database", BAD, "The database is read-only",
    ),
    "database down": (refused_by_postgres("Connection refused"), "Database", BAD, "Nothing listens at the address"),
    "database gone behind a pooler": (
        refused_by_postgres("server closed the connection unexpectedly"), "Database", BAD, "a pooler or proxy whose",
    ),
    "database hangs": (refused_by_postgres("connection timeout expired"), "Database", BAD, "does not answer: it hangs"),
    "database refuses": (refused_by_postgres("password authentication failed"), "Database", BAD, "refuses the user"),
    "no such database": (refused_by_postgres('database "x" does not exist'), "Database", BAD, "Create it (createdb)"),
    "database full": (refused_by_postgres("sorry, too many clients already"), "Database", BAD, "Raise max_connections"),
    "database full for one": (
        refused_by_postgres('too many connections for database "x"'), "Database", BAD, "Raise max_connections",
    ),
    "database forbidden": (
        refused_by_postgres('permission denied for database "x"'), "Database", BAD, "may not connect to this database",
    ),
    "database closed": (
        refused_by_postgres('database "x" is not currently accepting connections'), "Database", BAD, "takes no connections",
    ),
    "client certificate": (
        refused_by_postgres("connection requires a valid client certificate"), "Database", BAD, "asks for a client",
    ),
    "database gone in words unknown": (refused_by_postgres("?"), "Database", BAD, readiness.UNREACHABLE),
    "all connections in use": (crowded(97), "Database", BAD, "97 of 97 connections are in use. " + database.FULL),
    "most connections in use": (crowded(90), "Database", WARN, "90 of 97 connections are in use."),
    "a lock": (crowded(9, 2), "Database", BAD, "A lock holds up 2 statements; the oldest began 12 s ago. Process 4711 of"),
    "a locked table": (locked_table, "Queue", BAD, "The database is busy. pg_stat_activity tells who holds the lock."),
    "beat behind Redis": (beat_behind_redis, "Beat", WARN, "Not known while Redis is unavailable"),
    "a worker's other keys": (other_worker, "Keys", BAD, "other FIELD_ENCRYPTION_KEYS than this process: h:1."),
    "old release on new tables": (old_release, "Migrations", BAD, "Run: python manage.py migrate"),
    "missing table": (missing_table, "Keys", BAD, "Run: python manage.py prepare"),
    "queue stuck": (stuck_queue, "Queue", BAD, "See whether Worker, Redis and Beat are in order here"),
    "gateway down": (
        lambda site: site.patch.setattr("dashboard.health.credentials.gateway", gateway),
        GATEWAY, BAD, "Retake could not connect to the gateway's address.",
    ),
    "gateway hangs": (hanging_gateway, GATEWAY, BAD, findings.LATE),
    "consent ends": (lambda site: consent(site, timedelta(hours=5)), KEY, WARN, "The consent ends in 5 h"),
    "consent ended": (lambda site: consent(site, timedelta(hours=-5)), KEY, BAD, "An admin presses Reconnect"),
    "consent refused": (
        lambda site: consent(site, timedelta(days=5), refused="key_expired"), KEY, BAD, "The gateway turned its key down",
    ),
    "address not allowed": (
        lambda site: setattr(site.settings, "GATEWAY_URLS", ["https://other.example/v1"]), KEY, BAD, "GATEWAY_URLS",
    ),
    "never tested": (
        lambda site: GatewayConnection.objects.update(checked_at=None, check_result=None), KEY, WARN, "Press Test in the",
    ),
    "test found a fault": (
        lambda site: site.source.remember_check({"read": {"fault": "The key is disabled.", "advice": "Turn it on."}}),
        KEY, BAD, "The key is disabled. Turn it on.",
    ),
    "wrong field key": (lose_key, "Keys", BAD, "FIELD_ENCRYPTION_KEYS does not open the keys of"),
    "wrong field key, its connection": (lose_key, KEY, BAD, "no longer opens the lookup key"),
    "mail refuses": (refusing(smtplib.SMTPAuthenticationError(1, b"hunter2")), "Mail", BAD, "in EMAIL_URL"),
    "mail away": (refusing(ConnectionRefusedError("hunter2")), "Mail", BAD, "Check host, port and TLS in EMAIL_URL."),
    "clock off": (lambda site: site.patch.setattr(machine, "CLOCK_SECONDS", -1), "Clock", BAD, "time synchronization"),
    "disk full": (full_disk, "Disk", BAD, "50 MB are free on the disk of SPOOL_DIR"),
    "spool unusable": (lambda site: setattr(site.settings, "SPOOL_DIR", "/proc/no"), "Spool", BAD, "and cannot be made"),
    "spool waits": (old_file, "Spool", WARN, "Start a worker with this disk"),
    "DEBUG": (lambda site: setattr(site.settings, "DEBUG", True), "DEBUG", BAD, "Set DEBUG=false and restart."),
    "no TLS": (
        without_tls,
        "Address", WARN, "Put a proxy with TLS in front",
    ),
    "no proxy": (lambda site: setattr(site.settings, "TRUST_PROXY", False), "Address", WARN, "set it to true."),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_red_with_the_right_sentence(name: str, site: Injected) -> None:
    inject, line, level, sentence = FAULTS[name]
    inject(site)
    found = {finding.name: finding for finding in checks.findings(site.team)}
    for path in spool.files() if name == "spool waits" else []:
        path.unlink()
    finding = found[line.format(source=site.source.name)]
    assert (finding.level, sentence in finding.said) == (level, True), finding
    assert not any("hunter2" in other.said for other in found.values())


def test_the_page_is_for_admins_all_green_when_all_is_well_and_names_no_other_team(site: Injected) -> None:
    other = people.team("blue-whale")
    people.connection(other, "https://elsewhere.example/v1")
    consent(site, timedelta(days=5))
    site.settings.GATEWAY_URLS = ["http://127.0.0.1:9/v1", "https://elsewhere.example/v1"]
    address = f"/t/{site.team.slug}/settings/health"
    statuses = [
        people.browser(people.person(site.team, role)).get(address).status_code
        for role in (Role.VIEWER, Role.MEMBER)
    ]
    assert statuses == [403, 403]
    page = people.html(people.browser(people.person(site.team, Role.ADMIN)).get(address))
    count = len(checks.findings(site.team))
    assert (count >= 15, f"All {count} checks passed" in page) == (True, True)
    assert "/help/operating#" not in page
    fine = page.partition("<h2>Passed</h2>")[2].partition("</dl>")[0]
    assert ("Can send replays" in fine, fine.count("<dt>")) == (True, count)
    assert all(line.said for line in checks.findings(site.team))
    silent("worker")(site)
    page = people.html(people.browser(people.person(site.team, Role.OWNER)).get(address))
    assert f"1 of {count} checks failed." in page
    assert f"<strong>Worker</strong><p>{degraded.NO_WORKER}" in page
    assert "elsewhere" not in page
    assert "blue-whale" not in page
    guide = people.html(people.browser(people.person(site.team, Role.VIEWER)).get("/help/operating"))
    (section,) = set(re.findall(r'href="/help/operating#([^"]+)"', page))
    assert (section, f'<h3 id="{section}">Worker</h3>' in guide) == ("worker", True)
    assert [line.section for line in checks.findings() if f'<h3 id="{line.section}">' not in guide] == []


def test_every_fault_that_is_really_injected_is_red_here_or_said_not_to_be() -> None:
    """`make faults` looks at the page while each lasts; its rows, these, and the guide's table are the same."""
    modules = sorted(Path("tests/faults").glob("*_faults.py"))
    for path in modules:
        import_module(f"tests.faults.{path.stem}")
    assert len(table.FAULTS) == sum(path.read_text().count("\n@fault(") for path in modules) >= 32
    reds = {name: fault.red for name, fault in table.FAULTS.items() if fault.red}
    here = [(line, sentence) for _, line, level, sentence in FAULTS.values() if level == BAD]
    shown = {
        name: any(line.startswith(red.line) and (red.said in said or said in red.said) for line, said in here)
        for name, red in reds.items()
    }
    assert [name for name in shown if not shown[name]] == []
    assert table.health_table() in Path("docs/operating.md").read_text()


def test_a_lost_key_of_another_team_is_not_on_the_page(site: Injected) -> None:
    kept, site.settings.FIELD_ENCRYPTION_KEYS = (
        site.settings.FIELD_ENCRYPTION_KEYS,
        [Fernet.generate_key().decode()],
    )
    people.connection(people.team("blue-whale"))
    site.settings.FIELD_ENCRYPTION_KEYS = kept
    assert {line.level for line in checks.findings(site.team) if line.name == "Keys"} == {OK}
    assert any("blue-whale" in line.said for line in checks.findings() if line.name == "Keys")


def test_a_new_team_is_asked_to_connect_and_doctor_ends_well_with_warnings(site: Injected) -> None:
    site.source.delete()
    assert [line.level for line in checks.findings(site.team) if line.name == "Credentials"] == [WARN]
    out = StringIO()
    call_command("doctor", stdout=out)
    assert re.search(r"^Worker: ok\. Last heard from \d+ s ago\.$", out.getvalue(), re.MULTILINE)
    lose_worker = silent("worker")
    lose_worker(site)
    out = StringIO()
    with pytest.raises(CommandError, match=r"^1 of \d+ checks failed\. What to do: docs/operating\.md$"):
        call_command("doctor", "--json", stdout=out)
    (red,) = [line for line in json.loads(out.getvalue()) if line["level"] == BAD]
    assert red == {
        "name": "Worker",
        "level": BAD,
        "said": degraded.NO_WORKER,
        "guide": "docs/operating.md#worker",
    }
