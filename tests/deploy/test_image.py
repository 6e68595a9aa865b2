"""The image and compose.yml, without an engine: their files are read, and each step that can run here is run."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

import django
import pytest
import yaml

from dashboard.local.system import Port
from generations.views.help import JOBS
from tests.support.processes import end, wait_for

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "dashboard" / "settings.py").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "retake"}


def instructions() -> list[tuple[str, str]]:
    """Those of the Dockerfile, with continued lines joined."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.M))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in text.splitlines() if line.strip()]


def of(kind: str) -> list[str]:
    return [rest for name, rest in instructions() if name == kind]


def context(folder: Path) -> Path:
    """What the image gets of the repository: .dockerignore lets a few names through."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    for name in (line[1:] for line in lines if line.startswith("!")):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy2(source, target)
    return folder


def setting_names(names: list[str]) -> list[str]:
    """Of these, the ones that nothing reads."""
    others = {"PATH", "PYTHONUNBUFFERED"}
    return [name for name in names if f'"{name}"' not in SETTINGS and name not in others]


def test_the_image_is_small_and_runs_as_nobody_special() -> None:
    assert {image.split(" ")[0] for image in of("FROM")} == {"python:3.13-slim"}
    users, runs = of("USER"), of("RUN")
    assert users == ["retake"]
    names = [name for name, _ in instructions()]
    assert names.index("USER") < names.index("CMD")
    assert any(run.startswith("useradd --system --uid 10001") for run in runs)
    assert "--require-hashes" in next(run for run in runs if "pip install" in run)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for name in (".git", "tests", "docs", "retake.env", ".env", ".local", ".venv"):
        assert not any(fnmatch(name, line[1:]) for line in ignored if line.startswith("!"))


def test_every_variable_of_the_files_is_a_setting() -> None:
    named = re.findall(r"\b([A-Z][A-Z_]+)=", " ".join(of("ENV") + of("RUN")))
    assert set(setting_names(named)) == set()
    env = (ROOT / "docs" / "deploy" / "retake.env").read_text()
    assert setting_names(re.findall(r"^([A-Z_]+)=", env, re.M)) == []
    assert setting_names([name for service in OURS.values() for name in service["environment"]]) == []
    required = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "PUBLIC_URL"}
    assert required <= set(re.findall(r"^([A-Z_]+)=", env, re.M))


def test_compose_runs_what_the_procfile_runs_with_few_rights_and_an_own_disk_for_the_worker() -> None:
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    commands = {name: " ".join(service.get("command", [])) for name, service in OURS.items()}
    expected = {name: procfile[name] for name in ("worker", "beat")}
    assert commands == {"prepare": procfile["release"], "web": "", **expected}
    assert of("CMD")[-1] == str(procfile["web"].split()).replace("'", '"')
    for service in OURS.values():
        assert (service["cap_drop"], service["read_only"], service["env_file"]) == (
            ["ALL"],
            True,
            "retake.env",
        )
    assert OURS["worker"]["volumes"] == ["spool:" + OURS["worker"]["environment"]["SPOOL_DIR"]]
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:8000:8000"]
    assert set(COMPOSE["volumes"]) == {"database", "spool"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that other users can enter, as those of tmp_path cannot."""
    made = Path(tempfile.mkdtemp(prefix="retake-image-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def its_python() -> tuple[str, dict[str, str], dict[str, Any]]:
    """A Python with our packages, its variables, and how its process becomes the image's user, who owns nothing.

    As root only, and where that user can enter the folder of our Python, or the system has one of the same version.
    """
    (number,) = map(int, re.findall(r"--uid (\d+)", " ".join(of("RUN"))))
    user: dict[str, Any] = {"user": number, "group": number, "extra_groups": []}
    system = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin") or sys.executable
    packages = {"PYTHONPATH": str(Path(django.__file__).parents[1])}
    pythons: list[tuple[str, dict[str, str]]] = [(sys.executable, {}), (system, packages)]
    for python, env in pythons if os.geteuid() == 0 else []:
        with suppress(PermissionError):
            if (
                subprocess.run([python, "-c", "import psycopg, redis"], env=env, cwd="/", **user).returncode
                == 0
            ):
                return python, env, user
    return sys.executable, {}, {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.heavy
def test_its_steps_run_on_what_it_gets_and_its_process_is_healthy(
    folder: Path, tmp_path: Path, site_environment: dict[str, str], broker: object
) -> None:
    """Users and packages apart, each RUN is run in the order of the file; then CMD as USER, asked by HEALTHCHECK."""
    python, packages, user = its_python()
    app, bare = context(folder), {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    steps = [
        run for run in of("RUN") if not run.startswith(("useradd", "install", "python -m venv", "/venv"))
    ]
    assert len(steps) == 2
    for step in steps:
        subprocess.run(step, shell=True, cwd=app, env=bare, check=True, timeout=60)
    collected = json.loads((app / ".local" / "static" / "staticfiles.json").read_text())["paths"]
    assert [job.picture for job in JOBS if f"screens/{job.picture}.png" not in collected] == []
    assert (app / "docs" / "operating.md").exists()  # a page shows it
    port = Port().release()
    check = re.search(r"CMD (\[.*\])", of("HEALTHCHECK")[0])
    assert check is not None
    asks = [python, *json.loads(check[1])[1:]]
    env = {**os.environ, **site_environment, **bare, **packages, "PORT": str(port)}
    if not user:
        (app / ".local" / "static").chmod(0o500)  # the process writes nothing there
    command = yaml.safe_load(of("CMD")[-1])
    assert shlex.join(command) == "python -m dashboard.web.serve"
    env |= {"LOG_FORMAT": "json", "SPOOL_DIR": "/spool"}
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen([python, *command[1:]], cwd=app, env=env, stderr=log, **user)
    try:
        ask = partial(subprocess.run, asks, env=env, cwd=app, stderr=subprocess.DEVNULL, **user)
        wait_for(lambda: ask().returncode == 0 or running.poll() is not None)
    finally:
        end(running)
    assert ask().returncode != 0
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    # A question from before it was ready may have a line of its own.
    facts = {name: lines[-1][name] for name in ("method", "route", "status", "level")}
    assert facts == {"method": "GET", "route": "healthz", "status": 200, "level": "INFO"}
    assert {len(line["request_id"]) for line in lines} == {32}
