"""responses: instructions and input items in, output items out."""

from generations.gateway.rawjson.values import Value
from generations.reading.conversation.formats import chat, thoughts
from generations.reading.conversation.formats.wire import Body, WireFormat, turns
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.figures import formatting
from generations.reading.page_types.conversation import Part, PartKind, Turn
from generations.reading.text import below, box, first, inside, items, title, titles, words

ENVELOPE = {
    *(
        "id",
        "object",
        "created_at",
        "created",
        "completed_at",
        "status",
        "model",
        "output",
        "output_text",
        "usage",
    ),
    *(
        "nativeResponseId",
        "requestId",
        "provider",
        "provider_id",
        "meta",
    ),
    *("cost_nanos", "cost_cents", "currency", "pricing_lines"),
}
# What the answer repeats from the request.
ECHO = {
    *(
        "instructions",
        "tools",
        "tool_choice",
        "temperature",
        "top_p",
        "max_output_tokens",
        "parallel_tool_calls",
    ),
    *("previous_response_id", "reasoning", "text", "truncation", "metadata", "user", "store", "background"),
    *("max_tool_calls", "top_logprobs", "safety_identifier", "prompt_cache_key", "billing"),
}


def opening(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """`instructions`, and an `input` that is one text."""
    made = turns(
        Turn("system", builder.value(below(at, "instructions"), body.get("instructions")), "instructions")
    )
    if not isinstance(body.get("input"), list):
        made += turns(Turn("user", builder.value(below(at, "input"), body.get("input"))))
    if body.get("prompt"):
        made.append(
            Turn("system", [builder.json(below(at, "prompt"), body["prompt"], name="prompt template")])
        )
    return made


def item(builder: PartBuilder, value: Value, at: str) -> list[Turn]:
    """One item of `input` or `output`."""
    if not isinstance(value, dict):
        return turns(Turn("user", builder.value(at, value)))
    kind = words(value.get("type")) or ("message" if "role" in value else "")
    return [_ITEMS.get(kind, _other)(builder, value, at)]


def _message(builder: PartBuilder, value: Body, at: str) -> Turn:
    role = title(value.get("role")) or "unknown"
    kind: PartKind = "markdown" if role == "assistant" else "text"
    parts = chat.content(builder, value.get("content"), below(at, "content"), kind)
    known = {"type", "content", "id", "status"} | titles(value, "role", "name")
    return Turn(role, parts + builder.leftovers(at, value, known), title(value.get("name")))


def _call(builder: PartBuilder, value: Body, at: str) -> Turn:
    key = "input" if "input" in value and "arguments" not in value else "arguments"
    call_id, name = title(first(value, "call_id", "id"), 200), title(value.get("name"), 200)
    made = builder.json_text(
        below(at, key), value.get(key), "tool_call", name=name or "unnamed tool", call_id=call_id
    )
    known = {"type", "id", "status", key} | titles(value, "call_id", "name", limit=200)
    return Turn("assistant", [made, *builder.leftovers(at, value, known)])


def _result(builder: PartBuilder, value: Body, at: str) -> Turn:
    output, place = value.get("output"), below(at, "output")
    call_id = title(value.get("call_id"), 200)
    if isinstance(output, list):
        parts = [chat.result_of(call_id), *chat.content(builder, output, place)]
    else:
        parts = [builder.json_text(place, output, "tool_result", call_id=call_id)]
    known = {"type", "id", "output", "status"} | titles(value, "call_id", limit=200)
    return Turn("tool", parts + builder.leftovers(at, value, known))


def _reasoning(builder: PartBuilder, value: Body, at: str) -> Turn:
    parts: list[Part] = []
    for key in ("summary", "content"):
        parts += chat.each(builder, value, key, at, thoughts.piece)
    sealed = value.get("encrypted_content")
    parts += builder.value(below(at, "encrypted_content"), sealed, "reasoning", note="encrypted")
    known = ("type", "id", "status", "summary", "content", "encrypted_content")
    return Turn("assistant", parts + builder.leftovers(at, value, known))


def _drawn(builder: PartBuilder, value: Body, at: str) -> Turn:
    result, known = value.get("result"), ("type", "id", "status")
    drawn = chat.medium(builder, below(at, "result"), "image", result, "image/png")
    rest = builder.leftovers(at, value, (*known, "result") if drawn else known)
    return Turn("assistant", drawn + rest, "image generation")


def _other(builder: PartBuilder, value: Body, at: str) -> Turn:
    kind = words(value.get("type")) or "item"
    role = (
        "tool"
        if kind.endswith(("_output", "_result", "_tools"))
        else "assistant"
        if kind.endswith("_call")
        else "unknown"
    )
    return Turn(role, [builder.json(at, value, "unknown", name=kind)])


_ITEMS = {
    "message": _message,
    **dict.fromkeys(("function_call", "custom_tool_call", "mcp_call", "mcp_approval_request"), _call),
    **dict.fromkeys(("function_call_output", "custom_tool_call_output"), _result),
    "reasoning": _reasoning,
    "image_generation_call": _drawn,
}


def answer(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """A whole answer. Neighbouring items of the assistant are one turn."""
    inner = body.get("response")
    if isinstance(inner, dict) and "output" not in body:
        body, at = inner, below(at, "response")
    made: list[Turn] = []
    output = items(body.get("output"))
    for position, value in enumerate(output):
        if builder.exhausted and made:
            left = formatting.plural(len(output) - position, "more item")
            made.append(Turn("unknown", [Part("json", below(at, "output"), more=True, note=left)]))
            break
        made += item(builder, _ours(value), below(at, "output", position))
    if not isinstance(body.get("output"), list):
        made += turns(Turn("assistant", builder.value(below(at, "output"), body.get("output"))))
    if body.get("output_text") != _said(output):
        parts = builder.value(below(at, "output_text"), body.get("output_text"), "markdown")
        made += turns(Turn("assistant", parts, "output_text" if made else ""))
    rest = builder.leftovers(at, body, ENVELOPE | ECHO)
    return joined(made) + turns(Turn("answer", rest, label="other fields"))


def _ours(value: Value) -> Value:
    """An item of an answer: a message without a role is the assistant's."""
    fields = box(value)
    is_message = words(fields.get("type")) == "message" or ("content" in fields and "type" not in fields)
    return {"role": "assistant", **fields} if is_message and "role" not in fields else value


def _said(output: list[Value]) -> str:
    """What SDKs repeat as `output_text`: all texts of the output in one."""
    parts = [part for value in output for part in items(inside(value, "content"))]
    return "".join(
        words(inside(part, "text")) or "" for part in parts if inside(part, "type") == "output_text"
    )


def joined(made: list[Turn]) -> list[Turn]:
    """Turns of the same speaker that follow each other, as one."""
    out: list[Turn] = []
    for turn in made:
        if out and (out[-1].role, out[-1].label) == (turn.role, turn.label):
            out[-1] = Turn(turn.role, [*out[-1].parts, *turn.parts], turn.label)
        else:
            out.append(turn)
    return out


WIRE = WireFormat(opening, answer, frozenset({"input", "instructions", "prompt"}), "input", item)
