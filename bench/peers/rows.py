"""The table of the comparison: a line for each figure, a column for each product; and the files that keep it."""

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.peers.watching import RUNS, VIEW
from bench.site import ROOT
from bench.table import aligned

MARKDOWN, JSON = ROOT / "bench" / "peers.md", ROOT / "bench" / "peers.json"
MEANING = f"""\
Each opening begins with a click on a link to the record and ends when words of its conversation are drawn within the window
({VIEW["width"]} by {VIEW["height"]}), in the part of the page that is the record: ours `#view`, Phoenix's span, MLflow's
dialog, each in the view that its page opens with. A new browser profile for each; then the same link once more in that
profile. The text, words with numbers, is the same in each product, and stands in a peer's trace once. Each column has the
median and, in brackets, the lowest and the highest of {RUNS} openings, which took turns between the products; all of them
ran at the same time."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: the values that were measured of each product."""

    name: str
    unit: str
    values: Sequence[Sequence[float]]

    @property
    def cells(self) -> list[str]:
        return [spread(values, self.unit) for values in self.values]


def spread(values: Sequence[float], unit: str) -> str:
    """The median and, of several, the lowest and the highest."""
    median, *ends = (_short(value) for value in (statistics.median(values), min(values), max(values)))
    return f"{median} {unit} ({ends[0]} to {ends[1]})" if len(values) > 1 else f"{median} {unit}"


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 20 else f"{value:.0f}"


def table(titles: Sequence[str], rows: Iterable[Row]) -> str:
    """A line for each figure, a column for each product."""
    return aligned([("figure", *titles), *((row.name, *row.cells) for row in rows)])


def keep(
    about: Mapping[str, str],
    titles: Sequence[str],
    rows: Sequence[Row],
    markdown: Path = MARKDOWN,
    data: Path = JSON,
) -> None:
    """Write both files over those of the run before."""
    facts = "\n".join(f"- {name}: {value}" for name, value in about.items())
    parts = ("# Results of `make bench-peers`", facts, MEANING, table(titles, rows))
    markdown.write_text("\n\n".join(parts) + "\n")
    kept = {**about, "products": list(titles), "figures": [asdict(row) for row in rows]}
    data.write_text(json.dumps(kept, indent=2) + "\n")
