"""The orders of a list, and its pages in each of them: by time from one index, by other values as `sorting` does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from generations.lists import keyset, sorting
from generations.lists.keyset import Cursor, Page, Row
from generations.lists.sorting import NEWEST, SortCursor

PAGE = 50


@dataclass(frozen=True)
class Ordering:
    """`time` is the column that the newest come first by; `others` has the expressions of the other `sorting.NAMES`, each
    with an index; `read_pk` reads an ID, and raises ValueError for what is none.
    """

    time: str
    others: Mapping[str, Any]
    read_pk: Callable[[str], int | UUID]

    @property
    def values(self) -> dict[str, Any]:
        """What `sorting` sorts by."""
        return {"time": F(self.time), **self.others}

    def read_cursor(self, text: str, *, sort: str = NEWEST, back: bool = False) -> Cursor | SortCursor | None:
        """The cursor in an address, None for any other text."""
        if sort == NEWEST:
            return Cursor.read(text, self.read_pk, back=back)
        return SortCursor.read(text, sort, self.read_pk, back=back)

    def place(self, given: Mapping[str, Any], sort: str) -> Cursor | SortCursor | None:
        """Where the page of an address begins: `older` or `newer` than a row."""
        name = "newer" if "newer" in given else "older"
        return self.read_cursor(given.get(name, ""), sort=sort, back=name == "newer")

    def page(
        self,
        found: QuerySet[Row],
        cursor: Cursor | SortCursor | None = None,
        size: int = PAGE,
        *,
        sort: str = NEWEST,
    ) -> Page[Row]:
        """One page of `found` in the order `sort`, the newest first without one."""
        if sort == NEWEST:
            return keyset.page(found, self.time, cursor if isinstance(cursor, Cursor) else None, size)
        place = cursor if isinstance(cursor, SortCursor) else None
        return sorting.page(found, self.values, sort, place, size)

    def neighbour(self, found: QuerySet[Row], row: Row, sort: str, *, back: bool) -> Row | None:
        """The row of `found` after `row` in this order, or, `back`, before it."""
        if sort != NEWEST:
            return sorting.neighbour(found, self.values, sort, row, back=back)
        place = Cursor(getattr(row, self.time), row.pk, back)
        return next(iter(keyset.page(found, self.time, place, 1).rows), None)
