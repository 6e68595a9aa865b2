"""Each fault has its red line, with the right sentence, on the page of a team and from `doctor` alike."""

import shutil
import smtplib
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any, NamedTuple

import pytest
import redis
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import ProgrammingError
from django.utils import timezone
from pytest_django import Settings

from dashboard import readiness
from dashboard.consents.models import Consent
from dashboard.fields import Secret
from dashboard.health import checks, findings, machine
from dashboard.health.findings import BAD, OK, WARN, Finding
from dashboard.models import GatewayConnection, Role, Team, User
from dashboard.processes import degraded, presence, spool
from dashboard.processes.models import Process
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
    "Redis full": (redis_that(redis.exceptions.OutOfMemoryError("x")), "Redis", BAD, "Give it more memory (maxmemory)."),
    "Redis read-only": (redis_that(redis.ReadOnlyError("x")), "Redis", BAD, "Check that REDIS_URL leads to the primary"),
    "database read-only": (
        lambda site: site.patch.setattr(degraded, "database_fault", lambda: degraded.DATABASE_READ_ONLY),
        "Database", BAD, "The database is read-only",
    ),
    "database away": (
        lambda site: site.patch.setattr(readiness, "database", lambda: readiness.UNREACHABLE),
        "Database", BAD, "Check DATABASE_URL.",
    ),
    "old release on new tables": (old_release, "Migrations", BAD, "Run: python manage.py migrate"),
    "missing table": (missing_table, "Keys", BAD, "Run: python manage.py prepare"),
    "queue stuck": (stuck_queue, "Queue", BAD, "See whether Worker, Redis and Beat are in order here"),
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
    "wrong field key": (lose_key, "Keys", BAD, "Put back the key with which they were saved"),
    "wrong field key, its connection": (lose_key, KEY, BAD, "no longer opens the lookup key"),
    "mail refuses": (refusing(smtplib.SMTPAuthenticationError(1, b"hunter2")), "Mail", BAD, "in EMAIL_URL"),
    "mail away": (refusing(ConnectionRefusedError("hunter2")), "Mail", BAD, "Check host, port and TLS in EMAIL_URL."),
    "clock off": (lambda site: site.patch.setattr(machine, "CLOCK_SECONDS", -1), "Clock", BAD, "time synchronization"),
    "disk full": (full_disk, "Disk", BAD, "50 MB are free on the disk of SPOOL_DIR"),
    "spool unusable": (lambda site: setattr(site.settings, "SPOOL_DIR", "/proc/nowhere"), "Spool", BAD, "SPOOL_DIR cannot"),
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
    fine = page.partition("<h2>Passed</h2>")[2].partition("</dl>")[0]
    assert ("Can send replays" in fine, fine.count("<dt>")) == (True, count)
    assert all(line.said for line in checks.findings(site.team))
    silent("worker")(site)
    page = people.html(people.browser(people.person(site.team, Role.OWNER)).get(address))
    assert f"1 of {count} checks failed." in page
    assert f"<strong>Worker</strong><p>{degraded.NO_WORKER}" in page
    assert "elsewhere" not in page
    assert "blue-whale" not in page


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
    assert "Worker: ok. Last heard from 0 s ago." in out.getvalue()
    lose_worker = silent("worker")
    lose_worker(site)
    with pytest.raises(CommandError, match=r"^1 of \d+ checks failed\.$"):
        call_command("doctor", stdout=out)
