"""Rows of several models out of one statement that is written by hand."""

from collections.abc import Iterator
from itertools import islice
from operator import itemgetter
from typing import Any, Generic, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


class RowPart(Generic[Row]):
    """Some fields of a model, two at least, as a part of such rows; all where none is named. The key comes first."""

    def __init__(self, model: type[Row], *names: str) -> None:
        self.model = model
        self.names = names or tuple(field.attname for field in model._meta.concrete_fields)
        fields = [field for field in model._meta.concrete_fields if field.attname in self.names]
        places = [self.names.index(field.attname) for field in fields]
        self._fields = [field.attname for field in fields]
        self._ordered = itemgetter(*places)  # as `from_db` expects them
        self._read = [
            (at, field.from_db_value)
            for at, field in zip(places, fields, strict=True)
            if hasattr(field, "from_db_value")
        ]

    def listed(self, table: str) -> str:
        """The columns for a SELECT."""
        return ", ".join(f"{table}.{name}" for name in self.names)

    def row(self, values: Iterator[Any]) -> Row:
        """A row of the model from the next values; its other fields are read when they are asked for."""
        given = list(islice(values, len(self.names)))
        for at, read in self._read:
            given[at] = read(given[at], None, connection)
        return self.model.from_db(connection.alias, self._fields, self._ordered(given))

    def row_or_none(self, values: Iterator[Any]) -> Row | None:
        """The same; None where an outer join found none."""
        row = self.row(values)
        return row if row.pk is not None else None
