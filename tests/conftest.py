"""Real engines for every test: those of DATABASE_URL and REDIS_URL, or the wheels' on free ports.

The addresses are known before Django loads its settings; the engines start when the first test asks for one.
"""

import atexit
import base64
import gc
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from subprocess import Popen

import django
import pytest
import pytest_django
import redis
from hypothesis import settings as hypothesis_settings

from dashboard.local.servers import Engines
from dashboard.local.system import LOOPBACK, Port
from tests import migrated
from tests.support.processes import (
    WORKER,
    DemoGateway,
    chromium,
    demo_process,
    end,
    firefox,
    process,
    wait_for,
    with_database,
)
from tests.support.quick import sampled

# A test asserts no time: the machine may be busy.
hypothesis_settings.register_profile("suite", deadline=None, max_examples=100)
hypothesis_settings.register_profile("quick", deadline=None, max_examples=10)
QUICK = os.environ.get("TESTS") == "quick"  # make test-quick
hypothesis_settings.load_profile("quick" if QUICK else "suite")

FOLDER = Path(tempfile.mkdtemp(prefix="retake-"))
# Under xdist each process has engines of its own: what its parent chose for itself does not count as given.
SHARED, PASSWORD = migrated.given()
PASSWORD = PASSWORD or secrets.token_urlsafe(24)
ENGINES = Engines(FOLDER, {} if SHARED else os.environ, password=PASSWORD, durable=False)
if ENGINES.starts:
    os.environ[migrated.GIVEN] = f"{SHARED or FOLDER} {PASSWORD}"
DEMO_PORT, WEB_PORT = Port(), Port()
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)  # also when pytest gives up before its first hook
MAKER = pytest.StashKey[Popen[bytes]]()
REQUIRED = bool(os.environ.get("RETAKE_REQUIRE_BROWSER"))
# By the mark of the tests that need them: packages of Debian, and where the program is.
NEEDED: dict[str, dict[str, Callable[[], str | None]]] = {
    "browser": {"chromium": chromium},
    "firefox": {"firefox-esr": firefox},
    "server": {name: partial(shutil.which, name) for name in ("nginx", "openssl", "curl", "bash")},
}

os.environ.update(
    ENGINES.urls,
    DJANGO_SETTINGS_MODULE="dashboard.settings",
    SECRET_KEY=secrets.token_urlsafe(48),
    FIELD_ENCRYPTION_KEYS=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    GATEWAY_URLS=f"http://{LOOPBACK}:{DEMO_PORT.number}/v1",
    ALLOWED_HOSTS=f"{LOOPBACK},localhost",
    SPOOL_DIR=str(FOLDER / "spool"),
)

# pyproject.toml does not name the settings: pytest-django would load them ahead of this file. A hook would be
# late for the conftest files of the folders below, which import models.
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]  # a process of xdist would load the settings with our addresses

from generations.lists import counting  # noqa: E402  its tables need Django's settings
from tests.support.fixtures import ada, no_kept_prices, priced_source, source, team  # noqa: E402, F401  they import models

counting.PATIENCE_MS = 10_000  # the machine may be busy; a count that takes too long is "many"
# Debian keeps servers where nobody but root looks for them.
os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], "/usr/sbin"])


def spread(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """Every process with its share of the slow tests, between others and not at the end: they mostly wait, so at any time
    the other processes should have something to compute. xdist (`--dist worksteal`) first divides the list evenly."""
    slow = [item for item in items if item.get_closest_marker("slow")]
    rest = [item for item in items if not item.get_closest_marker("slow")]
    made: list[pytest.Item] = []
    for number in range(processes):
        share = slow[number::processes]
        room = (len(items) - len(made)) // (processes - number) - len(share)
        others, rest = rest[:room], rest[room:]
        step = max(1, 3 * len(others) // (4 * max(1, len(share))))
        for place, item in enumerate(share):
            made += [*others[place * step : (place + 1) * step], item]
        made += others[len(share) * step :]
    return made


def pytest_configure(config: pytest.Config) -> None:
    if ENGINES.starts and SHARED is None and config.getoption("numprocesses", None):
        config.stash[MAKER] = migrated.begin(FOLDER)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays: each run of the garbage collector, during it and later, would look through all of it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)  # when everything else, also a random order, has been decided
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items[:] = spread(items, int(getattr(config, "workerinput", {}).get("workercount", 1)))
    if QUICK:
        kept, left = sampled(items)
        config.hook.pytest_deselected(items=left)
        items[:] = kept


def missing(mark: str) -> str:
    """What the tests of this mark need and is not there, and how to get it; "" where nothing is missing."""
    absent = [package for package, find in NEEDED[mark].items() if find() is None]
    return f"not found: {', '.join(absent)}. On Debian: apt-get install {' '.join(absent)}" if absent else ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in NEEDED:
        if item.get_closest_marker(mark) and (problem := missing(mark)):
            (pytest.fail if REQUIRED else pytest.skip)(problem)


def pytest_unconfigure(config: pytest.Config) -> None:
    if MAKER in config.stash:
        end(config.stash[MAKER])
    from generations.gateway.http import exchange

    for transport in exchange._pools.values():  # Python warns of sockets that are open at its end
        transport.close()
    ENGINES.stop()
    DEMO_PORT.release()
    WEB_PORT.release()
    for problem in filter(None, map(missing, NEEDED)):
        print(f"Tests were left out: {problem}")


@pytest.fixture(scope="session")
def engines() -> Engines:
    """PostgreSQL and Valkey, running."""
    if SHARED is not None and migrated.copied(SHARED, FOLDER):
        from django.db import connection

        connection.settings_dict["TEST"]["TEMPLATE"] = migrated.DATABASE
    ENGINES.start()
    return ENGINES


@pytest.fixture(scope="session")
def no_early_pool(engines: Engines) -> None:
    """Without the pool that a test without a database may have made by asking for one: it is for the wrong database, and
    Django would go on with it after the name has changed."""
    from django.db import connection

    connection.close_pool()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def django_db_setup(
    engines: Engines,
    static_files: None,
    no_early_pool: None,
    django_db_setup: None,
    django_db_blocker: "pytest_django.DjangoDbBlocker",
) -> Iterator[None]:
    """A fresh test database, once the engines run; at the end nobody else is in it."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == (connection.settings_dict["NAME"],), "these tables are another database's"
    yield
    with django_db_blocker.unblock():
        end_other_sessions()


def end_other_sessions() -> None:
    """A process that was just ended may leave its session for a moment, and the database could not be dropped."""
    from django.db import connection

    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    def alone() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid) {others}")
            return not cursor.fetchall()

    connection.close_pool()  # type: ignore[attr-defined]  # ours, of threads that have ended
    wait_for(alone)


KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def _empty(_: object) -> None:
    """Delete all rows. Django's way truncates every table and makes its own rows anew: 0.2 s after each test."""
    from django.db import connection, transaction

    tables = sorted(set(connection.introspection.table_names()) - KEPT)
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in tables)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(filled)
        for (name,) in cursor.fetchall():
            cursor.execute(f'DELETE FROM "{name}"')  # foreign keys are looked at when it is committed


@pytest.fixture(scope="session", autouse=True)
def _quick_end() -> Iterator[None]:
    from django.test import TransactionTestCase

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty)
        yield


@pytest.fixture(scope="session")
def static_files(django_test_environment: None) -> Iterator[None]:
    """Pages refer to static files by their plain names, so that nothing need be collected; passwords are hashed fast."""
    from django.test import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    storages = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}, "staticfiles": plain}
    (FOLDER / "static").mkdir()
    with override_settings(
        STORAGES=storages,
        STATIC_ROOT=FOLDER / "static",
        PASSWORD_HASHERS=["tests.support.people.QuickHasher"],
    ):
        yield


@pytest.fixture
def broker(engines: Engines) -> Iterator["redis.Redis"]:
    """The Redis-protocol server, empty."""
    client = redis.Redis.from_url(engines.urls["REDIS_URL"])
    client.flushdb()
    yield client
    client.close()


@pytest.fixture(scope="session")
def demo_process_of_session() -> Iterator[DemoGateway]:
    with demo_process(DEMO_PORT) as gateway:
        yield gateway


@pytest.fixture
def demo_gateway(demo_process_of_session: DemoGateway) -> DemoGateway:
    """The demo gateway, with nothing remembered and no waiting."""
    demo_process_of_session.reset()
    demo_process_of_session.set(pace=0)
    return demo_process_of_session


@pytest.fixture(scope="session")
def site_environment(django_db_setup: None) -> dict[str, str]:
    """What a process of the site needs to work on the test database."""
    from django.db import connection

    return {
        "DATABASE_URL": with_database(ENGINES.urls["DATABASE_URL"], str(connection.settings_dict["NAME"])),
        "PORT": str(WEB_PORT.number),
        "WEB_HOST": LOOPBACK,
        "WEB_CONCURRENCY": "1",
        "PUBLIC_URL": f"http://{LOOPBACK}:{WEB_PORT.number}",
    }


@pytest.fixture(scope="session")
def web_process(site_environment: dict[str, str]) -> Iterator[str]:
    """The real web server, its address."""
    port = WEB_PORT.release()
    with process("-m", "dashboard.web.serve", env=site_environment, port=port):
        yield site_environment["PUBLIC_URL"]


@pytest.fixture
def worker(transactional_db: None, broker: "redis.Redis", site_environment: dict[str, str]) -> Iterator[int]:
    """A Celery worker on the test database, its pid."""
    with process(*WORKER, env={**site_environment, "WORKER_CONCURRENCY": "8"}) as running:
        yield running.pid


@pytest.fixture
def site(transactional_db: None, broker: "redis.Redis", web_process: str, demo_gateway: DemoGateway) -> str:
    """The address of the whole site but the worker, on an empty database."""
    return web_process
