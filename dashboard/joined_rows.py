"""Rows of several models out of one statement that is written by hand."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def listed(table: str, names: tuple[str, ...]) -> str:
    """These columns of a table for a SELECT."""
    return ", ".join(f"{table}.{name}" for name in names)


def columns(model: type[models.Model]) -> tuple[str, ...]:
    """The columns of a model, the primary key first."""
    return tuple(field.attname for field in model._meta.concrete_fields)


def made(model: type[Row], names: tuple[str, ...], values: Iterator[Any]) -> Row:
    """A row of the model with these fields, from the next values; the others are read when they are asked for."""
    given, (ordered, fields, readers) = list(islice(values, len(names))), _plan(model, names)
    for at, read in readers:
        given[at] = read(given[at], None, connection)
    return model.from_db(connection.alias, fields, ordered(given))


def made_or_none(model: type[Row], names: tuple[str, ...], values: Iterator[Any]) -> Row | None:
    """The same; None where an outer join found none. The first name is the primary key."""
    row = made(model, names, values)
    return row if row.pk is not None else None


@cache
def _plan(
    model: type[models.Model], names: tuple[str, ...]
) -> tuple[Callable[[list[Any]], Any], list[str], list[tuple[int, Callable[..., Any]]]]:
    """Of two or more: what brings values into the order that `from_db` expects, the names in it, and what reads them."""
    fields = [field for field in model._meta.concrete_fields if field.attname in names]
    order = [names.index(field.attname) for field in fields]
    readers = [
        (at, field.from_db_value)
        for at, field in zip(order, fields, strict=True)
        if hasattr(field, "from_db_value")
    ]
    return itemgetter(*order), [field.attname for field in fields], readers
