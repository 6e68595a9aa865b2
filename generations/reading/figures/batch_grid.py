"""A batch as a grid: which rows and columns its replays have, and what stands in each cell."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_ROWS, MOST_COLUMNS = 100, 12
AS_STORED, STORED_MODEL = "as stored", "stored model"


@dataclass(frozen=True, slots=True)
class GridItem:
    """A replay by its position in the batch: what it replays, the model that it asks for ("" for the stored one,
    `stored_model`), and its other changes in words ("" for none)."""

    position: int
    generation: str
    stored_model: str
    model: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class BatchGrid:
    """`cells[row][column]` are the positions of the replays there. `axis` says what the rows are: "generation" or
    "model"; `hidden` rows are left out."""

    axis: str
    rows: list[str]
    columns: list[str]
    cells: list[list[list[int]]]
    hidden: int = 0


def lay_out(items: Sequence[GridItem]) -> BatchGrid | None:
    """Generations x what was asked of each, or models x changes of one generation; None where there is one column of
    generations, one cell, or more columns than a page is wide."""
    several = len({item.generation for item in items}) > 1
    keys = [(item.generation, _variant(item)) if several else (_model(item), item.change) for item in items]
    rows = list(dict.fromkeys(row for row, _ in keys))
    columns = list(dict.fromkeys(column for _, column in keys))
    if not columns or len(columns) > MOST_COLUMNS or (len(columns) == 1 and (several or len(rows) == 1)):
        return None
    cells: list[list[list[int]]] = [[[] for _ in columns] for _ in rows]
    row_of, column_of = ({name: at for at, name in enumerate(names)} for names in (rows, columns))
    for item, (row, column) in zip(items, keys, strict=True):
        cells[row_of[row]][column_of[column]].append(item.position)
    shown = [column or AS_STORED for column in columns]
    axis = "generation" if several else "model"
    return BatchGrid(axis, rows[:MOST_ROWS], shown, cells[:MOST_ROWS], max(0, len(rows) - MOST_ROWS))


def _variant(item: GridItem) -> str:
    return ", ".join(part for part in (item.model, item.change) if part)


def _model(item: GridItem) -> str:
    return item.model or item.stored_model or STORED_MODEL
