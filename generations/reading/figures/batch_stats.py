"""How much the replays of a batch differ: counts, figures with their histograms, distinct outputs, agreement.

Outputs and tool calls are compared within one original request: answers to different questions are different anyway.
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
    their stored keys are given; `text` is then at most what is shown of it. `request` tells what it replays."""

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
    request: int = 0


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
    """Answers to one request with the same output. `members` are their positions in the batch; `text` is the first
    one's; `share` is of the request's known outputs."""

    key: str
    text: str | None
    members: tuple[int, ...]
    share: str


@dataclass(frozen=True, slots=True)
class RequestOutputs:
    """The distinct outputs of one request, the most frequent first, and how many of its answers are not known."""

    request: int
    outputs: list[EqualOutputs]
    unknown: int

    @property
    def known(self) -> int:
        """Its answers whose output is known."""
        return sum(len(output.members) for output in self.outputs)


@dataclass(frozen=True, slots=True)
class Agreement:
    """`agreeing` of `known` answers made the tool calls that most answers to their request made. `members` are the
    positions of those that agree. Requests with one answer are left out: there is nothing to agree with."""

    agreeing: int
    known: int
    members: tuple[int, ...]


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
    requests: list[RequestOutputs]
    agreement: Agreement | None

    @property
    def unknown_outputs(self) -> int:
        """Answers whose output is not known."""
        return sum(found.unknown for found in self.requests)

    @property
    def has_outputs(self) -> bool:
        """Whether an output is known."""
        return any(found.outputs for found in self.requests)

    @property
    def repeated(self) -> list[RequestOutputs]:
        """The requests with several known outputs, which can be compared."""
        return [found for found in self.requests if found.known > 1]

    @property
    def differing(self) -> list[RequestOutputs]:
        """Those whose outputs are not all the same, the most distinct ones first."""
        found = [found for found in self.repeated if len(found.outputs) > 1]
        return sorted(found, key=lambda found: -len(found.outputs))


def summarize(outcomes: Sequence[BatchItem]) -> BatchStats:
    """The statistics of a batch. Latency, tokens and outputs are of the succeeded ones, cost of all that have
    one (a failed replay may be charged)."""
    well = [(at, item) for at, item in enumerate(outcomes) if item.state == SUCCEEDED]
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
        requests=[outputs(request, members) for request, members in _requests(well)],
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
    return Bin(
        edges[at],
        edges[at + 1],
        filled,
        *map(formatting.svg_length, (at * width, 100 - height, width, height)),
    )


# -- outputs -----------------------------------------------------------------------------------------------


def output_key(text: str) -> str:
    """SHA-256 (hex) of an answer: equal for texts that differ in white space, or in how they write one JSON."""
    return tool_calls.fingerprint(tool_calls.normal(text))


def outputs(request: int, numbered: Sequence[tuple[int, BatchItem]]) -> RequestOutputs:
    """The distinct outputs of these answers to one request, the most frequent first."""
    groups = _groups(numbered, _output)
    total = sum(map(len, groups.values()))
    texts = {at: item.text for at, item in numbered}
    made = [
        EqualOutputs(key, texts[at[0]], tuple(at), formatting.share(len(at), total))
        for key, at in groups.items()
    ]
    made.sort(key=lambda output: (-len(output.members), output.members))
    return RequestOutputs(request, made, len(numbered) - total)


def agreement(numbered: Sequence[tuple[int, BatchItem]]) -> Agreement | None:
    """The largest group with the same tool calls of each request; an answer without calls counts as one with none.

    None when no answer that can be compared is known to have called a tool.
    """
    found = [_groups(members, _calls) for _, members in _requests(numbered)]
    groups = [group for group in found if sum(map(len, group.values())) > 1]
    if not any(group.keys() - {tool_calls.key(())} for group in groups):
        return None
    known = sum(len(at) for group in groups for at in group.values())
    agreeing = [at for group in groups for at in max(group.values(), key=lambda at: (len(at), -at[0]))]
    return Agreement(len(agreeing), known, tuple(sorted(agreeing)))


def _requests(
    numbered: Iterable[tuple[int, BatchItem]],
) -> Iterable[tuple[int, list[tuple[int, BatchItem]]]]:
    """The answers by what they answer, in the order of the first ones."""
    found: dict[int, list[tuple[int, BatchItem]]] = {}
    for at, item in numbered:
        found.setdefault(item.request, []).append((at, item))
    return found.items()


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
