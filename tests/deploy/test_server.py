"""The examples for a server do what their guide says: nginx and systemd read them, and nginx serves Retake by them."""

import http.client
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.local.system import LOOPBACK, Port, accepts
from tests.support.processes import process, wait_for

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
needs_nginx = pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx was found")
HOST = "retake.example.com"


@pytest.fixture
def front(
    tmp_path: Path, site_environment: dict[str, str], broker: object, transactional_db: None
) -> Iterator[int]:
    """The port of nginx, with the example as it is but for ports and paths, in front of a web process behind https."""
    web, plain, secure = Port().release(), Port().release(), Port().release()
    certificate(tmp_path)
    shutil.copy(DEPLOY / "retake-proxy.conf", tmp_path)
    text = (DEPLOY / "nginx.conf").read_text()
    for before, after in {
        "127.0.0.1:8000": f"{LOOPBACK}:{web}",
        "listen 80;": f"listen {LOOPBACK}:{plain};",
        "listen 443 ssl http2;": f"listen {LOOPBACK}:{secure} ssl http2;",
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(tmp_path / "cert.pem"),
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(tmp_path / "key.pem"),
        "/etc/nginx/retake-proxy.conf": str(tmp_path / "retake-proxy.conf"),
    }.items():
        assert before in text
        text = text.replace(before, after)
    text = re.sub(r"^\s*listen \[::\].*\n", "", text, flags=re.M)
    paths = "".join(
        f"{name}_temp_path {tmp_path}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    outer = f"daemon off; master_process off; pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}}"
    (tmp_path / "nginx.conf").write_text(f"{outer} http {{ access_log off; {paths}\n{text}\n}}")
    env = {
        **site_environment,
        "PORT": str(web),
        "PUBLIC_URL": f"https://{HOST}",
        "TRUST_PROXY": "true",
        "ALLOWED_HOSTS": HOST,
    }
    with process("-m", "dashboard.web.serve", env=env, port=web):
        nginx = subprocess.Popen(
            ["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], stderr=subprocess.DEVNULL
        )
        try:
            wait_for(lambda: accepts(secure) or nginx.poll() is not None)
            assert nginx.poll() is None, (tmp_path / "log").read_text()
            yield secure
        finally:
            nginx.terminate()
            nginx.wait(10)


def certificate(folder: Path) -> None:
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=h -keyout key.pem -out cert.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)


def ask(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    context = ssl._create_unverified_context()
    line = http.client.HTTPSConnection(LOOPBACK, port, timeout=20, context=context)
    with closing(line):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        line.request("GET", path, headers={"Host": HOST, **given})
        answer = line.getresponse()
        return (
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            answer.read().decode(),
        )


@needs_nginx
@pytest.mark.heavy
def test_retake_is_served_by_the_example(front: int) -> None:
    status, headers, text = ask(front, "/accounts/login/")
    assert (status, "Sign in" in text) == (200, True)
    assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])  # nginx's own, which its log has
    assert (
        ask(front, "/accounts/login/", X_Request_ID="forged-by-a-client")[1]["x-request-id"]
        != "forged-by-a-client"
    )
    assert "strict-transport-security" in headers
    assert "Secure" in headers["set-cookie"]
    status, headers, _ = ask(front, "/")
    assert (status, headers["location"]) == (302, "/accounts/login/?next=/")
    assert ask(front, "/readyz")[0] == 200
    assert ask(front, "/metrics")[0] == 403
    begun = time.monotonic()
    status, headers, text = ask(front, "/t/x/r/00000000-0000-0000-0000-000000000000/events")
    assert (status, headers["content-type"].split(";")[0], "event: end" in text) == (
        200,
        "text/event-stream",
        True,
    )
    assert time.monotonic() - begun < 5


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd was found")
def test_systemd_reads_the_units(tmp_path: Path) -> None:
    """Paths of the guide's server are those of this checkout; everything else is as it stands."""
    user = os.environ.get("USER") or "root"
    for unit in UNITS:
        text = unit.read_text().replace(
            "/srv/retake/.venv/bin", str(Path(shutil.which("python3") or "").parent)
        )
        text = text.replace("User=retake", f"User={user}").replace("/srv/retake", str(ROOT))
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={shutil.which('python3')}", text, flags=re.M)
        (tmp_path / unit.name).write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.glob("*.service")))]
    done = subprocess.run(command, capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "retake-" in line]
    assert ours == []


def test_units_run_what_the_procfile_runs() -> None:
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    commands = {}
    for unit in UNITS:
        command = re.search(r"^ExecStart=/srv/retake/\.venv/bin/(.+)$", unit.read_text(), re.M)
        assert command is not None
        commands[unit.stem.removeprefix("retake-")] = command[1]
    assert commands == {name: procfile[name] for name in ("web", "worker", "beat")}


GUIDES = sorted(DEPLOY.glob("*.md"))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_what_a_guide_names_is_there(guide: Path) -> None:
    """Files, links, settings, management commands, services of compose.yml, and the units."""
    text = guide.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("http")]
    assert [link for link in links if not (DEPLOY / link).exists()] == []
    files = re.findall(r"\bdocs/deploy/([\w.-]+\.\w+)", text)
    assert [name for name in files if not (DEPLOY / name).exists()] == []
    settings = "".join((ROOT / "dashboard" / name).read_text() for name in ("settings.py", "environment.py"))
    named = set(re.findall(r"\b([A-Z]+_[A-Z_]+)\b", text)) - {
        "OWNER_PASSWORD",
        "READ_KEY",
        "POSTGRES_PASSWORD",
        "DISABLE_COLLECTSTATIC",  # Heroku's
    }
    assert {name for name in named if f'"{name}"' not in settings} == set()
    commands = {path.stem for path in ROOT.glob("*/management/commands/*.py")}
    assert set(re.findall(r"(?:manage\.py|^ *retake) ([a-z_]+)", text, re.M)) - commands == set()


def number(cell: str) -> float:
    """Of a cell such as `1,062 %`, `0.5 GB` or `1.3 TB`, in GB."""
    figure, _, unit = cell.strip().replace(",", "").partition(" ")
    return float(figure) * {"TB": 1000, "MB": 0.001}.get(unit, 1)


def test_the_arithmetic_of_the_sizing_is_right() -> None:
    rows = dict(re.findall(r"^\| ([^|]+) \| (.+) \|$", (DEPLOY / "sizing.md").read_text(), re.M))
    figures = {
        name.split(":")[0]: [number(cell) for cell in cells.split("|")]
        for name, cells in rows.items()
        if re.match(r"[\d.,]+", cells.strip())
    }
    people = [10, 1_000, 100_000]
    busy = figures["there in the busiest hour"]
    assert busy == [each / 10 for each in people]
    assert figures["requests a second"] == pytest.approx([each * 5 / 60 for each in busy], rel=0.25)
    assert figures["replays a day"] == [each * 2 for each in people]
    assert figures["generations a month"] == [each * 220 for each in people]
    at_a_time = [each * 2 * 0.2 / 3600 * 20 for each in people]
    assert figures["at a time, of 20 s each"] == pytest.approx(at_a_time, rel=0.15)
    stored = [each * 220 * 3 * 18e-6 + each * 2 * 66 * 6e-6 for each in people]
    assert figures["stored after three months"] == pytest.approx(stored, rel=0.35)
