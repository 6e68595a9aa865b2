"""What really went to the provider and what it said: the log keeps both (contract §0.2)."""

import json
from typing import Any

from generations.gateway.demo.keys import WORKSPACE
from generations.gateway.demo.legs import slug
from generations.gateway.demo.replies.response_bodies import output_items, responses_snapshot
from generations.gateway.demo.replies.served_reply import ServedReply, tool_calls
from generations.gateway.demo.replies.wire import stop_reason
from generations.gateway.demo.shapes import Json
from generations.gateway.demo.tokens import compact

_GATEWAY_ONLY = (
    "provider",
    "routing",
    "session_id",
    "sessionId",
    "user",
    "user_id",
    "trace",
    "meta",
    "plugins",
)
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def request(served: ServedReply, body: Json) -> str:
    """The request as the provider got it: defaults added, the gateway's own members taken out, as JSON text."""
    if served.endpoint not in ("chat.completions", "responses", "messages"):
        return compact({"model": served.slug} | _without(body, "model"))
    made = {"chat": _chat, "responses": _responses, "messages": _messages}[served.leg]
    return compact(made(served, body))


def _without(body: Json, *names: str) -> Json:
    return {name: value for name, value in body.items() if name not in (*_GATEWAY_ONLY, *names)}


def _chat(served: ServedReply, body: Json) -> Json:
    rest = _without(body, "model", "messages", "input", "stream", "stream_options")
    made: Json = {"model": served.slug, "messages": _turns(body), "stream": True}
    made |= {"temperature": 1, "logprobs": False} | rest
    if "tools" in body:
        made |= {"parallel_tool_calls": True}
    if served.provider in ("openai", "azure"):
        made |= {"safety_identifier": WORKSPACE, "store": False}
    return made | {"stream_options": {"include_usage": True}}


def _turns(body: Json) -> Any:
    """The messages, whatever surface they came over."""
    asked = body.get("messages", body.get("input", []))
    return [{"role": "user", "content": asked}] if isinstance(asked, str) else asked


def _responses(served: ServedReply, body: Json) -> Json:
    rest = _without(body, "model", "messages", "input", "stream", "stream_options", "tools", *_LIMITS)
    made: Json = {"model": served.slug}
    if served.endpoint == "chat.completions":
        made |= {"temperature": 1, "parallel_tool_calls": True}
    made |= rest | _limit(body, "max_output_tokens")
    if "tools" in body:
        made["tools"] = [_flat(tool) for tool in body["tools"]]
    made["input"] = [_item(turn) for turn in _turns(body) if isinstance(turn, dict)]
    if served.provider in ("openai", "azure"):
        if served.endpoint == "messages":
            made = {"reasoning": {"effort": "minimal", "summary": "auto"}} | made
        else:
            made |= {"prompt_cache_key": None}
        made |= {"safety_identifier": WORKSPACE}
        made |= {"metadata": {"phaseo_request_id": served.request_id}, "stream": True, "store": False}
    return made | {"stream": True}


def _limit(body: Json, name: str) -> Json:
    value = next((body[known] for known in _LIMITS if known in body), None)
    return {} if value is None else {name: value}


def _flat(tool: Any) -> Any:
    function = tool.get("function") if isinstance(tool, dict) else None
    return {"type": "function"} | function if isinstance(function, dict) else tool


def _item(turn: Json) -> Json:
    content = turn.get("content")
    if not isinstance(content, str):
        return turn
    kind = "output_text" if turn.get("role") == "assistant" else "input_text"
    named: Json = {"type": "message", "role": turn.get("role")}
    return named | {"content": [{"type": kind, "text": content}]}


def _messages(served: ServedReply, body: Json) -> Json:
    rest = _without(
        body, "model", "messages", "input", "stream", "stream_options", "tools", "temperature", *_LIMITS
    )
    said = [turn for turn in _turns(body) if isinstance(turn, dict)]
    made: Json = {"messages": [_blocks(turn) for turn in said if turn.get("role") != "system"]}
    if system := [turn["content"] for turn in said if turn.get("role") == "system"]:
        made["system"] = system[0]
    made |= {"max_tokens": 4096} | _limit(body, "max_tokens")
    if "tools" in body:
        made["tools"] = [_schema(tool) for tool in body["tools"]]
    warmth = {"temperature": body.get("temperature", 1)} if served.endpoint == "chat.completions" else {}
    return made | warmth | rest | {"model": served.slug, "stream": True}


def _schema(tool: Any) -> Any:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict):
        return tool
    named = {name: function[name] for name in ("name", "description") if name in function}
    return named | {"input_schema": function.get("parameters", {})}


def _blocks(turn: Json) -> Json:
    content = turn.get("content")
    return turn | {"content": [{"type": "text", "text": content}]} if isinstance(content, str) else turn


# --- what it said -------------------------------------------------------------------------------------------


def answer(served: ServedReply) -> Json:
    """The provider's own answer, which the log keeps of non-streams."""
    if served.reply.whole is not None:
        return {"id": served.native_id, "model": served.slug} | served.reply.other()
    return {"chat": _chat_answer, "responses": _plain, "messages": _messages_answer}[served.leg](served)


def _chat_answer(served: ServedReply) -> Json:
    reply, usage = served.reply, served.usage
    message: Json = {"role": "assistant", "content": reply.text}
    message |= {"reasoning_content": reply.reasoning} if reply.reasoning else {}
    message |= {"refusal": reply.refusal} if reply.refusal else {}
    message |= {"tool_calls": tool_calls(served)} if reply.calls else {}
    counts = {"prompt_tokens": usage.input, "completion_tokens": usage.output}
    counts |= {"total_tokens": usage.input + usage.output}
    parts = {"prompt_tokens_details": {"cached_tokens": usage.cached}}
    parts |= {"completion_tokens_details": {"reasoning_tokens": usage.reasoning}}
    return {
        "id": served.native_id,
        "object": "chat.completion.chunk",
        "created": served.created,
        "model": served.slug,
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish}],
        "usage": counts | parts,
    }


def _plain(served: ServedReply) -> Json:
    whole = responses_snapshot(served) | {"output": output_items(served)}
    unpriced = {name: value for name, value in whole["usage"].items() if name != "pricing_breakdown"}
    return whole | {"usage": unpriced}


def _messages_answer(served: ServedReply) -> Json:
    reply, usage = served.reply, served.usage
    signed = {"signature": ""} if served.endpoint == "messages" else {}
    thought: Json = {"type": "thinking", "thinking": reply.reasoning} | signed
    content = [thought] if reply.reasoning else []
    content += [{"type": "text", "text": reply.text or reply.refusal}] if reply.text or reply.refusal else []
    for call in tool_calls(served):
        function = call["function"]
        made = {"type": "tool_use", "id": call["id"], "name": function["name"]}
        content.append(made | {"input": json.loads(function["arguments"])})
    counts = {"input_tokens": usage.input, "output_tokens": usage.output}
    counts |= {"cache_read_input_tokens": usage.cached, "cache_creation_input_tokens": usage.cache_write}
    named = {"id": served.native_id, "type": "message", "role": "assistant", "model": slug(served.model)}
    ending = {"stop_reason": stop_reason(reply), "stop_sequence": None}
    return {"content": content, "usage": counts} | named | ending


def empty(served: ServedReply) -> Json:
    """What the log keeps of a provider that answered 200 without anything to show."""
    usage = served.usage
    spent: Json = {"output_tokens": usage.output}
    spent |= {"reasoning_tokens": None if served.leg == "messages" else usage.reasoning}
    return {
        "reason": "no_visible_output",
        "choice_count": 1,
        "content_part_types": [],
        "finish_reasons": ["stop"],
        "reasoning_part_count": 0,
        "reasoning_character_count": 0,
        "visible_part_count": 0,
        "tool_call_count": 0,
        "usage": spent | {"total_tokens": usage.input + usage.output},
    }
