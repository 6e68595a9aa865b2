"""The one table."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

HEADS = ("figure", "measured", "goal", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: what was measured, in words with its unit, and whether the goal is met (None: not known here).

    `value` is the number of `measured`, where it is one that several runs can be compared by. `failed`: it stands for a
    whole part that could not be measured.
    """

    name: str
    measured: str
    goal: str
    met: bool | None
    value: float | None = None
    failed: bool = False

    @property
    def cells(self) -> tuple[str, str, str, str]:
        verdict = "failed" if self.failed else {True: "ok", False: "missed", None: "unknown"}[self.met]
        return self.name, self.measured, self.goal, verdict


def ratio(
    name: str, value: float, detail: str, *, least: float | None = None, most: float | None = None
) -> Figure:
    """A ratio that is to be at least, or at most, the goal."""
    if least is not None:
        return Figure(name, f"{value:.2f} ({detail})", f"at least {least}", value >= least, value)
    assert most is not None
    return Figure(name, f"{value:.2f} ({detail})", f"at most {most}", value <= most, value)


def limit(name: str, value: float, unit: str, most: float, detail: str = "") -> Figure:
    """A figure that is to stay at or below `most`."""
    shown = f"{value:.3g} {unit}".strip() if value < 100 else f"{value:.0f} {unit}".strip()
    measured = f"{shown} ({detail})" if detail else shown
    return Figure(name, measured, f"at most {most:g} {unit}".strip(), value <= most, value)


def interleaved(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure; A and B take turns, so that a busy machine hurts both."""
    seen = [[measure() for measure in measures] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*seen, strict=True)]


def p(share: float, values: Iterable[float]) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def text(figures: Iterable[Figure]) -> str:
    """The table as Markdown, which reads well in a terminal too."""
    return aligned([HEADS, *(figure.cells for figure in figures)])


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its columns as wide as their widest cell; the first row is the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
