"""What the demo models say.

Near to the stored answer when the request is a stored one, believable otherwise.
"""

import hashlib
import json
import re
from dataclasses import replace
from itertools import count as counter
from typing import Any

from generations.gateway.demo.shapes import Json, ModelCall, Reply, Story
from generations.gateway.demo.tokens import compact, seeded

_SWAPS = (
    ("I am sorry about", "I apologise for"),
    ("so pack something warm", "so bring a warm coat"),
    ("you can choose between", "you have the choice between"),
    ("I can open that request for you", "I will gladly open that request for you"),
    ("within seven days", "within about a week"),
    ("Shall I", "Would you like me to"),
    ("Dirija-se primeiro", "Vá primeiro"),
    ("Please", "Kindly"),
    ("First,", "To begin,"),
    ("because", "since"),
    ("In short", "Briefly"),
    ("also", "too"),
    ("quickly", "fast"),
    ("about", "around"),
    ("need", "require"),
    ("small", "little"),
    ("show", "display"),
    ("best", "finest"),
    ("start", "begin"),
    ("large", "big"),
    ("many", "a lot of"),
    ("help", "assist"),
)
_CLOSINGS = (
    "",
    " Tell me if you want more detail.",
    " Is there anything else I can do?",
    " I hope this helps.",
    "",
)
_OPENINGS = (
    "Thank you for asking.",
    "Gladly.",
    "Here is what I found.",
    "Good question.",
    "Let me go through it.",
)
_MIDDLES = (
    (
        "For a trip like this the cheapest days are Tuesday and Wednesday, and the first train of the day is "
        "rarely full."
    ),
    "The old town is best seen on foot, and most museums close on Monday, so plan the indoor part for later.",
    (
        "A single booking keeps the connection protected: if the first leg is late, the rest is changed "
        "without a fee."
    ),
    (
        "Keep the receipts. The airline pays for a meal after three hours and for a hotel when the delay "
        "runs into the night."
    ),
    "Two bags up to 23 kg are included, and a folding bicycle counts as one of them if it is in a case.",
    "The ferry at 09:40 leaves enough time for breakfast, and the return at 18:15 still has cabins.",
)
_ENDS = (
    "If the dates can move by a day, the price falls by about a fifth.",
    "I would book the refundable fare until the meeting is confirmed.",
    "Tell me how many people travel and I will compare the three options.",
)
_times = counter()


def digest(*parts: Any) -> str:
    """A short name for any values, the same in every run."""
    return hashlib.sha256(compact(parts).encode("utf-8", "surrogatepass")).hexdigest()


def prompt_of(body: Json) -> Any:
    """What a request asks: its last message, or its one text."""
    messages = body.get("messages")
    if isinstance(messages, list) and messages:
        return messages[-1]
    return next(
        (body[name] for name in ("input", "prompt", "query", "document", "text", "file_url") if name in body),
        None,
    )


def vary(text: str, seed: str) -> str:
    """The same message in slightly other words. JSON and code stay as they are."""
    if not text or text.lstrip().startswith(("{", "[", "```")):
        return text
    for index, (old, new) in enumerate(_SWAPS):
        if seeded(f"{seed}/{index}", 0, 2):
            text = re.sub(rf"\b{re.escape(old)}(?!\w)", new, text, count=1)
    english = " the " in text and text.endswith(".")
    return text + _CLOSINGS[seeded(seed, 0, len(_CLOSINGS) - 1)] if english else text


def reply_to(endpoint: str, body: Json, story: Story | None) -> Reply:
    """The reply to a text request. The same body gets another wording each time, unless temperature is 0."""
    seed = digest(endpoint, body) + ("" if body.get("temperature") == 0 else str(next(_times) % 7))
    if story is not None and story.reply is not None and story.reply.whole is None:
        return _shortened(replace(story.reply, text=vary(story.reply.text, seed)), body)
    if calls := _calls(body):
        return Reply(calls=calls, finish="tool_calls")
    if schema := _schema(body):
        return Reply(json.dumps(_example(schema, seed), ensure_ascii=False))
    return _shortened(Reply(_prose(body, seed)), body)


def _prose(body: Json, seed: str) -> str:
    if compact(prompt_of(body) or "").count("[redacted]"):
        return "Your message only says [redacted]. Please send it again with the text in it."
    first, end = (
        options[seeded(seed + name, 0, len(options) - 1)]
        for name, options in (("a", _OPENINGS), ("z", _ENDS))
    )
    start = seeded(seed + "m", 0, len(_MIDDLES) - 1)
    middle = "\n\n".join(_MIDDLES[(start + step) % len(_MIDDLES)] for step in range(2))
    return f"{first} {middle} {end}"


def _shortened(reply: Reply, body: Json) -> Reply:
    names = ("max_tokens", "max_completion_tokens", "max_output_tokens")
    limit = next((body[name] for name in names if isinstance(body.get(name), int)), None)
    if limit is None or len(reply.text) <= limit * 4 or reply.calls:
        return reply
    return replace(reply, text=reply.text[: limit * 4].rsplit(" ", 1)[0], finish="length")


def _calls(body: Json) -> tuple[ModelCall, ...]:
    tools, prompt = body.get("tools"), prompt_of(body)
    answered = isinstance(prompt, dict) and (prompt.get("role") == "tool" or "tool_result" in compact(prompt))
    if not isinstance(tools, list) or not tools or answered or body.get("tool_choice") == "none":
        return ()
    tool = tools[0] if isinstance(tools[0], dict) else {}
    function = tool.get("function", tool)
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return ()
    schema = function.get("parameters") or function.get("input_schema") or {}
    return (ModelCall(function["name"], json.dumps(_example(schema, function["name"]), ensure_ascii=False)),)


def _schema(body: Json) -> Json | None:
    wanted = body.get("response_format") or (body.get("text") or {}).get("format")
    if not isinstance(wanted, dict) or wanted.get("type") not in ("json_schema", "json_object"):
        return None
    named = wanted.get("json_schema", wanted)
    schema = named.get("schema") if isinstance(named, dict) else None
    return (
        schema
        if isinstance(schema, dict)
        else {"type": "object", "properties": {"answer": {"type": "string"}}}
    )


_WORDS = {
    "city": "Oslo",
    "unit": "celsius",
    "from": "BER",
    "to": "OSL",
    "date": "2026-12-05",
    "currency": "EUR",
}


def _example(schema: Any, seed: str, name: str = "") -> Any:
    """A value that matches a JSON schema (type, enum, const, items, properties, minimum)."""
    if not isinstance(schema, dict):
        return _WORDS.get(name, "")
    if "const" in schema or schema.get("enum"):
        options = schema.get("enum") or [schema["const"]]
        return options[seeded(seed + name, 0, len(options) - 1)]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {key: _example(part, seed, key) for key, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [
            _example(schema.get("items", {}), f"{seed}{index}", name)
            for index in range(schema.get("minItems", 2))
        ]
    return _simple(kind, schema, seed + name, name)


def _simple(kind: str, schema: Json, seed: str, name: str) -> Any:
    low = schema.get("minimum", 1)
    if kind == "integer":
        return seeded(seed, int(low), int(schema.get("maximum", low + 40)))
    if kind == "number":
        return round(low + seeded(seed, 0, 900) / 10, 1) if "maximum" not in schema else schema["maximum"]
    if kind == "boolean":
        return seeded(seed, 0, 1) == 1
    return None if kind == "null" else _WORDS.get(name, f"{name or 'value'} {seeded(seed, 1, 9)}")
