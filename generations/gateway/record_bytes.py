"""Where the members of a record stand, and short quotes of its bytes."""

import re
from collections import Counter
from typing import TypeAlias

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.spans import entries
from generations.gateway.rawjson.values import Unreadable, Value, dumps

Spans: TypeAlias = dict[str, tuple[int, int]]


def spans_of(raw: bytes) -> tuple[Spans, str | None, list[tuple[str, int]]]:
    """The span of each member of the object, why reading stopped early if it did, and the keys that are there
    more than once, with how often.
    """
    spans: Spans = {}
    counts: Counter[str] = Counter()
    end = 0
    try:
        for key, start, end in entries(raw):
            if isinstance(key, int):
                return {}, "JSON, but not an object", []
            spans[key] = (start, end)
            counts[key] += 1
    except Unreadable as problem:
        return spans, str(problem), _repeated(counts)
    rest = b"".join(raw[end:].split()).removeprefix(b"\xef\xbb\xbf")
    left = None if rest == (b"}" if end else b"{}") else "text after the end of the object"
    return spans, left, _repeated(counts)


def _repeated(counts: Counter[str]) -> list[tuple[str, int]]:
    return [(key, count) for key, count in counts.items() if count > 1]


def excerpt(raw: bytes, start: int, end: int) -> str:
    text = raw[start : min(end, start + 800)].decode("utf-8", "replace")
    return visible(text[:200]) + ("…" if len(text) > 200 or end > start + 800 else "")


def shown_value(value: Value) -> str:
    text = dumps(value)
    return text[:200] + ("…" if len(text) > 200 else "")


def filled(raw: bytes | None) -> bytes | None:
    """The bytes of an object that is not empty."""
    return raw if raw is not None and raw.startswith(b"{") and not _EMPTY.match(raw) else None


_EMPTY = re.compile(rb"\{\s*+\}")  # a copy without the braces would be another 50 MiB
