"""While a release is deployed, the old code runs on the new tables: lookup, page and replay work in v0.1.0."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.person import Person
from dashboard.local.system import LOOPBACK, Port, accepts
from dashboard.models import GatewayConnection, User
from generations.gateway.demo.examples import EXAMPLE_IDS
from generations.models import Generation, Replay, ReplayAnswer
from generations.models.replay import OPEN_STATES, State
from tests.support.people import browser
from tests.support.processes import ROOT, DemoGateway, end, wait_for
from tests.upgrade import RELEASES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines, pytest.mark.heavy]


def checkout(commit: str, folder: Path) -> Path:
    """The code of a commit. Fails where the history is missing: a shallow clone cannot prove an upgrade."""
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
    assert archive.returncode == 0, (
        f"The code of {commit} is needed, and this checkout has no history of it ({archive.stderr.decode().strip()}): "
        "git fetch --unshallow --tags"
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


@dataclass
class OldSite:
    """The web process and the worker of an old release, on today's tables."""

    person: Person
    version: str


@pytest.fixture(params=sorted(RELEASES))
def old_site(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    site_environment: dict[str, str],
    broker: object,
    ada: User,
) -> Iterator[OldSite]:
    folder, port = checkout(RELEASES[request.param], tmp_path), Port().release()
    env = {**os.environ, **site_environment, "PORT": str(port), "PUBLIC_URL": f"http://{LOOPBACK}:{port}"}
    env.pop("PYTHONPATH", None)
    commands = {
        "web": [sys.executable, "-m", "dashboard.serve"],
        "worker": [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "dashboard",
            "worker",
            "--pool",
            "threads",
            "-c",
            "4",
        ],
    }
    with (tmp_path / "log").open("wb") as log:
        running = [
            subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
            for command in commands.values()
        ]
        try:
            cookies = {name: morsel.value for name, morsel in browser(ada).cookies.items()}
            person = Person(f"{LOOPBACK}:{port}", cookies)
            wait_for(lambda: accepts(port) or running[0].poll() is not None)
            yield OldSite(person, request.param)
            person._connection.close()
        finally:
            for process in running:
                end(process)
            print((tmp_path / "log").read_text()[-4000:])


def test_the_old_code_looks_up_shows_and_replays_on_the_new_tables(
    old_site: OldSite, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    person, wanted = old_site.person, EXAMPLE_IDS["chat"]
    csrf = person.get("/").hidden("csrfmiddlewaretoken")
    found = person.post("/lookup", {"q": wanted, "csrfmiddlewaretoken": csrf})
    assert found.status == 302
    wait_for(lambda: Generation.objects.filter(team=source.team, request_id=wanted).exists())
    address = f"/t/{source.team.slug}/g/{wanted}"
    page = person.get(address)
    assert (page.status, wanted.encode() in page.body) == (200, True)
    form_page = person.get(f"{address}/replay")
    form = {name: form_page.hidden(name) for name in ("csrfmiddlewaretoken", "click")}
    clicked = person.post(f"{address}/replays", form)
    assert (clicked.status, "/r/" in clicked.location) == (302, True), clicked.body[-2000:]
    wait_for(lambda: not Replay.objects.filter(state__in=OPEN_STATES).exists())
    replay = Replay.objects.get()
    assert (replay.state, replay.derived) == (State.SUCCEEDED, 0), replay.detail
    assert ReplayAnswer.objects.get(pk=replay.pk).text
    assert len(demo_gateway.requests()) == 1
    assert person.get(clicked.location).status == 200
    # And today's code reads what the old one has written.
    for path in (address, clicked.location):
        assert browser(source.team.memberships.get().user).get(path).status_code == 200


def test_without_history_it_fails_and_is_not_skipped(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="unshallow"):
        checkout("0" * 40, tmp_path)
