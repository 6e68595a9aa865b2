"""How much the replays of a batch differ: counts, figures with their histograms, distinct outputs, agreement.

Rows of a list load no bodies, so `output_key` and `tool_calls.key` are made once when a replay ends and kept
with its figures. Unknown is None and is counted as unknown, never as 0.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isqrt

from generations.reading.answer import tool_calls, vocabulary
from generations.reading.answer.tool_calls import NamedCall
from generations.reading.figures import formatting
from generations.reading.figures.formatting import Amount

SUCCEEDED = "succeeded"
FAILED = ("failed", "interrupted")
MOST_BINS = 20


@dataclass(frozen=True, slots=True)
class BatchItem:
    """What one replay of the batch returned. `tokens`: of the output. `text` and `calls` may be left out (None) where
    their stored keys are given; `text` is then at most what is shown of it."""

    state: str
    reason: str = ""
    latency_ms: int | None = None
    cost_nanos: int | None = None
    tokens: int | None = None
    finish_reason: str | None = None
    text: str | None = None
    calls: tuple[NamedCall, ...] | None = None
    text_key: str | None = None
    calls_key: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a value occurred; `share` (0 to 1, for a meter) is of all that are counted with it."""

    name: str
    number: int
    share: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Bin:
    """A bar from `low` to `high` (the last one includes it). Place and size in units of a 100 x 100 view box."""

    low: Amount
    high: Amount
    number: int
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """Of the values that are known. `p95` is the smallest value that 95 % do not exceed."""

    known: int
    unknown: int
    least: Amount
    median: Amount
    p95: Amount
    most: Amount
    total: Amount
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class EqualOutputs:
    """Outcomes with the same output. `members` are their positions in the batch; `text` is the first one's."""

    key: str
    text: str | None
    members: tuple[int, ...]
    share: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """`agreeing` of `known` answers made the same tool calls; `members` are their positions in the batch."""

    agreeing: int
    known: int
    members: tuple[int, ...]
    calls: tuple[NamedCall, ...] | None


@dataclass(frozen=True, slots=True)
class BatchStats:
    """Everything a batch page shows besides its rows. None: nothing is known about it."""

    total: int
    states: list[Tally]
    failures: list[Tally]
    finishes: list[Tally]
    latency: Distribution | None
    cost: Distribution | None
    tokens: Distribution | None
    outputs: list[EqualOutputs]
    unknown_outputs: int
    agreement: Agreement | None


def summarize(outcomes: Sequence[BatchItem]) -> BatchStats:
    """The statistics of a batch. Latency, tokens and outputs are of the succeeded ones, cost of all that have
    one (a failed replay may be charged)."""
    well = [(at, item) for at, item in enumerate(outcomes) if item.state == SUCCEEDED]
    found = outputs(well)
    return BatchStats(
        total=len(outcomes),
        states=counts(item.state for item in outcomes),
        failures=failures(outcomes),
        finishes=counts(
            vocabulary.finish(item.finish_reason or "") or formatting.UNKNOWN for _, item in well
        ),
        latency=figures([item.latency_ms for _, item in well]),
        cost=figures([item.cost_nanos for item in outcomes]),
        tokens=figures([item.tokens for _, item in well]),
        outputs=found,
        unknown_outputs=len(well) - sum(len(item.members) for item in found),
        agreement=agreement(well),
    )


# -- counts ------------------------------------------------------------------------------------------------


def counts(names: Iterable[str]) -> list[Tally]:
    """The most frequent first, equal ones by name."""
    tally = Counter(names)
    ranked = sorted(tally.items(), key=lambda item: (-item[1], item[0]))
    return [Tally(name, number, formatting.share(number, tally.total())) for name, number in ranked]


def failures(outcomes: Iterable[BatchItem]) -> list[Tally]:
    """What ended without an answer, by cause; `detail` is the state."""
    tally = Counter(
        (item.reason or formatting.UNKNOWN, item.state) for item in outcomes if item.state in FAILED
    )
    ranked = sorted(tally.items(), key=lambda item: (-item[1], item[0]))
    return [
        Tally(name, number, formatting.share(number, tally.total()), state)
        for (name, state), number in ranked
    ]


# -- figures -----------------------------------------------------------------------------------------------


def figures(values: Sequence[Amount | None]) -> Distribution | None:
    """The figures of the values that are known, None when none is."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return Distribution(
        known=len(known),
        unknown=len(values) - len(known),
        least=known[0],
        median=_median(known),
        p95=known[(95 * len(known) + 99) // 100 - 1],
        most=known[-1],
        total=sum(known),
        bins=histogram(known),
    )


def _median(known: Sequence[Amount]) -> Amount:
    half = len(known) // 2
    if len(known) % 2:
        return known[half]
    both = Decimal(known[half - 1]) + Decimal(known[half])
    return both / 2


def histogram(values: Sequence[Amount]) -> tuple[Bin, ...]:
    """Bars of one width from the least to the most, empty ones left out; the tallest is 100 high."""
    least, most = Decimal(min(values)), Decimal(max(values))
    number = 1 if least == most else min(MOST_BINS, isqrt(len(values) - 1) + 1)
    filled = Counter(_place(Decimal(value), least, most, number) for value in values)
    edges = [*(least + (most - least) * at / number for at in range(number)), most]
    tallest = max(filled.values())
    return tuple(_bin(at, filled[at], tallest, edges) for at in sorted(filled))


def _place(value: Decimal, least: Decimal, most: Decimal, number: int) -> int:
    """The position of a value's bar, without a division that could be rounded over an edge."""
    return min(int((value - least) * number // (most - least)), number - 1) if most > least else 0


def _bin(at: int, filled: int, tallest: int, edges: Sequence[Decimal]) -> Bin:
    width, height = Decimal(100) / (len(edges) - 1), Decimal(100 * filled) / tallest
    return Bin(edges[at], edges[at + 1], filled, *map(_unit, (at * width, 100 - height, width, height)))


def _unit(value: Decimal) -> str:
    """A length for an SVG attribute, to a hundredth."""
    return f"{value.quantize(Decimal('0.01')).normalize():f}"


# -- outputs -----------------------------------------------------------------------------------------------


def output_key(text: str) -> str:
    """SHA-256 (hex) of an answer: equal for texts that differ in white space, or in how they write one JSON."""
    return tool_calls.fingerprint(tool_calls.normal(text))


def outputs(numbered: Sequence[tuple[int, BatchItem]]) -> list[EqualOutputs]:
    """The distinct outputs, the most frequent first."""
    groups = _groups(numbered, _output)
    total = sum(map(len, groups.values()))
    texts = {at: item.text for at, item in numbered}
    made = [
        EqualOutputs(key, texts[at[0]], tuple(at), formatting.share(len(at), total))
        for key, at in groups.items()
    ]
    return sorted(made, key=lambda output: (-len(output.members), output.members))


def agreement(numbered: Sequence[tuple[int, BatchItem]]) -> Agreement | None:
    """The largest group with the same tool calls; an answer without calls counts as one with none.

    None when no answer is known to have called a tool.
    """
    groups = _groups(numbered, _calls)
    if not groups.keys() - {tool_calls.key(())}:
        return None
    members = max(groups.values(), key=lambda at: (len(at), -at[0]))
    calls = {at: item.calls for at, item in numbered}
    return Agreement(len(members), sum(map(len, groups.values())), tuple(members), calls[members[0]])


def _output(item: BatchItem) -> str | None:
    return item.text_key or (None if item.text is None else output_key(item.text))


def _calls(item: BatchItem) -> str | None:
    return item.calls_key or (None if item.calls is None else tool_calls.key(item.calls))


def _groups(
    numbered: Iterable[tuple[int, BatchItem]], key: Callable[[BatchItem], str | None]
) -> dict[str, list[int]]:
    """Positions by key; those without one are unknown and in no group."""
    groups: dict[str, list[int]] = {}
    for at, item in numbered:
        group = key(item)
        if group is not None:
            groups.setdefault(group, []).append(at)
    return groups
