"""Probes answer before host checks and redirects; readiness names what is missing."""

import os
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from dashboard import readiness
from dashboard.local.system import LOOPBACK
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


@pytest.fixture
def self_signed(tmp_path: Path, broker: object) -> Iterator[str]:
    """The URL of the broker behind TLS, with a certificate that it signed itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "h")]),
    )
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "pem").write_bytes(
        key.private_bytes(*form) + made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")

    there = urlsplit(os.environ["REDIS_URL"])

    class Talk(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                suppress(OSError),
                socket.create_connection((LOOPBACK, there.port or 0)) as back,
                context.wrap_socket(self.request, server_side=True) as line,
            ):
                other = threading.Thread(target=pump, args=[back, line], daemon=True)
                other.start()
                pump(line, back)
                back.shutdown(socket.SHUT_RDWR)
                other.join()

    with socketserver.ThreadingTCPServer((LOOPBACK, 0), Talk) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"rediss://:{there.password}@{LOOPBACK}:{server.server_address[1]}/0"
        server.shutdown()


def pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(4096):
            target.sendall(data)


def test_a_self_signed_certificate_is_accepted_only_where_the_setting_says_so(
    settings: Settings, self_signed: str
) -> None:
    settings.REDIS_URL, settings.REDIS_TLS = self_signed, {"ssl_cert_reqs": "required"}
    assert readiness.broker() == readiness.UNVERIFIED
    assert "REDIS_TLS_VERIFY=false" in readiness.UNVERIFIED
    settings.REDIS_TLS = {"ssl_cert_reqs": "none"}
    assert readiness.broker() is None
