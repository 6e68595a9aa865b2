"""The figures of one whole run, kept as `bench/results.md` and `bench/results.json`."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench.site import ROOT
from bench.table import Figure, text

MARKDOWN, JSON = ROOT / "bench" / "results.md", ROOT / "bench" / "results.json"


def keep(figures: Sequence[Figure], seconds: float, markdown: Path = MARKDOWN, data: Path = JSON) -> None:
    """Write both files over those of the run before."""
    about = run(seconds)
    missed = [figure for figure in figures if figure.met is False]
    lines = [
        "# Results of `make bench`",
        "",
        *(f"- {name}: {value}" for name, value in about.items()),
        f"- goals: {sum(figure.met is True for figure in figures)} met, {len(missed)} missed",
        "",
        text(figures),
        "",
    ]
    markdown.write_text("\n".join(lines))
    data.write_text(json.dumps({**about, "figures": [asdict(figure) for figure in figures]}, indent=2) + "\n")


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
