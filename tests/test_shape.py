"""The shape of the source: short functions, modules that are read in one go, rooms that are seen at a glance."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
TREES = ("generations", "dashboard", "bench", "tests")
LINES, MODULES = 350, 20


@cache
def modules(tree: str) -> list[Path]:
    """Every module but migrations, which Django writes."""
    return [path for path in sorted((ROOT / tree).rglob("*.py")) if "migrations" not in path.parts]


def sizes(tree: str) -> list[int]:
    """The lines of each function, the shortest first."""
    nodes = (node for path in modules(tree) for node in ast.walk(ast.parse(path.read_text())))
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return sorted((node.end_lineno or node.lineno) - node.lineno + 1 for node in functions)


@pytest.mark.parametrize("tree", TREES)
def test_functions_are_short(tree: str) -> None:
    found = sizes(tree)
    assert (median(found) <= 7, found[len(found) * 9 // 10] <= 15) == (True, True)


@pytest.mark.parametrize("tree", [tree for tree in TREES if tree != "tests"])
def test_no_module_is_long(tree: str) -> None:
    long = {path: count for path in modules(tree) if (count := len(path.read_text().splitlines())) > LINES}
    assert long == {}


@pytest.mark.parametrize("tree", TREES)
def test_no_room_is_crowded(tree: str) -> None:
    rooms = Counter(path.parent for path in modules(tree))
    assert {room: count for room, count in rooms.items() if count > MODULES} == {}
