"""What differs between two texts, word by word."""

import re
from typing import Literal, NamedTuple

from fast_diff_match_patch import diff as match_patch

Kind = Literal["same", "gone", "new"]
WORDS = re.compile(r"\w+|\s+|[^\w\s]")
LONGEST = 400_000
DISTINCT = 50_000
KINDS: dict[str, Kind] = {"=": "same", "-": "gone", "+": "new"}


class Piece(NamedTuple):
    """A stretch of text and where it stands: in both, only in the first, only in the second."""

    kind: Kind
    text: str


def words(before: str, after: str) -> list[Piece] | None:
    """The pieces in reading order, None when the texts are too long to be compared while a page waits."""
    if len(before) + len(after) > LONGEST:
        return None
    table: dict[str, str] = {}
    first, second = _letters(before, table), _letters(after, table)
    if len(table) > DISTINCT:
        return None
    back = {letter: word for word, letter in table.items()}
    pieces = match_patch(first, second, timelimit=1, counts_only=False, checklines=False, cleanup="Semantic")
    return [Piece(KINDS[kind], "".join(back[letter] for letter in letters)) for kind, letters in pieces]


def _letters(text: str, table: dict[str, str]) -> str:
    """Each word as one letter, so that a diff of letters is a diff of words. Surrogates are skipped."""
    return "".join(table.setdefault(word, _letter(len(table))) for word in WORDS.findall(text))


def _letter(number: int) -> str:
    return chr(number + 0x100 if number + 0x100 < 0xD800 else number + 0x100 + 0x800)
