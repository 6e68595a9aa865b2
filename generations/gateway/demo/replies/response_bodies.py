"""The body of the responses protocol: inside a stream, and whole."""

from generations.gateway.demo.replies import usages
from generations.gateway.demo.replies.served_reply import ServedReply, tool_calls
from generations.gateway.demo.shapes import Json, Reply


def output_items(served: ServedReply) -> list[Json]:
    """The `output` of a responses answer: reasoning, message, function calls."""
    reply, items = served.reply, []
    if reply.reasoning:
        part = {"type": "summary_text", "text": reply.reasoning}
        items.append({"id": "rs_1", "type": "reasoning", "summary": [part]})
    if reply.text or reply.refusal:
        items.append(_message_item(reply))
    for call, index in zip(tool_calls(served), range(len(reply.calls)), strict=True):
        named = {"id": f"fc_{index}", "type": "function_call", "status": "completed", "call_id": call["id"]}
        items.append(named | call["function"])
    return items


def reencoded_items(served: ServedReply, *, streamed: bool) -> list[Json]:
    """The `output` that the gateway makes of a Messages answer; a whole body has lost the reasoning."""
    prefix = f"{'item' if streamed else 'msg'}_{served.request_id}_"
    kept = [item for item in output_items(served) if streamed or item["type"] != "reasoning"]
    return [_reencoded(item, f"{prefix}{index}", streamed) for index, item in enumerate(kept)]


def _reencoded(item: Json, name: str, streamed: bool) -> Json:
    if item["type"] == "function_call":
        named = {"id": name} if streamed else {}
        return (
            {"type": "function_call"} | named | {key: item[key] for key in ("call_id", "name", "arguments")}
        )
    if item["type"] == "reasoning":
        part = {"type": "output_text", "text": item["summary"][0]["text"], "annotations": []}
        return {"type": "reasoning", "id": name, "status": "completed", "content": [part]}
    return {"type": "message", "id": name} | {key: item[key] for key in ("status", "role", "content")}


def _message_item(reply: Reply) -> Json:
    text = {"type": "output_text", "text": reply.text, "annotations": []}
    part = {"type": "refusal", "refusal": reply.refusal} if reply.refusal else text
    return {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}


def is_incomplete(reply: Reply) -> bool:
    """Whether a Responses answer ends as `incomplete`."""
    return reply.finish in ("length", "content_filter")


def _ending(reply: Reply) -> Json:
    cut = is_incomplete(reply)
    reason = "content_filter" if reply.finish == "content_filter" else "max_output_tokens"
    return {
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": reason} if cut else None,
    }


def responses_snapshot(served: ServedReply) -> Json:
    """The `response` object of a stream. Its id is the provider's, or the gateway's where it was re-encoded from
    Messages.
    """
    if served.leg == "messages":
        ids: Json = {"id": served.request_id, "object": "response", "created_at": served.created}
        ending = _ending(served.reply)
        shown = {"status": ending["status"]}
        if ending["incomplete_details"]:
            shown["incomplete_details"] = ending["incomplete_details"]
        ids |= {"model": served.slug} | shown
        ids |= {
            "output": reencoded_items(served, streamed=True),
            "usage": usages.responses(served, whole=False),
        }
        return ids | {"nativeResponseId": served.native_id}
    return {
        "id": served.native_id,
        "object": "response",
        "created_at": served.created,
        **_ending(served.reply),
        "error": None,
        "model": served.slug,
        "output": output_items(served),
        "usage": usages.responses(served, whole=False),
    }


_ECHOED = ("instructions", "max_output_tokens", "max_tool_calls")
_TUNING = ("frequency_penalty", "presence_penalty", "store", "temperature", "text", "tool_choice")
_WHOSE = ("user", "background", "service_tier", "safety_identifier", "prompt_cache_key")


def responses_body(served: ServedReply, usage: Json) -> Json:
    """The whole body; `usage` as it is shown there."""
    ending, cut = _ending(served.reply), is_incomplete(served.reply)
    again = served.leg == "messages"
    items = reencoded_items(served, streamed=False) if again else output_items(served)
    made: Json = {"id": served.request_id, "object": "response", "created_at": served.created}
    made |= {
        "status": ending["status"],
        "finish_reason": served.reply.finish,
        "completed_at": None if cut else served.created,
    }
    made |= {"error": None, "incomplete_details": None if again else ending["incomplete_details"]}
    made |= dict.fromkeys(_ECHOED)
    made |= {"model": served.model, "output": items, "parallel_tool_calls": True}
    made |= {"previous_response_id": None, "reasoning": {"effort": None, "summary": None}}
    made |= dict.fromkeys(_TUNING) | {
        "tools": [],
        "top_logprobs": None,
        "top_p": None,
        "truncation": "disabled",
    }
    made |= {"usage": usage} | dict.fromkeys(_WHOSE) | {"metadata": {}, "nativeResponseId": served.native_id}
    return made | {"provider": served.provider, "provider_id": served.provider}
