"""A whole Retake as an operator runs it: engines, web processes, workers and beats, each to be broken and mended."""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis

from bench.person import Answer, Person
from dashboard.local.servers import Engines
from dashboard.local.system import LOOPBACK, Port, accepts, dies_with_parent
from tests.faults.gateway import Gateway, Script
from tests.support.processes import BEAT, WORKER
from tests.support.proxy import Proxy, proxied

ROOT = Path(__file__).resolve().parents[2]
WEB = ("-m", "dashboard.web.serve")
SHORT = {
    "WORKER_CONCURRENCY": "16",
    "WORKER_GRACE_SECONDS": "5",
    "FIRST_BYTE_SECONDS": "12",
    "IDLE_SECONDS": "8",
    "TOTAL_SECONDS": "40",
    "MAX_ANSWER_MB": "8",
    "WEB_CONCURRENCY": "2",
}
"""Deadlines that end within a fault's time."""


DOCTOR_S = 60  # on a machine that is busy; a lock or a database that hangs is over before


class Failed(AssertionError):
    """What the operator or the user would have suffered."""


def check(fact: object, sentence: str) -> None:
    if not fact:
        raise Failed(sentence)


def until(true: Callable[[], Any], seconds: float, sentence: str) -> float:
    """Wait until it is true; gives the seconds. Raises Failed with the sentence."""
    begun = time.monotonic()
    while not true():
        if time.monotonic() - begun > seconds:
            raise Failed(f"{sentence} (waited {seconds:g} s)")
        time.sleep(0.1)
    return time.monotonic() - begun


@dataclass
class Click:
    """One click: its marker at the gateway and its row."""

    marker: str
    pk: uuid.UUID
    address: str


@dataclass
class Site:
    """The running site. Its processes reach the engines through `database` and `wire`; we reach them directly."""

    engines: Engines
    gateway: Gateway
    gateway_line: Proxy
    database: Proxy
    wire: Proxy
    environment: dict[str, str]
    log: Path
    port: int
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    person: Person = field(init=False)

    # -- processes -----------------------------------------------------------------------------------------------

    def start(self, name: str, **changes: str) -> subprocess.Popen[bytes]:
        """A process by name: web, worker1, beat1, ..."""
        command = WEB if name.startswith("web") else WORKER if name.startswith("worker") else BEAT
        with self.log.open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env={**self.environment, **changes},
                stdout=log,
                stderr=log,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        return self.running[name]

    def kill(self, name: str, sent: signal.Signals = signal.SIGKILL, wait: float = 30) -> None:
        """End a process and see it gone, which is the proof."""
        process = self.running.pop(name)
        process.send_signal(sent)
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failed(f"{name} did not end within {wait:g} s of {sent.name}") from None

    def names(self, kind: str) -> list[str]:
        return [name for name in self.running if name.startswith(kind)]

    def one_worker(self, **changes: str) -> None:
        """In place of all workers one, with these settings, which has been heard of."""
        for name in self.names("worker"):
            self.kill(name, signal.SIGTERM)
        self.start("worker1", **changes)
        until(lambda: "worker" in self.alive(), 30, "The worker was not heard of")

    def whole(self) -> None:
        """All engines and processes run and serve, whatever the last fault has left."""
        self.database.pass_on()
        self.wire.pass_on()
        self.gateway_line.pass_on()
        for engine in self.engines.running:
            if engine.process is None or engine.process.poll() is not None:
                engine.start()
                engine.wait_ready()
        for name in ("web", "worker1", "worker2", "beat1"):
            process = self.running.get(name)
            if process is None or process.poll() is not None:
                self.start(name)
            else:
                process.send_signal(signal.SIGCONT)
        until(lambda: accepts(self.port), 30, "The web process does not listen")
        until(lambda: self.alive() == {"worker", "beat"}, 40, "Workers and beat were not heard of")

    def alive(self) -> set[str]:
        from dashboard.processes import redis_presence

        with self.redis() as server:
            try:
                names = redis_presence.heard(server, 8)
            except redis.RedisError:
                return set()
        return names

    def engine(self, name: str) -> Any:
        return next(engine for engine in self.engines.running if engine.name == name)

    # -- direct lines, past the proxies ----------------------------------------------------------------------------

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.engines.urls["DATABASE_URL"], autocommit=True) as session:
            cursor = session.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def sql_writable(self, statement: str) -> None:
        """A statement in a session that may write although the default is read-only."""
        with psycopg.connect(self.engines.urls["DATABASE_URL"], autocommit=True) as session:
            session.execute("SET default_transaction_read_only = off")
            session.execute(statement)

    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self.engines.urls["REDIS_URL"], socket_timeout=3)

    # -- people ------------------------------------------------------------------------------------------------------

    def click(self, script: Script, name: str = "") -> Click:
        """A generation of its own, and one click on it in the browser's way."""
        from generations.models import Replay

        marker, address = self.generation(script, name)
        page = self.person.get(f"{address}/replay")
        check(page.status == 200, f"the form of a replay answered {page.status}")
        form = {name: page.hidden(name) for name in ("csrfmiddlewaretoken", "click")}
        answer = self.person.post(f"{address}/replays/start", form)
        check(answer.status == 302, f"the click was answered {answer.status}")
        pk = uuid.UUID(answer.location.rpartition("/")[2])
        check(Replay.objects.filter(pk=pk).exists(), "the click left no row")
        return Click(marker, pk, answer.location)

    def batch(self, script: Script, size: int) -> tuple[str, str]:
        """One click that makes `size` replays of one chat. Gives its marker and the chat's address."""
        marker, address = self.generation(script, "batch")
        page = self.person.get(f"{address}/replay")
        form = {name: page.hidden(name) for name in ("csrfmiddlewaretoken", "click")} | {"times": str(size)}
        answer = self.person.post(f"{address}/replays/start", form)
        if answer.status != 302:  # what it costs was shown, and is confirmed by the second press
            form |= {name: answer.hidden(name) for name in ("click", "plan_digest")}
            answer = self.person.post(f"{address}/replays/start", form)
        check(answer.status == 302, f"the batch was answered {answer.status}")
        return marker, address

    def generation(self, script: Script, name: str = "") -> tuple[str, str]:
        """A stored chat whose request holds a marker of its own. Gives the marker and the page's address."""
        from django.db import connection

        from tests.faults import rows

        connection.close()
        marker = f"marker-{name or 'x'}-{secrets.token_hex(4)}".lower().replace("_", "-")
        self.gateway.script(marker, script)
        return marker, rows.generation(marker)

    def page(self, path: str) -> Answer:
        return self.person.get(path)

    def manage(self, command: str, **changes: str) -> str:
        """What a management command writes, with these settings; it must end well."""
        env = {**self.environment, **changes}
        done = subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        check(done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout.strip()

    def begin_doctor(self, **changes: str) -> "subprocess.Popen[str]":
        """`manage.py doctor`, as the operator runs it next to the processes, with the environment of one of them."""
        env = {**self.environment, **changes}
        command = [sys.executable, "manage.py", "doctor", "--json"]
        return subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def doctor_says(self, asked: "subprocess.Popen[str]") -> dict[str, str]:
        """Its red lines, by name. It may take DOCTOR_S."""
        try:
            found = json.loads(asked.communicate(timeout=DOCTOR_S)[0])
        except subprocess.TimeoutExpired:
            asked.kill()
            asked.communicate()
            raise Failed(f"doctor did not end within {DOCTOR_S} s") from None
        check(asked.returncode == 1, f"doctor ended with {asked.returncode}")
        return {line["name"]: line["said"] for line in found if line["level"] == "bad"}

    def row(self, click: Click) -> Any:
        from django.db import connection

        from generations.models import Replay

        connection.close()  # the fault may have broken ours, too
        return Replay.objects.get(pk=click.pk)

    def ended(self, click: Click, seconds: float = 90) -> Any:
        from generations.models.replay import OPEN_STATES

        until(
            lambda: self.row(click).state not in OPEN_STATES,
            seconds,
            f"The replay stays {self.row(click).state}",
        )
        return self.row(click)

    def text(self, click: Click) -> str:
        """What is kept of the answer."""
        from generations.models import ReplayAnswer
        from generations.replay.live import follow

        kept = ReplayAnswer.objects.filter(pk=click.pk).values_list("text", flat=True).first()
        if kept is not None:
            return str(kept)
        return "".join(entry.text for entry in follow.saved_log(click.pk) if entry.kind == "text")

    def posts(self, click: Click) -> int:
        return self.gateway.sent[click.marker].posts


@contextmanager
def site(gateway: Gateway) -> Iterator[Site]:
    """The whole site on engines of the wheels, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="retake-faults-"))
    folder.chmod(0o755)
    engines, port = Engines(folder, {}, durable=False), Port()
    engines.start()
    gateway_port = urlsplit(gateway.url).port or 0
    made: Site | None = None
    line = Proxy(gateway_port)
    try:
        with (
            proxied(engines.urls["DATABASE_URL"]) as (database, database_url),
            proxied(engines.urls["REDIS_URL"]) as (wire, redis_url),
        ):
            ours = {
                "SECRET_KEY": secrets.token_urlsafe(48),
                "FIELD_ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                "PUBLIC_URL": f"http://{LOOPBACK}:{port.number}",
                "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
                "GATEWAY_URLS": f"http://{LOOPBACK}:{line.port}/v1",
                "PORT": str(port.number),
                "WEB_HOST": LOOPBACK,
                "SPOOL_DIR": str(folder / "spool"),
                **SHORT,
            }
            direct = {**os.environ, **ours, **engines.urls, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
            os.environ.update(direct)
            subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=direct, check=True)
            environment = {**direct, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
            from tests.faults import rows

            cookies = rows.begin(ours["GATEWAY_URLS"])
            made = Site(engines, gateway, line, database, wire, environment, folder / "log", port.release())
            made.person = Person(f"{LOOPBACK}:{made.port}", cookies)
            made.whole()
            yield made
    finally:
        for name in list(made.running) if made else []:
            process = made.running[name]  # type: ignore[union-attr]
            process.kill()
            process.wait()
        line.close()
        engines.stop()
