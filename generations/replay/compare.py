"""A replay beside its original: figures with their changes, and the words that differ.

Two clocks are not compared: until the new generation's record is there, times measured here stand beside the
original's without a difference.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from generations.gateway import endpoints
from generations.gateway.events import Answer
from generations.gateway.jsontext import visible
from generations.gateway.record import Record
from generations.models import Generation, Replay
from generations.reading import diff, numbers

Tone = Literal["up", "down", "same", ""]
LONGEST_RECORD = 2_000_000


@dataclass(frozen=True, slots=True)
class Delta:
    """One figure before and after. `tone`: up is worse, down is better, same is equal, "" is not comparable."""

    label: str
    before: str
    after: str
    change: str = ""
    tone: Tone = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`measured_here`: the times are the worker's own, the record of the new generation is not there yet."""

    deltas: list[Delta]
    pieces: list[diff.Piece] | None
    measured_here: bool
    why_no_diff: str = ""
    equal: bool = field(default=False)


def compare(replay: Replay, text: str) -> Comparison:
    """The figures and words of an ended replay against its original."""
    before = original_text(replay)
    why = why_no_diff(replay, before, text)
    pieces = None if why or before is None else diff.words(before, text)
    if pieces is None and not why:
        why = "The two answers are too long to be compared word by word here."
    new = replay.new_generation
    return Comparison(deltas(replay.generation, replay, new), pieces, new is None, why, before == text)


def original_text(replay: Replay) -> str | None:
    """The words of the original's answer, None when the gateway did not keep it or it is very large."""
    record = replay.generation.records.best_first().defer("outline").first()
    if record is None or not record.has_answer or record.size > LONGEST_RECORD:
        return None
    body = Record.read(record.raw).answer_body
    known = endpoints.find(replay.generation.endpoint)
    if body is None or known is None:
        return None
    return visible(Answer.read(known.wire, "application/json", body).text())


def why_no_diff(replay: Replay, before: str | None, text: str) -> str:
    """Why no words are compared, "" when they are."""
    if replay.generation.success is False:
        return "The original failed, so there is no answer to compare with."
    if before is None:
        return "The original's answer was not kept by the gateway, so there is nothing to compare with."
    if not before and not text:
        return "Neither answer holds text."
    return ""


def deltas(original: Generation, replay: Replay, new: Generation | None) -> list[Delta]:
    """The figures that people compare, the gateway's against the gateway's where both are there."""
    first, total = (new.latency_ms, new.generation_ms) if new else (replay.first_token_ms, replay.total_ms)
    here = "" if new else "measured here"
    same_clock = new is not None
    told: Generation | Replay = new or replay
    return [
        number("First token", original.latency_ms, first, numbers.duration, note=here, fair=same_clock),
        number("Total", original.generation_ms, total, numbers.duration, note=here, fair=same_clock),
        number("Output tokens", original.output_tokens, told.output_tokens, numbers.count, neutral=True),
        number("Cost", original.cost_nanos, told.cost_nanos, numbers.dollars),
        word("Finish", original.finish_reason, told.finish_reason),
        word("Provider", original.provider, told.provider),
        word("Status", original.status_code, told.status_code),
    ]


def number(
    label: str,
    before: Any,
    after: Any,
    show: Callable[[Any], str],
    *,
    note: str = "",
    fair: bool = True,
    neutral: bool = False,
) -> Delta:
    """A figure with its change in percent. `fair` is false for two clocks, `neutral` for what is neither good nor bad."""
    shown = Delta(label, show(before), show(after), note=note)
    if not fair or before is None or after is None:
        return shown
    tone: Tone = "same" if before == after or neutral else "up" if after > before else "down"
    return Delta(label, shown.before, shown.after, percent(before, after), tone, note)


def percent(before: Any, after: Any) -> str:
    """`-8 %`, `+2 %`, `×5.0` from three times on, `same`."""
    if before == after:
        return "same"
    if not before:
        return "was 0"
    ratio = Decimal(after) / Decimal(before)
    return f"×{ratio:.1f}" if ratio >= 3 else f"{(ratio - 1) * 100:+.0f} %".replace("-", "\u2212")


def word(label: str, before: Any, after: Any) -> Delta:
    """Two words: the same or not."""
    shown = Delta(label, str(before or numbers.UNKNOWN), str(after or numbers.UNKNOWN))
    if not before or not after:
        return shown
    equal = str(before) == str(after)
    return Delta(label, shown.before, shown.after, "same" if equal else "changed", "same" if equal else "")
