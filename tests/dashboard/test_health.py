"""Probes answer before host checks and redirects; readiness names what is missing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from dashboard import readiness
from tests.faults.self_signed import broker_behind_tls
from tests.support.people import browser

pytestmark = pytest.mark.django_db
STRANGER = "10.1.2.3:8000"


def test_healthz_answers_under_any_host_name(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["retake.example.com"]
    answer = Client(headers={"host": STRANGER}).get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_not_redirected(settings: Settings, path: str, broker: object) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert browser().get(path).status_code == 200


def test_healthz_needs_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.db.connection.cursor", refuse)
    assert browser().get("/healthz").status_code == 200


def refuse(*_: object, **__: object) -> None:
    raise OperationalError("the password is hunter2")


def test_readyz_says_that_all_is_there(broker: object) -> None:
    answer = browser().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "migrations": "ok", "redis": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_readyz_without_redis(settings: Settings) -> None:
    settings.REDIS_URL = "redis://user:hunter2@127.0.0.1:9/0"
    answer = browser().get("/readyz")
    assert (answer.status_code, answer.json()) == (
        503,
        {"database": "ok", "migrations": "ok", "redis": "Redis cannot be reached. Check REDIS_URL."},
    )


def test_readyz_without_a_database(monkeypatch: pytest.MonkeyPatch, broker: object) -> None:
    monkeypatch.setattr("django.db.connection.ensure_connection", refuse)
    monkeypatch.setattr("django.db.connection.cursor", refuse)
    answer = browser().get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (
        503,
        "The database cannot be reached. Check DATABASE_URL.",
    )
    assert b"hunter2" not in answer.content


def test_readyz_before_the_migrations(broker: object) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="dashboard").delete()
    answer = browser().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"].endswith("migrations are missing. Run: python manage.py migrate")


def test_an_old_database_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "OLDEST_POSTGRES", 99)
    problem = readiness.database()
    assert problem is not None
    assert problem.endswith("Retake needs 99 or later.")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_only_read(path: str) -> None:
    assert browser().post(path).status_code == 405


def test_the_icon_is_found_where_browsers_look_by_themselves() -> None:
    answer = browser().get("/favicon.ico")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/static/icons/favicon.ico")


def test_why_redis_lets_nobody_in_is_said(settings: Settings, broker: object) -> None:
    """In the words of the real server."""
    given = os.environ["REDIS_URL"]
    host = given.rpartition("@")[2]
    asked = [
        f"redis://:hunter2@{host}",
        f"redis://{host}",
        given.removesuffix("/0") + "/999",
    ]
    found = []
    for settings.REDIS_URL in asked:
        settings.REDIS_TLS = {}
        found.append(readiness.broker() or "")
    assert found[:2] == [readiness.REDIS_REFUSES] * 2
    assert "Leave the number out" in found[2]


@pytest.fixture
def self_signed(tmp_path: Path, broker: object) -> Iterator[str]:
    """The URL of the broker behind TLS, with a certificate that it signed itself."""
    with broker_behind_tls(os.environ["REDIS_URL"], tmp_path / "pem") as url:
        yield url


def test_a_self_signed_certificate_is_accepted_only_where_the_setting_says_so(
    settings: Settings, self_signed: str
) -> None:
    settings.REDIS_URL, settings.REDIS_TLS = self_signed, {"ssl_cert_reqs": "required"}
    assert readiness.broker() == readiness.UNVERIFIED
    assert "REDIS_TLS_VERIFY=false" in readiness.UNVERIFIED
    settings.REDIS_TLS = {"ssl_cert_reqs": "none"}
    assert readiness.broker() is None
