"""Answers in the form in which the gateway sends them. contract: "Streaming"."""

import json
from typing import Any


def sse(*frames: Any) -> bytes:
    """Frames: a dict or string is data; a pair is an event's name and its data."""
    return b"".join(_frame(*frame) if isinstance(frame, tuple) else _frame("", frame) for frame in frames)


def _frame(name: str, data: Any) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return ((f"event: {name}\n" if name else "") + f"data: {text}\n\n").encode()


def chunk(delta: dict[str, Any], finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    fields = {
        "id": "G-01M0",
        "object": "chat.completion.chunk",
        "nativeResponseId": "resp_abc",
        "model": "openai/gpt-5-nano",
    }
    return {**fields, "choices": [choice], **more}


PRICING: dict[str, Any] = {
    "total_nanos": 1000,
    "total_usd_str": "0.000001000",
    "total_cents": 0.0001,
    "currency": "USD",
    "lines": [],
}
CHAT_USAGE = {
    "id": "G-01M0",
    "object": "chat.completion.chunk",
    "choices": [],
    "usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6, "pricing": PRICING},
    "nativeResponseId": "resp_abc",
}
CHAT_SNAPSHOT = {
    "id": "G-01M0",
    "object": "chat.completion",
    "nativeResponseId": "resp_abc",
    "model": "openai/gpt-5-nano",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6},
}
CHAT = sse(
    chunk({"role": "assistant", "content": "Hel"}),
    chunk({"role": "assistant", "content": "lo"}),
    chunk({}, "stop"),
    CHAT_USAGE,
    CHAT_SNAPSHOT,
    "[DONE]",
)

COMPLETED: dict[str, Any] = {
    "response": {
        "id": "resp_abc",
        "object": "response",
        "model": "openai/gpt-5-nano",
        "status": "completed",
        "output": [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}
        ],
        "usage": {"input_tokens": 4, "output_tokens": 2, "total_tokens": 6, "pricing_breakdown": PRICING},
    },
    "id": "G-01M0",
}
CREATED = {
    "response": {
        "id": "resp_abc",
        "object": "response",
        "model": "openai/gpt-5-nano",
        "status": "in_progress",
    },
    "id": "G-01M0",
}


def said(delta: str, output_index: int = 0) -> tuple[str, dict[str, Any]]:
    fields = {"delta": delta, "output_index": output_index, "item_id": "msg_1", "id": "G-01M0"}
    return ("response.output_text.delta", fields)


RESPONSES = sse(("response.created", CREATED), said("Hel"), said("lo"), ("response.completed", COMPLETED))


def typed(**fields: Any) -> tuple[str, dict[str, Any]]:
    return (fields["type"], fields)


MESSAGE_START = typed(
    type="message_start",
    message={
        "id": "G-01M0",
        "type": "message",
        "role": "assistant",
        "model": "anthropic/claude-sonnet-4.5",
        "content": [],
        "usage": {"input_tokens": 4, "output_tokens": 1},
    },
)
MESSAGE_STOP = typed(type="message_stop")


def block_delta(index: int = 0, **delta: Any) -> tuple[str, dict[str, Any]]:
    return typed(type="content_block_delta", index=index, delta=delta)


def message_delta(reason: str | None = None, **usage: int) -> tuple[str, dict[str, Any]]:
    fields: dict[str, Any] = {"type": "message_delta", "delta": {"stop_reason": reason} if reason else {}}
    return ("message_delta", fields | ({"usage": usage} if usage else {}))


MESSAGES = sse(
    MESSAGE_START,
    typed(type="content_block_start", index=0, content_block={"type": "text", "text": ""}),
    block_delta(type="text_delta", text="Hello"),
    typed(type="content_block_stop", index=0),
    message_delta("end_turn", input_tokens=4, output_tokens=2, cache_read_input_tokens=0),
    MESSAGE_STOP,
)
