"""Find in JSON text: where a text stands in keys and values, without building objects and in bounded time."""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.tokens import walk
from generations.gateway.rawjson.values import Unreadable
from generations.reading.large.index import LocatedValue, Segment, read, segments
from generations.reading.large.strings import texts
from generations.reading.text import Step, below, dotted

SHOWN = 200  # hits
AROUND = 60  # characters on each side of a hit
SECONDS = 1.0  # of processor time: what others do meanwhile must not end a search
LONGEST = 200  # characters of what is looked for


@dataclass(frozen=True, slots=True)
class Hit:
    """A key or a value that holds the text: its pointer, the text around the first place, and how often it is there."""

    at: str
    kind: Literal["key", "value"]
    before: str
    match: str
    after: str
    times: int

    @property
    def path(self) -> str:
        """For reading and pasting: `messages[2].content`."""
        return dotted(self.at) or "(the whole)"


@dataclass(frozen=True, slots=True)
class Matches:
    """The first hits, how often the text occurs in all, in how many keys and values, and why the search ended early."""

    hits: list[Hit]
    count: int
    places: int
    ended: Literal["", "time", "damage"] = ""


def find(raw: bytes, text: str, *, base: str = "", seconds: float = SECONDS) -> Matches:
    """Every place of `text` in the keys and scalars of JSON text `raw`: see `find_in`."""
    return find_in(LocatedValue.held(raw), text, base=base, seconds=seconds)


def find_in(value: LocatedValue, text: str, *, base: str = "", seconds: float = SECONDS) -> Matches:
    """Every place of `text` in the keys and scalars of a value, whatever its case and however it is escaped.

    Paths begin with the pointer `base`. Of a large value a few MB at a time are in memory. Never raises; ends early
    after `seconds`, or where the JSON is damaged.
    """
    search = _Search(text[:LONGEST], base, time.thread_time() + seconds)
    ended: Literal["", "time", "damage"] = ""
    try:
        if text:
            search.value(value, [])
    except _Late:
        ended = "time"
    except Unreadable:
        ended = "damage"
    return Matches(search.hits, search.count, search.places, ended)


class _Late(Exception):
    pass


class _Search:
    """One search and what it has found so far. Raises _Late after its time, Unreadable at a damage."""

    def __init__(self, text: str, base: str, limit: float) -> None:
        self.text, self.base, self.limit = text, base, limit
        self.pattern = re.compile(re.escape(text), re.IGNORECASE)
        self.hits: list[Hit] = []
        self.count = self.places = 0

    def value(self, value: LocatedValue, path: list[Step]) -> None:
        """Look into a value, large ones piece by piece."""
        place = value.span
        if place.kind == '"':
            self._add(path, False, _sought(texts(value), self.text, self.pattern, self._in_time))
        elif not place.marks:
            self._box(value.read(), path, 0)
        else:
            self._segments(value, path)

    def _segments(self, value: LocatedValue, path: list[Step]) -> None:
        small: list[Segment] = []
        for segment in segments(value.span):
            if segment.span is None:
                small.append(segment)
                continue
            self._small(value, small, path)
            small = []
            if segment.key is not None:
                step: Step = segment.first if segment.kind == "[" else segment.key
                if segment.kind == "{":
                    self._token([*path, step], True, segment.key)
                self.value(LocatedValue(value.source, segment.span), [*path, step])
        self._small(value, small, path)

    def _small(self, value: LocatedValue, small: list[Segment], path: list[Step]) -> None:
        for segment, raw in read(value.source, small):
            self._in_time()
            self._box(segment.box(raw), path, segment.first if segment.kind == "[" else 0)

    def _box(self, raw: bytes, path: list[Step], first: int) -> None:
        """Every key and scalar of JSON text in memory, a list's positions counted from `first` on."""
        for number, token in enumerate(walk(raw)):
            if number & 0xFFF == 0xFFF:
                self._in_time()
            shown = token.text
            if self.pattern.search(shown):
                way = list(token.path)
                if first and way and isinstance(way[0], int):
                    way[0] += first
                self._token([*path, *way], token.is_key, shown)

    def _token(self, path: list[Step], is_key: bool, shown: str) -> None:
        self._add(path, is_key, _sought([shown], self.text, self.pattern, self._in_time))

    def _add(self, path: list[Step], is_key: bool, sought: "TextMatch") -> None:
        if not sought.times:
            return
        self.count, self.places = self.count + sought.times, self.places + 1
        if len(self.hits) < SHOWN:
            before, match, after = (visible(part) for part in (sought.before, sought.match, sought.after))
            kind: Literal["key", "value"] = "key" if is_key else "value"
            at = below(self.base, *path)
            self.hits.append(Hit(at, kind, before, match, after, sought.times))

    def _in_time(self) -> None:
        if time.thread_time() > self.limit:
            raise _Late


@dataclass(slots=True)
class TextMatch:
    """How often a text is in another, and what is around its first place."""

    times: int = 0
    before: str = ""
    match: str = ""
    after: str = ""


def _sought(
    pieces: Iterable[str], text: str, pattern: "re.Pattern[str]", in_time: Callable[[], None]
) -> TextMatch:
    """Look for `text` in a string that comes in pieces. A place across two pieces counts too."""
    sought, rest, seen, wanted = TextMatch(), "", 0, 0
    for number, piece in enumerate(pieces):
        if number:
            in_time()
        if wanted:  # the end of what is shown around the first place
            sought.after, wanted = sought.after + piece[:wanted], max(0, wanted - len(piece))
        rest += piece
        last = seen
        for found in pattern.finditer(rest, seen) if _may_hold(rest, text) else ():
            last = found.end()
            sought.times += 1
            if sought.times == 1:
                sought.match, sought.before = (
                    found[0],
                    rest[max(0, found.start() - AROUND - 1) : found.start()],
                )
                sought.after = rest[last : last + AROUND + 1]
                wanted = AROUND + 1 - len(sought.after)
            elif sought.times & 0xFFFF == 0:
                in_time()
        keep = max(last, len(rest) - len(text) + 1)  # from here on a place may begin that is not whole yet
        cut = max(0, keep - AROUND - 1)
        rest, seen = rest[cut:], keep - cut
    sought.before = "…" + sought.before[1:] if len(sought.before) > AROUND else sought.before
    sought.after = sought.after[:AROUND] + "…" if len(sought.after) > AROUND else sought.after
    return sought


def _may_hold(piece: str, text: str) -> bool:
    """False where a quick look shows that a long piece does not hold `text` in any case."""
    if len(piece) < 4096 or not text.isascii() or any(letter in piece for letter in _LIKE_ASCII):
        return True
    return text.lower().encode() in piece.encode("utf-8", "surrogatepass").lower()


_LIKE_ASCII = "\u212a\u017f\u0130\u0131"  # letters beyond ASCII that are k, s and i in another case
