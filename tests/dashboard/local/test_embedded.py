import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from dashboard.local import postgres, state
from dashboard.local.server import LocalServer
from dashboard.local.servers import Engines
from dashboard.local.system import Port, UnavailableError, accepts
from tests.support.processes import ROOT, wait_for

pytestmark = pytest.mark.heavy

WHEEL = Path(postgres.__file__).parent


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may walk into, which pytest's own is not."""
    made = Path(tempfile.mkdtemp(prefix="retake-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def started(folder: Path) -> Iterator[Engines]:
    engines = Engines(folder, {}, password="a-password-of-ours", durable=False)
    engines.start()
    yield engines
    engines.stop()


def running(engines: Engines, name: str) -> LocalServer:
    return next(engine for engine in engines.running if engine.name == name)


def test_both_engines_serve(started: Engines) -> None:
    with psycopg.connect(started.urls["DATABASE_URL"]) as connection:
        row = connection.execute("select current_database(), current_user, lower('Ä'), 'a' > 'B'").fetchone()
    assert row == ("retake", "retake", "ä", True)
    with redis.Redis.from_url(started.urls["REDIS_URL"]) as client:
        assert client.ping() is True


def test_password_is_needed_and_not_in_the_process_list(started: Engines) -> None:
    wrong = {name: url.replace("a-password-of-ours", "wrong") for name, url in started.urls.items()}
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(wrong["DATABASE_URL"])
    with redis.Redis.from_url(wrong["REDIS_URL"]) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "a-password-of-ours" not in shown


def test_data_outlives_the_engines(folder: Path) -> None:
    for statement in ("create table kept as select 42 as answer", "select answer from kept"):
        engines = Engines(folder, {"REDIS_URL": "redis://elsewhere"}, password="a-password-of-ours")
        engines.start()
        with psycopg.connect(engines.urls["DATABASE_URL"]) as connection:
            found = connection.execute(statement)
            row = found.fetchone() if found.description else None
        engines.stop()
    assert row == (42,)
    assert "automatic recovery" not in (folder / "postgres" / "postgres.log").read_text()


@pytest.mark.parametrize("name", ["PostgreSQL", "Valkey"])
def test_engine_that_is_killed_comes_back(started: Engines, name: str) -> None:
    notes: list[str] = []
    started.keep(notes.append)
    engine = running(started, name)
    assert engine.process is not None
    killed = engine.process.pid
    engine.process.kill()
    wait_for(lambda: engine.process is not None and engine.process.pid != killed and engine.ready(engine))
    assert notes == [f"{name} ended (-9): starting it again"]


def test_given_urls_start_nothing(folder: Path) -> None:
    given = {"DATABASE_URL": "postgres://elsewhere/x", "REDIS_URL": "redis://elsewhere"}
    engines = Engines(folder, given)
    engines.start()
    assert (engines.urls, engines.running, list(folder.iterdir())) == (given, [], [])


def test_no_permission_changes_outside_the_folder(folder: Path) -> None:
    outside = [*folder.parents, ROOT, *ROOT.parents, *Path(os.__file__).parents, WHEEL]
    before = [stat.S_IMODE(path.stat().st_mode) for path in outside]
    users = Path("/etc/passwd").read_bytes()
    engines = Engines(folder, {}, durable=False)
    engines.start()
    engines.stop()
    assert [stat.S_IMODE(path.stat().st_mode) for path in outside] == before
    assert Path("/etc/passwd").read_bytes() == users


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_wheel_in_a_closed_folder_is_copied_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = postgres.wheel(folder / "none").parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(package, closed / package.name, symlinks=True)
    shutil.copytree(package.parent / postgres.LIBRARIES, closed / postgres.LIBRARIES)
    monkeypatch.setattr(postgres, "wheel", lambda data: closed / package.name / "pginstall18")
    port = Port()
    engine = postgres.engine(folder / "postgres", port, "a-password-of-ours", durable=False)
    port.release()
    assert Path(engine.command[0]).is_relative_to(folder)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_start_that_fails_says_why(folder: Path) -> None:
    command = ["/bin/sh", "-c", "echo no such luck; exit 3"]
    engine = LocalServer(
        "Nothing", command, folder, [signal.SIGTERM], log=folder / "log", ready=lambda _: False
    )
    engine.start()
    with pytest.raises(UnavailableError) as caught:
        engine.wait_ready()
    assert str(caught.value) == f"Nothing did not start. {folder / 'log'} ends:\nno such luck"


def test_data_of_another_version_is_refused(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(UnavailableError, match="is of PostgreSQL 9"):
        postgres.wheel(folder / "data")


def test_port_is_kept_until_it_is_released() -> None:
    port = Port()
    other = Port(port.number)
    assert other.release() != port.number
    assert accepts(port.number) is False
    again = Port(port.release())
    assert again.release() == port.number


# --- .local/env ---------------------------------------------------------------------------------------------------


@pytest.fixture
def local(tmp_path: Path) -> Path:
    (tmp_path / ".local").mkdir()
    return tmp_path


def test_env_counts_while_its_site_and_engines_live(local: Path, started: Engines) -> None:
    values = {**started.urls, "SECRET_KEY": "a=b c"}
    state.write_private(local / ".local" / "env", values)
    assert state.read_env(local) == {}
    held = state.lock(local)
    assert state.read_env(local) == values
    started.stop()
    assert state.read_env(local) == {}
    os.close(held)


def test_env_of_nobody(tmp_path: Path) -> None:
    assert state.read_env(tmp_path) == {}


def test_env_is_private(local: Path) -> None:
    path = local / ".local" / "env"
    path.write_text("OLD=1")
    path.chmod(0o644)
    state.write_private(path, {"NEW": "2"})
    assert (stat.S_IMODE(path.stat().st_mode), path.read_text()) == (0o600, "NEW=2\n")


def test_one_site_per_checkout(tmp_path: Path) -> None:
    held = state.lock(tmp_path)
    with pytest.raises(state.AlreadyRunningError):
        state.lock(tmp_path)
    os.close(held)
    os.close(state.lock(tmp_path))


def test_two_checkouts_have_two_homes(tmp_path: Path) -> None:
    assert state.home(tmp_path / "a") != state.home(tmp_path / "b")
