"""Every setting of the source, with every kind of bad value: one sentence that names it, never a traceback."""

import os
import re
import runpy
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.environment import SettingRefused
from tests.support.processes import BEAT, WORKER

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "dashboard" / "settings.py").read_text() + (
    ROOT / "dashboard" / "environment.py"
).read_text()
READ = sorted(
    set(re.findall(r'(?:env|self)\.(\w+)\(\s*"([A-Z_]+)"', SOURCE))
    - {("is_set", "EMAIL_URL")}
    - {("is_set", "DATABASE_URL")}
)
GOOD = {
    "DATABASE_URL": "postgres://retake:hunter2@db.example.com:5432/retake",
    "REDIS_URL": "rediss://:hunter2@redis.example.com:6379/0",
    "SECRET_KEY": "hunter2" * 10,
    "FIELD_ENCRYPTION_KEYS": urlsafe_b64encode(b"k" * 32).decode(),
    "PUBLIC_URL": "https://retake.example.com",
}
URLS = [
    "nonsense",
    "http://[",
    "http://h:port/x",
    "http://h:99999999/x",
    "//h",
    "http://",
    "http://a b/",
    "http://a..b/",
    f"http://{'a' * 64}.example.com/",
    "\x01",
]
# By the method that reads it. What a reader takes as it is (a host to listen at) has no bad value before it is used.
BAD: dict[str, list[str]] = {
    "flag": ["perhaps", "2", "-1", "yes please"],
    "number": ["0", "-1", "1.5", "many", "1e3", "999999999999", "١x", " ", "0x10"],
    "secret": ["short", " ", "a" * 60, " " * 60],
    "secrets": ["short", f"{'hunter2' * 10},short", "a" * 60],
    "fernet_keys": ["abc", "ü" * 44, f"{GOOD['FIELD_ENCRYPTION_KEYS']},abc", ","],
    "public_url": [*URLS, "https://h/path", "https://u:hunter2@h", "https://h?q=1", "ftp://h", "retake.example.com",
        "https://höst", "https://*.h"],
    "hosts": ["https://h", "h/path", "a b", "h:8000", "höst", ";"],
    "origins": ["h", "https://h/path", "*", "ftp://h", "https://"],
    "gateway_urls": [*URLS, "ftp://h/v1", "https://u:hunter2@h/v1", "https://h/v1?key=hunter2",
        "https://h/v1?", "https://h/v1#", "api.example.com"],
    "database": [*URLS, "mysql://u:hunter2@h/n", "postgres://u:hunter2@h", f"postgres://h/{'n' * 64}", "postgres://h/n?nonsense=1",
        "postgres://u:hunter2@h/n?sslmode=REQUIRE", "postgres://u:hunter2@h/n?connect_timeout=soon"],
    "redis": [*URLS, "redis://:hunter2@h:port/0", "redis://h:6379/0?socket_timeout=soon", "redis://h h/0",
        "redis://h/-1", "redis://h/x", "redis://h?db=-1", "redis://h?nonsense=1", "redis://a..b/0", "unix://", "rediss://h?ssl_cert_reqs=no"],
    "redis_tls": ["perhaps", "2"],
    "email": ["nonsense", "smtp://u:hunter2@h:port", "gopher://h", "smtp://a..b", "smtp://h?tls=perhaps",
        "smtp://u:hunter2@h?starttls=true", "smtp://h?tls=true&ssl=true"],
    "sender": ["nobody", "@", "a@", "Retake <>", "a\nb@c", "a@b, c@d", "Retake <a@b> <c@d>", "a b@c d"],
    "choice": ["yaml", "json lines", "0"],
    "secret_or_none": ["short", "ü" * 30, " " * 30, "a" * 30, "a token with spaces in it"],
    "sentry": ["nonsense", "http://", "https://sentry.example.com/1", "ftp://k@h/1",
        "https://k@h/", "https://k@h/x", "https://@h/1", "https://h/1?x=@"],
    "log_level": ["loud", "10", "warn ing", "notset"],
    "token": ["a b", "a;b", "ü", "a=b", "a" * 65],
    "printable": ["ü", "a\nb", "\x7f"],
    "text": [" "],
    "items": [],
}  # fmt: skip
FINE = {"number": {"BODY_RETENTION_DAYS": ["0"], "WORKER_GRACE_SECONDS": ["0"], "SPOOL_MB": ["0"]}}
CASES = [
    (name, value)
    for reader, name in READ
    for value in BAD.get(reader, [])
    if value not in FINE.get(reader, {}).get(name, [])
]


def load(**changes: str | None) -> dict[str, Any]:
    """The settings of a process with this environment. Raises SettingRefused."""
    wanted = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    with pytest.MonkeyPatch.context() as patch:
        for name in {name for _reader, name in READ}:
            patch.delenv(name, raising=False)
        for name, value in wanted.items():
            patch.setitem(os.environ, name, value)
        return runpy.run_path(str(ROOT / "dashboard" / "settings.py"))


def refused(**changes: str | None) -> str:
    with pytest.raises(SettingRefused) as caught:
        load(**changes)
    return str(caught.value)


def test_the_good_settings_are_good() -> None:
    assert load()["PUBLIC_URL"] == GOOD["PUBLIC_URL"]


def test_the_source_has_no_reader_that_is_not_tried() -> None:
    assert {reader for reader, _name in READ} - set(BAD) == set()
    assert len(READ) > 30


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_bad_value_is_refused_with_one_sentence(name: str, value: str) -> None:
    output = refused(**{name: value})
    assert (output.startswith(f"{name} "), output.endswith("."), "\n" in output) == (True, True, False), (
        output
    )
    assert "hunter2" not in output


@given(
    st.sampled_from(sorted({name for _reader, name in READ})),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=80),
)
def test_any_value_is_taken_or_refused(name: str, value: str) -> None:
    output = "IT was taken."
    try:
        load(**{name: value})
    except SettingRefused as refusal:
        output = str(refusal)
    assert re.fullmatch(r"[A-Z_]+ [^\n]*\.", output)


# Values that are fine by themselves -> the setting that the sentence names.
PAIRS: list[tuple[dict[str, str | None], str]] = [
    ({"TOTAL_SECONDS": "60", "FIRST_BYTE_SECONDS": "61"}, "FIRST_BYTE_SECONDS"),
    ({"TOTAL_SECONDS": "60", "IDLE_SECONDS": "61"}, "IDLE_SECONDS"),
    ({"BATCH_PARALLEL": "2", "TEAM_PARALLEL": "3"}, "TEAM_PARALLEL"),
    ({"WEB_THREADS": "8", "DATABASE_POOL": "9"}, "DATABASE_POOL"),
    ({"PUBLIC_URL": None}, "PUBLIC_URL"),
    ({"PUBLIC_URL": "http://h", "HSTS_SUBDOMAINS": "1"}, "HSTS_SUBDOMAINS"),
    ({"HSTS_PRELOAD": "1"}, "HSTS_PRELOAD"),
    ({"GATEWAY_OAUTH_CLIENT_SECRET": "s"}, "GATEWAY_OAUTH_CLIENT_SECRET"),
]


@pytest.mark.parametrize(("changes", "name"), PAIRS)
def test_an_impossible_pair_is_refused(changes: dict[str, str | None], name: str) -> None:
    assert refused(**changes).startswith(f"{name} ")


@pytest.mark.parametrize("total", ["1", "60", "600"])
def test_a_shorter_total_shortens_what_was_not_set(total: str) -> None:
    found = load(TOTAL_SECONDS=total)
    assert max(found["FIRST_BYTE_SECONDS"], found["IDLE_SECONDS"]) <= int(total)


def test_an_address_is_read_as_browsers_write_it() -> None:
    """Theirs is compared with ours, letter by letter."""
    found = load(
        PUBLIC_URL="https://Retake.Example.com:443/", CSRF_TRUSTED_ORIGINS="HTTP://H:80,https://h:8443"
    )
    assert (found["PUBLIC_URL"], found["ALLOWED_HOSTS"]) == (
        "https://retake.example.com",
        ["retake.example.com"],
    )
    assert found["CSRF_TRUSTED_ORIGINS"] == ["http://h", "https://h:8443"]
    assert load(PUBLIC_URL="http://[::1]:8000")["ALLOWED_HOSTS"] == ["[::1]"]


@pytest.mark.parametrize("level", ["info", "Info", "INFO"])
def test_a_level_may_be_written_small(level: str) -> None:
    assert load(LOG_LEVEL=level)["LOGGING"]["root"]["level"] == "INFO"


def test_https_binds_other_names_only_when_it_is_asked_to() -> None:
    names = ("SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
    assert [load()[name] for name in names] == [31_536_000, False, False]
    asked = load(HSTS_SUBDOMAINS="true", HSTS_PRELOAD="true")
    assert [asked[name] for name in names] == [31_536_000, True, True]


def test_a_certificate_of_redis_is_verified_unless_the_operator_says_otherwise() -> None:
    assert load()["REDIS_TLS"] == load()["CELERY"]["broker_use_ssl"] == {"ssl_cert_reqs": "required"}
    assert load(REDIS_TLS_VERIFY="false")["REDIS_TLS"] == {"ssl_cert_reqs": "none"}
    plain = load(REDIS_URL="redis://h:6379/0")
    assert (plain["REDIS_TLS"], plain["CELERY"]["broker_use_ssl"]) == ({}, None)


COMMANDS = [
    ["-m", "dashboard.web.serve"],
    [*WORKER],
    [*BEAT],
    ["manage.py", "check"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_process_stops_with_that_sentence_alone(command: list[str]) -> None:
    env = {**GOOD, "PATH": os.environ["PATH"], "LOG_LEVEL": "loud"}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"LOG_LEVEL is 'LOUD', which is no level[^\n]*\.\n", done.stderr)
