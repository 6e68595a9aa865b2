"""The one tokenizer of JSON bytes: where keys and values stand, without an object built for them.

`walk` passes every key and scalar (find, masking), `spans.py` cuts exact bytes, `reading/large/index_builder.py` notes
where the large values of a record are. One step is short, however long the text, because nothing else runs in the
process meanwhile. Bytes, not parsed values: all duplicate keys are seen, and the text of numbers stays.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from generations.gateway.rawjson.values import Unreadable, loads

__all__ = [
    "CLOSE",
    "FLAT",
    "KEY",
    "OPEN",
    "OTHER",
    "RUN",
    "SMALL",
    "SPACE",
    "STRING",
    "TEXT",
    "UNENDED",
    "WORD",
    "Step",
    "Token",
    "start_of",
    "text_of",
    "tokens",
    "walk",
]

Step: TypeAlias = str | int

# Possessive quantifiers: a string of megabytes full of escapes needs no stack for going back.
SPACE = rb"[ \t\r\n]*+"
STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
WORD = rb'[^ \t\r\n"{}\[\],:]'  # of numbers, true, false, null, and of whatever else somebody wrote there
_SHORT_STRING = rb'"[^"\\]{0,4000}+(?:\\.[^"\\]{0,4000}+){0,2000}+"'
_FILLING = rb'[^"{}\[\]]{0,4000}+'


def _box_of(inner: bytes) -> bytes:
    """A short object or list that holds nothing but what `inner` matches."""
    return rb"[{\[]%b(?:(?:%b)%b){0,500}+[}\]]" % (_FILLING, inner, _FILLING)


FLAT = _box_of(_SHORT_STRING)
_BOX = rb"%b|%b" % (FLAT, _box_of(rb"%b|%b" % (_SHORT_STRING, FLAT)))
_NUMBERS = rb"(?:%b{1,40}+%b,%b){2,500}+" % (WORD, SPACE, SPACE)


# -- tokens --------------------------------------------------------------------------------------------------


def _pattern(run: bytes, box: bytes) -> bytes:
    return rb'[ \t\r\n,]*+(?:(%b)(?:%b(:))?|(%b)|(%b)|([{\[])|([}\]])|(%b++)|(:)|(")|\Z)' % (
        _SHORT_STRING,
        SPACE,
        run,
        box,
        WORD,
    )


TEXT, KEY, RUN, SMALL, OPEN, CLOSE, OTHER, _COLON, UNENDED = range(1, 10)
"""A string; one with a colon behind it; scalars of a list, each with its comma; a short box; a bracket; any other
scalar; a string that never ends."""
_EACH = re.compile(_pattern(rb"(?!)", rb"(?!)"), re.DOTALL)
_LARGE = re.compile(_pattern(_NUMBERS, _BOX), re.DOTALL)


def tokens(raw: bytes, at: int = 0, *, whole: int = 0) -> Iterator[tuple[int, int, int]]:
    """Kind, start and end of each token from byte `at` on. Between two of them are white space, commas and colons.

    A flat box of up to `whole` bytes is one token, and so is a run of numbers; with 0 each scalar is. Whether what
    stands side by side may do so is for the caller to judge: no bytes are refused.
    """
    match, at = (_LARGE.match if whole else _EACH.match), at or start_of(raw)
    while (found := match(raw, at)) and (kind := found.lastindex):
        start, end = found.span(TEXT if kind == KEY else kind)
        at = found.end()
        if kind == UNENDED and (end := _string_end(raw, start)) > 0:  # a long one
            colon = _AFTER_KEY.match(raw, end)
            kind, at = (KEY, colon.end()) if colon else (TEXT, end)
        elif kind == UNENDED:
            end = at = len(raw)
        elif kind == SMALL and end - start > whole:
            kind, end, at = OPEN, start + 1, start + 1
        if kind != _COLON:
            yield kind, start, end


_AFTER_KEY = re.compile(SPACE + b":")


def _string_end(raw: bytes, start: int) -> int:
    """Where the string that begins at `start` ends: behind a quote with an even number of backslashes before it. 0 if
    it never does."""
    at = start
    while (at := raw.find(b'"', at + 1)) > 0:
        slash = at
        while raw[slash - 1] == _BACKSLASH:
            slash -= 1
        if (at - slash) % 2 == 0:
            return at + 1
        if more := _MORE.match(raw, at + 1):  # where one quote is escaped others are
            at = more.end() - 1
    return 0


_BACKSLASH = 0x5C
_MORE = re.compile(rb'[^"\\]{0,60000}+(?:\\.[^"\\]{0,60000}+){0,500}+', re.DOTALL)


def start_of(raw: bytes) -> int:
    """Where the text begins, behind a byte order mark."""
    return 3 if raw.startswith(b"\xef\xbb\xbf") else 0


# -- every key and scalar ------------------------------------------------------------------------------------


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
        return text_of(part) if part.startswith(b'"') else part.decode("utf-8", "replace")


def text_of(quoted: bytes) -> str:
    """The characters of a string's JSON text; what is damaged as it stands."""
    if b"\\" in quoted:
        try:
            return str(loads(quoted))
        except Unreadable:
            pass
    return quoted[1:-1].decode("utf-8", "replace")


def walk(raw: bytes) -> Iterator[Token]:
    """Every key and scalar in order, as one `Token` that is used again and again. Of any depth.

    What stands between two of them is white space and `{}[],:`. Raises Unreadable where the text is no JSON.
    """
    token = Token(raw, [])
    path, last = token.path, 0
    for kind, start, end in tokens(raw):
        if kind == UNENDED or (not path and (kind == CLOSE or b"," in raw[last:start])):
            raise Unreadable(f"no JSON at byte {start}")
        last = end
        if kind == OPEN:
            path.append("" if raw[start] == _BRACE else 0)
            continue
        if kind == CLOSE:
            path.pop()
        else:
            token.start, token.end = start, end
            token.is_key = kind == KEY and bool(path) and isinstance(path[-1], str)
            if token.is_key:
                path[-1] = token.text
            yield token
        if path and isinstance(position := path[-1], int):
            path[-1] = position + 1


_BRACE = 0x7B
