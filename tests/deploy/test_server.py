"""systemd reads the units, guides name nothing that is not there, the sizing adds up; `test_walk.py` follows a guide."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))


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
