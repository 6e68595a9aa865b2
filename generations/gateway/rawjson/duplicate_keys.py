"""Duplicate keys in one JSON object. Readers keep the last; a page shows a note.

contract: the gateway parses with JSON.parse, whose last member of a name counts.
"""

import json
import re
from collections import Counter
from typing import NamedTuple

from generations.gateway.rawjson.spans import entries
from generations.gateway.rawjson.values import MAX_DEPTH, Number, Unreadable, Value, loads

__all__ = ["MOST", "Repeat", "find"]

MOST = 50
"""At most this many duplicate keys are reported for one text."""

Pairs = list[tuple[str, Value]]


class Repeat(NamedTuple):
    """A duplicate key's path and its values in order. The last one counts."""

    path: tuple[str | int, ...]
    values: tuple[Value, ...]

    @property
    def note(self) -> str:
        return f"stands {len(self.values)} times; the last one counts"


def find(raw: bytes | str) -> list[Repeat]:
    """The repeated keys of JSON text, at most MOST. Of damaged text those of the outermost object, without their
    values. Never raises."""
    text = (
        raw if isinstance(raw, str) else raw.decode("utf-8", "surrogatepass" if _is_utf8(raw) else "replace")
    )
    try:
        if _members(loads(text)) == _KEYS.findall(text).count(":"):
            return []  # as nearly always
    except Unreadable:
        pass
    return _find(text)


# A string, and whether a colon makes it a key.
_KEYS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"[ \t\r\n]*+(:?)', re.DOTALL)


def _members(value: Value) -> int:
    """How many members all objects of a value have."""
    count, waiting = 0, [value]
    while waiting:
        box = waiting.pop()
        if isinstance(box, dict):
            count += len(box)
            waiting.extend(box.values())
        elif isinstance(box, list):
            waiting.extend(box)
    return count


def _find(text: str) -> list[Repeat]:
    found: list[tuple[dict[str, Value], Pairs]] = []

    def read(pairs: Pairs) -> dict[str, Value]:
        made = dict(pairs)
        if len(made) < len(pairs):
            found.append((made, pairs))  # kept alive, so that no other object gets its identity
        return made

    try:
        value = json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=read,
            parse_int=Number,
            parse_float=Number,
            parse_constant=Number,
        )
    except (json.JSONDecodeError, RecursionError):
        return _outermost(text.encode("utf-8", "surrogatepass"))
    return _placed(value, {id(made): pairs for made, pairs in found}) if found else []


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _placed(value: Value, twice: dict[int, Pairs]) -> list[Repeat]:
    """The repeats in the objects that the value holds, by their paths, in order."""
    made: list[Repeat] = []
    waiting: list[tuple[tuple[str | int, ...], Value]] = [((), value)]
    while waiting and len(made) < MOST:
        path, box = waiting.pop()
        made += [Repeat((*path, key), values) for key, values in _repeated(twice.get(id(box), [])).items()]
        children = box.items() if isinstance(box, dict) else enumerate(box) if isinstance(box, list) else ()
        inner = [((*path, key), child) for key, child in children if isinstance(child, dict | list)]
        waiting += inner[::-1] if len(path) < MAX_DEPTH else []
    return made[:MOST]


def _repeated(pairs: Pairs) -> dict[str, tuple[Value, ...]]:
    counted = Counter(key for key, _ in pairs)
    return {key: tuple(v for k, v in pairs if k == key) for key, times in counted.items() if times > 1}


def _outermost(raw: bytes) -> list[Repeat]:
    counted: Counter[str | int] = Counter()
    try:
        for key, _, _ in entries(raw):
            counted[key] += 1
    except Unreadable:
        pass
    return [Repeat((key,), (None,) * times) for key, times in counted.items() if times > 1][:MOST]
