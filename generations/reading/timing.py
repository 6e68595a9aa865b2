"""Where the time went. The gateway's two times changed their meaning; this page says which one it used.

contract: today `latency_ms` is the provider's time to the first token (of streams; otherwise the first frame,
if it was measured) and `generation_ms` runs from dispatch to the last frame, the first token included. Before
23 July 2026 `generation_ms` was the time after the first token, in December 2025 `latency_ms` was the whole
request. A failure has only `latency_ms`: the time until it failed. So the two are never added up.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from generations.gateway.jsontext import Value
from generations.reading import numbers, text
from generations.reading.shapes import Bar, Fact, Segment, Shape, Timing, Tone
from generations.reading.text import box, decimal, items, short, whole, words

Meaning = Literal["whole", "after", "end_to_end", "failed", "unknown"]
CHANGED = datetime(2026, 7, 23, tzinfo=UTC)  # generation_ms began to include the first token
SPLIT = datetime(2026, 2, 1, tzinfo=UTC)  # latency_ms stopped being the whole request, some day before
NEW_COLUMNS = (
    "provider_ttft_ms",
    "gateway_ttft_ms",
    "tpot_ms",
    "itl_ms",
    "output_speed_tps",
    "phaseo_overhead_ms",
)
SHOWN = 60  # attempts

READINGS: dict[Meaning, str] = {
    "whole": "Read as: generation runs from dispatch to the last frame and includes the first token.",
    "after": (
        "Read as recorded before 23 July 2026: generation is the time after the first token. "
        "The record tells no total, and the two are not added up."
    ),
    "end_to_end": "Read as recorded in or about December 2025: latency is the whole request, end to end.",
    "failed": "The request failed: the one time in the record is what passed until then.",
    "unknown": (
        "The record does not show which meaning its two times have, so they stand beside each other "
        "and nothing is derived from them."
    ),
}


@dataclass(frozen=True, slots=True)
class Times:
    """What the record tells, in ms, under the meaning that was used."""

    meaning: Meaning
    first: Decimal | None = None
    total: Decimal | None = None
    after: Decimal | None = None
    overhead: Decimal | None = None


class Attempt(Shape, frozen=True):
    """One call of a provider: when it began (ms since 1970) and how long it took (ms)."""

    start: int | None
    length: Decimal | None
    bar: Bar


def meaning(fields: dict[str, Value], made: datetime | None) -> Meaning:
    """Which meaning the record's `latency_ms` and `generation_ms` have."""
    first, total = decimal(fields.get("latency_ms")), decimal(fields.get("generation_ms"))
    if fields.get("success") is False and total is None:
        return "failed"
    if any(decimal(fields.get(key)) is not None for key in NEW_COLUMNS):
        return "whole"
    if made is None:
        return "unknown"
    if made >= CHANGED:
        return "unknown" if first is not None and total is not None and total < first else "whole"
    return "after" if made >= SPLIT else "end_to_end"


def times(fields: dict[str, Value], made: datetime | None) -> Times:
    """The times of a record; nothing is added up that the meaning does not allow."""
    told = meaning(fields, made)
    latency, generation = decimal(fields.get("latency_ms")), decimal(fields.get("generation_ms"))
    overhead = decimal(fields.get("phaseo_overhead_ms"))
    first = decimal(fields.get("provider_ttft_ms"))
    if told == "whole":
        streamed = fields.get("stream") is not False
        return Times(
            told, first if first is not None else latency if streamed else None, generation, None, overhead
        )
    if told == "after":
        return Times(told, latency, None, generation, overhead)
    if told == "end_to_end":
        return Times(told, None, latency, None, overhead)
    if told == "failed":
        return Times(told, None, latency, None, overhead)
    return Times(told, latency, None, generation, overhead)


def read(fields: dict[str, Value], made: datetime | None) -> Timing:
    """The timing picture and its figures."""
    told = times(fields, made)
    tries = [
        attempt(value, number)
        for number, value in enumerate(items(fields.get("provider_attempts"))[:SHOWN], 1)
    ]
    width = _width(told)
    bars, note = laid_out(tries)
    return Timing(
        reading=READINGS[told.meaning],
        main=_main(told, width) if width else [],
        attempts=bars,
        scale=_scale(width),
        attempts_note=note,
        facts=_facts(fields),
    )


def _width(told: Times) -> Decimal:
    """How many ms the whole picture spans."""
    if told.total is not None:
        apart = told.meaning == "whole"
        return max(told.total, told.first or told.total) + (told.overhead or 0 if apart else 0)
    return max((one for one in (told.first, told.after) if one is not None), default=Decimal(0))


def _main(told: Times, width: Decimal) -> list[Bar]:
    """The bars with their segments in words."""
    bars = [bar.segments for bar in _bars(told, width)]
    return [Bar(pieces, "; ".join(piece.title for piece in pieces)) for pieces in bars]


def _bars(told: Times, width: Decimal) -> list[Bar]:
    if told.meaning in ("after", "unknown"):
        first = [Bar([_segment("wait", Decimal(0), told.first, width, "first token")])] if told.first else []
        name = "after the first token" if told.meaning == "after" else "generation"
        return first + ([Bar([_segment("gen", Decimal(0), told.after, width, name)])] if told.after else [])
    if told.meaning in ("failed", "end_to_end"):
        kind, name = ("fail", "until it failed") if told.meaning == "failed" else ("gen", "whole request")
        return [Bar([_segment(kind, Decimal(0), told.total, width, name)])] if told.total else []
    return [Bar(_pieces(told, width))]


def _pieces(told: Times, width: Decimal) -> list[Segment]:
    """Gateway, first token, generating, one after the other."""
    start, made = told.overhead or Decimal(0), []
    if told.overhead:
        made.append(_segment("gate", Decimal(0), told.overhead, width, "gateway"))
    if told.total is None:
        return [*made, _segment("wait", start, told.first, width, "first token")] if told.first else made
    if told.first is None or told.first > told.total:
        return [*made, _segment("gen", start, told.total, width, "generation")]
    made.append(_segment("wait", start, told.first, width, "first token"))
    return [*made, _segment("gen", start + told.first, told.total - told.first, width, "generating")]


def _segment(kind: str, start: Decimal, length: Decimal | None, width: Decimal, name: str) -> Segment:
    long = max(length or Decimal(0), Decimal(0))
    shown = f"{name} {numbers.duration(length)}"
    part = long / width if width else Decimal(0)
    label = shown if part > Decimal("0.14") else ""
    title = f"{name}: {numbers.exact_ms(length)}"
    return Segment(kind, percent(start, width), percent(long, width), label, title)  # type: ignore[arg-type]


def percent(value: Decimal, width: Decimal) -> str:
    """`value` of `width` in percent: "21.91"."""
    share = max(Decimal(0), min(Decimal(1), value / width)) if width > 0 else Decimal(0)
    return f"{(share * 100).quantize(Decimal('0.01')):f}"


def _scale(width: Decimal) -> list[str]:
    return ["0", *(numbers.duration(width * quarter / 4) for quarter in range(1, 5))] if width > 0 else []


# -- attempts ----------------------------------------------------------------------------------------------

OUTCOMES: dict[str, tuple[Tone, str]] = {
    "success": ("good", "answered"),
    "upstream_non_2xx": ("bad", "answered with an error"),
    "error": ("bad", "failed"),
    "retryable_error": ("warn", "failed, another try was allowed"),
    "blocked": ("warn", "not asked: blocked"),
    "no_pricing": ("warn", "not asked: no price is set up"),
    "unsupported_executor": ("warn", "not asked: the gateway cannot call it for this endpoint"),
}
KINDS: dict[Tone, str] = {"good": "gen", "bad": "fail"}
KEYS = {
    "priority_byok": "your own key, asked first",
    "gateway": "the gateway's key",
    "fallback_byok": "your own key, as a fallback",
    "byok": "your own key",
}
_DETAIL = (
    ("provider_model_slug", "provider's model"),
    ("upstream_error_code", "provider's code"),
    ("upstream_error_type", "provider's type"),
    ("upstream_error_message", "provider said"),
    ("upstream_error_description", "provider said"),
    ("upstream_error_param", "about"),
    ("upstream_payload_preview", "provider's body"),
    ("upstream_url", "asked at"),
    ("type", "type"),
)


def attempt(value: Value, number: int) -> Attempt:
    """One element of `provider_attempts`. contract: every member is optional."""
    told = box(value)
    outcome = words(told.get("outcome")) or "unknown"
    tone, said = OUTCOMES.get(outcome, ("none", f"outcome {short(outcome, 60)}"))
    status = whole(told.get("status"))
    length = decimal(told.get("duration_ms"))
    if length is None:
        length = decimal(told.get("upstream_headers_ms"))
    provider = short(told.get("provider") or "unknown provider", 60)
    name = f"{whole(told.get('attempt_number')) or number}. {provider}"
    answered = f"HTTP {status}" if status is not None else ""
    note = ", ".join(filter(None, [said, answered, numbers.duration(length)]))
    bar = Bar([], name, note, tone=tone, facts=_details(told))
    return Attempt(whole(told.get("started_at_unix_ms")), length, bar)


def _details(told: dict[str, Value]) -> list[Fact]:
    made = [
        Fact(label, short(told[key], 400)) for key, label in _DETAIL if told.get(key) not in (None, "", [])
    ]
    source = words(told.get("credential_phase")) or words(told.get("key_source"))
    if source:
        made.append(Fact("key", KEYS.get(source, short(source, 60))))
    if isinstance(told.get("retryable"), bool):
        made.append(Fact("may be tried again", "yes" if told["retryable"] else "no"))
    for key in ("request_build_ms", "upstream_headers_ms", "time_to_upstream_request_ms", "retry_delay_ms"):
        taken = decimal(told.get(key))
        if taken is not None:
            label = key.removesuffix("_ms").replace("_", " ")
            made.append(Fact(label, numbers.duration(taken), numbers.exact_ms(taken)))
    return made


def laid_out(tries: list[Attempt]) -> tuple[list[Bar], str]:
    """The attempts as bars on one scale. Without start times they all begin at 0, and the note says so."""
    known = [(one.start, one.length) for one in tries if one.start is not None and one.length is not None]
    timed = len(known) == len(tries) > 0
    origin = min((start for start, _ in known), default=0)
    ends = [_offset(one, origin, timed=timed) + (one.length or 0) for one in tries]
    width = max(ends, default=Decimal(0))
    bars = [_attempt_bar(one, _offset(one, origin, timed=timed), width) for one in tries]
    apart = "Each bar begins at 0: the record does not tell when the attempts started."
    return bars, apart if len(tries) > 1 and not timed and width else ""


def _offset(one: Attempt, origin: int, *, timed: bool) -> Decimal:
    return Decimal(one.start - origin) if timed and one.start is not None else Decimal(0)


def _attempt_bar(one: Attempt, start: Decimal, width: Decimal) -> Bar:
    kind = KINDS.get(one.bar.tone, "wait")
    pieces = [_segment(kind, start, one.length, width, one.bar.label)] if one.length and width else []
    return Bar(pieces, one.bar.label, one.bar.note, tone=one.bar.tone, facts=one.bar.facts)


# -- figures -----------------------------------------------------------------------------------------------

_FIGURES = (
    ("latency_ms", "latency_ms, as recorded"),
    ("generation_ms", "generation_ms, as recorded"),
    ("provider_ttft_ms", "Time to first token, at the provider"),
    ("gateway_ttft_ms", "Time to first token, at the gateway"),
    ("phaseo_overhead_ms", "Time spent in the gateway"),
    ("tpot_ms", "Time per output token"),
    ("itl_ms", "Time between tokens"),
)
_SPEEDS = (
    ("throughput", "Throughput, over the generation"),
    ("output_speed_tps", "Speed after the first token"),
)


def _facts(fields: dict[str, Value]) -> list[Fact]:
    made = []
    for key, label in _FIGURES:
        value = decimal(fields.get(key))
        if key in fields:
            made.append(
                Fact(label, numbers.duration(value), numbers.exact_ms(value) if value is not None else "")
            )
    for key, label in _SPEEDS:
        value = decimal(fields.get(key))
        if key in fields:
            made.append(
                Fact(label, numbers.rate(value), text.short(fields[key]) if value is not None else "")
            )
    return made
