"""The Procfile's processes of `make up`: their lines, what comes back, and what ends all."""

import os
import re
import signal
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard.local import site
from dashboard.local.site import LocalSite
from tests.support.processes import wait_for

pytestmark = pytest.mark.heavy

ALIVE = "import time; print('up', flush=True); time.sleep(60)"


class Running:
    """Processes of a Procfile, run in a thread."""

    def __init__(self, folder: Path, **programs: str) -> None:
        for name, text in programs.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(text))
        procfile = folder / "Procfile"
        lines = ["release: false", *(f"{name}: {sys.executable} {name}.py $WORDS" for name in programs)]
        procfile.write_text("\n".join(lines))
        self.written: list[str] = []
        self.site = LocalSite(
            procfile, list(programs), {**os.environ, "WORDS": "one two"}, self.written.append
        )
        self.codes: list[int] = []
        self.thread = threading.Thread(target=lambda: self.codes.append(self.site.run(lambda: None)))
        self.thread.start()

    def lines(self) -> list[str]:
        """What was written, without times and process numbers."""
        text = re.sub(r"^\d\d:\d\d:\d\d ", "", "".join(self.written), flags=re.MULTILINE)
        return re.sub(r"pid=\d+", "pid=1", text).splitlines()

    def pid(self, name: str) -> int:
        found = next(server for server in self.site.servers if server.name == name).process
        return found.pid if found else 0

    def end(self) -> int:
        """The exit code, after a signal should it still run."""
        self.site.end(signal.SIGINT)
        self.thread.join(20)
        return self.codes[0]


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.setattr(site, "GRACE_SECONDS", 1.0)
    made: list[Running] = []

    def begin(**programs: str) -> Running:
        made.append(Running(tmp_path, **programs))
        return made[-1]

    yield begin
    for running in made:
        running.end()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").exists() and ") Z" in Path(f"/proc/{pid}/stat").read_text()


def test_lines_have_a_time_and_a_name(start: Start) -> None:
    running = start(
        web="import sys; print(*sys.argv[1:]); sys.stdout.flush(); sys.stderr.buffer.write(b'\\xff!')",
        worker=ALIVE,
    )
    running.thread.join(20)
    assert all(re.match(r"\d\d:\d\d:\d\d \w+ +\| ", line) for line in "".join(running.written).splitlines())
    starts = {"system | web started (pid=1)", "system | worker started (pid=1)"}
    assert starts | {"web    | one two", "web    | \ufffd!", "system | web stopped (rc=0)"} <= {
        *running.lines()
    }


def test_a_signal_ends_all_and_is_no_failure(start: Start) -> None:
    running = start(web=ALIVE, worker=ALIVE)
    wait_for(lambda: sum("| up" in line for line in running.lines()) == 2)
    pids = [running.pid("web"), running.pid("worker")]
    assert running.end() == 0
    assert all(gone(pid) for pid in pids)
    assert {"system | ending web, worker", "system | web stopped (rc=-15)"} <= {*running.lines()}


@pytest.mark.parametrize("code", [0, 3])
def test_one_that_ends_by_itself_ends_all_with_its_code(start: Start, code: int) -> None:
    running = start(web=ALIVE, worker=f"raise SystemExit({code})")
    running.thread.join(20)
    assert running.codes == [code]
    assert gone(running.pid("web"))


def test_one_that_is_killed_comes_back(start: Start) -> None:
    running = start(web=ALIVE, worker=ALIVE)
    wait_for(lambda: sum("| up" in line for line in running.lines()) == 2)
    killed = running.pid("web")
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: sum("web    | up" in line for line in running.lines()) == 2)
    assert running.pid("web") != killed
    assert "system | web ended (-9): starting it again" in running.lines()
    assert running.codes == []
    assert running.end() == 0


def test_one_that_ignores_the_signal_is_killed_with_its_children(start: Start) -> None:
    running = start(
        web="""
        import signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import signal, time; "
            "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"])
        print("child", child.pid, flush=True)
        time.sleep(60)
        """
    )
    wait_for(lambda: any("ready" in line for line in running.lines()))
    child = next(int(line.split()[-1]) for line in running.lines() if "child" in line)
    assert running.end() == 0
    wait_for(lambda: gone(child))
    assert "system | web stopped (rc=-9)" in running.lines()
