"""Is that normal? A figure against what is usual for the team: a mark on a thin scale, and the same in words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import msgspec

from generations.reading.figures import formatting
from generations.reading.page_types.figures import Tile

LEAST = 20  # known figures from which on something is usual
DAYS = 30
SHOWN: dict[str, tuple[str, Callable[[Decimal], str]]] = {
    "first": ("first token", formatting.duration),
    "total": ("total time", formatting.duration),
    "speed": ("speed", formatting.rate),
    "tokens": ("output tokens", formatting.count),
    "cost": ("cost", formatting.dollars),
}
"""Measure -> what it is called, and how it is written."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One figure on its scale. `at`, `median_at` and `p95_at` are percents of its width."""

    measure: str
    median: str
    p95: str
    known: int
    word: Literal["usual", "high", "low"]
    text: str
    at: str
    median_at: str
    p95_at: str

    @property
    def is_unusual(self) -> bool:
        return self.word != "usual"


def scales(figures: str | None, values: Mapping[str, Decimal | int | None]) -> tuple[Scale, ...]:
    """The scales of the values that are known; `figures` is the JSON of measure -> [known, p5, median, p95]."""
    kept = msgspec.json.decode(figures) if figures else {}
    found = [(name, kept.get(name), values.get(name)) for name in SHOWN]
    made = [
        _scale(name, usual, Decimal(value)) for name, usual, value in found if usual and value is not None
    ]
    return tuple(scale for scale in made if scale is not None)


def under_tiles(
    tiles: Iterable[Tile], made: Iterable[Scale], *, failed: bool = False
) -> list[tuple[Tile, Scale | None]]:
    """Each tile with the scale of its figure, None where nothing is usual.

    Of what failed there are those that say something, and only what is high: an early end is low without meaning.
    """
    of = {scale.measure: scale for scale in made if not failed or scale.word == "high"}
    shown = [tile for tile in tiles if not (failed and tile.number == formatting.UNKNOWN)]
    return [(tile, of.get(tile.measure) if tile.measure else None) for tile in shown]


def _scale(name: str, usual: list[int | str], value: Decimal) -> Scale | None:
    known, low, median, high = int(usual[0]), *(Decimal(part) for part in usual[1:])
    top = max(high * Decimal("1.25"), value)
    if known < LEAST or top <= 0 or value < 0:
        return None
    called, show = SHOWN[name]
    word: Literal["usual", "high", "low"] = "high" if value > high else "low" if value < low else "usual"
    judged = {"usual": "is usual", "high": "is higher than for 95%", "low": "is lower than for 95%"}[word]
    text = (
        f"{called.capitalize()} {show(value)} {judged} of {known:,} in {DAYS} days with this model and endpoint: "
        f"median {show(median)}, p95 {show(high)}."
    )
    places = (_percent(part, top) for part in (value, median, high))
    return Scale(name, show(median), show(high), known, word, text, *places)


def _percent(value: Decimal, top: Decimal) -> str:
    return f"{(100 * max(value, Decimal(0)) / top).quantize(Decimal('0.1'))}"
