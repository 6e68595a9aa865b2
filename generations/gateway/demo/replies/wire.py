"""Whole answers as JSON, one function for each of the three text protocols.

contract: `id` is the gateway's, `nativeResponseId` the provider's; `usage` is reshaped and priced; non-stream
bodies also carry cost_nanos, cost_cents, currency and pricing_lines at the top when priced. Forms and orders are those
of the recorded answers.
"""

import json

from generations.gateway.demo.replies import usages
from generations.gateway.demo.replies.response_bodies import responses_body
from generations.gateway.demo.replies.told import Told, tool_calls
from generations.gateway.demo.shapes import Json, Reply

# --- chat completions ---------------------------------------------------------------------------------------


def _chat_message(told: Told, *, streamed: bool = False) -> Json:
    """contract: a whole body lost the reasoning unless it came over Responses; a re-encoded stream keeps it."""
    reply, listed = told.reply, told.leg == "responses" or streamed
    message: Json = {"role": "assistant", "content": reply.text}
    if reply.calls or (listed and reply.text):
        message["tool_calls"] = tool_calls(told)
    if reply.reasoning and listed:
        message |= _thoughts(told)
    if reply.refusal:
        message["refusal"] = reply.refusal
    if reply.image:
        message["images"] = [{"type": "image_url", "image_url": {"url": reply.image}}]
    return message


def _thoughts(told: Told) -> Json:
    detail = {
        "id": f"{told.request_id}-reasoning-0-1",
        "index": 0,
        "type": "text",
        "text": told.reply.reasoning,
    }
    return {"reasoning_content": told.reply.reasoning, "reasoning_details": [detail]}


def chat_snapshot(told: Told) -> Json:
    """The full object that ends a re-encoded stream."""
    native = told.request_id if told.leg == "messages" else told.native_id
    return {
        "id": told.request_id,
        "object": "chat.completion",
        "nativeResponseId": native,
        "created": told.created,
        "model": told.model,
        "choices": [
            {"index": 0, "message": _chat_message(told, streamed=True), "finish_reason": told.reply.finish}
        ],
        "usage": usages.chat(told, whole=False),
    }


def _chat_body(told: Told) -> Json:
    message = _chat_message(told)
    message |= {"refusal": message.get("refusal"), "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": told.reply.finish}
    return {
        "id": told.request_id,
        "nativeResponseId": told.native_id,
        "object": "chat.completion",
        "created": told.created,
        "model": told.model,
        "provider": told.provider,
        "provider_id": told.provider,
        "choices": [choice],
        "usage": usages.chat(told),
    }


def _chat_logged(told: Told) -> Json:
    choice = {"index": 0, "message": _chat_message(told), "finish_reason": told.reply.finish}
    return {
        "id": told.request_id,
        "object": "chat.completion",
        "nativeResponseId": told.native_id,
        "created": told.created,
        "model": told.model,
        "provider": told.provider,
        "choices": [choice],
        "usage": usages.logged(told),
    }


# --- messages -----------------------------------------------------------------------------------------------

STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


def stop_reason(reply: Reply) -> str:
    """The finish word of the messages protocol."""
    return STOP_REASONS.get(reply.finish, reply.finish)


def content_blocks(told: Told) -> list[Json]:
    """The `content` of a messages answer: thinking, text, tool_use."""

    reply = told.reply
    blocks: list[Json] = []
    if reply.reasoning:
        blocks.append({"type": "thinking", "thinking": reply.reasoning, "signature": ""})
    if reply.text or reply.refusal:
        blocks.append({"type": "text", "text": reply.text or reply.refusal, "citations": None})
    for call in tool_calls(told):
        function = call["function"]
        made = {"type": "tool_use", "id": call["id"], "name": function["name"]}
        blocks.append(made | {"input": json.loads(function["arguments"])})
    return blocks


def _messages_body(told: Told, usage: Json, named: Json) -> Json:
    return named | {
        "type": "message",
        "role": "assistant",
        "content": content_blocks(told),
        "model": told.model,
        "stop_reason": stop_reason(told.reply),
        "stop_sequence": None,
        "usage": usage,
    }


# --- every endpoint -----------------------------------------------------------------------------------------


def whole_answer(told: Told) -> Json:
    """The non-stream body of an answer, as a client gets it."""
    if told.reply.whole is not None:
        return turned(told, _other_body(told))
    if told.endpoint == "messages":
        body = _messages_body(told, usages.messages(told, whole=True), {"id": told.request_id})
    elif told.endpoint == "responses":
        body = responses_body(told, usages.responses(told))
    else:
        body = _chat_body(told)
    return turned(told, body) | told.more() | (usages.cost_keys(told.lines) if told.lines else {})


def logged_answer(told: Told, meta: Json) -> Json:
    """The same answer as the log keeps it: usage in the gateway's words, no cost at the top, always `meta`."""
    if told.reply.whole is not None:
        return turned(told, _other_body(told))
    if told.endpoint == "messages":
        named = {"id": told.request_id, "nativeResponseId": told.native_id}
        body = _messages_body(told, usages.logged(told), named)
    elif told.endpoint == "responses":
        body = responses_body(told, usages.logged(told))
    else:
        body = _chat_logged(told)
    return turned(told, body) | {"meta": meta}


def turned(told: Told, body: Json) -> Json:
    """The body with what a story's answer has of its own."""
    return told.reply.turn(body) if told.reply.turn else body


def _other_body(told: Told) -> Json:
    """contract: moderations carry the gateway's id as `id`, rerank nowhere (§0.2), all others as `requestId`."""
    whole = dict(told.reply.other())
    if told.endpoint == "moderations":
        named: Json = {"id": told.request_id, "nativeResponseId": told.native_id}
    elif told.endpoint == "rerank":
        named = {"id": told.native_id, "nativeResponseId": told.native_id}
    else:
        named = {"id": told.native_id, "requestId": told.request_id}
    if told.endpoint == "audio.speech":
        named = {"id": told.request_id}
    usage = usages.responses(told) | told.usage.extra
    return named | {"model": told.model} | whole | {"usage": usage} | usages.cost_keys(told.lines)


_STREAM_ONLY = (
    "provider_ttft_ms",
    "gateway_ttft_ms",
    "tpot_ms",
    "itl_ms",
    "phaseo_overhead_ms",
    "end_to_end_ms",
)


def logged_meta(told: Told, first_ms: int, total_ms: int) -> Json:
    """The `meta` that the log keeps of a whole answer: what only a stream can measure is null."""
    shown: Json = {"throughput_tps": told.usage.output / (max(total_ms, 1) / 1000), "output_speed_tps": None}
    return shown | {"generation_ms": total_ms, "latency_ms": first_ms} | dict.fromkeys(_STREAM_ONLY)


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
