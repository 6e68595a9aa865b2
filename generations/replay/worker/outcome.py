"""How a replay ended: its state, a reason code, and a sentence."""

from dataclasses import dataclass

from generations.gateway.error_catalogue import CONNECTIONS
from generations.gateway.error_mapping import is_page
from generations.gateway.rawjson.display import visible
from generations.models.replay import State
from generations.replay.derived_answer import DerivedAnswer
from generations.replay.worker.ending import DETAIL, Ending, StreamFault


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a replay ended: its state, a reason code, and a sentence."""

    state: State
    reason: str = ""
    detail: str = ""
    sent: bool | None = True


STOPPED = {
    "cancelled": Outcome(State.CANCELLED, "stopped"),
    "shutdown": Outcome(State.INTERRUPTED, "worker_stopped"),
    "forgotten": Outcome(State.INTERRUPTED, "worker_stopped"),
    "deadline_first_byte": Outcome(State.FAILED, "deadline", "The gateway sent no first byte in time."),
    "deadline_idle": Outcome(
        State.FAILED, "deadline", "The gateway stopped sending in the middle of the answer."
    ),
    "deadline_total": Outcome(
        State.FAILED, "deadline", "The answer took longer than the time limit of a replay."
    ),
    "too_large": Outcome(
        State.FAILED,
        "too_large",
        "The answer is larger than this installation keeps (MAX_ANSWER_MB). What arrived up to there is kept.",
    ),
}
NO_ANSWER = Outcome(State.FAILED, "no_answer", CONNECTIONS["no_answer"].title)

NOTHING = (b"", b"null", b"{}", b"[]", b'""', b"data: [DONE]", b"[DONE]")
SMALL = 100  # bytes
PAGE = Outcome(State.FAILED, "gateway_error", CONNECTIONS["html_answer"].title)


def outcome_of(ending: Ending, reading: DerivedAnswer) -> Outcome:
    """How a replay ended: from how its stream ended, and what the answer says."""
    complete = ending.closed is not None and reading.complete
    if ending.stop_reason and (ending.fault is not None or not complete):
        return STOPPED[ending.stop_reason]
    if ending.fault is not None:
        return _of_fault(ending.fault)
    if is_page({"content-type": ending.mime}, ending.start):
        return PAGE
    if reading.facts.errors:
        return Outcome(State.FAILED, "error_finish", visible(reading.facts.errors[-1].message)[:DETAIL])
    if ending.received < SMALL and ending.start.strip() in NOTHING:
        return NO_ANSWER
    if not complete:
        return Outcome(State.FAILED, "truncated", reading.why if ending.closed else "")
    if reading.facts.is_empty:
        return Outcome(State.SUCCEEDED, "empty_answer", visible(reading.facts.empty_reason)[:DETAIL])
    return Outcome(State.SUCCEEDED)


def _of_fault(fault: StreamFault) -> Outcome:
    if fault.status is not None:
        return Outcome(State.FAILED, "gateway_error", fault.detail)
    if not fault.sent:
        return Outcome(State.FAILED, "not_sent", fault.detail, sent=False)
    if fault.is_foreign:
        return Outcome(State.FAILED, "unreadable", fault.detail)
    return Outcome(State.FAILED, "connection_lost", fault.detail)
