"""The failures of a replay and of its original, read from what is stored: why each failed, and whether for one cause."""

from generations.gateway import endpoints
from generations.gateway.errors import GatewayError
from generations.gateway.events import Answer
from generations.gateway.jsontext import Unreadable, Value, loads
from generations.models import Generation, Replay, ReplayAnswer, StoredRecord
from generations.models.replay import State
from generations.reading import failure
from generations.reading.failure import Failure, Repeat
from generations.replay.answered import facts
from generations.replay.feed import Feed

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
ANSWERED = ("gateway_error", "error_finish", "no_answer")
"""Reasons of replays that were answered: what came back explains them."""


def of_original(generation: Generation, record: StoredRecord | None) -> Failure | None:
    """The original's failure as its record tells it, None where it did not fail."""
    if generation.success is not False:
        return None
    told: dict[str, Value] = {name: value for name in MEMBERS if (value := _member(record, name)) is not None}
    known: dict[str, Value] = {"error_code": generation.error_code or None}
    if generation.status_code is not None:
        known["status_code"] = failure.number(generation.status_code)
    return failure.of_record({"success": False, **known, **told})


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
    if answer is None:
        if replay.reason != "no_answer":
            return None
        return failure.of_answer(replay.status_code, replay.content_type, b"")
    if replay.reason == "error_finish" or _is_success(replay.status_code):
        return _carried(replay, answer)
    return failure.of_answer(
        replay.status_code, replay.content_type, answer.wire, retry_after=replay.retry_after_s
    )


def _is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _carried(replay: Replay, answer: ReplayAnswer) -> Failure:
    """The last error that an answer carries; what came instead of an answer where it carries none."""
    known = endpoints.find(replay.generation.endpoint)
    wire, raw = known.wire if known else "chat", answer.wire
    told = facts(wire, replay.content_type, raw, Answer.read(wire, replay.content_type, raw))
    if not told.errors:
        return failure.of_answer(replay.status_code, replay.content_type, raw)
    last = told.errors[-1]
    return failure.of_error(replay.status_code, last.value, last.message)


def reproduces(replay: Replay, feed: Feed, fault: GatewayError) -> bool:
    """Whether the error is the original's: the same status, code and cause."""
    if replay.generation.success is not False or fault.status is None:
        return False
    original = of_original(replay.generation, replay.record)
    if original is None:
        return False
    content_type = feed.opened.content_type if feed.opened else ""
    return failure.repeat(original, failure.of_answer(fault.status, content_type, fault.body)).same


def repeat(original: Failure | None, again: Failure | None) -> Repeat | None:
    """How alike two failures are, None unless both failed."""
    return failure.repeat(original, again) if original and again else None
