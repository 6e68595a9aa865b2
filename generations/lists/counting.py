"""How many rows a list has: exact up to a bound, and never worth waiting for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

MOST = 10_000
PATIENCE_MS = 150
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class RowCount:
    """The number of rows, `MOST` with `is_more` for more; None where counting took too long."""

    number: int | None
    is_more: bool = False

    def __str__(self) -> str:
        if self.number is None:
            return "many"
        return f"{self.number:,}{'+' if self.is_more else ''}"


def count(found: QuerySet[Any]) -> RowCount:
    """The number of rows that are found, counted for no longer than `PATIENCE_MS`."""
    number = in_time(found.order_by().values("pk")[: MOST + 1].count)
    return RowCount(None) if number is None else of(number)


def of(number: int) -> RowCount:
    """A number that is known, as lists show it."""
    return RowCount(min(number, MOST), number > MOST)


def in_time(read: Callable[[], Made], ms: int | None = None) -> Made | None:
    """What `read` reads from the database; None where one of its statements takes longer than `ms`, or `PATIENCE_MS`."""
    try:
        with transaction.atomic():
            _limit(f"{ms or PATIENCE_MS}ms")
            made = read()
            _limit("0")
    except OperationalError:
        return None
    return made


def _limit(time: str) -> None:
    """A time limit for the statements of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [time])
