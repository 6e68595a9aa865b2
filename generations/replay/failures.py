"""The failures of a replay and of its original, read from what is stored: why each failed, and whether for one cause."""

from dataclasses import dataclass, replace

from generations.gateway.rawjson.values import Unreadable, Value, loads
from generations.models import Generation, Replay, ReplayAnswer, StoredRecord
from generations.models.replay import State
from generations.reading.diagnosis import failure
from generations.reading.diagnosis.failure import Failure, Reproduction
from generations.reading.diff import json_diff, passages
from generations.reading.diff.passages import Lines
from generations.reading.page_types.outline import Verdict
from generations.replay import derived_answer

MEMBERS = (
    "status_code",
    "error_code",
    "error_message",
    "error_payload",
    "provider",
    "provider_attempts",
    "model_id",
)
MEMBER_UP_TO = 2 * 2**20  # bytes
OWN = ("generation_id", "request_id", "requestId")
"""Members that every attempt has of its own."""
ANSWERED = ("gateway_error", "error_finish", "no_answer")
"""Reasons of replays that were answered: what came back explains them."""


def of_original(generation: Generation, record: StoredRecord | None) -> Failure | None:
    """The original's failure by its record, None where it did not fail."""
    if generation.success is not False:
        return None
    members: dict[str, Value] = {
        name: value for name in MEMBERS if (value := _member(record, name)) is not None
    }
    known: dict[str, Value] = {"error_code": generation.error_code or None}
    if generation.status_code is not None:
        known["status_code"] = failure.number(generation.status_code)
    return failure.of_record({"success": False, **known, **members})


def _member(record: StoredRecord | None, name: str) -> Value:
    found = record.value(f"/{name}") if record else None
    if found is None or found.size > MEMBER_UP_TO:
        return None
    try:
        return loads(found.read())
    except Unreadable:
        return None


def of_replay(replay: Replay, answer: ReplayAnswer | None) -> Failure | None:
    """The failure of a replay that was answered; None where it did not fail or nothing is stored to explain it."""
    if replay.state != State.FAILED or replay.reason not in ANSWERED:
        return None
    if replay.reason == "no_answer":
        return failure.of_answer(replay.status_code, replay.content_type, b"")
    if answer is None:
        return None
    if replay.reason == "error_finish":
        return _carried(replay, answer)
    return failure.of_answer(
        replay.status_code, replay.content_type, answer.wire, retry_after=replay.retry_after_s
    )


def _carried(replay: Replay, answer: ReplayAnswer) -> Failure:
    """The last error that an answer carries; what came instead of an answer where it carries none."""
    facts = derived_answer.said(answer, replay.generation.endpoint).facts
    if not facts.errors:
        return failure.of_error(replay.status_code, None, replay.detail)
    last = facts.errors[-1]
    return failure.of_error(replay.status_code, last.value, last.message)


def reproduces(replay: Replay, status: int | None, content_type: str, body: bytes) -> bool:
    """Whether the error that a replay was answered with is the original's: the same status, code and cause."""
    if replay.generation.success is not False or status is None:
        return False
    original = of_original(replay.generation, replay.record)
    if original is None:
        return False
    return failure.repeat(original, failure.of_answer(status, content_type, body)).same


@dataclass(frozen=True, slots=True)
class FailurePair:
    """Two failures side by side: their cards, whether one repeats the other, and what differs in their errors.

    `lines` is None where an error is no JSON.
    """

    original: Verdict | None
    again: Verdict | None
    repeat: Reproduction | None = None
    lines: Lines | None = None


def pair(original: Failure | None, again: Failure | None) -> FailurePair:
    """Both failures of a page; either may be none."""
    cards = [failure.card(side) if side else None for side in (original, again)]
    if original is None or again is None:
        return FailurePair(cards[0], cards[1])
    return FailurePair(cards[0], cards[1], failure.repeat(original, again), _lines(original.body, again.body))


def _lines(before: Value, after: Value) -> Lines | None:
    if not isinstance(before, dict | list) or not isinstance(after, dict | list):
        return None
    found = json_diff.changes(before, after)
    kept = [change for change in found.shown if change.kind != "reordered" and change.path not in OWN]
    return passages.lines(replace(found, shown=kept, total=found.total - len(found.shown) + len(kept)))
