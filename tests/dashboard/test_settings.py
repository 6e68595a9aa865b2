"""The settings file in a process of its own, with the environment of a real deployment."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "DATABASE_URL": "postgres://retake:word@db.example.com:5432/retake",
    "REDIS_URL": "rediss://:word@redis.example.com:6379/0",
    "SECRET_KEY": secrets.token_urlsafe(48),
    "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "PUBLIC_URL": "https://retake.example.com",
    "TRUST_PROXY": "1",
}
SHOW = "from django.conf import settings; print({names})"


def run(*command: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Python in the checkout, with nothing but PATH and the production environment, changed."""
    values = (
        PRODUCTION | {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "dashboard.settings"} | changes
    )
    environment = {name: value for name, value in values.items() if value is not None}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def show(*names: str, **changes: str | None) -> str:
    """The values of some settings, printed."""
    return run(
        "-c", SHOW.format(names=", ".join(f"settings.{name}" for name in names)), **changes
    ).stdout.strip()


def test_check_deploy_is_clean() -> None:
    """Silenced are the two about https of other names, which the operator decides by settings."""
    done = run("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (2 silenced).\n"), (
        done.stderr
    )


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
def test_a_missing_setting_stops_the_start_with_one_sentence(name: str) -> None:
    done = run("manage.py", "check", **{name: None})
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout, line.split(":")[0]) == (1, "", f"{name} is missing")


def test_the_cookies_are_for_https_only_where_the_address_is_https() -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
    assert show(*names) == "True True 31536000"
    assert show(*names, PUBLIC_URL=None, ALLOWED_HOSTS="localhost") == "False False 0"


def test_hosts_and_origins_come_from_the_public_address() -> None:
    assert (
        show("ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS")
        == "['retake.example.com'] ['https://retake.example.com']"
    )


def test_https_is_only_enforced_where_a_proxy_can_tell() -> None:
    """Without TRUST_PROXY every request looks like plain HTTP, and each redirect would lead to the next."""
    assert (
        show("SECURE_SSL_REDIRECT", "SECURE_PROXY_SSL_HEADER") == "True ('HTTP_X_FORWARDED_PROTO', 'https')"
    )
    assert show("SECURE_SSL_REDIRECT", "SECURE_PROXY_SSL_HEADER", TRUST_PROXY=None) == "False None"


def test_addresses_for_limits_come_from_the_proxy_only_where_it_is_trusted() -> None:
    assert show("ALLAUTH_TRUSTED_PROXY_COUNT") == "1"
    assert show("ALLAUTH_TRUSTED_PROXY_COUNT", TRUST_PROXY=None) == "0"


def test_the_models_and_the_migrations_agree() -> None:
    done = run(
        "manage.py",
        "makemigrations",
        "--check",
        "--dry-run",
        "dashboard",
        "generations",
        DATABASE_URL=os.environ["DATABASE_URL"],
    )
    assert (done.returncode, done.stdout.startswith("No changes detected")) == (0, True), done.stdout
