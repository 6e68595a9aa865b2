"""The facts of what a replay received."""

from generations.gateway.events import Answer, Block
from generations.gateway.jsontext import Unreadable, Value, loads
from generations.reading import answer_facts, tool_calls
from generations.reading.answer_facts import Choice, Facts, Fault
from generations.reading.text import box

READ_UP_TO = 16 * 2**20  # bytes that are parsed


def facts(wire: str, content_type: str, body: bytes, answer: Answer) -> Facts:
    """What was received tells: a whole body by itself, a stream as `answer` collected it."""
    told = _whole(content_type, body)
    if told is not None:
        return answer_facts.read(wire, told)
    return _collected(answer)


def _whole(content_type: str, body: bytes) -> dict[str, Value] | None:
    if "event-stream" in content_type or len(body) > READ_UP_TO or body.lstrip()[:1] != b"{":
        return None
    try:
        return box(loads(body))
    except Unreadable:
        return None


def _collected(answer: Answer) -> Facts:
    numbers = sorted({block.choice for block in answer.blocks})
    return Facts(
        shape="collected" if answer.finish_reason or answer.blocks or answer.usage else "",
        choices=tuple(_choice(answer, number) for number in numbers),
        errors=tuple(
            Fault(fault.message, fault.code or "", "", _value(fault.raw)) for fault in answer.faults
        ),
    )


def _choice(answer: Answer, number: int) -> Choice:
    blocks = [block for block in answer.blocks if block.choice == number]
    return Choice(
        number,
        text=_words(blocks, "text"),
        refusal=_words(blocks, "refusal"),
        reasoning=_words(blocks, "reasoning"),
        calls=tuple(tool_calls.of(answer, number)),
        media=len([block for block in blocks if block.media]),
        data=len([block for block in blocks if block.kind == "json"]),
        finish=answer.finish_reason or "",
    )


def _words(blocks: list[Block], kind: str) -> str:
    return "".join(block.text for block in blocks if block.kind == kind)


def _value(raw: str) -> Value:
    try:
        return loads(raw)
    except Unreadable:
        return raw
