"""Lists in another order than by time: by a value of a row and its ID, what is unknown last, each from an index."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from generations.lists.keyset import Page, Row

NEWEST = "-time"
NAMES = ("time", "cost", "wait", "tokens")
NONE = "none"
LARGEST = Decimal(10**24)


def read_sort(text: str) -> str:
    """One of NAMES, after a minus for the largest first; by time, the newest first, for any other text."""
    return text if text.removeprefix("-") in NAMES else NEWEST


@dataclass(frozen=True, slots=True)
class SortCursor:
    """Where a page begins: after the row of this value (None: unknown) and ID, or, `back`, before it."""

    value: Any
    pk: int | UUID
    back: bool = False

    @classmethod
    def read(
        cls, text: str, sort: str, read_pk: Callable[[str], int | UUID], *, back: bool = False
    ) -> "SortCursor | None":
        """The cursor that `str` wrote for this order, None for any other text.

        `read_pk` raises ValueError for what is no ID.
        """
        value, _, pk = text.rpartition("_")
        try:
            return cls(_read(value, sort), read_pk(pk), back)
        except (ValueError, OverflowError, InvalidOperation):
            return None

    def __str__(self) -> str:
        value = self.value
        shown = NONE if value is None else value.isoformat() if isinstance(value, datetime) else value
        return f"{shown}_{self.pk}"


def _read(text: str, sort: str) -> Any:
    """Raises ValueError, OverflowError, InvalidOperation for what is no value of this order."""
    if sort.removeprefix("-") == "time":
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)
        return moment.astimezone(UTC)
    value = None if text == NONE else Decimal(text)
    if value is not None and not abs(value) < LARGEST:
        raise ValueError(text)
    return value


def page(
    found: QuerySet[Row], orders: Mapping[str, Any], sort: str, cursor: SortCursor | None, size: int
) -> Page[Row]:
    """One page of `found`, by one query for the rows whose value is known and one for the others.

    `orders` has the expression of each of NAMES. The cursors of the page are `SortCursor`s.
    """
    back = cursor is not None and cursor.back
    rows: list[Row] = _rows(placed_by(found, orders, sort), sort, cursor, size + 1)
    more, rows = len(rows) > size, rows[:size]
    ends: Any = (cursor_of(rows[0]), cursor_of(rows[-1])) if rows else (None, None)
    if back:
        return Page(rows[::-1], ends[1] if more else None, ends[0])
    return Page(rows, ends[0] if cursor else None, ends[1] if more else None)


def cursor_of(row: Any) -> SortCursor:
    """The place of a row that `page` has read."""
    return SortCursor(row.sort_place, row.pk)


def placed_by(found: "QuerySet[Any]", orders: Mapping[str, Any], sort: str) -> Any:
    """Each row with the value that it is sorted by, as `sort_place`."""
    return found.annotate(sort_place=orders[sort.removeprefix("-")])


def neighbour(
    found: QuerySet[Row], orders: Mapping[str, Any], sort: str, row: Row, *, back: bool
) -> Row | None:
    """The row of `found` after `row` in this order, or, `back`, before it; None at the end."""
    place = placed_by(type(row)._default_manager.filter(pk=row.pk), orders, sort)
    cursor = SortCursor(place.values_list("sort_place", flat=True).get(), row.pk, back)
    return next(iter(page(found, orders, sort, cursor, 1).rows), None)


def _rows(found: QuerySet[Row], sort: str, cursor: SortCursor | None, most: int) -> list[Row]:
    """Up to `most` rows beyond the cursor, in the direction in which it looks."""
    back = cursor is not None and cursor.back
    downwards = sort.startswith("-") is not back
    rows: list[Row] = []
    for is_unknown in (True, False) if back else (False, True):
        if cursor is not None and _is_passed(cursor, is_unknown=is_unknown):
            continue
        part = ordered(found, is_unknown=is_unknown, downwards=downwards)
        if cursor is not None and (cursor.value is None) is is_unknown:
            part = part.filter(_beyond(cursor, downwards=downwards))
        if len(rows) < most:
            rows += part[: most - len(rows)]
    return rows


def ordered(found: QuerySet[Row], *, is_unknown: bool, downwards: bool) -> QuerySet[Row]:
    """Of rows with a `sort_place` those whose place is known, or unknown, in the order of an index."""
    sign = "-" if downwards else ""
    return found.filter(sort_place__isnull=is_unknown).order_by(f"{sign}sort_place", f"{sign}id")


def _is_passed(cursor: SortCursor, *, is_unknown: bool) -> bool:
    """Whether all rows of this kind come before the cursor in its direction."""
    return (cursor.value is None) is not is_unknown and is_unknown is cursor.back


def _beyond(cursor: SortCursor, *, downwards: bool) -> Q:
    """The first condition is what the index seeks by."""
    way = "lt" if downwards else "gt"
    further = Q((f"id__{way}", cursor.pk))
    if cursor.value is None:
        return further
    return Q((f"sort_place__{way}e", cursor.value)) & (Q((f"sort_place__{way}", cursor.value)) | further)
