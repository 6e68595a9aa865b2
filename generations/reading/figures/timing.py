"""Where the time went: which meaning the gateway's two times were read under, the picture, the recorded figures."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from generations.gateway.rawjson.values import Value
from generations.reading import text
from generations.reading.figures import attempts, formatting, recorded_times, time_axis
from generations.reading.figures.attempts import Attempt
from generations.reading.figures.recorded_times import Meaning, Times
from generations.reading.page_types.base import Fact
from generations.reading.page_types.figures import Timing
from generations.reading.text import decimal

READINGS: dict[Meaning, str] = {
    "whole": "“Generation” is measured from dispatch to the last frame, first token included.",
    "after": (
        "Read as recorded before 23 July 2026: generation is the time after the first token. "
        "No total is recorded, and the two are not added up."
    ),
    "end_to_end": "Read as recorded in or about December 2025: latency is the whole request, end to end.",
    "failed": "The request failed: latency is the time until the failure.",
    "open": "The session was open when its record was written, so the record has no final times.",
    "unknown": (
        "The record does not show which meaning its two times have, so they stand side by side "
        "and nothing is derived from them."
    ),
}
COLUMNS = (
    *("latency_ms", "generation_ms", *recorded_times.NEW_COLUMNS),
    *("success", "status_code", "stream", "provider_attempts"),
)
"""The columns of a record that its times are read from."""

BEGINS = {
    True: "The axis starts when the request reached the gateway.",
    False: "The axis starts with the first attempt: the time before it is not recorded.",
}


class Layout(NamedTuple):
    """The times of a record, the axis that everything on its page is drawn on, and its attempts."""

    times: Times
    axis: time_axis.Axis
    attempts: list[Attempt]


def lay_out(fields: dict[str, Value], made: datetime | None) -> Layout:
    """The times of a record on one axis."""
    known, tries = recorded_times.read(fields, made), attempts.read(fields)
    return Layout(known, time_axis.lay_out(known, tries), tries)


def headline(known: Times, drawn: time_axis.Axis) -> Decimal | None:
    """The time in ms that pages and lists name first: the whole wait where attempts failed in vain, else from dispatch
    to the last frame, or what there is of it.
    """
    if is_wait(known, drawn):
        return drawn.width
    found = (known.total, known.after, known.generation)
    return next((time for time in found if time is not None), None)


def is_wait(known: Times, drawn: time_axis.Axis) -> bool:
    """Whether the whole axis is one wait with failed attempts in it."""
    return bool(drawn.failed) and (
        known.meaning == "failed" or (known.meaning == "whole" and known.total is not None)
    )


def read(fields: dict[str, Value], made: datetime | None, laid_out: Layout | None = None) -> Timing:
    """The timing picture and its figures. `laid_out`: the times, where they are known already."""
    known, drawn, tries = laid_out or lay_out(fields, made)
    return Timing(
        reading=" ".join(filter(None, [READINGS[known.meaning], _begins(known, drawn)])),
        main=time_axis.bars(drawn),
        attempts=time_axis.attempt_bars(drawn, tries),
        scale=time_axis.scale(drawn.width) if drawn.rows else [],
        attempts_note=drawn.note,
        facts=_facts(fields),
    )


def _begins(known: Times, drawn: time_axis.Axis) -> str:
    """Where the axis begins, if the answer is not all that is on it."""
    if known.meaning != "whole" or (known.overhead is None and not any(drawn.attempts)):
        return ""
    return BEGINS[known.overhead is not None]


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
    figures = [
        _fact(fields[key], label, formatting.duration, " ms") for key, label in _FIGURES if key in fields
    ]
    return figures + [
        _fact(fields[key], label, formatting.rate, "") for key, label in _SPEEDS if key in fields
    ]


def _fact(value: Value, label: str, shown: Callable[[Decimal], str], unit: str) -> Fact:
    """A figure as recorded, with every digit in its title."""
    number = decimal(value)
    if number is None:
        return Fact(label, formatting.UNKNOWN if value is None else f"unreadable: {text.short(value, 60)}")
    return Fact(label, shown(number), formatting.exact_ms(number) if unit else text.short(value))
