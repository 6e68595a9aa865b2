"""chat completions: messages in, choices out."""

from generations.gateway.jsontext import Value
from generations.reading import media
from generations.reading.parts import Pen, parsed
from generations.reading.shapes import Part, PartKind, Turn
from generations.reading.text import below, box, first, inside, items, short, words
from generations.reading.wires.wire import Body, Wire, nothing, turns

MESSAGE = (
    "role",
    "name",
    "content",
    "tool_calls",
    "tool_call_id",
    "refusal",
    "reasoning_content",
    "reasoning",
)
MESSAGE_MEDIA = (*MESSAGE, "annotations", "images", "audios", "audio", "function_call")
ANSWER = ("id", "object", "created", "model", "choices", "usage", "nativeResponseId", "system_fingerprint")
COST = ("cost_nanos", "cost_cents", "currency", "pricing_lines", "service_tier", "provider", "meta")
CHOICE = ("index", "message", "finish_reason", "native_finish_reason", "text")


def item(pen: Pen, value: Value, at: str) -> list[Turn]:
    """One message of the request."""
    if not isinstance(value, dict):
        return turns(Turn("unknown", pen.value(at, value)))
    role = words(value.get("role")) or "unknown"
    return [Turn(short(role, 40), _message(pen, value, at, role), label=_label(value, role))]


def _label(message: Body, role: str) -> str:
    return short(message["name"], 60) if words(message.get("name")) and role != "tool" else ""


def _message(pen: Pen, message: Body, at: str, role: str) -> list[Part]:
    said = _reasoning(pen, message, at)
    if role in ("tool", "function"):
        call_id = words(message.get("tool_call_id")) or ""
        said += _tool_result(pen, message.get("content"), below(at, "content"), call_id)
    else:
        said += content(pen, message.get("content"), below(at, "content"), _text_kind(role))
    said += pen.value(below(at, "refusal"), message.get("refusal"), "refusal")
    said += pen.each(below(at, "tool_calls"), items(message.get("tool_calls")), tool_call)
    if message.get("function_call"):
        said += _function(pen, message["function_call"], below(at, "function_call"), "")
    return said + _extras(pen, message, at) + pen.leftovers(at, message, MESSAGE_MEDIA)


def _text_kind(role: str) -> PartKind:
    return "markdown" if role == "assistant" else "text"


def _reasoning(pen: Pen, message: Body, at: str) -> list[Part]:
    said = []
    for key in ("reasoning_content", "reasoning"):
        said += pen.value(below(at, key), message.get(key), "reasoning")
    return said[:1] if len(said) == 2 and message["reasoning"] == message["reasoning_content"] else said


def _tool_result(pen: Pen, value: Value, at: str, call_id: str) -> list[Part]:
    if isinstance(value, list):
        return content(pen, value, at)
    return [pen.json_text(at, value, "tool_result", call_id=call_id)]


def _extras(pen: Pen, message: Body, at: str) -> list[Part]:
    said = pen.each(below(at, "images"), items(message.get("images")), _image)
    said += pen.each(below(at, "audios"), items(message.get("audios")), _audio)
    if isinstance(message.get("audio"), dict):
        said += _audio(pen, message["audio"], below(at, "audio"))
    return said + pen.each(below(at, "annotations"), items(message.get("annotations")), citation)


def content(pen: Pen, value: Value, at: str, kind: PartKind = "text") -> list[Part]:
    """Content that is a text or a list of parts."""
    if isinstance(value, list):
        return pen.each(at, value, lambda pen, part, below_at: content_part(pen, part, below_at, kind))
    return said(pen, at, value, kind)


def said(pen: Pen, at: str, value: Value, kind: PartKind, note: str = "") -> list[Part]:
    """A text; what a model says as JSON is shown as JSON."""
    if kind == "markdown" and isinstance(parsed(value), dict | list) and isinstance(value, str):
        return [pen.json_text(at, value, "json", note=note)]
    return pen.value(at, value, kind, note=note)


def cache_mark(part: Body) -> str:
    """What a cache-control mark says, "" when there is none."""
    mark = part.get("cache_control")
    if mark is None:
        return ""
    kind = words(inside(mark, "type")) or short(mark, 60)
    lasts = words(inside(mark, "ttl"))
    return f"cache control: {kind}" + (f", {lasts}" if lasts else "")


def content_part(pen: Pen, value: Value, at: str, kind: PartKind = "text") -> list[Part]:
    """One part of a list, in the spelling of chat completions or of responses."""
    if not isinstance(value, dict):
        return pen.value(at, value, kind)
    told = words(value.get("type")) or ""
    read = _PARTS.get(told)
    if told in ("text", "input_text", "output_text"):
        parts = said(pen, below(at, "text"), value.get("text"), kind, cache_mark(value))
        known: tuple[str, ...] = ("type", "text", "cache_control", "annotations", "logprobs")
        parts += pen.each(below(at, "annotations"), items(value.get("annotations")), citation)
    elif told == "refusal":
        parts, known = pen.value(below(at, "refusal"), value.get("refusal"), "refusal"), ("type", "refusal")
    elif read:
        return read(pen, value, at)
    else:
        return [pen.json(at, value, "unknown", name=told)]
    return parts + pen.leftovers(at, value, known)


def _image(pen: Pen, value: Value, at: str) -> list[Part]:
    part = box(value)
    source = first(part, "image_url", "url", "b64_json", "data", "file_id")
    key = next((k for k in ("image_url", "url", "b64_json", "data", "file_id") if part.get(k) is source), "")
    inner = below(at, key)
    if isinstance(source, dict):
        source, inner = source.get("url"), below(inner, "url")
    if source is None:
        return [pen.json(at, value, "unknown", name="image")]
    mime = "image/png" if key in ("b64_json", "data") else ""
    return [pen.medium(inner, "image", source, mime=words(part.get("mime_type")) or mime)]


def _audio(pen: Pen, value: Value, at: str) -> list[Part]:
    part = box(value)
    inner = part.get("input_audio")
    if isinstance(inner, dict):
        part, at = inner, below(at, "input_audio")
    key = next((k for k in ("data", "audio_url", "url") if part.get(k)), "data")
    source, place = part.get(key), below(at, key)
    if isinstance(source, dict):
        source, place = source.get("url"), below(place, "url")
    mime = words(part.get("mime_type")) or f"audio/{words(part.get('format')) or 'wav'}"
    heard = [pen.medium(place, "audio", source, mime=mime)] if source else []
    return heard + pen.value(below(at, "transcript"), part.get("transcript"), name="transcript")


def _video(pen: Pen, value: Value, at: str) -> list[Part]:
    part = box(value)
    key = next((k for k in ("video_url", "input_video", "url", "data") if part.get(k)), "")
    source, place = part.get(key), below(at, key)
    if isinstance(source, dict):
        inner = "url" if source.get("url") else "data"
        source, place = source.get(inner), below(place, inner)
    return [pen.medium(place, "video", source)] if source else [pen.json(at, value, "unknown", name="video")]


def _file(pen: Pen, value: Value, at: str) -> list[Part]:
    part = box(value)
    if isinstance(part.get("file"), dict):
        part, at = box(part["file"]), below(at, "file")
    key = next((k for k in ("file_data", "file_url", "file_id") if part.get(k)), "")
    if not key:
        return [pen.json(at, value, "unknown", name="file")]
    name = words(part.get("filename")) or ("file ID" if key == "file_id" else "")
    mime = "" if key != "file_data" else _file_type(name, part[key])
    return [pen.medium(below(at, key), "file", part[key], mime=mime, name=name)]


def _file_type(name: str, data: Value) -> str:
    told = media.data_url_type(data) if isinstance(data, str) else None
    return told or ("application/pdf" if name.lower().endswith(".pdf") else "application/octet-stream")


def citation(pen: Pen, value: Value, at: str) -> list[Part]:
    """A source that the answer names."""
    told = box(value)
    told = box(told.get("url_citation")) or told
    url = words(first(told, "url", "uri")) or ""
    if not url.lower().startswith(("http://", "https://")):
        return [pen.json(at, value, "citation", name=words(told.get("type")) or "citation")]
    title = words(first(told, "title", "cited_text")) or url
    return [Part("citation", at, short(title), url=short(url, 1000))]


def tool_call(pen: Pen, value: Value, at: str) -> list[Part]:
    """One element of `tool_calls`."""
    call = box(value)
    call_id = words(call.get("id")) or ""
    told = next((k for k in ("function", "custom") if isinstance(call.get(k), dict)), None)
    if told is None:
        return [pen.json(at, value, "unknown", name="tool call")]
    return _function(pen, call[told], below(at, told), call_id) + pen.leftovers(
        at, call, ("id", "type", "index", told)
    )


def _function(pen: Pen, value: Value, at: str, call_id: str) -> list[Part]:
    called = box(value)
    key = "input" if "input" in called else "arguments"
    name = words(called.get("name")) or "unnamed tool"
    made = pen.json_text(below(at, key), called.get(key), "tool_call", name=name, call_id=call_id)
    return [made, *pen.leftovers(at, called, ("name", key))]


_PARTS = {
    **dict.fromkeys(("image_url", "input_image", "image"), _image),
    **dict.fromkeys(("input_audio", "audio_url", "audio", "output_audio"), _audio),
    **dict.fromkeys(("video_url", "input_video", "video"), _video),
    **dict.fromkeys(("file", "input_file"), _file),
}


def answer(pen: Pen, body: Body, at: str) -> list[Turn]:
    """A whole answer: one turn per choice."""
    choices = items(body.get("choices"))
    made = []
    for position, choice in enumerate(choices[:50]):
        made.append(_choice(pen, choice, below(at, "choices", position), many=len(choices) > 1))
    if len(choices) > 50:
        made.append(
            Turn("unknown", [pen.json(below(at, "choices"), choices[50:], "unknown", name="more choices")])
        )
    return made + turns(Turn("answer", pen.leftovers(at, body, (*ANSWER, *COST)), label="other fields"))


def _choice(pen: Pen, value: Value, at: str, *, many: bool) -> Turn:
    choice = box(value)
    message = box(choice.get("message"))
    parts = _message(pen, message, below(at, "message"), "assistant") if message else []
    parts += pen.value(below(at, "text"), choice.get("text"), "markdown")
    parts += pen.leftovers(at, choice, (*CHOICE, "logprobs"))
    if isinstance(choice.get("logprobs"), dict):
        parts.append(pen.json(below(at, "logprobs"), choice["logprobs"], "unknown", name="logprobs"))
    if not isinstance(value, dict):
        parts += pen.value(at, value)
    finish = words(choice.get("finish_reason"))
    label = f"choice {short(choice.get('index'), 10)}" if many else ""
    return Turn(
        "assistant",
        parts,
        ", ".join(filter(None, [label, f"finish {finish[:40]}" if finish and many else ""])),
    )


def opening(pen: Pen, body: Body, at: str) -> list[Turn]:
    """`messages` that are no list, and a bare `prompt`."""
    made = nothing(pen, body, at)
    for key in ("messages", "prompt"):
        if key in body and not (key == "messages" and isinstance(body[key], list)):
            made += turns(Turn("user", pen.value(below(at, key), body[key], name=key)))
    return made


WIRE = Wire(opening, answer, frozenset({"messages", "prompt"}), "messages", item)
