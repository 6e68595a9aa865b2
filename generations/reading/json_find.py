"""Find in JSON text: where a text stands in keys and values, without building objects and in bounded time."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from generations.gateway.jsontext import Unreadable, loads, visible
from generations.reading.text import Step, below, dotted

SHOWN = 200  # hits
AROUND = 60  # characters on each side of a hit
SECONDS = 1.0
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
class Found:
    """The first hits, how often the text occurs in all, in how many keys and values, and why the search ended early."""

    hits: list[Hit]
    count: int
    places: int
    ended: Literal["", "time", "damage"] = ""


class _Time(Exception):
    pass


def find(raw: bytes, text: str, *, base: str = "", seconds: float = SECONDS) -> Found:
    """Every place of `text` in the keys and scalars of JSON text `raw`, whatever its case and however it is escaped.

    Paths begin with the pointer `base`. Never raises; ends early after `seconds`, or where the JSON is damaged.
    """
    if not text:
        return Found([], 0, 0)
    pattern, limit = re.compile(re.escape(text[:LONGEST]), re.IGNORECASE), time.monotonic() + seconds
    hits: list[Hit] = []
    count = places = 0
    ended: Literal["", "time", "damage"] = ""
    try:
        for number, token in enumerate(walk(raw)):
            if number & 0xFFF == 0xFFF and time.monotonic() > limit:
                raise _Time
            shown = token.text
            first = pattern.search(shown)
            if first is None:
                continue
            times = _times(pattern, shown, limit)
            count, places = count + times, places + 1
            if len(hits) < SHOWN:
                hits.append(_hit(token, base, shown, first, times))
    except _Time:
        ended = "time"
    except Unreadable:
        ended = "damage"
    return Found(hits, count, places, ended)


def _times(pattern: "re.Pattern[str]", shown: str, limit: float) -> int:
    count = 0
    for count, _ in enumerate(pattern.finditer(shown), 1):
        if count & 0xFFFF == 0xFFFF and time.monotonic() > limit:
            break
    return count


def _hit(token: "Token", base: str, shown: str, found: "re.Match[str]", times: int) -> Hit:
    start, end = found.span()
    before = ("…" if start > AROUND else "") + shown[max(0, start - AROUND) : start]
    after = shown[end : end + AROUND] + ("…" if len(shown) > end + AROUND else "")
    at = below(base, *token.path) if token.path else base
    kind: Literal["key", "value"] = "key" if token.is_key else "value"
    return Hit(at, kind, visible(before), visible(found[0]), visible(after), times)


# -- walking -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Token:
    """A key or a scalar: its bytes `raw[start:end]` and the way to it, which changes as the walk goes on."""

    raw: bytes
    path: list[Step]
    is_key: bool = False
    start: int = 0
    end: int = 0

    @property
    def text(self) -> str:
        """A string's characters; of other scalars the JSON text."""
        part = self.raw[self.start : self.end]
        if not part.startswith(b'"'):
            return part.decode("utf-8", "replace")
        if b"\\" in part:
            try:
                return str(loads(part))
            except Unreadable:
                pass
        return part[1:-1].decode("utf-8", "replace")


_TOKEN = re.compile(
    rb'[ \t\r\n]*+(?:("[^"\\]*+(?:\\.[^"\\]*+)*+")|([{\[])|([}\]])|(,)|(:)|([^\s"{}\[\],:]++)|\Z)', re.DOTALL
)


def walk(raw: bytes) -> Iterator[Token]:
    """Every key and scalar in order, as one `Token` that is used again and again. Of any depth.

    What stands between two of them is white space and `{}[],:`. Raises Unreadable where the text is no JSON.
    """
    token, at, key_next = Token(raw, []), 3 if raw.startswith(b"\xef\xbb\xbf") else 0, False
    path = token.path
    while at < len(raw):
        found = _TOKEN.match(raw, at)
        if found is None:
            raise Unreadable(f"no JSON at byte {at}")
        at, kind = found.end(), found.lastindex or 0
        if kind in (_STRING, _OTHER):
            token.is_key, (token.start, token.end) = key_next, found.span(kind)
            if key_next:
                path[-1], key_next = token.text, False
            yield token
        elif kind == _OPEN:
            key_next = found[_OPEN] == b"{"
            path.append("" if key_next else 0)
        else:
            key_next = _step(path, kind, at)


_STRING, _OPEN, _CLOSE, _COMMA, _COLON, _OTHER = range(1, 7)


def _step(path: list[Step], kind: int, at: int) -> bool:
    """Go on after a comma, a colon or the end of a box. True when a key comes next."""
    if kind in (_CLOSE, _COMMA) and not path:
        raise Unreadable(f"no box to close or to go on with before byte {at}")
    if kind == _CLOSE:
        path.pop()
    elif kind == _COMMA:
        last = path[-1]
        if isinstance(last, str):
            return True
        path[-1] = last + 1
    return False
