"""What differs between two texts, word by word. Work is bounded by size: the same texts give the same pieces.

First sentences and lines are brought together, then the words of what lies between them. Passages that are too
long or too different for that are shown as a whole, and the result says so (`coarse`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import Literal, NamedTuple

from generations.reading.diff import alignment, diff_units
from generations.reading.figures import formatting

Kind = Literal["same", "gone", "new", "skip"]
LONGEST = 400_000
"""Characters of both texts that `words` compares while a page waits."""
WORD_TEXT = 1_000_000  # characters of both texts that are compared by words,
TOKENS = 250_000  # and the words in them,
SENTENCE_TEXT = 16_000_000  # characters of both texts that are compared by sentences,
STOPS = 250_000  # and the line breaks and full stops in them


class Piece(NamedTuple):
    """A stretch of text and where it stands: in both, only in the first, only in the second.

    "skip" stands for a stretch that is not shown; its text says what it was.
    """

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class TextDiff:
    """The pieces in reading order. `coarse`: characters of both texts that were not compared by words."""

    pieces: list[Piece]
    coarse: int = 0

    @property
    def equal(self) -> bool:
        return all(piece.kind == "same" for piece in self.pieces)

    @property
    def note(self) -> str:
        """What to say about passages shown as a whole, "" when there are none."""
        if not self.coarse:
            return ""
        return (
            f"{formatting.count(self.coarse)} characters are too long or too different to compare word by word; "
            "they are shown as whole passages."
        )


def words(before: str, after: str) -> list[Piece] | None:
    """The pieces, None when the texts are too long to be shown on a page as they are (see `texts`, `folded`)."""
    return None if len(before) + len(after) > LONGEST else texts(before, after).pieces


def texts(before: str, after: str) -> TextDiff:
    """The differences of two texts of any length. Both texts can be read off the pieces."""
    if before == after:
        return TextDiff([Piece("same", before)] if before else [])
    blocks, coarse = _sentences(before, after)
    end = EqualBlock(len(before), len(after), 0)
    return TextDiff(list(_joined(_pieces(_tidy(blocks, end), before, after))), coarse)


# -- blocks of equal text ----------------------------------------------------------------------------------


class EqualBlock(NamedTuple):
    """`length` characters that are equal at `b` of the first and `a` of the second text."""

    b: int
    a: int
    length: int


def _sentences(before: str, after: str) -> tuple[list[EqualBlock], int]:
    """The equal stretches, and how many characters between them were not compared by words."""
    allowed = _Allowed()
    found: list[EqualBlock] = []
    for last, block in _neighbours([*_wide(before, after), EqualBlock(len(before), len(after), 0)]):
        b, a = last.b + last.length, last.a + last.length
        if b < block.b and a < block.a:
            inner = allowed.blocks(before[b : block.b], after[a : block.a])
            found += [EqualBlock(b + block.b, a + block.a, block.length) for block in inner]
        found.append(block)
    return found[:-1], allowed.coarse


def _wide(before: str, after: str) -> list[EqualBlock]:
    """Equal sentences and lines; only what is equal at both ends where there are too many."""
    long = len(before) + len(after) > SENTENCE_TEXT
    if long or diff_units.stops(before) + diff_units.stops(after) > STOPS:
        return _ends(before, after)
    tokens = diff_units.sentences(before), diff_units.sentences(after)
    return _blocks(*tokens, alignment.Budget(alignment.CELLS // 4))


class _Allowed:
    """What one comparison may still do by words; `coarse` counts the characters it was not enough for."""

    def __init__(self) -> None:
        self.budget, self.text, self.tokens, self.coarse = alignment.Budget(), WORD_TEXT, TOKENS, 0

    def blocks(self, before: str, after: str) -> list[EqualBlock]:
        """Equal words of a passage."""
        size, missed = len(before) + len(after), self.budget.missed
        if size > self.text:
            self.coarse += size
            return []
        first, second = diff_units.words(before), diff_units.words(after)
        enough = len(first) + len(second) <= self.tokens
        found = _blocks(first, second, self.budget) if enough else []
        if enough:
            self.text, self.tokens = self.text - size, self.tokens - len(first) - len(second)
        self.coarse += 0 if enough and self.budget.missed == missed else size
        return found


def _neighbours(blocks: list[EqualBlock]) -> Iterable[tuple[EqualBlock, EqualBlock]]:
    return zip([EqualBlock(0, 0, 0), *blocks], blocks, strict=False)


def _blocks(first: list[str], second: list[str], budget: alignment.Budget) -> list[EqualBlock]:
    """Equal tokens, neighbours joined."""
    b = list(accumulate(map(len, first), initial=0))
    a = list(accumulate(map(len, second), initial=0))
    return [EqualBlock(b[i], a[j], b[i + n] - b[i]) for i, j, n in alignment.runs(first, second, budget)]


def _ends(before: str, after: str) -> list[EqualBlock]:
    """What is equal at the beginning and at the end, for texts too long for more."""
    shorter = min(len(before), len(after))
    head = _equal_length(shorter, lambda n: before.startswith(after[:n]))
    head = _whole(head, lambda n: diff_units.cuts(before, n) or diff_units.cuts(after, n))
    tail = _equal_length(shorter - head, lambda n: before.endswith(after[len(after) - n :]))
    b, a = len(before), len(after)
    tail = _whole(tail, lambda n: diff_units.cuts(before, b - n) or diff_units.cuts(after, a - n))
    found = [EqualBlock(0, 0, head), EqualBlock(len(before) - tail, len(after) - tail, tail)]
    return [block for block in found if block.length]


def _whole(length: int, cuts: Callable[[int], bool]) -> int:
    """The largest length up to this one that cuts no character; of marks without end 100 are looked at."""
    return next(
        (shorter for shorter in range(length, max(-1, length - 100), -1) if not cuts(shorter)), length
    )


def _equal_length(most: int, equal: Callable[[int], bool]) -> int:
    """The largest number up to `most` for which `equal` holds, by halving."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if equal(middle) else (low, middle - 1)
    return low


def _tidy(blocks: list[EqualBlock], end: EqualBlock) -> list[EqualBlock]:
    """Without blocks shorter than the changes on both sides: `cat` → `cow` is not shown letter by letter."""
    kept: list[EqualBlock] = []
    for block in [*blocks, end]:
        while kept and kept[-1].length <= min(
            _change(kept[-2] if len(kept) > 1 else EqualBlock(0, 0, 0), kept[-1]), _change(kept[-1], block)
        ):
            kept.pop()
        kept.append(block)
    return kept


def _change(last: EqualBlock, block: EqualBlock) -> int:
    """Characters that differ between two blocks, on the longer side."""
    return max(block.b - last.b, block.a - last.a) - last.length


# -- pieces ------------------------------------------------------------------------------------------------


def _pieces(blocks: list[EqualBlock], before: str, after: str) -> Iterator[Piece]:
    for last, block in _neighbours(blocks):
        gone = before[last.b + last.length : block.b]
        new = after[last.a + last.length : block.a]
        lead = _space(gone, new)
        trail = _space(gone[lead:][::-1], new[lead:][::-1])
        yield Piece("same", gone[:lead])
        yield Piece("gone", gone[lead : len(gone) - trail])
        yield Piece("new", new[lead : len(new) - trail])
        yield Piece("same", gone[len(gone) - trail :] + before[block.b : block.b + block.length])


def _space(gone: str, new: str) -> int:
    """How much white space both begin with, up to 200 characters."""
    length, most = 0, min(len(gone), len(new), 200)
    while length < most and gone[length] == new[length] and gone[length].isspace():
        length += 1
    return length


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Without empty pieces, equal neighbours as one."""
    kind: Kind | None = None
    held: list[str] = []
    for piece in pieces:
        if not piece.text:
            continue
        if piece.kind != kind and kind:
            yield Piece(kind, "".join(held))
            held = []
        kind = piece.kind
        held.append(piece.text)
    if kind:
        yield Piece(kind, "".join(held))


# -- ways to show them -------------------------------------------------------------------------------------


def folded(
    pieces: Iterable[Piece], around: int = 200, longest: int = 20_000, most: int = 400_000
) -> list[Piece]:
    """Changes only: equal stretches keep `around` characters next to a change, others `longest`, all `most`."""
    listed, shown = list(pieces), list[Piece]()
    left = most
    for at, piece in enumerate(listed):
        if left <= 0:
            rest = sum(len(piece.text) for piece in listed[at:])
            return [*shown, Piece("skip", f"{formatting.count(rest)} more characters")]
        if piece.kind == "same":
            cut = _around(piece, around if at else 0, around if at + 1 < len(listed) else 0)
        else:
            cut = _around(piece, longest, 0)
        left -= sum(len(piece.text) for piece in cut)
        shown += cut
    return shown


def _around(piece: Piece, head: int, tail: int) -> list[Piece]:
    """The two ends of a piece and how much is left out, the whole piece where that would not be shorter."""
    hidden = len(piece.text) - head - tail
    if hidden <= 40:
        return [piece]
    what = "characters are the same" if piece.kind == "same" else "more characters"
    start, end = piece.text[:head], piece.text[len(piece.text) - tail :]
    cut = [
        Piece(piece.kind, start),
        Piece("skip", f"{formatting.count(hidden)} {what}"),
        Piece(piece.kind, end),
    ]
    return [part for part in cut if part.text]


class LinePair(NamedTuple):
    """A line of both texts side by side, without its line break; None where a side has no line there.

    `skipped` lines that are the same stand where both are None.
    """

    before: list[Piece] | None
    after: list[Piece] | None
    changed: bool = False
    skipped: int = 0


def rows(pieces: Iterable[Piece], around: int | None = None, most: int = 5_000) -> list[LinePair]:
    """The lines side by side: those between two common line breaks stand next to each other from the top.

    With `around`, changes only: that many unchanged lines are kept next to each. Beyond `most` rows the rest is
    counted as skipped.
    """
    page, listed = _LinePairs(most), list(pieces)
    for at, (kind, text) in enumerate(listed):
        if page.full:
            page.rest += text.count("\n") * (kind != "new")
        elif kind != "same":
            page.change(kind, text)
        elif around is None:
            page.same(text.split("\n", most))
        else:
            head, tail = (around + 1) * (at > 0), (around + 1) * (at + 1 < len(listed))
            page.ends(text, head, tail)
    return page.end()


class _LinePairs:
    """Rows in the making: `left` and `right` hold the lines since the last common line break."""

    def __init__(self, most: int) -> None:
        self.made, self.most, self.rest = list[LinePair](), most, 0
        self.left: list[list[Piece]] = [[]]
        self.right: list[list[Piece]] = [[]]

    @property
    def full(self) -> bool:
        return len(self.made) + max(len(self.left), len(self.right)) > self.most

    def change(self, kind: Kind, text: str) -> None:
        """Text of one side."""
        side = self.right if kind == "new" else self.left
        first, *more = text.split("\n", self.most)
        if len(more) == self.most:
            self.rest += more.pop().count("\n") + 1
        if first:
            side[-1].append(Piece(kind, first))
        side += [[Piece(kind, line)] if line else [] for line in more]

    def same(self, lines: list[str]) -> None:
        """Lines of both sides; the last of too many holds the rest."""
        if len(lines) > self.most:
            self.rest += lines.pop().count("\n") + 1
        if not self.left[-1] and not self.right[-1]:  # both at the beginning of a line
            self.flush(keep=1)
        for number, line in enumerate(lines):
            if number:
                self.flush()
            for side in (self.left, self.right) if line else ():
                side[-1].append(Piece("same", line))

    def ends(self, text: str, head: int, tail: int) -> None:
        """The first and last lines of what is the same, and how many are between."""
        hidden = text.count("\n") + 1 - head - tail
        if hidden <= 1:
            self.same(text.split("\n"))
            return
        if head:
            self.same(text.split("\n", head)[:head])
            self.flush()
        self.made.append(LinePair(None, None, skipped=hidden))
        if tail:
            self.same(text.rsplit("\n", tail)[1:])

    def flush(self, keep: int = 0) -> None:
        """The lines so far as rows, without the last `keep` (none or an empty one) of both sides."""
        left, right = self.left[: len(self.left) - keep], self.right[: len(self.right) - keep]
        for before, after in zip_longest(left, right):
            changed = before is None or after is None or _line(before) != _line(after)
            self.made.append(LinePair(before, after, changed))
        self.left, self.right = [[]], [[]]

    def end(self) -> list[LinePair]:
        if any(self.left) or any(self.right) or len(self.left) != len(self.right):
            self.flush()
        return self.made + ([LinePair(None, None, skipped=self.rest)] if self.rest else [])


def _line(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)
