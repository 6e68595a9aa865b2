"""Whole answers as JSON, one function for each of the three text protocols.

contract: `id` is the gateway's, `nativeResponseId` the provider's; `usage` is reshaped and priced; non-stream
bodies also carry cost_nanos, cost_cents, currency and pricing_lines at the top when priced.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from .prices import priced, total
from .shapes import Json, Reply, Usage


@dataclass(frozen=True, slots=True)
class Told:
    """All that an answer says about itself."""

    request_id: str
    native_id: str
    model: str
    provider: str
    created: int  # seconds since 1970
    usage: Usage
    lines: list[Json]
    reply: Reply
    meta: Callable[[], Json] | None = None  # asked for with `meta:true`; taken when the answer ends

    def more(self) -> Json:
        """The `meta` of terminal frames and whole bodies."""
        return {"meta": self.meta()} if self.meta else {}


def native_id(endpoint: str, provider: str, tail: str) -> str:
    """The provider's own id, in that provider's fashion."""
    if endpoint == "messages" or provider == "anthropic":
        return f"msg_01{tail}"
    return (
        f"resp_{tail.lower()}"
        if provider in ("openai", "azure") or endpoint == "responses"
        else f"chatcmpl-{tail}"
    )


def chat_usage(told: Told) -> Json:
    """contract: chat answers use prompt_tokens, completion_tokens, total_tokens, details and pricing."""
    usage = told.usage
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
        "pricing": priced(told.lines),
    }


def responses_usage(told: Told) -> Json:
    """contract: responses answers use input_tokens, output_tokens, total_tokens, details and
    pricing_breakdown.
    """
    usage = told.usage
    return {
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "pricing_breakdown": priced(told.lines),
    }


def messages_usage(told: Told) -> Json:
    """contract: messages answers use the names of that protocol and carry no price."""
    usage = told.usage
    return {
        "input_tokens": usage.input - usage.cached - usage.cache_write,
        "output_tokens": usage.output,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cached,
        "service_tier": "standard",
    }


def cost_keys(lines: list[Json]) -> Json:
    """The four keys at the top of a priced non-stream body."""
    nanos = total(lines)
    return {"cost_nanos": nanos, "cost_cents": nanos / 10**7, "currency": "USD", "pricing_lines": lines}


def tool_calls(told: Told) -> list[Json]:
    """The calls as chat completions show them."""
    return [
        {
            "id": f"call_{told.native_id[-10:]}{index}",
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for index, call in enumerate(told.reply.calls)
    ]


def _chat_message(told: Told) -> Json:
    reply = told.reply
    message: Json = {"role": "assistant", "content": reply.text or None}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.refusal:
        message["refusal"] = reply.refusal
    if reply.calls:
        message["tool_calls"] = tool_calls(told)
    if reply.image:
        message["images"] = [{"type": "image_url", "image_url": {"url": reply.image}}]
    return message


def chat_snapshot(told: Told) -> Json:
    """The full object that may end a stream and that, with the cost, is the non-stream body."""
    return {
        "id": told.request_id,
        "object": "chat.completion",
        "nativeResponseId": told.native_id,
        "created": told.created,
        "model": told.model,
        "choices": [{"index": 0, "message": _chat_message(told), "finish_reason": told.reply.finish}],
        "usage": chat_usage(told),
    }


def output_items(told: Told) -> list[Json]:
    """The `output` of a responses answer: reasoning, message, function calls."""
    reply, items = told.reply, []
    if reply.reasoning:
        part = {"type": "reasoning_text", "text": reply.reasoning}
        items.append({"id": "rs_1", "type": "reasoning", "summary": [], "content": [part]})
    if reply.text or reply.refusal:
        items.append(_message_item(reply))
    for call, index in zip(tool_calls(told), range(len(reply.calls)), strict=True):
        function = call["function"]
        items.append(
            {
                "id": f"fc_{index}",
                "type": "function_call",
                "status": "completed",
                "call_id": call["id"],
                **function,
            }
        )
    return items


def _message_item(reply: Reply) -> Json:
    text = {"type": "output_text", "text": reply.text, "annotations": []}
    part = {"type": "refusal", "refusal": reply.refusal} if reply.refusal else text
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def responses_snapshot(told: Told) -> Json:
    """The `response` object. Its id is the provider's inside a stream."""
    whole = told.reply.finish not in ("length", "content_filter")
    return {
        "id": told.native_id,
        "object": "response",
        "created_at": told.created,
        "status": "completed" if whole else "incomplete",
        "incomplete_details": None if whole else {"reason": "max_output_tokens"},
        "error": None,
        "model": told.model,
        "output": output_items(told),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": responses_usage(told),
    }


STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


def content_blocks(told: Told) -> list[Json]:
    """The `content` of a messages answer: thinking, text, tool_use."""

    reply, blocks = told.reply, []
    if reply.reasoning:
        blocks.append({"type": "thinking", "thinking": reply.reasoning, "signature": ""})
    if reply.text or reply.refusal:
        blocks.append({"type": "text", "text": reply.text or reply.refusal})
    for call in tool_calls(told):
        function = call["function"]
        made = {"type": "tool_use", "id": call["id"], "name": function["name"]}
        blocks.append(made | {"input": json.loads(function["arguments"])})
    return blocks


def _messages_body(told: Told) -> Json:
    return {
        "id": told.request_id,
        "type": "message",
        "role": "assistant",
        "model": told.model,
        "content": content_blocks(told),
        "stop_reason": STOP_REASONS.get(told.reply.finish, told.reply.finish),
        "stop_sequence": None,
        "usage": messages_usage(told),
    }


def whole_answer(endpoint: str, told: Told) -> Json:
    """The non-stream body of an answer, at any endpoint."""
    if told.reply.whole is not None:
        return _other_body(endpoint, told)
    if endpoint == "messages":
        body = _messages_body(told)
    elif endpoint == "responses":
        body = responses_snapshot(told) | {"id": told.request_id, "nativeResponseId": told.native_id}
    else:
        body = chat_snapshot(told)
    return body | (cost_keys(told.lines) if told.lines else {}) | told.more()


def _other_body(endpoint: str, told: Told) -> Json:
    """contract: moderations and rerank carry the gateway's id as `id`, all others as `requestId`."""
    whole = dict(told.reply.other())
    if endpoint in ("moderations", "rerank"):
        named: Json = {"id": told.request_id, "nativeResponseId": told.native_id}
    else:
        named = {"id": told.native_id, "requestId": told.request_id}
    if endpoint == "audio.speech":
        named = {"id": told.request_id}
    usage = responses_usage(told) | told.usage.extra
    return named | {"model": told.model} | whole | {"usage": usage} | cost_keys(told.lines)


def meta(told: Told, first_ms: int, total_ms: int, overhead_ms: int) -> Json:
    """What `meta:true` asks for: timings and the provider that was selected."""
    seconds = max(total_ms, 1) / 1000
    routing = {"selected_provider": told.provider, "requested_params": [], "param_dropped_providers": []}
    return {
        "throughput_tps": told.usage.output / seconds,
        "output_speed_tps": told.usage.output / max((total_ms - first_ms) / 1000, 0.001),
        "generation_ms": total_ms,
        "latency_ms": first_ms,
        "provider_ttft_ms": first_ms,
        "gateway_ttft_ms": first_ms + overhead_ms,
        "phaseo_overhead_ms": overhead_ms,
        "end_to_end_ms": total_ms + overhead_ms,
        "routing": routing,
    }
