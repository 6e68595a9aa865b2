"""Short ways to write stories down."""

from typing import Any

from generations.gateway.demo.prices import MODELS
from generations.gateway.demo.shapes import Json, Reply, Story

HOUR, DAY = 60.0, 1440.0


def system(text: str) -> Json:
    """A system message."""
    return {"role": "system", "content": text}


def user(content: Any) -> Json:
    """A user message: text, or a list of parts."""
    return {"role": "user", "content": content}


def assistant(text: str) -> Json:
    """What the model said earlier."""
    return {"role": "assistant", "content": text}


def asked(name: str, arguments: str, call_id: str | None = None) -> Json:
    """The assistant's message that calls a tool; `arguments` is JSON text."""
    function = {"name": name, "arguments": arguments}
    call = {"id": call_id or f"call_{name}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def tool_result(name: str, content: str, call_id: str | None = None) -> Json:
    """The answer of a tool."""
    return {"role": "tool", "tool_call_id": call_id or f"call_{name}", "content": content}


def parameters(**types: str) -> Json:
    """A JSON schema of an object with required members of simple types."""
    properties = {name: {"type": kind} for name, kind in types.items()}
    return {
        "type": "object",
        "properties": properties,
        "required": list(types),
        "additionalProperties": False,
    }


def function(name: str, description: str = "", **types: str) -> Json:
    """A tool as chat completions take it."""
    made = {"name": name, "description": description or name.replace("_", " ").capitalize()}
    return {"type": "function", "function": made | {"parameters": parameters(**types)}}


def chat(
    name: str,
    title: str,
    group: str,
    *,
    ago: float,
    model: str,
    messages: list[Json],
    reply: Reply | None = None,
    more: Json | None = None,
    provider: str | None = None,
    **story: Any,
) -> Story:
    """A chat completion at the model's favourite provider."""
    body = {"model": model, "messages": messages} | (more or {})
    served = provider or (None if "failure" in story else MODELS[model].providers[0])
    return Story(name, title, group, ago, "chat.completions", model, lambda: body, served, reply, **story)


def ask(name: str, title: str, group: str, endpoint: str, *, ago: float, body: Json, **story: Any) -> Story:
    """Any other request.

    `body` holds the model; the provider is the model's favourite unless named or failed.
    """
    model = story.pop("resolved", body.get("model", "unknown"))
    usual = MODELS[model].providers[0] if model in MODELS and "failure" not in story else None
    provider = story.pop("provider", usual)
    return Story(name, title, group, ago, endpoint, model, lambda: body, provider, **story)


def attempt(provider: str, status: int, duration_ms: int, **more: Any) -> Json:
    """One provider attempt; 200 is a success, anything else an upstream refusal."""
    well = status == 200
    made: Json = {
        "provider": provider,
        "outcome": "success" if well else "upstream_non_2xx",
        "status": status,
    }
    made |= {"duration_ms": duration_ms, "key_source": "gateway", "credential_phase": "gateway"}
    if not well:
        made |= {"retryable": status in (408, 429) or status >= 500, "fallback_attempted": True}
    return made | more


def image(url: str) -> Json:
    """An image part of a chat message."""
    return {"type": "image_url", "image_url": {"url": url}}


def words(text: str) -> Json:
    """A text part of a chat message."""
    return {"type": "text", "text": text}


def json_format(name: str, schema: Json) -> Json:
    """A response_format that demands JSON of a schema."""
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}
