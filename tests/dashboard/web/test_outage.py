"""The database fails under a real web process, in each way it can: every answer is quick and says so."""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.core.cache import cache
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError, connection
from django.test import Client, RequestFactory
from django.urls import reverse

from dashboard.local.system import LOOPBACK, Port
from dashboard.models import User
from dashboard.views import errors
from dashboard.web import database_watch, outage
from tests.support.people import PASSWORD, browser, person
from tests.support.processes import process, wait_for
from tests.support.proxy import Proxy, proxied

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines, pytest.mark.heavy]
QUICK = 0.05
HTMX = {"HX-Request": "true"}


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]
    seconds: float


@dataclass
class Site:
    """A web process that reaches its database through `proxy`."""

    port: int
    proxy: Proxy

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        line = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        begun = time.monotonic()
        line.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return Answer(answer.status, text, dict(answer.getheaders()), time.monotonic() - begun)


@pytest.fixture
def site(site_environment: dict[str, str], broker: object) -> Iterator[Site]:
    port = Port().release()
    with proxied(site_environment["DATABASE_URL"]) as (proxy, url):
        env = {**site_environment, "DATABASE_URL": url, "PORT": str(port)}
        with process("-m", "dashboard.web.serve", env=env, port=port):
            yield Site(port, proxy)


@contextmanager
def down(proxy: Proxy, how: str) -> Iterator[None]:
    getattr(proxy, how)()
    try:
        yield
    finally:
        proxy.pass_on()


@pytest.mark.parametrize("how", ["refuse", "freeze"])
def test_while_the_database_is_unavailable_every_answer_is_quick_and_says_so(
    site: Site, how: str, ada: User
) -> None:
    cookie = f"{browser(ada).cookies['retake_session'].OutputString().split(';')[0]}"
    assert site.ask("/", Cookie=cookie).status == 200  # the pool has a line that will break
    with down(site.proxy, how):
        crowd = [threading.Thread(target=site.ask, args=["/"], kwargs={"Cookie": cookie}) for _ in range(6)]
        for visitor in crowd:
            visitor.start()
        health = [site.ask("/healthz") for _ in range(20)]
        assert {answer.text for answer in health} == {"ok\n"}
        assert sorted(answer.seconds for answer in health)[15] < QUICK
        for path in ("/", "/accounts/login/", "/"):
            page = site.ask(path, Cookie=cookie)
            assert (page.status, page.seconds < 2) == (503, True), page.seconds
            assert outage.UNAVAILABLE.title in page.text
            assert '<meta http-equiv="refresh" content="3">' in page.text
            assert page.headers["retry-after"] == "3"
        ready = site.ask("/readyz")
        assert (ready.status, ready.seconds < 2) == (503, True)
        assert json.loads(ready.text) == {
            "database": "The database cannot be reached. Check DATABASE_URL.",
            "migrations": "The database cannot be reached. Check DATABASE_URL.",
            "redis": "ok",
        }
        part = site.ask("/", Cookie=cookie, **HTMX)
        assert (part.status, "<html" in part.text, "tries again by itself" in part.text) == (503, False, True)
        form = site.ask("/accounts/login/", "POST")
        assert (form.status, outage.UNDONE in form.text, "http-equiv" in form.text) == (503, True, False)
        assert site.ask("/favicon.ico").status == 302
        for visitor in crowd:
            visitor.join(5)
            assert not visitor.is_alive()
    begun = time.monotonic()
    wait_for(lambda: site.ask("/", Cookie=cookie).status == 200, 5)
    assert time.monotonic() - begun < 3
    assert site.ask("/readyz").status == 200


def test_sign_in_without_a_database_is_not_called_too_many_attempts(site: Site) -> None:
    cookie = site.ask("/accounts/login/").headers["set-cookie"].split(";")[0]
    form = {"Cookie": cookie, "X_CSRFToken": cookie.partition("=")[2]}
    with down(site.proxy, "refuse"):
        for _ in range(3):
            answer = site.ask("/accounts/login/", "POST", **form)
            assert (answer.status, errors.MANY in answer.text) == (503, False)


@contextmanager
def read_only() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        try:
            yield
        finally:
            cursor.execute("SET default_transaction_read_only = off")


def test_sign_in_on_a_read_only_database_says_so() -> None:
    user, client = person(password=PASSWORD), Client(raise_request_exception=False)
    with read_only():
        answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert (answer.status_code, outage.READ_ONLY.title in answer.content.decode()) == (503, True)


@pytest.mark.parametrize("write", ["set", "add", "touch", "incr"])
def test_the_cache_says_that_it_cannot_write(write: str) -> None:
    cache.set("there", 1)
    arguments = {"set": ("k", 1), "add": ("k", 1), "touch": ("there",), "incr": ("there",)}[write]
    with read_only(), pytest.raises(InternalError):
        getattr(cache, write)(*arguments)


def test_a_locked_table_is_named() -> None:
    client = Client(raise_request_exception=False)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1")
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("dashboard.views.health.static", sleep)
                answer = client.get("/favicon.ico")
        finally:
            cursor.execute("SET statement_timeout = 0")
    assert (answer.status_code, outage.BUSY.title in answer.content.decode()) == (503, True)


def sleep(*_: object) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")
    return ""


def raised(kind: type[Exception], state: str | None) -> Exception:
    """Django's error as it stands around psycopg's with this SQLSTATE."""
    error, cause = kind("hunter2"), Exception("hunter2")
    cause.sqlstate = state  # type: ignore[attr-defined]
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (raised(OperationalError, None), outage.UNAVAILABLE),
        (raised(InterfaceError, None), outage.UNAVAILABLE),
        (raised(OperationalError, "57P01"), outage.UNAVAILABLE),
        (raised(OperationalError, "57P03"), outage.UNAVAILABLE),
        (raised(OperationalError, "08006"), outage.UNAVAILABLE),
        (raised(OperationalError, "55P03"), outage.BUSY),
        (raised(OperationalError, "57014"), outage.BUSY),
        (raised(OperationalError, "53100"), outage.FULL),
        (raised(OperationalError, "53300"), outage.FULL),
        (raised(InternalError, "25006"), outage.READ_ONLY),
        (raised(ProgrammingError, "42703"), outage.OTHER_TABLES),
        (raised(ProgrammingError, "42601"), None),
        (raised(InternalError, "XX000"), None),
        (ValueError("ours"), None),
        (None, None),
    ],
)
def test_each_outage_has_its_own_words(error: Exception | None, expected: outage.Outage | None) -> None:
    assert outage.outage_of(error) == expected
    try:
        raise error or ValueError
    except Exception:
        answer = errors.server_error(RequestFactory().get("/"))
    assert answer.status_code == (503 if expected else 500)
    assert "hunter2" not in answer.content.decode()
    assert expected is None or expected.title in answer.content.decode()


@pytest.mark.parametrize(
    ("page", "late", "expected"), [(False, False, True), (True, False, False), (False, True, False)]
)
def test_silence_proves_nothing_while_pages_are_answered_or_the_machine_is_late(
    page: bool, late: bool, expected: bool
) -> None:
    async def look() -> bool:
        async def say_nothing() -> bool:
            await asyncio.sleep(0.01)
            if page:
                watch.saw_answer("/", 200)
            if late:
                time.sleep(database_watch.ANSWER_SECONDS * database_watch.LATE + 0.05)
            raise TimeoutError

        watch = database_watch.DatabaseWatch(say_nothing)
        found = await watch.look()
        if watch._waiting:
            watch._waiting.cancel()
        return found

    assert asyncio.run(look()) is expected
