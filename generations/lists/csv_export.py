"""Tables as CSV for spreadsheets (text stays text, whatever it begins with) and as JSON Lines for programs."""

import csv
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.http import StreamingHttpResponse

MARK = "\ufeff"  # without it Excel takes UTF-8 for the code page of its machine
FORMULA = "=+-@\t\r\n\u2212"  # and their full-width and small forms, which NFKC maps to these
# They take no room on a screen, though Unicode calls them letters, marks or symbols.
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


class _Line:
    """What csv writes to: hands the line back."""

    def write(self, line: str) -> str:
        return line


def lines(names: Iterable[str], batches: Iterable[Iterable[Iterable[object]]]) -> Iterator[str]:
    """A CSV file in pieces: the byte order mark with the line of names, then one piece for each batch of rows."""
    writer = csv.writer(_Line())
    yield MARK + str(writer.writerow(names))
    for rows in batches:
        yield "".join(str(writer.writerow([cell(value) for value in row])) for row in rows)


def json_lines(names: Sequence[str], batches: Iterable[Iterable[Iterable[object]]]) -> Iterator[str]:
    """JSON Lines in pieces, one for each batch of rows: an object a row, times in ISO 8601, unknown is null."""
    for rows in batches:
        yield "".join(
            json.dumps(dict(zip(names, row, strict=True)), default=_plain, ensure_ascii=False) + "\n"
            for row in rows
        )


def _plain(value: object) -> str:
    """What JSON has no form for: a time, or a decimal with every digit."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def cell(value: object) -> object:
    """One value as a CSV shows it. What a spreadsheet would run as a formula becomes text, by an apostrophe."""
    if isinstance(value, datetime):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and _is_formula(value) else value


def _is_formula(text: str) -> bool:
    """Whether the first character that can be seen begins a formula, or one before it ends a cell."""
    for character in text:
        if (unicodedata.normalize("NFKC", character) or character) in FORMULA:
            return True
        if not _is_unseen(character):
            return False
    return False


def _is_unseen(character: str) -> bool:
    """A blank, a control or format character, a variation selector or a filler."""
    kind = unicodedata.category(character)
    return kind in ("Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Me") or character in UNSEEN


TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


def download(pieces: Iterator[str], name: str) -> StreamingHttpResponse:
    """A file to save under `name`, whose ending is one of TYPES, sent while it is read."""
    kind = TYPES[name.rpartition(".")[2]]
    response = StreamingHttpResponse(pieces, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
