"""One time axis for everything that a page draws: the whole wait, and the attempts where they stood in it.

contract: the gateway's overhead is the whole wait minus the generation, so attempts that failed before another
provider answered are part of it. Where a record has no overhead, or a smaller attempt, the attempts' own times stand
for that wait.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from generations.reading.figures import formatting
from generations.reading.figures.attempts import Attempt
from generations.reading.figures.recorded_times import Times
from generations.reading.page_types.figures import Bar, BarSegment

LONGEST = 86_400_000  # ms: attempts further apart have no believable start
ZERO = Decimal(0)
IN_ORDER = "The record does not say when the attempts started, so they are drawn one after another."


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A piece of the axis: from `start` to `end`, in ms after its beginning."""

    kind: str
    start: Decimal
    end: Decimal
    name: str


@dataclass(frozen=True, slots=True)
class Axis:
    """`width` ms from the first thing that is known to the last. `rows` are the main bars, `attempts` the place of each
    attempt; `failed` is what attempts in vain took, where they overlap only once.
    """

    width: Decimal
    rows: list[list[TimeSpan]]
    attempts: list[TimeSpan | None]
    failed: Decimal
    note: str = ""


def lay_out(times: Times, attempts: list[Attempt]) -> Axis:
    """The axis of a request."""
    starts, note = _starts(attempts)
    lead = _lead(attempts, starts)
    before = _before(times, lead)
    shift = _shift(times, attempts, starts, lead, before)
    places = [_place(attempt, start + shift) for attempt, start in zip(attempts, starts, strict=True)]
    vain = _apart(place for attempt, place in zip(attempts, places, strict=True) if attempt.failed and place)
    ends = [place.end for place in places if place]
    rows = _rows(times, before, max(ends, default=ZERO), vain)
    width = max([span.end for row in rows for span in row] + ends, default=ZERO)
    return Axis(width, rows, places, sum((span.end - span.start for span in vain), ZERO), note)


# -- attempts ------------------------------------------------------------------------------------------------


def _starts(attempts: list[Attempt]) -> tuple[list[Decimal], str]:
    """When each attempt began, in ms after the first; one after another where the record does not say."""
    known = [attempt.start for attempt in attempts if attempt.start is not None]
    if known and len(known) == len(attempts) and max(known) - min(known) <= LONGEST:
        return [Decimal(start - min(known)) for start in known], ""
    ends = list(accumulate((attempt.length or ZERO for attempt in attempts), initial=ZERO))
    drawn = sum(1 for attempt in attempts if attempt.length)
    return ends[:-1], IN_ORDER if drawn > 1 else ""


def _lead(attempts: list[Attempt], starts: list[Decimal]) -> Decimal:
    """How long after the first attempt the attempt began that answered (or else the last)."""
    answered = [start for attempt, start in zip(attempts, starts, strict=True) if attempt.answered]
    return (answered or starts or [ZERO])[-1]


def _place(attempt: Attempt, start: Decimal) -> TimeSpan | None:
    return (
        TimeSpan("", start, start + attempt.length, attempt.provider) if attempt.length is not None else None
    )


def _apart(spans: Iterable[TimeSpan]) -> list[TimeSpan]:
    """The spans in order, each cut to what the ones before it leave."""
    kept: list[TimeSpan] = []
    for span in sorted(spans, key=lambda span: span.start):
        start = max(span.start, kept[-1].end if kept else ZERO)
        if span.end > start:
            kept.append(TimeSpan("fail", start, span.end, f"{span.name} failed"))
    return kept


# -- the whole -----------------------------------------------------------------------------------------------


def _before(times: Times, lead: Decimal) -> Decimal:
    """What passed before the provider that answered was asked. An overhead that is shorter than the attempts before
    cannot contain them.
    """
    overhead = times.overhead or ZERO
    return overhead if overhead >= lead else lead + overhead


def _shift(
    times: Times, attempts: list[Attempt], starts: list[Decimal], lead: Decimal, before: Decimal
) -> Decimal:
    """Where on the axis the first attempt begins."""
    if times.meaning == "whole":
        return before - lead
    ends = [start + (attempt.length or ZERO) for attempt, start in zip(attempts, starts, strict=True)]
    if times.meaning == "failed" and times.total is not None and ends:
        return max(ZERO, times.total - max(ends))
    return ZERO


def _rows(times: Times, before: Decimal, end: Decimal, vain: list[TimeSpan]) -> list[list[TimeSpan]]:
    if times.meaning == "whole":
        row = _whole(times, before, end, vain)
        return [row] if row else []
    if times.meaning == "failed":
        last = max(times.total or ZERO, vain[-1].end if vain else ZERO)
        alone = [TimeSpan("fail", ZERO, last, "until it failed")]
        return [_filled(vain, last, "gateway") if vain else alone] if last else []
    pieces = [
        ("gen", times.end_to_end, "whole request"),
        ("wait", times.first, "first token" if times.streamed else "first byte"),
        ("gen", times.after, "after the first token" if times.streamed else "after the first byte"),
        ("gen", times.latency, "latency_ms"),
        ("gen", times.generation, "generation_ms"),
    ]
    return [[TimeSpan(kind, ZERO, length, name)] for kind, length, name in pieces if length]


def _whole(times: Times, before: Decimal, end: Decimal, vain: list[TimeSpan]) -> list[TimeSpan]:
    """What came before the answer, the wait for it, and the answer: one after the other."""
    vain = [span for span in vain if span.end <= before]
    if times.overhead is not None:
        return _filled(vain, before, "gateway") + _answer(times, before)
    spent = times.total if times.total is not None else times.first or ZERO
    start = max(before, end - spent)
    rest = [TimeSpan("gate", before, start, "rest of the attempt")] if start > before else []
    return _filled(vain, before, "between attempts") + rest + _answer(times, start)


def _answer(times: Times, start: Decimal) -> list[TimeSpan]:
    first, total = times.first, times.total
    if total is None:
        return [TimeSpan("wait", start, start + first, "first token")] if first else []
    if first is None or first > total:
        return [TimeSpan("gen", start, start + total, "generation")] if total else []
    made = [TimeSpan("wait", start, start + first, "first token")] if first else []
    return [*made, TimeSpan("gen", start + first, start + total, "generating")] if total > first else made


def _filled(spans: list[TimeSpan], end: Decimal, name: str) -> list[TimeSpan]:
    """The spans with what is between them, from 0 to `end`, each under `name`."""
    made, last = [], ZERO
    for span in [*spans, TimeSpan("", end, end, "")]:
        if span.start > last:
            made.append(TimeSpan("gate", last, span.start, name))
        made += [span] if span.kind else []
        last = max(last, span.end)
    return made


# -- pictures ------------------------------------------------------------------------------------------------


def bars(axis: Axis) -> list[Bar]:
    """The main bars, with their segments in words."""
    drawn = [[segment(span, axis.width) for span in row] for row in axis.rows]
    return [Bar(pieces, "; ".join(piece.title for piece in pieces)) for pieces in drawn]


KINDS = {"good": "gen", "bad": "fail"}


def attempt_bars(axis: Axis, attempts: list[Attempt]) -> list[Bar]:
    """A bar for each attempt, on the same axis."""
    made = []
    for attempt, place in zip(attempts, axis.attempts, strict=True):
        kind = KINDS.get(attempt.bar.tone, "wait")
        span = (
            TimeSpan(kind, place.start, place.end, attempt.bar.label)
            if place and place.end > place.start
            else None
        )
        pieces = [segment(span, axis.width)] if span else []
        made.append(
            Bar(pieces, attempt.bar.label, attempt.bar.note, tone=attempt.bar.tone, facts=attempt.bar.facts)
        )
    return made


def scale(width: Decimal) -> list[str]:
    """The marks under the bars."""
    return ["0", *(formatting.duration(width * quarter / 4) for quarter in range(1, 5))] if width > 0 else []


def segment(span: TimeSpan, width: Decimal) -> BarSegment:
    """A span as a part of `width`; short ones have no label."""
    length = span.end - span.start
    label = f"{span.name} {formatting.duration(length)}" if length > width * Decimal("0.14") else ""
    title = f"{span.name}: {formatting.exact_ms(length)}"
    return BarSegment(span.kind, percent(span.start, width), percent(length, width), label, title)  # type: ignore[arg-type]


def percent(value: Decimal, width: Decimal) -> str:
    """`value` of `width` in percent: "21.91"."""
    share = max(ZERO, min(Decimal(1), value / width)) if width > 0 else ZERO
    return f"{(share * 100).quantize(Decimal('0.01')):f}"
