"""Which grid a batch makes."""

import pytest

from generations.reading.figures import batch_grid
from generations.reading.figures.batch_grid import GridItem, lay_out


def items(*members: tuple[str, str, str]) -> list[GridItem]:
    return [GridItem(at, of, "m/stored", model, change) for at, (of, model, change) in enumerate(members)]


@pytest.mark.parametrize(
    ("members", "axis", "rows", "columns", "cells"),
    [
        (
            [("G", "", ""), ("G", "", "t → 1"), ("G", "m/b", ""), ("G", "m/b", "t → 1"), ("G", "m/b", "")],
            "model",
            ["m/stored", "m/b"],
            ["as stored", "t → 1"],
            [[[0], [1]], [[2, 4], [3]]],
        ),
        (
            [("G", "", ""), ("H", "", ""), ("H", "m/b", "t → 1")],
            "generation",
            ["G", "H"],
            ["as stored", "m/b, t → 1"],
            [[[0], []], [[1], [2]]],
        ),
        ([("G", "", ""), ("G", "m/b", "")], "model", ["m/stored", "m/b"], ["as stored"], [[[0]], [[1]]]),
    ],
)
def test_rows_and_columns(
    members: list[tuple[str, str, str]],
    axis: str,
    rows: list[str],
    columns: list[str],
    cells: list[list[list[int]]],
) -> None:
    grid = lay_out(items(*members))
    assert grid is not None
    assert (grid.axis, grid.rows, grid.columns, grid.cells) == (axis, rows, columns, cells)


@pytest.mark.parametrize(
    "members",
    [
        [],
        [("G", "", "")] * 3,
        [("G", "", ""), ("H", "", "")],
        [("G", "", f"seed → {number}") for number in range(batch_grid.MOST_COLUMNS + 1)],
    ],
)
def test_what_is_no_grid(members: list[tuple[str, str, str]]) -> None:
    assert lay_out(items(*members)) is None


def test_rows_beyond_a_page_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_grid, "MOST_ROWS", 2)
    grid = lay_out(items(*((f"G{number}", model, "") for number in range(5) for model in ("", "m/b"))))
    assert grid is not None
    assert (grid.rows, len(grid.cells), grid.hidden) == (["G0", "G1"], 2, 3)
