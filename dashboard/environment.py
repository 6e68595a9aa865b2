"""Reads the environment for `settings.py`: each variable also as `NAME_FILE`, each fault one sentence."""

import base64
import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, parse_qsl, urlsplit

import dj_database_url
from environs import Env, EnvError
from redis import RedisError
from redis.connection import ConnectionPool, parse_url

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
    "ALLOWED_HOSTS": "host names such as retake.example.com, comma-separated, without scheme, port or path",
    "CSRF_TRUSTED_ORIGINS": "origins such as https://retake.example.com, comma-separated",
    "DEFAULT_FROM_EMAIL": "for example Retake <retake@example.com>",
    "METRICS_TOKEN": "random characters, at least 20; who asks for /metrics sends them as `Authorization: Bearer ...`",
    "LOG_LEVEL": "DEBUG, INFO, WARNING, ERROR or CRITICAL",
    "GATEWAY_URLS": "comma-separated base URLs such as https://api.phaseo.app/v1",
}


CONSOLE = "django.core.mail.backends.console.EmailBackend"
LONGEST_NAME = 63  # characters that PostgreSQL keeps of a name
# A server that vanished without a word is noticed within half a minute, not in the two hours of the kernel.
LIVENESS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}


LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
HOST = re.compile(r"\*|\.?[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_.])?|\[[0-9a-f:.]{2,45}\]", re.IGNORECASE)
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
PRINTABLE = re.compile(r"[ -~]*")
ADDRESS = re.compile(r"([^<>@,;\"]*<)?[^\s<>@,;\"]+@[a-z0-9][a-z0-9.-]*>?", re.IGNORECASE)
MAIL_OPTIONS = ("tls", "ssl", "timeout", "_server_email", "_default_from_email")
ON, OFF = ("1", "y", "yes", "t", "true", "on"), ("0", "n", "no", "f", "false", "off")
LEAST_DIFFERENT = 5  # characters of a secret; Django's own check asks for as many


class SettingRefused(SystemExit):
    """A setting that stops the start. Its text is the one sentence that the operator reads."""


def refuse(name: str, what: str) -> NoReturn:
    """Stop with one sentence that names the variable. Raises SettingRefused."""
    hint = HINTS.get(name)
    raise SettingRefused(f"{name} {what}." if hint is None else f"{name} {what}: set it to {hint}.")


def _split(url: str) -> SplitResult | None:
    """The parts of an http or https URL with a host; None when it is none."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        return None
    return parts if fits and url.isprintable() and " " not in url else None


def _is_host(name: str) -> bool:
    """Whether a resolver would take it: no label is empty or longer than 63 characters."""
    return all(0 < len(label) < 64 for label in name.removesuffix(".").split("."))


def host_of(url: str) -> str:
    """The host of an origin, as ALLOWED_HOSTS has it."""
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


def _origin(url: str) -> str:
    """An origin as browsers write it: in small letters, without the scheme's own port."""
    url = url.lower()
    return url.removesuffix({"https": ":443", "http": ":80"}.get(url.partition("://")[0], ""))


def _is_fernet_key(key: str) -> bool:
    """Whether it is 32 bytes in URL-safe base64. The package itself would cost beat, which encrypts nothing, 7 MiB."""
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except ValueError:
        return False


def _is_origin(url: str) -> bool:
    parts = _split(url)
    return parts is not None and url == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc


def _masked(url: str) -> str:
    """The URL without what may be a password or a key."""
    before, at, host = url.partition("?")[0].rpartition("@")
    scheme, slashes, _ = before.partition("//")
    return f"{scheme if slashes else ''}{slashes}...@{host}" if at else host


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
        except (EnvError, ValueError, KeyError):
            # A mail URL holds a password, which must not reach a log.
            refuse(
                name, "cannot be read" if kind == "dj_email_url" else f"is {text!r}, which is no valid {kind}"
            )
        finally:
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before

    def text(self, name: str, default: str = "") -> str:
        text = self.values.get(name) or self._from_file(f"{name}_FILE") or default
        if text.isspace():
            refuse(name, "holds nothing but spaces")
        return text if "\0" not in text else refuse(name, "holds a NUL")

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

    def number(self, name: str, default: int, *, least: int = 1, most: int) -> int:
        """A whole number from `least` to `most`."""
        number = int(self._read("int", name, default))
        if not least <= number <= most:
            refuse(name, f"is {number}, and must be from {least} to {most}")
        return number

    def log_level(self, name: str, default: str) -> str:
        """The name of a level, in capitals."""
        level = self.text(name, default).upper()
        return level if level in LOG_LEVELS else refuse(name, f"is {level!r}, which is no level")

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """A word of `choices`, the first of which is the default."""
        word = self.text(name, choices[0]).lower()
        return word if word in choices else refuse(name, f"is {word!r}, and must be {' or '.join(choices)}")

    def token(self, name: str, default: str) -> str:
        """Letters, digits, `_` and `-`, for the names of cookies."""
        text = self.text(name, default)
        return text if TOKEN.fullmatch(text) else refuse(name, "may hold letters, digits, _ and - only")

    def printable(self, name: str) -> str:
        """Printable ASCII, such as an OAuth client ID; empty when not set."""
        text = self.text(name)
        return (
            text if PRINTABLE.fullmatch(text) else refuse(name, "holds something else than printable ASCII")
        )

    def sender(self, name: str, default: str) -> str:
        """A mail address with or without a name."""
        text = self.text(name, default)
        fits = ADDRESS.fullmatch(text) and ("<" in text) == text.endswith(">") and text.isprintable()
        return text if fits else refuse(name, f"is {text!r}, which is no mail address")

    def hosts(self, name: str, default: list[str]) -> list[str]:
        """Host names as Django's ALLOWED_HOSTS has them."""
        names = self.items(name, default)
        wrong = next((host for host in names if not HOST.fullmatch(host)), None)
        return names if wrong is None else refuse(name, f"holds {_masked(wrong)!r}, which is no host name")

    def origins(self, name: str, default: list[str]) -> list[str]:
        """Origins as Django's CSRF_TRUSTED_ORIGINS has them: `https://*.example.com` is one."""
        names = [_origin(text) for text in self.items(name, default)]
        wrong = next((text for text in names if not _is_origin(text.replace("://*.", "://", 1))), None)
        return names if wrong is None else refuse(name, f"holds {_masked(wrong)!r}, which is no origin")

    def items(self, name: str, default: list[Any]) -> list[Any]:
        return [item.strip() for item in self.text(name).split(",") if item.strip()] or default

    def secret(self, name: str) -> str:
        text = self.text(name)
        if len(text) < 50:
            refuse(name, "is missing" if not text else "is too short")
        return text if len(set(text)) >= LEAST_DIFFERENT else refuse(name, "is not random")

    def secret_or_none(self, name: str, least: int) -> str:
        """At least so many printable ASCII characters, no space among them; empty where it is not set."""
        text = self.printable(name)
        if 0 < len(text) < least:
            refuse(name, f"is shorter than {least} characters")
        if " " in text:
            refuse(name, "holds a space")
        return text if not text or len(set(text)) >= LEAST_DIFFERENT else refuse(name, "is not random")

    def sentry(self, name: str) -> str:
        """Where errors are reported to; empty where it is not set. It needs the package, which is not always there."""
        text = self.text(name)
        parts = _split(text)
        if text and not (parts and parts.username and parts.path.rpartition("/")[2].isdigit()):
            refuse(name, "is no DSN")
        if text and find_spec("sentry_sdk") is None:
            refuse(name, "is set, which needs `pip install -r requirements-telemetry.txt`")
        return text

    def secrets(self, name: str) -> list[str]:
        """Several of them, comma-separated; none where it is not set."""
        found: list[str] = self.items(name, [])
        wrong = any(len(text) < 50 or len(set(text)) < LEAST_DIFFERENT for text in found)
        return refuse(name, "holds one that is too short or not random") if wrong else found

    def fernet_keys(self, name: str) -> list[str]:
        """Fernet keys, the first of which encrypts."""
        keys = self.items(name, [])
        if not all(map(_is_fernet_key, keys)):
            refuse(name, "holds something that is not a Fernet key")
        return keys or refuse(name, "is missing")

    def public_url(self, name: str) -> str:
        """The origin, without a trailing slash; empty when not set."""
        text = _origin(self.text(name).rstrip("/"))
        if text and not (_is_origin(text) and "*" not in text and HOST.fullmatch(host_of(text))):
            refuse(name, f"is {_masked(text)!r}, which is no origin")
        return text

    def gateway_urls(self, name: str, default: list[str]) -> list[str]:
        urls = list(dict.fromkeys(url.rstrip("/") for url in self.items(name, default)))
        for url in urls:
            parts = _split(url)
            if parts is None or "?" in url or "#" in url or parts.username is not None:
                refuse(name, f"holds {_masked(url)!r}, which is no http or https URL")
        return urls

    def database(self, name: str, pool_size: int) -> dict[str, Any]:
        """Django's description of the PostgreSQL at `postgres://user:password@host:port/name?sslmode=...`."""
        text = self.text(name) or refuse(name, "is missing")
        try:
            parsed: dict[str, Any] = dict(dj_database_url.parse(text))
        except (ValueError, KeyError):
            refuse(name, "cannot be read")
        if "postgresql" not in str(parsed["ENGINE"]) or not parsed["NAME"]:
            refuse(name, "is no PostgreSQL URL with a database name")
        if len(str(parsed["NAME"])) > LONGEST_NAME:
            refuse(name, f"has a database name of more than {LONGEST_NAME} characters")
        if options := parsed.get("OPTIONS"):
            self._check_options(name, options)
        pool = {"min_size": 0, "max_size": pool_size, "timeout": 10, "max_idle": 60, "reconnect_timeout": 1}
        return {
            **parsed,
            "CONN_MAX_AGE": 0,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {**LIVENESS, **parsed.get("OPTIONS", {}), "pool": pool},
        }

    def _check_options(self, name: str, options: dict[str, Any]) -> None:
        # 8 MiB that beat, which asks no database, does without
        from psycopg import ProgrammingError, conninfo, pq

        names = ", ".join(sorted(options))
        try:
            tried = conninfo.make_conninfo("", **{**options, "host": "/"})
        except (ProgrammingError, TypeError):
            refuse(name, f"has options that PostgreSQL does not know ({names})")
        # libpq looks at the values before it looks for a server, which is not at this place.
        fits = b"connection to server" in pq.PGconn.connect_start(tried.encode()).error_message
        numbers = [str(options[number]) for number in LIVENESS if number in options]
        if not (fits and all(number.lstrip("-").isdecimal() for number in numbers)):
            refuse(name, f"has an option with a value that PostgreSQL does not take ({names})")

    def redis(self, name: str) -> str:
        text = self.text(name) or refuse(name, "is missing")
        if not text.startswith(("redis://", "rediss://", "unix://")) or any(map(str.isspace, text)):
            refuse(name, "is no redis://, rediss:// or unix:// URL")
        try:
            given: dict[str, Any] = parse_url(text)  # type: ignore[no-untyped-call]
            ConnectionPool.from_url(text).make_connection()  # asks nobody
        except (ValueError, TypeError, AttributeError, RedisError):
            refuse(name, "cannot be read, or has an option that is not known")
        place = urlsplit(text).path.strip("/")
        fits = bool(place) if text.startswith("unix://") else not place or place.isdecimal()
        if not fits or given.get("db", 0) < 0 or not _is_host(given.get("host", "localhost")):
            refuse(name, "names no server, or a database that is no number")
        return text

    def redis_tls(self, name: str, url: str) -> dict[str, str]:
        """What every client of Redis adds to a `rediss://` URL: whether the server's certificate is verified."""
        verify = self.flag(name, default=True)
        return {"ssl_cert_reqs": "required" if verify else "none"} if url.startswith("rediss://") else {}

    def email(self, name: str) -> dict[str, Any]:
        """Django's EMAIL_* settings out of `smtp://user:password@host:587?tls=true`; without one, the console."""
        options = dict(self._read("dj_email_url", name, None) or {"EMAIL_BACKEND": CONSOLE})
        if "EMAIL_BACKEND" not in options:
            refuse(name, "is no mail URL")
        is_smtp = options["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
        if is_smtp and not _is_host(options.get("EMAIL_HOST") or ""):
            refuse(name, "names no mail server")
        self._check_mail_options(name, dict(parse_qsl(urlsplit(self.text(name)).query)))
        return options

    def _check_mail_options(self, name: str, given: dict[str, str]) -> None:
        """What is not understood would be left out, and passwords sent in the clear."""
        if wrong := next((option for option in given if option not in MAIL_OPTIONS), None):
            refuse(name, f"has the option {wrong!r}, and must have {' or '.join(MAIL_OPTIONS[:3])}")
        switches = [given[option].lower() for option in ("tls", "ssl") if option in given]
        if any(value not in (*ON, *OFF) for value in switches):
            refuse(name, "has a tls or ssl that is neither true nor false")
        if len(switches) == 2 and all(value in ON for value in switches):
            refuse(name, "has tls and ssl, which exclude each other")

    def cookie_names(self) -> tuple[str, str]:
        """Session and CSRF cookie names; two checkouts on one loopback host (cookies ignore ports) keep apart."""
        mark = self.token("COOKIE_PREFIX", "retake")
        return f"{mark}_session", f"{mark}_csrf"
