"""Reads the environment for `settings.py`: each variable also as `NAME_FILE`, each fault one sentence."""

import os
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import dj_database_url
from cryptography.fernet import Fernet
from environs import Env, EnvError

from dashboard.local.state import read_env

HINTS = {
    "DATABASE_URL": "for example postgres://user:password@host:5432/name. To try Retake on this machine run `make up`",
    "REDIS_URL": "for example redis://host:6379/0. To try Retake on this machine run `make up`",
    "SECRET_KEY": "at least 50 random characters",
    "FIELD_ENCRYPTION_KEYS": (
        "one or more Fernet keys, comma-separated. Make one with "
        '`python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"`'
    ),
    "PUBLIC_URL": "the address in the browser, such as https://retake.example.com, without a path",
    "EMAIL_URL": "for example smtp://user:password@mail.example.com:587?tls=true",
    "GATEWAY_URLS": "comma-separated base URLs such as https://api.phaseo.app/v1",
}


# A server that vanished without a word is noticed within half a minute, not in the two hours of the kernel.
LIVENESS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}


class Refused(SystemExit):
    """A setting that stops the start. Its text is the one sentence that the operator reads."""


def refuse(name: str, what: str) -> NoReturn:
    """Stop with one sentence that names the variable. Raises Refused."""
    hint = HINTS.get(name)
    raise Refused(f"{name} {what}." if hint is None else f"{name} {what}: set it to {hint}.")


class Environment:
    """The process's environment; where it has no DATABASE_URL, `.local/env` of a running `make up`."""

    def __init__(self, root: Path) -> None:
        self.values = dict(os.environ)
        if not self.is_set("DATABASE_URL"):
            self.values = {**read_env(root), **self.values}

    def is_set(self, name: str) -> bool:
        return bool(self.text(name))

    def _read(self, kind: str, name: str, default: Any) -> Any:
        text = self.text(name)
        if not text:
            return default
        reader = Env(eager=True)
        before, os.environ[name] = os.environ.get(name), text
        try:
            return getattr(reader, kind)(name)
        except (EnvError, ValueError):
            # A mail URL holds a password, which must not reach a log.
            refuse(
                name,
                "cannot be read" if kind == "dj_email_url" else f"is {text!r}, which is not a valid {kind}",
            )
        finally:
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name) or self._from_file(f"{name}_FILE") or default

    def _from_file(self, name: str) -> str:
        """The content of the file that the variable `name` names; empty when it is not set."""
        path = self.values.get(name)
        if not path:
            return ""
        try:
            return Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError):
            refuse(name, f"is {path!r}, which is no text file that can be read")

    def flag(self, name: str, default: bool) -> bool:
        return bool(self._read("bool", name, default))

    def number(self, name: str, default: int) -> int:
        """A whole number, 0 or more."""
        number = int(self._read("int", name, default))
        return number if number >= 0 else refuse(name, f"is {number}, and must be 0 or more")

    def items(self, name: str, default: list[Any]) -> list[Any]:
        return [item.strip() for item in self.text(name).split(",") if item.strip()] or default

    def secret(self, name: str) -> str:
        text = self.text(name)
        if len(text) < 50:
            refuse(name, "is missing" if not text else "is too short")
        return text

    def fernet_keys(self, name: str) -> list[str]:
        """Fernet keys, the first of which encrypts."""
        keys = self.items(name, [])
        for key in keys:
            try:
                Fernet(key)
            except ValueError:
                refuse(name, "holds something that is not a Fernet key")
        return keys or refuse(name, "is missing")

    def public_url(self, name: str) -> str:
        """The origin, without a trailing slash; empty when not set."""
        text = self.text(name).rstrip("/")
        if text and (
            urlsplit(text).scheme not in ("http", "https")
            or urlsplit(text).path
            or not urlsplit(text).hostname
        ):
            refuse(name, f"is {text!r}, which is no origin")
        return text

    def gateway_urls(self, name: str, default: list[str]) -> list[str]:
        urls = [url.rstrip("/") for url in self.items(name, default)]
        for url in urls:
            if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
                refuse(name, f"holds {url!r}, which is no http or https URL")
        return urls

    def database(self, name: str, pool_size: int) -> dict[str, Any]:
        """Django's description of the PostgreSQL at `postgres://user:password@host:port/name?sslmode=...`."""
        text = self.text(name) or refuse(name, "is missing")
        try:
            parsed: dict[str, Any] = dict(dj_database_url.parse(text))
        except ValueError:
            refuse(name, "cannot be read")
        if "postgresql" not in str(parsed["ENGINE"]) or not parsed["NAME"]:
            refuse(name, "is no PostgreSQL URL with a database name")
        pool = {"min_size": 0, "max_size": pool_size, "timeout": 10, "max_idle": 60, "reconnect_timeout": 1}
        return {
            **parsed,
            "CONN_MAX_AGE": 0,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {**LIVENESS, **parsed.get("OPTIONS", {}), "pool": pool},
        }

    def redis(self, name: str) -> str:
        text = self.text(name) or refuse(name, "is missing")
        if urlsplit(text).scheme not in ("redis", "rediss", "unix"):
            refuse(name, "is no redis://, rediss:// or unix:// URL")
        return text

    def redis_ssl(self, url: str) -> dict[str, Any] | None:
        """TLS options for the broker: hosted Redis plans use self-signed certificates."""
        import ssl

        return {"ssl_cert_reqs": ssl.CERT_NONE} if url.startswith("rediss://") else None

    def email(self, name: str, default: str) -> dict[str, Any]:
        """Django's EMAIL_* settings out of `smtp://user:password@host:587?tls=true`."""
        options = self._read("dj_email_url", name, None)
        return (
            dict(options) if options else {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
        )

    def cookie_names(self) -> tuple[str, str]:
        """Session and CSRF cookie names; two checkouts on one loopback host (cookies ignore ports) keep apart."""
        mark = self.text("COOKIE_PREFIX", "retake")
        return f"{mark}_session", f"{mark}_csrf"
