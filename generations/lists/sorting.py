"""Lists in another order than by time: by a value of a row and its number, what is unknown last, each from an index."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from generations.lists.keyset import Page, Row, row_number
from generations.models import Generation
from generations.models.generation import TOKENS, WAIT

NEWEST = "-time"
EXPRESSIONS: dict[str, Any] = {
    "time": F("sorted_at"),
    "cost": F("cost_nanos"),
    "wait": Coalesce(*WAIT),
    "tokens": TOKENS,
}
NONE = "none"
LARGEST = Decimal(10**24)


def read_sort(text: str) -> str:
    """A name of `EXPRESSIONS`, after a minus for the largest first; by time, the newest first, for any other text."""
    return text if text.removeprefix("-") in EXPRESSIONS else NEWEST


@dataclass(frozen=True, slots=True)
class SortCursor:
    """Where a page begins: after the row of this value (None: unknown) and number, or, `back`, before it."""

    value: Any
    pk: int
    back: bool = False

    @classmethod
    def read(cls, text: str, sort: str, *, back: bool = False) -> "SortCursor | None":
        """The cursor that `str` wrote for this order, None for any other text."""
        value, _, pk = text.rpartition("_")
        try:
            return cls(_read(value, sort), row_number(pk), back)
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


def page(found: QuerySet[Row], sort: str, cursor: SortCursor | None, size: int) -> Page[Row]:
    """One page of `found`, by one query for the rows whose value is known and one for the others.

    The cursors of the page are `SortCursor`s.
    """
    back = cursor is not None and cursor.back
    placed: Any = found.annotate(place=EXPRESSIONS[sort.removeprefix("-")])
    rows: list[Row] = _rows(placed, sort, cursor, size + 1)
    more, rows = len(rows) > size, rows[:size]
    ends: Any = (cursor_of(rows[0]), cursor_of(rows[-1])) if rows else (None, None)
    if back:
        return Page(rows[::-1], ends[1] if more else None, ends[0])
    return Page(rows, ends[0] if cursor else None, ends[1] if more else None)


def cursor_of(row: Any) -> SortCursor:
    """The place of a row that `page` has read."""
    return SortCursor(row.place, row.pk)


def place_of(row: Generation, sort: str, *, back: bool = False) -> SortCursor:
    """The place of any row: one query."""
    found = Generation.objects.annotate(place=EXPRESSIONS[sort.removeprefix("-")])
    return SortCursor(found.values_list("place", flat=True).get(pk=row.pk), row.pk, back)


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
    """Of rows with a `place` those whose place is known, or unknown, in the order of an index."""
    sign = "-" if downwards else ""
    return found.filter(place__isnull=is_unknown).order_by(f"{sign}place", f"{sign}id")


def _is_passed(cursor: SortCursor, *, is_unknown: bool) -> bool:
    """Whether all rows of this kind come before the cursor in its direction."""
    return (cursor.value is None) is not is_unknown and is_unknown is cursor.back


def _beyond(cursor: SortCursor, *, downwards: bool) -> Q:
    """The first condition is what the index seeks by."""
    way = "lt" if downwards else "gt"
    beyond = Q((f"id__{way}", cursor.pk))
    if cursor.value is None:
        return beyond
    return Q((f"place__{way}e", cursor.value)) & (Q((f"place__{way}", cursor.value)) | beyond)
