"""Whole answers as JSON, one function for each of the three text protocols.

contract: `id` is the gateway's, `nativeResponseId` the provider's; `usage` is reshaped and priced; non-stream
bodies also carry cost_nanos, cost_cents, currency and pricing_lines at the top when priced. Forms and orders are those
of the recorded answers.
"""

import json

from generations.gateway.demo.replies import usages
from generations.gateway.demo.replies.response_bodies import responses_body
from generations.gateway.demo.replies.served_reply import ServedReply, tool_calls
from generations.gateway.demo.shapes import Json, Reply

# --- chat completions ---------------------------------------------------------------------------------------


def _chat_message(served: ServedReply, *, streamed: bool = False) -> Json:
    """contract: a whole body lost the reasoning unless it came over Responses; a re-encoded stream keeps it."""
    reply, listed = served.reply, served.leg == "responses" or streamed
    message: Json = {"role": "assistant", "content": reply.text}
    if reply.calls or (listed and reply.text):
        message["tool_calls"] = tool_calls(served)
    if reply.reasoning and listed:
        message |= _thoughts(served)
    if reply.refusal:
        message["refusal"] = reply.refusal
    if reply.image:
        message["images"] = [{"type": "image_url", "image_url": {"url": reply.image}}]
    return message


def _thoughts(served: ServedReply) -> Json:
    detail = {
        "id": f"{served.request_id}-reasoning-0-1",
        "index": 0,
        "type": "text",
        "text": served.reply.reasoning,
    }
    return {"reasoning_content": served.reply.reasoning, "reasoning_details": [detail]}


def chat_snapshot(served: ServedReply) -> Json:
    """The full object that ends a re-encoded stream."""
    native = served.request_id if served.leg == "messages" else served.native_id
    return {
        "id": served.request_id,
        "object": "chat.completion",
        "nativeResponseId": native,
        "created": served.created,
        "model": served.model,
        "choices": [
            {
                "index": 0,
                "message": _chat_message(served, streamed=True),
                "finish_reason": served.reply.finish,
            }
        ],
        "usage": usages.chat(served, whole=False),
    }


def _chat_body(served: ServedReply) -> Json:
    message = _chat_message(served)
    message |= {"refusal": message.get("refusal"), "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": served.reply.finish}
    return {
        "id": served.request_id,
        "nativeResponseId": served.native_id,
        "object": "chat.completion",
        "created": served.created,
        "model": served.model,
        "provider": served.provider,
        "provider_id": served.provider,
        "choices": [choice],
        "usage": usages.chat(served),
    }


def _chat_logged(served: ServedReply) -> Json:
    choice = {"index": 0, "message": _chat_message(served), "finish_reason": served.reply.finish}
    return {
        "id": served.request_id,
        "object": "chat.completion",
        "nativeResponseId": served.native_id,
        "created": served.created,
        "model": served.model,
        "provider": served.provider,
        "choices": [choice],
        "usage": usages.logged(served),
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


def content_blocks(served: ServedReply) -> list[Json]:
    """The `content` of a messages answer: thinking, text, tool_use."""

    reply = served.reply
    blocks: list[Json] = []
    if reply.reasoning:
        blocks.append({"type": "thinking", "thinking": reply.reasoning, "signature": ""})
    if reply.text or reply.refusal:
        blocks.append({"type": "text", "text": reply.text or reply.refusal, "citations": None})
    for call in tool_calls(served):
        function = call["function"]
        made = {"type": "tool_use", "id": call["id"], "name": function["name"]}
        blocks.append(made | {"input": json.loads(function["arguments"])})
    return blocks


def _messages_body(served: ServedReply, usage: Json, named: Json) -> Json:
    return named | {
        "type": "message",
        "role": "assistant",
        "content": content_blocks(served),
        "model": served.model,
        "stop_reason": stop_reason(served.reply),
        "stop_sequence": None,
        "usage": usage,
    }


# --- every endpoint -----------------------------------------------------------------------------------------


def whole_answer(served: ServedReply) -> Json:
    """The non-stream body of an answer, as a client gets it."""
    if served.reply.whole is not None:
        return turned(served, _other_body(served))
    if served.endpoint == "messages":
        body = _messages_body(served, usages.messages(served, whole=True), {"id": served.request_id})
    elif served.endpoint == "responses":
        body = responses_body(served, usages.responses(served))
    else:
        body = _chat_body(served)
    return turned(served, body) | served.more() | (usages.cost_keys(served.lines) if served.lines else {})


def logged_answer(served: ServedReply, meta: Json) -> Json:
    """The same answer as the log keeps it: usage in the gateway's words, no cost at the top, always `meta`."""
    if served.reply.whole is not None:
        return turned(served, _other_body(served))
    if served.endpoint == "messages":
        named = {"id": served.request_id, "nativeResponseId": served.native_id}
        body = _messages_body(served, usages.logged(served), named)
    elif served.endpoint == "responses":
        body = responses_body(served, usages.logged(served))
    else:
        body = _chat_logged(served)
    return turned(served, body) | {"meta": meta}


def turned(served: ServedReply, body: Json) -> Json:
    """The body with what a story's answer has of its own."""
    return served.reply.turn(body) if served.reply.turn else body


def _other_body(served: ServedReply) -> Json:
    """contract: moderations carry the gateway's id as `id`, rerank nowhere (§0.2), all others as `requestId`."""
    whole = dict(served.reply.other())
    if served.endpoint == "moderations":
        named: Json = {"id": served.request_id, "nativeResponseId": served.native_id}
    elif served.endpoint == "rerank":
        named = {"id": served.native_id, "nativeResponseId": served.native_id}
    else:
        named = {"id": served.native_id, "requestId": served.request_id}
    if served.endpoint == "audio.speech":
        named = {"id": served.request_id}
    usage = usages.responses(served) | served.usage.extra
    return named | {"model": served.model} | whole | {"usage": usage} | usages.cost_keys(served.lines)


_STREAM_ONLY = (
    "provider_ttft_ms",
    "gateway_ttft_ms",
    "tpot_ms",
    "itl_ms",
    "phaseo_overhead_ms",
    "end_to_end_ms",
)


def logged_meta(served: ServedReply, first_ms: int, total_ms: int) -> Json:
    """The `meta` that the log keeps of a whole answer: what only a stream can measure is null."""
    shown: Json = {
        "throughput_tps": served.usage.output / (max(total_ms, 1) / 1000),
        "output_speed_tps": None,
    }
    return shown | {"generation_ms": total_ms, "latency_ms": first_ms} | dict.fromkeys(_STREAM_ONLY)


def meta(served: ServedReply, first_ms: int, total_ms: int, overhead_ms: int) -> Json:
    """What `meta:true` asks for: timings and the provider that was selected."""
    seconds = max(total_ms, 1) / 1000
    routing = {"selected_provider": served.provider, "requested_params": [], "param_dropped_providers": []}
    return {
        "throughput_tps": served.usage.output / seconds,
        "output_speed_tps": served.usage.output / max((total_ms - first_ms) / 1000, 0.001),
        "generation_ms": total_ms,
        "latency_ms": first_ms,
        "provider_ttft_ms": first_ms,
        "gateway_ttft_ms": first_ms + overhead_ms,
        "phaseo_overhead_ms": overhead_ms,
        "end_to_end_ms": total_ms + overhead_ms,
        "routing": routing,
    }
