"""What `make bench` keeps: this run, and its spread over the last ones of the same commit."""

import json
from pathlib import Path

import pytest

from bench.table import Figure, limit
from bench.tools import results

MACHINE = {"when": "today", "commit": "a1", "machine": "2 cores"}
FAILED = Figure("bench.lists", "KeyError", "", None, failed=True)


def test_the_spread_is_that_of_the_last_three_runs_of_one_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    markdown, data = tmp_path / "results.md", tmp_path / "results.json"

    def kept(value: float, *more: Figure, commit: str = "a1", machine: str = "2 cores") -> tuple[str, int]:
        about = {**MACHINE, "commit": commit, "machine": machine}
        monkeypatch.setattr(results, "run", lambda _seconds: about)
        results.keep([limit("memory", value, "MiB", 320), *more], 1, markdown, data)
        return markdown.read_text(), len(json.loads(data.read_text())["runs"])

    first, count = kept(329)
    assert ("The first run" in first, " to " in first, count) == (True, False, 1)
    assert "goals: 0 met, 1 missed\n" in first
    second, count = kept(300, FAILED)
    assert ("The last of 2 runs" in second, "| 300 to 329 |" in second, count) == (True, True, 2)
    assert "goals: 1 met, 0 missed, 1 part failed" in second
    assert "| bench.lists | KeyError" in second
    assert "2 parts failed" in kept(310, FAILED, FAILED)[0]
    fourth, count = kept(305)
    assert ("The last of 3 runs" in fourth, "| 300 to 310 |" in fourth, count) == (True, True, 3)
    for other in ({"commit": "b2"}, {"commit": "b2", "machine": "8 cores"}):
        anew, count = kept(400, **other)
        assert ("The first run" in anew, " to " in anew, count) == (True, False, 1)
