"""How a replay ended: its state, a reason code, and a sentence."""

from dataclasses import dataclass

from generations.gateway.error_catalogue import CONNECTIONS
from generations.gateway.errors import GatewayError
from generations.gateway.jsontext import visible
from generations.models.replay import State
from generations.reading.answer_facts import Facts
from generations.replay.answered import facts
from generations.replay.feed import Feed

DETAIL = 1000  # characters


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a replay ended: its state, a reason code, and a sentence."""

    state: State
    reason: str = ""
    detail: str = ""
    sent: bool | None = True


STOPPED = {
    "cancelled": Verdict(State.CANCELLED, "stopped"),
    "shutdown": Verdict(State.INTERRUPTED, "worker_stopped"),
    "deadline_first_byte": Verdict(State.FAILED, "deadline", "The gateway sent no first byte in time."),
    "deadline_idle": Verdict(State.FAILED, "deadline", "The gateway fell silent mid-answer."),
    "deadline_total": Verdict(State.FAILED, "deadline", "The answer took longer than a replay may take."),
}
NO_ANSWER = Verdict(State.FAILED, "no_answer", CONNECTIONS["no_answer"].title)


def verdict(feed: Feed, fault: GatewayError | None, wire: str) -> Verdict:
    """How the replay of this feed ended, from what was received and the error that ended it, if one did.

    `wire` is the wire format of its endpoint.
    """
    complete = feed.closed is not None and feed.closed.complete
    if feed.stop_reason and (fault is not None or not complete):
        return STOPPED[feed.stop_reason]
    if fault is not None:
        return _of_fault(fault)
    content_type = feed.opened.content_type if feed.opened else ""
    told = facts(wire, content_type, b"".join(feed.chunks), feed.answer)
    if told.errors:
        return Verdict(State.FAILED, "error_finish", visible(told.errors[-1].message)[:DETAIL])
    if feed.closed is not None and feed.closed.why == "empty":
        return NO_ANSWER
    if not complete:
        return Verdict(State.FAILED, "truncated", feed.closed.why if feed.closed else "")
    return _of_facts(told)


def _of_facts(told: Facts) -> Verdict:
    """A whole answer without an error: it may still hold nothing."""
    if not told.is_empty:
        return Verdict(State.SUCCEEDED)
    if not told.choices and not told.shape:
        return NO_ANSWER
    return Verdict(State.SUCCEEDED, "empty_answer", visible(told.empty_reason)[:DETAIL])


def _of_fault(fault: GatewayError) -> Verdict:
    detail = visible(f"{fault.title} {fault.advice}")[:DETAIL]
    if fault.status is not None:
        return Verdict(State.FAILED, "gateway_error", detail)
    if not fault.sent:
        return Verdict(State.FAILED, "not_sent", detail, sent=False)
    return Verdict(State.FAILED, "connection_lost", detail)
