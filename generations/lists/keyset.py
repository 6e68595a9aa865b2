"""Keyset pages: cut by the time and the ID of a row, so the last page costs what the first one does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after the row of this time and ID, or, `back`, before it."""

    at: datetime
    pk: int | UUID
    back: bool = False

    @classmethod
    def read(cls, text: str, read_pk: Callable[[str], int | UUID], *, back: bool = False) -> "Cursor | None":
        """The cursor that `str` wrote, None for any other text. `read_pk` raises ValueError for what is no ID."""
        time, _, pk = text.rpartition("_")
        try:
            at = datetime.fromisoformat(time)
            return cls(at.astimezone(UTC), read_pk(pk), back) if at.tzinfo else None
        except (ValueError, OverflowError):
            return None

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.pk}"


def row_number(text: str) -> int:
    """An ID that counts rows. Raises ValueError for what no column holds."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(text)
    return int(text)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Rows in their order, and the cursors of the page before and the page after (None: there are none)."""

    rows: Sequence[Item]
    newer: Any = None
    older: Any = None


def page(found: QuerySet[Row], column: str, cursor: Cursor | None, size: int) -> Page[Row]:
    """One page of `found` by its time `column`, by one query for one row more than it shows."""

    def of(row: Row) -> Cursor:
        values: Any = row
        return Cursor(getattr(values, column), values.pk)

    if cursor is not None and cursor.back:
        rows = list(newer(found, column, cursor).order_by(column, "id")[: size + 1])
        more, rows = len(rows) > size, rows[:size][::-1]
        return Page(rows, of(rows[0]) if more else None, of(rows[-1]) if rows else None)
    found = older(found, column, cursor) if cursor else found
    rows = list(found.order_by(f"-{column}", "-id")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    return Page(rows, of(rows[0]) if cursor and rows else None, of(rows[-1]) if more else None)


def older(found: QuerySet[Row], column: str, cursor: Cursor) -> QuerySet[Row]:
    """The rows after the cursor. The first condition is what the index seeks by."""
    before = Q((f"{column}__lt", cursor.at)) | Q(id__lt=cursor.pk)
    return found.filter(Q((f"{column}__lte", cursor.at)), before)


def newer(found: QuerySet[Row], column: str, cursor: Cursor) -> QuerySet[Row]:
    """The rows before the cursor."""
    after = Q((f"{column}__gt", cursor.at)) | Q(id__gt=cursor.pk)
    return found.filter(Q((f"{column}__gte", cursor.at)), after)
