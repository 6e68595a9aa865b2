"""Which items of two sequences belong together: work bounded by size, never by the clock.

Anchors first (stretches that occur exactly once on both sides), then the shortest edit script between them.
The same two sequences always give the same answer, however busy the machine is.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from fast_diff_match_patch import diff as match_patch

Run = tuple[int, int, int]
"""Where equal items begin on both sides, and how many they are."""
CELLS = 4_000_000
"""Work for shortest edit scripts in one comparison, items times items; about 15 ns each at worst."""

_SMALL = 40_000  # cells: no anchors are needed
_WIDTHS = (5, 2, 1)  # items per anchor
_Box = tuple[int, int, int, int, int]  # start and end on the first side, on the second, level of anchors


class Budget:
    """What one comparison may still spend. `missed` counts the items that were not looked at for want of it."""

    __slots__ = ("cells", "missed")

    def __init__(self, cells: int = CELLS) -> None:
        self.cells, self.missed = cells, 0


def runs(first: Sequence[str], second: Sequence[str], budget: Budget | None = None) -> list[Run]:
    """The stretches of equal items that stay, rising on both sides, none touching the next on both sides."""
    spare, found = budget or Budget(), list[Run]()
    waiting: list[_Box] = [(0, len(first), 0, len(second), 0)]
    while waiting:
        box = _trim(first, second, waiting.pop(), found)
        if box is None:
            continue
        a, a_end, b, b_end, level = box
        if a_end - a == b_end - b == 1:  # one item became another
            continue
        here, there = first[a:a_end], second[b:b_end]
        anchors, level = _anchors(here, there, level)
        if anchors:
            waiting += _between(anchors, (a, a_end, b, b_end, level))
        else:
            found += [(a + i, b + j, length) for i, j, length in _shortest(here, there, spare)]
    return _joined(sorted(found))


def gaps(found: Sequence[Run], first: int, second: int) -> Iterator[tuple[int, int, int, int]]:
    """What stands between the runs of two sequences of these lengths: (start, end, start, end)."""
    i = j = 0
    for k, m, length in [*found, (first, second, 0)]:
        if i < k or j < m:
            yield i, k, j, m
        i, j = k + length, m + length


def _joined(found: list[Run]) -> list[Run]:
    made: list[Run] = []
    start, other, end = 0, 0, 0
    for i, j, length in found:
        if i == end and j - i == other - start:
            end += length
            continue
        if end > start:
            made.append((start, other, end - start))
        start, other, end = i, j, i + length
    return [*made, (start, other, end - start)] if end > start else made


def _trim(first: Sequence[str], second: Sequence[str], box: _Box, found: list[Run]) -> _Box | None:
    """Take what is equal at both ends into `found`; the box that is left, None when a side of it is empty."""
    a, a_end, b, b_end, level = box
    start, end = a, a_end
    while a < a_end and b < b_end and first[a] == second[b]:
        a, b = a + 1, b + 1
    while a < a_end and b < b_end and first[a_end - 1] == second[b_end - 1]:
        a_end, b_end = a_end - 1, b_end - 1
    if a > start:
        found.append((start, b - a + start, a - start))
    if a_end < end:
        found.append((a_end, b_end, end - a_end))
    return (a, a_end, b, b_end, level) if a < a_end and b < b_end else None


def _between(anchors: list[tuple[int, int]], box: _Box) -> list[_Box]:
    """The boxes that the anchors cut out, each beginning with its anchor, the last one first.

    An anchor right behind another is taken by that one's box.
    """
    a, a_end, b, b_end, level = box
    leading = [(i, j) for (h, g), (i, j) in pairwise([(-2, -2), *anchors]) if (h + 1, g + 1) != (i, j)]
    corners = [(a, b), *((a + i, b + j) for i, j in leading), (a_end, b_end)]
    return [(i, k, j, m, level) for (i, j), (k, m) in pairwise(corners)][::-1]


def _anchors(here: Sequence[str], there: Sequence[str], level: int) -> tuple[list[tuple[int, int]], int]:
    """Stretches that occur once on both sides, in one order, and the level for what lies between them."""
    if len(here) * len(there) <= _SMALL:
        return [], level
    for width in _WIDTHS[level:]:
        level += 1
        places = _once(there, width)
        common = [(i, places[key]) for key, i in _once(here, width).items() if key in places]
        common = [(i, j) for i, j in common if here[i] == there[j]]  # hashes may agree by accident
        if common:
            return _rising(common), level
    return [], level


def _once(items: Sequence[str], width: int) -> dict[int, int]:
    """Where each stretch of `width` items that occurs once begins, by its hash."""
    stretches = zip(*(items[shift:] for shift in range(width)), strict=False)
    keys = list(map(hash, stretches))  # a tuple would be hashed anew at each look-up
    seen = Counter(keys)
    return {key: at for at, key in enumerate(keys) if seen[key] == 1}


def _rising(common: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest chain that rises on both sides; `common` rises on the first already."""
    ends: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for at, (_, j) in enumerate(common):
        place = bisect_left(ends, j) if ends and j < ends[-1] else len(ends)
        before.append(tops[place - 1] if place else -1)
        ends[place : place + 1], tops[place : place + 1] = [j], [at]
    chain, at = [], tops[-1]
    while at >= 0:
        chain.append(common[at])
        at = before[at]
    return chain[::-1]


def _shortest(here: Sequence[str], there: Sequence[str], budget: Budget) -> Iterator[Run]:
    """The runs of a shortest edit script, none when the budget does not allow it."""
    shared = set(here).intersection(there)
    left = [at for at, item in enumerate(here) if item in shared]
    right = [at for at, item in enumerate(there) if item in shared]
    if len(left) * len(right) > budget.cells:
        budget.missed += len(here) + len(there)
        return
    budget.cells -= len(left) * len(right)
    letters = {item: _letter(number) for number, item in enumerate(shared)}
    texts = "".join(letters[here[at]] for at in left), "".join(letters[there[at]] for at in right)
    i = j = 0
    for kind, length in _script(*texts):
        if kind == "=":
            yield from ((left[i + n], right[j + n], 1) for n in range(length))
        i, j = i + length * (kind != "+"), j + length * (kind != "-")


def _script(first: str, second: str) -> list[tuple[str, int]]:
    """A time limit above 0 switches the library's shortcuts on; this one is never reached."""
    if not first or not second:
        return []
    found: list[tuple[str, int]] = match_patch(
        first, second, timelimit=3600, counts_only=True, checklines=False, cleanup="No"
    )
    return found


def _letter(number: int) -> str:
    """A character for each number: no control characters, no surrogates."""
    return chr(number + 0x100 if number + 0x100 < 0xD800 else number + 0x100 + 0x800)
