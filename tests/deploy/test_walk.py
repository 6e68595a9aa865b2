"""docs/deploy/server.md is followed to the letter: every line of its blocks is run, on a server that is one folder.

`prelude.sh` stands for what needs root, the network or systemd. PostgreSQL, Redis, nginx and the processes are real.
"""

import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from dashboard.local.system import Port
from generations.gateway.demo.keys import SCOPED_KEY
from generations.gateway.demo.stories import EXAMPLE_IDS
from tests.deploy.test_backup import tools
from tests.support.processes import DemoGateway

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
GUIDE = (ROOT / "docs" / "deploy" / "server.md").read_text()
PASSWORD = "correct horse battery"
pytestmark = [
    pytest.mark.server,
    pytest.mark.django_db,
    pytest.mark.heavy,
    pytest.mark.slow,
    pytest.mark.timeout(400),  # two dozen processes, one after the other
]


def blocks(part: str) -> list[str]:
    """The shell's blocks of a part of the guide, in order."""
    found = re.findall(r"^( *)```sh\n(.*?)^ *```", part, re.M | re.S)
    return ["\n".join(line.removeprefix(indent) for line in text.splitlines()) for indent, text in found]


STEPS, REST = GUIDE.split("## Backup and restore")
BACKUP, UPGRADE = REST.split("## Upgrade")


READY = next(line for block in blocks(STEPS) for line in block.splitlines() if line.startswith("curl"))


class Server:
    """The machine: `run` gives what a shell has written, after it has followed the lines."""

    def __init__(self, root: Path, gateway: DemoGateway) -> None:
        self.root, self.name = root, f"walk_{os.urandom(4).hex()}"
        self.admin = os.environ["DATABASE_URL"]
        ports = {name: str(Port().release()) for name in ("PORT", "HTTP", "HTTPS")}
        self.https = int(ports["HTTPS"])
        place = self.admin.rpartition("@")[2].partition("/")[0]
        self.env = {
            "PATH": tools(),
            "ROOT": str(root),
            "SOURCE": str(ROOT),
            "PY": sys.executable,
            "FILL": str(HERE / "fill.py"),
            "ADMIN": self.admin,
            "NAME": self.name,
            "PASSWORD": "chosen0here",
            "WALK_DATABASE_URL": f"postgres://{self.name}:chosen0here@{place}/{self.name}",
            "WALK_REDIS_URL": f"{os.environ['REDIS_URL'].rpartition('/')[0]}/7",
            "WALK_PUBLIC_URL": f"https://localhost:{ports['HTTPS']}",
            "WALK_GATEWAY": gateway.url,
            **{f"WALK_{name}": number for name, number in ports.items()},
        }
        for folder in (
            "run",
            "srv",
            "var/lib",
            "etc/systemd/system",
            "etc/nginx/sites-available",
            "etc/nginx/sites-enabled",
        ):
            (root / folder).mkdir(parents=True)
        (root / "etc/nginx/nginx.conf").write_text(
            f"pid {root}/run/nginx; error_log {root}/log; worker_processes 1; events {{}}\n"
            f"http {{ access_log off; include {root}/etc/nginx/sites-enabled/*; }}\n"
        )

    def run(self, *lines: str) -> str:
        text = "\n".join(lines).replace("127.0.0.1:8000", f"127.0.0.1:{self.env['WALK_PORT']}")
        text = re.sub(r"(?<![\w.])/(srv|etc|var)/", rf"{self.root}/\1/", text)
        text = text.replace("retake.example.com", "localhost").replace("YOUR.NAME", "localhost")
        script = "\n".join([(HERE / "prelude.sh").read_text(), f"cd {self.root}", text])
        done = subprocess.run(
            ["bash", "-c", script],
            env=self.env, input=f"{PASSWORD}\n", capture_output=True, text=True, timeout=100,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-3000:]}{self.log()}"
        return done.stdout

    def log(self) -> str:
        path = self.root / "log"
        return path.read_text()[-3000:] if path.exists() else ""

    def end(self) -> None:
        for path in (self.root / "run").iterdir():
            try:
                pid = int(path.read_text())
                os.kill(pid, signal.SIGTERM) if path.name == "nginx" else os.killpg(pid, signal.SIGKILL)
            except (ProcessLookupError, ValueError):
                continue  # it has ended, or never began
        with psycopg.connect(self.admin, autocommit=True) as line:
            line.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
            line.execute(f"DROP ROLE IF EXISTS {self.name}")


def live(browser: "Browser", path: str) -> Iterator[str]:
    """The lines of an event stream, each when it comes, until its end."""
    answer = browser.open("GET", path)
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
    line = "begun"
    while line and line != "event: end\n":
        line = answer.readline().decode()
        yield line
    browser.line.close()


class Browser:
    """Somebody at https://localhost, through nginx."""

    def __init__(self, port: int) -> None:
        context = ssl._create_unverified_context()
        self.line = http.client.HTTPSConnection("localhost", port, timeout=20, context=context)
        self.address, self.cookies = f"https://localhost:{port}", {}  # type: tuple[str, dict[str, str]]

    def open(self, method: str, path: str, body: str | None = None, **more: str) -> http.client.HTTPResponse:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {
            "Cookie": kept,
            "Referer": f"{self.address}/",
            "Content-Type": "application/x-www-form-urlencoded",
            **more,
        }
        self.line.request(method, path, body, headers)
        answer = self.line.getresponse()
        for given in answer.headers.get_all("Set-Cookie", []):
            name, _, value = given.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def page(self, path: str) -> str:
        answer = self.open("GET", path)
        text = answer.read().decode()
        assert answer.status == 200, f"{path}: {answer.status} {text[:300]}"
        return text

    def send(self, path: str, form: dict[str, str]) -> str:
        """Where the form leads."""
        answer = self.open("POST", path, urlencode(form))
        text = answer.read().decode()
        assert answer.status == 302, f"{path}: {answer.status} {text[:300]}"
        return str(answer.headers["Location"])


def served_as_the_example_says(browser: Browser) -> None:
    """What nginx adds, keeps out and lets through."""
    page = browser.open("GET", "/accounts/login/", **{"X-Request-ID": "forged-by-a-client"})
    assert "Sign in" in page.read().decode()
    assert re.fullmatch(r"[0-9a-f]{32}", page.headers["x-request-id"])  # nginx's own, which its log has
    assert "strict-transport-security" in page.headers
    assert "Secure" in page.headers["set-cookie"]
    found = []
    for path in ("/", "/metrics", "/readyz"):
        answer = browser.open("GET", path)
        answer.read()
        found.append((answer.status, answer.headers["location"]))
    assert found == [(302, "/accounts/login/?next=/"), (403, None), (200, None)]
    nobodys = "/t/x/r/00000000-0000-0000-0000-000000000000/events"
    assert "event: end\n" in list(live(browser, nobodys))  # at once


def replayed(browser: Browser, chat: str) -> str:
    """The page of a new replay."""
    form = browser.page(f"{chat}/replay")
    fields = {name: hidden(form, name) for name in ("csrfmiddlewaretoken", "click")}
    return browser.send(f"{chat}/replays/start", fields)


def words_come_before_the_gateway_has_ended(browser: Browser, chat: str, gateway: DemoGateway) -> None:
    """nginx keeps nothing back: the gateway stays silent after half of its words, and they are read meanwhile."""
    gateway.set(pace=0, fault="stall")
    page = replayed(browser, chat)
    csrf = hidden(browser.page(page), "csrfmiddlewaretoken")
    stop = Browser(int(browser.line.port))
    stop.cookies = browser.cookies
    lines = live(browser, f"{page}/events")
    assert any("live-text" in line for line in lines)
    assert gateway.requests()[-1]["outcome"] == "open"
    stop.send(f"{page}/stop", {"csrfmiddlewaretoken": csrf})
    assert list(lines)[-1] == "event: end\n"
    stop.line.close()


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found is not None, f"no field {name}"
    return found[1]


@pytest.fixture
def server(tmp_path: Path, demo_gateway: DemoGateway, broker: object) -> Iterator[Server]:
    made = Server(tmp_path, demo_gateway)
    yield made
    made.end()


def test_a_new_operator_gets_a_site_a_backup_and_an_upgrade_by_the_guide_alone(
    server: Server, demo_gateway: DemoGateway
) -> None:
    assert '{"database": "ok", "migrations": "ok", "redis": "ok"}' in server.run(*blocks(STEPS))
    lines = next(block for block in blocks(STEPS) if "retake()" in block).splitlines()
    shell = ["cd /srv/retake", *(line for line in lines if line.startswith(("set -a", "retake()")))]

    pasted = re.search(r"`(--gateway-url) \S+ (--read-key-env READ_KEY)`", GUIDE)
    assert pasted is not None
    key = f"{pasted[1]} {demo_gateway.url} {pasted[2]}"
    first = "retake bootstrap --team acme --email you@example.com --password-env OWNER_PASSWORD"
    assert first in GUIDE
    server.run(*shell, f"export READ_KEY={SCOPED_KEY} OWNER_PASSWORD=x", f"{first} {key}")
    doctor = json.loads(server.run(*shell, "retake doctor --json || true"))
    assert [
        line for line in doctor if line["level"] == "bad" and line["name"] != "Client metadata document"
    ] == []

    browser = Browser(server.https)
    served_as_the_example_says(browser)
    form = browser.page("/accounts/login/")
    sign_in = {
        "login": "you@example.com",
        "password": PASSWORD,
        "csrfmiddlewaretoken": hidden(form, "csrfmiddlewaretoken"),
    }
    assert browser.send("/accounts/login/", sign_in) == "/"
    home = browser.page("/")
    asked = {"q": EXAMPLE_IDS["chat"], "csrfmiddlewaretoken": hidden(home, "csrfmiddlewaretoken")}
    browser.page(browser.send("/lookup", asked))
    chat = f"/t/acme/g/{EXAMPLE_IDS['chat']}"
    demo_gateway.set(pace=1, frames=20, frame_ms=50)
    lines = list(live(browser, f"{replayed(browser, chat)}/events"))
    assert sum(line.startswith("data:") for line in lines) > 8
    assert lines[-1] == "event: end\n"
    words_come_before_the_gateway_has_ended(browser, chat, demo_gateway)

    (entry,) = re.findall(r"^[\d* ]+ root (.*)$", BACKUP, re.M)
    server.run("cd /", f"sh <<'CRON'\n{entry}\nCRON")
    (dump,) = (server.root / "var/backups/retake").iterdir()
    restore = blocks(BACKUP)[0].replace("retake-....dump", dump.name)
    said = server.run(*shell, restore.replace("retake doctor", READY))
    assert ("Restored." in said, '"redis": "ok"' in said) == (True, True)
    assert EXAMPLE_IDS["chat"] in browser.page(chat)  # session and all: they were in the backup
    browser.line.close()


def test_an_upgrade_is_made_of_what_the_walk_has_run() -> None:
    known = [line for block in blocks(STEPS) for line in block.splitlines()]
    (upgrade,) = blocks(UPGRADE)
    new = [line for line in upgrade.splitlines() if line not in known]
    assert new == ["git pull", "systemctl restart retake-web retake-worker retake-beat"]
