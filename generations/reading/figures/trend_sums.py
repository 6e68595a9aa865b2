"""Figures of generations, summed by day, model and provider so that any sums can be joined to larger ones.

Waits are counted in ranges that are 5 % wide: a percentile read off them is within 2.5 % of the exact one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import ceil
from typing import Any

import msgspec

STEP = 1.05
"""Range `n` of waits spans from STEP**n to STEP**(n + 1) ms; what is shorter than 1 ms is in range 0."""
MOST_PARTS, MOST_CAUSES = 200, 50
OTHER = "(other)"
"""The name of what is left beyond MOST_PARTS and MOST_CAUSES."""


class TrendSums(msgspec.Struct):
    """Of some generations: how many, how many failed (`causes`: by error code) or ended in an unknown way, what is
    known of their cost (nanos) and for how many it is, tokens, and how many waits each range holds."""

    model: str = ""
    provider: str = ""
    count: int = 0
    failed: int = 0
    unclear: int = 0
    cost: int = 0
    priced: int = 0
    input: int = 0
    output: int = 0
    waits: dict[int, int] = msgspec.field(default_factory=dict)
    causes: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, other: "TrendSums") -> None:
        """Count the generations of `other` as well."""
        self.count += other.count
        self.failed += other.failed
        self.unclear += other.unclear
        self.cost += other.cost
        self.priced += other.priced
        self.input += other.input
        self.output += other.output
        _join(self.waits, other.waits)
        _join(self.causes, other.causes)

    @property
    def tokens(self) -> int:
        return self.input + self.output

    @property
    def failed_share(self) -> Decimal | None:
        """Per cent that failed, None without generations."""
        return Decimal(100 * self.failed) / self.count if self.count else None

    @property
    def median_wait(self) -> Decimal | None:
        """ms."""
        return percentile(self.waits, 50)

    @property
    def p95_wait(self) -> Decimal | None:
        """ms."""
        return percentile(self.waits, 95)


def _join(into: dict[Any, int], more: Mapping[Any, int]) -> None:
    if into:
        for key, number in more.items():
            into[key] = into.get(key, 0) + number
    else:
        into.update(more)


def percentile(waits: Mapping[int, int], percent: int) -> Decimal | None:
    """The middle (ms) of the range that holds the smallest wait which `percent` % of them do not exceed."""
    place = ceil(sum(waits.values()) * percent / 100)
    for span in sorted(waits):
        place -= waits[span]
        if place <= 0:
            return round(Decimal(STEP ** (span + 0.5)), 3)
    return None


def total(parts: Iterable[TrendSums]) -> TrendSums:
    """All of them as one."""
    found = TrendSums()
    for part in parts:
        found.add(part)
    return found


def by_pair(parts: Iterable[TrendSums]) -> list[TrendSums]:
    """Joined by model and provider."""
    found: dict[tuple[str, str], TrendSums] = {}
    for part in parts:
        key = (part.model, part.provider)
        found.setdefault(key, TrendSums(*key)).add(part)
    return list(found.values())


def bounded(parts: Iterable[TrendSums]) -> list[TrendSums]:
    """At most MOST_PARTS, those with the most generations; the rest is joined under OTHER, and so are rare causes."""
    ranked = sorted(parts, key=lambda part: (-part.count, part.model, part.provider))
    kept, rest = ranked[:MOST_PARTS], ranked[MOST_PARTS:]
    if rest:
        joined = total(rest)
        joined.model = joined.provider = OTHER
        kept.append(joined)
    for part in kept:
        part.causes = _most_frequent(part.causes)
    return kept


def _most_frequent(causes: Mapping[str, int]) -> dict[str, int]:
    ranked = Counter(causes).most_common()
    kept = dict(ranked[:MOST_CAUSES])
    rest = sum(number for _, number in ranked[MOST_CAUSES:])
    if rest:
        _join(kept, {OTHER: rest})
    return kept


def dump(parts: Iterable[TrendSums]) -> list[Any]:
    """As JSON values."""
    return [msgspec.to_builtins(part, str_keys=True) for part in parts]


_DECODER = msgspec.json.Decoder(list[TrendSums])


def load(stored: str) -> list[TrendSums]:
    """What `dump` made, from its JSON text."""
    return _DECODER.decode(stored)
