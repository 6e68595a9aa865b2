"""The figures of one whole run, kept as `bench/results.md` and `bench/results.json`."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.site import ROOT
from bench.table import HEADS, Figure, aligned

RUNS = 3
MARKDOWN, JSON = ROOT / "bench" / "results.md", ROOT / "bench" / "results.json"


def keep(figures: Sequence[Figure], seconds: float, markdown: Path = MARKDOWN, data: Path = JSON) -> None:
    """Write both files: this run, and the spread of the last `RUNS` of the same commit on the same machine."""
    about = run(seconds)
    runs = [*_alike(data, about), {**about, "figures": [asdict(figure) for figure in figures]}][-RUNS:]
    data.write_text(json.dumps({"runs": runs}, indent=2) + "\n")
    lines = [
        "# Results of `make bench`",
        "",
        _heading(len(runs)),
        "",
        *(f"- {name}: {value}" for name, value in about.items()),
        f"- goals: {_goals(figures)}",
        "",
        aligned([(*HEADS, "spread"), *((*figure.cells, _spread(figure, runs)) for figure in figures)]),
        "",
    ]
    markdown.write_text("\n".join(lines))


def _heading(runs: int) -> str:
    if runs == 1:
        return "The first run of this commit; the spread comes with the second."
    return f"The last of {runs} runs of this commit; the spread is that of all of them."


def _goals(figures: Sequence[Figure]) -> str:
    """How many are met and missed; of a part that failed none is known, so these are counted apart."""
    failed = sum(figure.failed for figure in figures)
    met, missed = (sum(figure.met is verdict for figure in figures) for verdict in (True, False))
    parts = "1 part" if failed == 1 else f"{failed} parts"
    return f"{met} met, {missed} missed" + (f", {parts} failed, whose goals are in neither" if failed else "")


def _alike(data: Path, about: dict[str, str]) -> list[dict[str, Any]]:
    """The runs kept so far that this one can be compared with."""
    kept: list[dict[str, Any]] = json.loads(data.read_text())["runs"] if data.exists() else []
    return [run for run in kept if all(run[name] == about[name] for name in ("commit", "machine"))]


def _spread(figure: Figure, runs: list[dict[str, Any]]) -> str:
    """The lowest and the highest value that the runs measured, "" of what is no number and of a single one."""
    values = [kept["value"] for run in runs for kept in run["figures"] if kept["name"] == figure.name]
    known = [value for value in values if value is not None]
    return f"{min(known):.3g} to {max(known):.3g}" if len(known) > 1 else ""


def run(seconds: float) -> dict[str, str]:
    """When and where a run was made."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    return {
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": commit.strip() or "unknown",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load when it ended": f"{os.getloadavg()[1]:.1f}",
        "took": f"{seconds:.0f} s",
    }
