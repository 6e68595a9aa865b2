"""Changes in JSON text that leave every other byte as it is. Places are RFC 6901 tokens.

Of duplicate keys the last is the value, as at the gateway: `put` and `replaced` change that one, `removed`
takes all of them out.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.spans import entries, span
from generations.gateway.rawjson.tokens import SPACE
from generations.gateway.rawjson.values import Unreadable, dumps


class PathMissing(LookupError):
    """The path does not exist, or its parent cannot hold a value. The text says which, without a full stop."""


class Member(NamedTuple):
    """A member of a box and the bytes of its value."""

    key: str | int
    start: int
    end: int


def value(raw: bytes, tokens: Sequence[str]) -> bytes:
    """The exact bytes at the place. Raises PathMissing, Unreadable for damaged text."""
    start, end = _find(raw, tokens)
    return raw[start:end]


def replaced(raw: bytes, tokens: Sequence[str], new: bytes) -> bytes:
    """`new` in place of the value. Raises PathMissing, Unreadable."""
    start, end = _find(raw, tokens)
    return raw[:start] + new + raw[end:]


def put(raw: bytes, tokens: Sequence[str], new: bytes) -> bytes:
    """`new` as a member: in a list before the item at that position ("-" is its end), in an object in place of
    the member with that name or after the last one. Raises PathMissing, Unreadable."""
    if not tokens:
        return replaced(raw, tokens, new)
    (box, end), last = _find(raw, tokens[:-1]), tokens[-1]
    found = _members(raw, box, end)
    if raw[box : box + 1] == b"[":
        return _inserted(raw, box, found, last, new)
    same = [entry for entry in found if entry.key == last]
    if same:
        return raw[: same[-1].start] + new + raw[same[-1].end :]
    return _appended(raw, box, found, dumps(last).encode() + b":" + new)


def removed(raw: bytes, tokens: Sequence[str]) -> bytes:
    """Without the member, its key and one comma. Raises PathMissing, Unreadable."""
    if not tokens:
        raise PathMissing("the whole request cannot be removed")
    box, end = _find(raw, tokens[:-1])
    found = _members(raw, box, end)
    key = _step(raw, box, tokens[-1])
    gone = [at for at, entry in enumerate(found) if entry.key == key]
    if not gone:
        raise _nothing(tokens[-1])
    return _without(raw, box, found, gone)


def _without(raw: bytes, box: int, found: list[Member], gone: list[int]) -> bytes:
    """`gone` are positions in `found`: the first ones are cut with the comma after them, the others with the one before."""
    lead = next((at for at, position in enumerate(gone) if at != position), len(gone))
    first = _after(_OPEN, raw, box)
    upto = (
        found[-1].end if lead == len(found) else _after(_COMMA, raw, found[lead - 1].end) if lead else first
    )
    pieces, at = [raw[:first]], upto
    for position in gone[lead:]:
        pieces.append(raw[at : found[position - 1].end])
        at = found[position].end
    return b"".join([*pieces, raw[at:]])


def _inserted(raw: bytes, box: int, found: list[Member], token: str, new: bytes) -> bytes:
    position = len(found) if token == "-" else _position(token)
    if position > len(found):
        raise PathMissing(f"the list has only {len(found)} items")
    if position == len(found):
        return _appended(raw, box, found, new)
    start = found[position].start
    return raw[:start] + new + b"," + raw[start:]


def _appended(raw: bytes, box: int, found: list[Member], new: bytes) -> bytes:
    at = found[-1].end if found else box + 1
    return raw[:at] + (b"," if found else b"") + new + raw[at:]


def _find(raw: bytes, tokens: Sequence[str]) -> tuple[int, int]:
    """Where the bytes of a value start and end."""
    whole = span(raw)
    if whole is None:
        raise Unreadable("the text is empty")
    start, end = whole
    for token in tokens:
        key = _step(raw, start, token)
        same = [entry for entry in _members(raw, start, end) if entry.key == key]
        if not same:
            raise _nothing(token)
        _, start, end = same[-1]
    return start, end


def _members(raw: bytes, box: int, end: int) -> list[Member]:
    if raw[box : box + 1] not in (b"{", b"["):
        raise PathMissing("neither an object nor a list is there")
    return [Member(*entry) for entry in entries(raw, box, end)]


def _step(raw: bytes, box: int, token: str) -> str | int:
    """A token as the key or the position that it is in this box."""
    return _position(token) if raw[box : box + 1] == b"[" else token


def _position(token: str) -> int:
    if not _INDEX.fullmatch(token):
        raise PathMissing(f"{visible(token[:60])!r} is not a position in a list")
    return int(token)


def _nothing(token: str) -> PathMissing:
    return PathMissing(f"nothing is at {visible(token[:60])!r}")


def _after(pattern: "re.Pattern[bytes]", raw: bytes, at: int) -> int:
    found = pattern.match(raw, at)
    if not found:
        raise Unreadable(f"the text breaks off at byte {at}")
    return found.end()


_INDEX = re.compile("0|[1-9][0-9]{0,8}")
_OPEN = re.compile(rb"[{\[]" + SPACE)
_COMMA = re.compile(SPACE + b"," + SPACE)
