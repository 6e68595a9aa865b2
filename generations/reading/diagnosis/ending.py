"""How a record that says "success" ended, judged by its answer: with an error, with nothing, or well.

The same facts decide the state of a replay (`answer_facts`): an error in the answer is a failure, an answer with nothing
in it succeeded without an answer.
"""

import msgspec

from generations.gateway.error_catalogue import CONNECTIONS
from generations.reading.answer import answer_facts
from generations.reading.answer.answer_facts import Facts
from generations.reading.answer.stored import StoredAnswer
from generations.reading.page_types.base import Fact
from generations.reading.page_types.outline import Verdict
from generations.reading.text import short

EMPTY = "Ended without an answer."
ERROR_FINISH, EMPTY_ANSWER, NOT_KEPT = "error_finish", "empty_answer", "answer_not_kept"
TEXTS = ("chat", "responses", "messages")


def judged(recorded: Verdict, kept: StoredAnswer, wire: str, *, logged: bool) -> Verdict:
    """The verdict of a record, with what its answer says. `logged`: the gateway's log has its payload."""
    if recorded.tone not in ("good", "warn"):
        return recorded
    body = kept.body if kept.kind in ("whole", "assembled", "error") else kept.frame
    facts = answer_facts.read(wire, body, kept.strays) if body is not None else Facts()
    if facts.errors:
        return _failed(recorded, facts)
    if kept.kind in ("whole", "assembled") and facts.is_empty:
        return _empty(recorded, facts)
    if kept.kind == "none" and kept.provider is None and logged and wire in TEXTS:
        return _not_kept(recorded)
    return recorded


def _failed(recorded: Verdict, facts: Facts) -> Verdict:
    said = [
        Fact("the answer said", short(fault.message, 600), note=short(fault.code, 100))
        for fault in facts.errors[:5]
    ]
    return Verdict(
        "bad",
        "Failed",
        CONNECTIONS["error_finish"].title,
        story="The record says that the request succeeded, but its answer contains an error."
        + (" What came before the error is below." if not facts.is_empty else ""),
        advice="A replay may succeed: the provider broke off, the request was accepted.",
        action="replay",
        action_label="Replay",
        rule=ERROR_FINISH,
        quotes=[*said, *recorded.quotes],
    )


def _empty(recorded: Verdict, facts: Facts) -> Verdict:
    reason = facts.empty_reason
    story = f"Finish reason: {short(reason, 60)}." if reason else "No finish reason was given."
    if recorded.title:
        story = recorded.title
    if any(choice.reasoning.strip() for choice in facts.choices):
        story += " There is reasoning, but no text and no tool call."
    return msgspec.structs.replace(
        recorded,
        tone="warn",
        word="No answer",
        title=EMPTY,
        story=story,
        advice=recorded.advice or "A replay shows whether it happens again.",
        rule=EMPTY_ANSWER,
        action="replay",
        action_label="Replay",
    )


def _not_kept(recorded: Verdict) -> Verdict:
    return msgspec.structs.replace(
        recorded,
        tone="warn",
        title=recorded.title or "The gateway kept no answer.",
        story="It kept the request but stored null for the answer, so the answer is unknown.",
        rule=recorded.rule or NOT_KEPT,
    )
