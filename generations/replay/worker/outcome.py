"""How a replay ended: its state, a reason code, and a sentence."""

from dataclasses import dataclass

from generations.gateway.error_catalogue import CONNECTIONS
from generations.gateway.error_mapping import is_page
from generations.gateway.errors import GatewayError, NotGateway
from generations.gateway.rawjson.values import visible
from generations.models.replay import State
from generations.replay.derived_answer import Reading
from generations.replay.live.log import Feed

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
    "too_large": Verdict(
        State.FAILED,
        "too_large",
        "The answer is larger than this installation keeps (MAX_ANSWER_MB). What arrived up to there is kept.",
    ),
}
NO_ANSWER = Verdict(State.FAILED, "no_answer", CONNECTIONS["no_answer"].title)

NOTHING = (b"", b"null", b"{}", b"[]", b'""', b"data: [DONE]", b"[DONE]")
SMALL = 100  # bytes
PAGE = Verdict(State.FAILED, "gateway_error", CONNECTIONS["html_answer"].title)


def verdict(feed: Feed, fault: GatewayError | None, told: Reading) -> Verdict:
    """How the replay of this feed ended: from what was received, the error that ended it, and what the answer says."""
    complete = feed.closed is not None and told.complete
    if feed.stop_reason and (fault is not None or not complete):
        return STOPPED[feed.stop_reason]
    if fault is not None:
        return _of_fault(fault)
    if is_page({"content-type": feed.opened.content_type if feed.opened else ""}, feed.held.start):
        return PAGE
    if told.facts.errors:
        return Verdict(State.FAILED, "error_finish", visible(told.facts.errors[-1].message)[:DETAIL])
    if feed.received < SMALL and feed.held.start.strip() in NOTHING:
        return NO_ANSWER
    if not complete:
        return Verdict(State.FAILED, "truncated", told.why if feed.closed else "")
    if told.facts.is_empty:
        return Verdict(State.SUCCEEDED, "empty_answer", visible(told.facts.empty_reason)[:DETAIL])
    return Verdict(State.SUCCEEDED)


def _of_fault(fault: GatewayError) -> Verdict:
    detail = visible(f"{fault.title} {fault.advice}")[:DETAIL]
    if fault.status is not None:
        return Verdict(State.FAILED, "gateway_error", detail)
    if not fault.sent:
        return Verdict(State.FAILED, "not_sent", detail, sent=False)
    if isinstance(fault, NotGateway):
        return Verdict(State.FAILED, "unreadable", detail)
    return Verdict(State.FAILED, "connection_lost", detail)
