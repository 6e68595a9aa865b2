"""What the request asked for besides the conversation: parameters, tools, the schema of the output."""

from typing import TypeVar

from msgspec import structs

from generations.gateway.rawjson.values import Number, Value
from generations.reading import text
from generations.reading.figures import formatting
from generations.reading.page_types.conversation import Part
from generations.reading.page_types.figures import Parameter, Tool
from generations.reading.text import below, box, decimal, inside, items, short, steps, words

SHOWN = 150
VALUE = DESCRIPTION = 600  # characters

_PLAIN = '{"type":"text"}'
# What the formats do when a member is left out, where that is known and the same everywhere (as JSON text).
USUAL: dict[str, dict[str, str]] = {
    "": {"stream": "false", "temperature": "1", "top_p": "1"},
    "chat": {
        "n": "1",
        "presence_penalty": "0",
        "frequency_penalty": "0",
        "logprobs": "false",
        "parallel_tool_calls": "true",
        "tool_choice": "auto",
        "service_tier": "auto",
        "store": "false",
        "response_format": _PLAIN,
    },
    "responses": {
        "store": "true",
        "background": "false",
        "parallel_tool_calls": "true",
        "tool_choice": "auto",
        "truncation": "disabled",
        "service_tier": "auto",
        "text.format": _PLAIN,
    },
    "messages": {},
    "embeddings": {"encoding_format": "float"},
    "images": {"n": "1", "quality": "auto", "size": "auto", "background": "auto", "output_format": "png"},
    "speech": {"response_format": "mp3", "speed": "1"},
    "transcription": {"response_format": "json", "temperature": "0"},
}
_LIMIT = "upper limit of the output, reasoning included"
NOTES = {
    "model": "as the client wrote it: an alias or preset is resolved by the gateway",
    "max_tokens": "upper limit of the output",
    "max_completion_tokens": _LIMIT,
    "max_output_tokens": _LIMIT,
    "provider": "which providers may answer",
    "routing": "overrides `provider`",
    "previous_response_id": "continues an earlier answer, which the provider may have forgotten since",
    "meta": "asks the gateway for its own figures in the answer",
    "seed": "asks for the same output again; providers do not promise it",
}


def read(body: dict[str, Value], at: str, wire: str, content: frozenset[str]) -> list[Parameter]:
    """Every member of the request that is not conversation, tools or schema, in the order of the request."""
    apart = _apart(body, at, wire)
    rest = [key for key in body if key not in content and key not in apart]
    made = [_parameter(key, body[key], below(at, key), wire) for key in rest[:SHOWN]]
    if len(rest) > SHOWN:
        made.append(Parameter("more", f"{len(rest) - SHOWN:,} more", at, more=True))
    return made + (_text_options(body, at, wire) if wire == "responses" else [])


def _apart(body: dict[str, Value], at: str, wire: str) -> set[str]:
    """The members that are shown as tools, as schema or in pieces."""
    apart = {key for key in ("tools", "functions") if isinstance(body.get(key), list)}
    asked = schema(body, at, wire)
    apart |= {steps(asked.at.removeprefix(at))[0]} if asked else set()
    return apart | ({"text"} if wire == "responses" and isinstance(body.get("text"), dict) else set())


def _parameter(key: str, value: Value, at: str, wire: str) -> Parameter:
    usual = USUAL.get(wire, {}).get(key) or USUAL[""].get(key, "")
    shown = text.short(value, VALUE)
    differs = not usual or not same(value, usual)
    return Parameter(short(key, 100), shown, at, usual, differs, NOTES.get(key, ""), shown.endswith("…"))


def _text_options(body: dict[str, Value], at: str, wire: str) -> list[Parameter]:
    """The other members of `text`, next to the schema."""
    hidden = "format" if schema(body, at, wire) else ""
    options = {key: value for key, value in box(body.get("text")).items() if key != hidden}
    return [_parameter(f"text.{key}", value, below(at, "text", key), wire) for key, value in options.items()]


def same(value: Value, usual: str) -> bool:
    """Whether a value is the usual one; numbers are compared as numbers."""
    if isinstance(value, bool):
        return usual == ("true" if value else "false")
    if isinstance(value, Number):
        return decimal(value) is not None and decimal(value) == decimal(usual)
    return (value if isinstance(value, str) else short(value)) == usual


Place = TypeVar("Place", Parameter, Tool)


def marked(found: list[Place], places: list[str]) -> list[Place]:
    """The same with those marked that the error is about: the value at one of these pointers, or something in it."""
    return [
        structs.replace(each, wrong=any(f"{place}/".startswith(f"{each.at}/") for place in places))
        for each in found
    ]


def tools(body: dict[str, Value], at: str) -> list[Tool]:
    """The tool definitions in any of the three spellings."""
    made = []
    for key in ("tools", "functions"):
        listed = items(body.get(key))
        made += [_tool(value, below(at, key, position)) for position, value in enumerate(listed[:SHOWN])]
        if len(listed) > SHOWN:
            made.append(Tool(f"{len(listed) - SHOWN:,} more", "list", "", "", below(at, key), True))
    return made


def _tool(value: Value, at: str) -> Tool:
    fields = box(value)
    inner = box(fields.get("function")) or box(fields.get("custom")) or fields
    kind = words(fields.get("type")) or "function"
    schema = next(
        (inner[key] for key in ("parameters", "input_schema", "schema", "format") if inner.get(key)), None
    )
    rest = _rest(inner)
    shown = text.snippet(value if not fields else rest if schema is None else schema, text.HEAD + 1)
    description = inner.get("description") or ""
    hidden = (schema is not None and len(rest) > 1) or fields.keys() - {
        "type",
        "function",
        "custom",
    } - inner.keys()
    name = short(inner.get("name") or fields.get("server_label") or kind, 100)
    return Tool(
        name=name,
        kind=short(kind, 60),
        description=short(description, DESCRIPTION),
        schema=shown[: text.HEAD] if shown != "{}" else "",
        at=at,
        more=len(shown) > text.HEAD
        or bool(hidden)
        or name.endswith("…")
        or len(str(description)) > DESCRIPTION,
    )


def _rest(inner: dict[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in inner.items() if key not in ("type", "name", "description")}


def schema(body: dict[str, Value], at: str, wire: str) -> Part | None:
    """The form that the output was asked to have."""
    if wire in ("speech", "transcription", "images"):
        return None
    if wire == "responses":
        asked, place = inside(body, "text", "format"), below(at, "text", "format")
    else:
        asked, place = body.get("response_format"), below(at, "response_format")
    if asked is None or asked == {"type": "text"}:
        return None
    name = (
        words(inside(asked, "json_schema", "name"))
        or words(inside(asked, "name"))
        or short(inside(asked, "type") or "", 60)
    )
    shown = text.snippet(asked, text.HEAD + 1)
    size = formatting.size(text.byte_size(asked))
    return Part(
        "json", place, shown[: text.HEAD], size=size, more=len(shown) > text.HEAD, name=short(name, 100)
    )
