"""chat completions: messages in, choices out."""

import re
from typing import Literal

from generations.gateway.rawjson.values import Value
from generations.reading.conversation import media
from generations.reading.conversation.formats import thoughts
from generations.reading.conversation.formats.wire import Body, WireFormat, nothing, turns
from generations.reading.conversation.part_builder import EMPTY, PartBuilder, Reader, parsed
from generations.reading.page_types.conversation import Part, PartKind, Turn
from generations.reading.text import below, box, first, inside, items, short, title, titles, words

MESSAGE = {
    *("content", "tool_calls", "refusal", "reasoning_content", "reasoning", "reasoning_details"),
    *("annotations",),
    *("images", "audios", "audio", "function_call"),
}
ANSWER = ("id", "object", "created", "model", "choices", "usage", "nativeResponseId")
COST = ("cost_nanos", "cost_cents", "currency", "pricing_lines", "provider", "meta")
CHOICE = ("index", "message", "finish_reason", "text")

Medium = Literal["image", "audio", "video", "file"]
KNOWN: dict[Medium, tuple[str, ...]] = {
    "image": ("mime_type",),
    "audio": ("mime_type", "format"),
    "video": (),
    "file": ("filename", "document_name"),
}


def item(builder: PartBuilder, value: Value, at: str) -> list[Turn]:
    """One message of the request."""
    if not isinstance(value, dict):
        return [Turn("unknown", builder.value(at, value) or [builder.json(at, value)])]
    role = title(value.get("role")) or "unknown"
    return [Turn(role, _message(builder, value, at, role), label=title(value.get("name")))]


def _message(builder: PartBuilder, message: Body, at: str, role: str) -> list[Part]:
    said, known = thoughts.of_message(builder, message, at), MESSAGE | titles(message, "role", "name")
    if role in ("tool", "function"):
        call_id, known = (
            title(message.get("tool_call_id"), 200),
            known | titles(message, "tool_call_id", limit=200),
        )
        said += _tool_result(builder, message.get("content"), below(at, "content"), call_id)
    else:
        said += content(builder, message.get("content"), below(at, "content"), _text_kind(role))
    said += builder.value(below(at, "refusal"), message.get("refusal"), "refusal")
    said += each(builder, message, "tool_calls", at, tool_call)
    if message.get("function_call"):
        said += _function(builder, message["function_call"], below(at, "function_call"), "")
    return said + _extras(builder, message, at) + builder.leftovers(at, message, known)


def each(builder: PartBuilder, box_: Body, key: str, at: str, read: Reader) -> list[Part]:
    """The parts of the list under `key`; what stands there and is no list is shown as it is."""
    value = box_.get(key)
    if isinstance(value, list):
        return builder.each(below(at, key), value, read)
    return builder.value(below(at, key), value, name=key)


def _text_kind(role: str) -> PartKind:
    return "markdown" if role == "assistant" else "text"


def _tool_result(builder: PartBuilder, value: Value, at: str, call_id: str) -> list[Part]:
    if isinstance(value, list):
        return [result_of(call_id), *content(builder, value, at)]
    return [builder.json_text(at, value, "tool_result", call_id=call_id)]


def result_of(call_id: str, note: str = "") -> Part:
    """What stands ahead of a result that has parts of its own."""
    return Part("tool_result", call_id=short(call_id), note=note)


def _extras(builder: PartBuilder, message: Body, at: str) -> list[Part]:
    said = each(builder, message, "images", at, _image) + each(builder, message, "audios", at, _audio)
    if isinstance(message.get("audio"), dict):
        said += _audio(builder, message["audio"], below(at, "audio"))
    else:
        said += builder.value(below(at, "audio"), message.get("audio"), name="audio")
    return said + each(builder, message, "annotations", at, citation)


def content(builder: PartBuilder, value: Value, at: str, kind: PartKind = "text") -> list[Part]:
    """Content that is a text or a list of parts."""
    if isinstance(value, list):
        return builder.each(
            at, value, lambda builder, part, below_at: content_part(builder, part, below_at, kind)
        )
    return said(builder, at, value, kind)


def said(builder: PartBuilder, at: str, value: Value, kind: PartKind, note: str = "") -> list[Part]:
    """A text; what a model says as JSON is shown as JSON."""
    if kind == "markdown" and isinstance(parsed(value), dict | list) and isinstance(value, str):
        return [builder.json_text(at, value, "json", note=note)]
    return builder.value(at, value, kind, note=note)


def cache_mark(part: Body) -> str:
    """What a cache-control mark says, "" when there is none."""
    mark = part.get("cache_control")
    if mark is None:
        return ""
    kind, lasts = title(inside(mark, "type")), title(inside(mark, "ttl"))
    return f"cache control: {kind}" + (f", {lasts}" if lasts else "") if kind else ""


def unmarked(part: Body) -> set[str]:
    """`cache_control`, where the mark under its text says all of it."""
    mark = box(part.get("cache_control"))
    is_plain = words(part.get("text")) and mark.keys() == {"type", *titles(mark, "ttl")} and cache_mark(part)
    return {"cache_control"} if is_plain else set()


def content_part(builder: PartBuilder, value: Value, at: str, kind: PartKind = "text") -> list[Part]:
    """One part of a list, in the spelling of chat completions or of responses."""
    if not isinstance(value, dict):
        return builder.value(at, value, kind)
    part_type = words(value.get("type")) or ""
    read = _PARTS.get(part_type)
    if part_type in ("text", "input_text", "output_text") and value.get("text", "") is not None:
        parts = said(builder, below(at, "text"), value.get("text"), kind, cache_mark(value))
        known = {"type", "text", "annotations"} | unmarked(value)
        parts += each(builder, value, "annotations", at, citation)
    elif part_type == "refusal":
        parts, known = (
            builder.value(below(at, "refusal"), value.get("refusal"), "refusal"),
            {"type", "refusal"},
        )
    elif read:
        return read(builder, value, at)
    else:
        return [builder.json(at, value, "unknown", name=part_type)]
    return parts + builder.leftovers(at, value, known)


def _image(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    part = box(value)
    key = _first_key(part, "image_url", "url", "b64_json", "data", "file_id", "image")
    if not key:
        return [builder.json(at, value, "unknown", name="image")]
    mime = words(part.get("mime_type")) or ("image/png" if key in ("b64_json", "data") else "")
    return described(builder, "image", part, key, at, mime)


def _first_key(part: Body, *keys: str) -> str:
    """The first of `keys` that the part has, "" when it has none."""
    return next((key for key in keys if part.get(key) not in EMPTY), "")


def described(
    builder: PartBuilder, kind: Medium, part: Body, key: str, at: str, mime: str = "", name: str = ""
) -> list[Part]:
    """The medium under `key`, which may be in a box of its own, and what else the two boxes say."""
    source, place, rest = part[key], below(at, key), []
    if isinstance(source, dict):
        inner = _first_key(source, "url", "data", "file_id")
        rest = builder.leftovers(place, source, ("type", inner))
        source, place = source.get(inner), below(place, inner) if inner else place
    made = medium(builder, place, kind, source, mime, name)
    known = {"type", key} | (titles(part, *KNOWN[kind], limit=200) if is_medium(made) else set())
    return made + rest + builder.leftovers(at, part, known | ({"transcript"} if kind == "audio" else set()))


def medium(
    builder: PartBuilder, at: str, kind: Medium, source: Value, mime: str, name: str = ""
) -> list[Part]:
    """An image, sound, video or file; what stands there instead of one is shown as it is."""
    if source in EMPTY:
        return []
    location = words(source)
    mime = mime or media.sniffed(location or "")
    if location is None or not (_SOURCE if mime else _LINK_OR_ID).match(location[:300]):
        return builder.value(at, source, name=name or kind)
    return [builder.medium(at, kind, source, mime=mime, name=name)]


def is_medium(made: list[Part]) -> bool:
    """Whether a medium was found, whose name and type are shown next to it."""
    return bool(made) and made[0].form == "medium"


_SOURCE = re.compile(r"data:|https?://|[A-Za-z0-9+/_=\s-]+\Z", re.IGNORECASE)
_LINK_OR_ID = re.compile(r"data:|https?://|[^\s]{1,200}\Z", re.IGNORECASE)


def _audio(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    part, rest = box(value), []
    if isinstance(part.get("input_audio"), dict):
        rest = builder.leftovers(at, part, ("type", "input_audio"))
        part, at = box(part["input_audio"]), below(at, "input_audio")
    key = _first_key(part, "data", "audio_url", "url")
    mime = words(part.get("mime_type")) or f"audio/{words(part.get('format')) or 'wav'}"
    known = ("type", "transcript")
    heard = described(builder, "audio", part, key, at, mime) if key else builder.leftovers(at, part, known)
    return heard + builder.value(below(at, "transcript"), part.get("transcript"), name="transcript") + rest


def _video(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    part = box(value)
    key = _first_key(part, "video_url", "input_video", "url", "data")
    return (
        described(builder, "video", part, key, at)
        if key
        else [builder.json(at, value, "unknown", name="video")]
    )


def _file(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    part, rest = box(value), []
    if isinstance(part.get("file"), dict):
        rest = builder.leftovers(at, part, ("type", "file"))
        part, at = box(part["file"]), below(at, "file")
    key = _first_key(part, "file_data", "file_url", "file_id")
    if not key:
        return [builder.json(at, value, "unknown", name="file"), *rest]
    name = title(part.get("filename"), 200) or ("file ID" if key == "file_id" else "")
    mime = "" if key != "file_data" else _file_type(name, part[key])
    return described(builder, "file", part, key, at, mime, name) + rest


def _file_type(name: str, data: Value) -> str:
    mime = media.data_url_type(data) if isinstance(data, str) else None
    return mime or ("application/pdf" if name.lower().endswith(".pdf") else "application/octet-stream")


def citation(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    """A source that the answer names."""
    fields = box(value)
    fields = box(fields.get("url_citation")) or fields
    url = words(first(fields, "url", "uri")) or ""
    if not url.lower().startswith(("http://", "https://")):
        return [builder.json(at, value, "citation", name=words(fields.get("type")) or "citation")]
    title = words(first(fields, "title", "cited_text")) or url
    more = len(title) > 200 or len(url) > 1000 or not fields.keys() <= {"type", "title", "url"}
    return [Part("citation", at, short(title), url=short(url, 1000), more=more)]


def tool_call(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    """One element of `tool_calls`."""
    call = box(value)
    call_id = title(call.get("id"), 200)
    kind = next((k for k in ("function", "custom") if isinstance(call.get(k), dict)), None)
    if kind is None:
        return [builder.json(at, value, "unknown", name="tool call")]
    return _function(builder, call[kind], below(at, kind), call_id) + builder.leftovers(
        at, call, {"type", "index", kind} | titles(call, "id", limit=200)
    )


def _function(builder: PartBuilder, value: Value, at: str, call_id: str) -> list[Part]:
    called = box(value)
    if not called:
        return builder.value(at, value, name="function call")
    key = "input" if "input" in called else "arguments"
    name = title(called.get("name"), 200)
    made = builder.json_text(
        below(at, key), called.get(key), "tool_call", name=name or "unnamed tool", call_id=call_id
    )
    return [made, *builder.leftovers(at, called, ("name", key) if name else (key,))]


_PARTS = {
    **dict.fromkeys(("thinking", "redacted_thinking"), thoughts.part),
    **dict.fromkeys(("image_url", "input_image", "image"), _image),
    **dict.fromkeys(("input_audio", "audio_url", "audio", "output_audio"), _audio),
    **dict.fromkeys(("video_url", "input_video", "video"), _video),
    **dict.fromkeys(("file", "input_file"), _file),
}


def answer(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """A whole answer: one turn per choice."""
    choices = items(body.get("choices"))
    known = {*ANSWER, *COST} - ({"choices"} if not isinstance(body.get("choices"), list) else set())
    made = []
    for position, choice in enumerate(choices[:50]):
        made.append(_choice(builder, choice, below(at, "choices", position), many=len(choices) > 1))
    if len(choices) > 50:
        made.append(
            Turn(
                "unknown", [builder.json(below(at, "choices"), choices[50:], "unknown", name="more choices")]
            )
        )
    return made + turns(Turn("answer", builder.leftovers(at, body, known), label="other fields"))


def _choice(builder: PartBuilder, value: Value, at: str, *, many: bool) -> Turn:
    choice = box(value)
    message = box(choice.get("message"))
    parts = _message(builder, message, below(at, "message"), "assistant") if message else []
    parts += [] if message else builder.value(below(at, "message"), choice.get("message"), name="message")
    role, name = title(message.get("role")), title(message.get("name"))
    parts += builder.value(below(at, "text"), choice.get("text"), "markdown")
    parts += builder.leftovers(at, choice, _shown_apart(choice))
    if not isinstance(value, dict):
        parts += builder.value(at, value)
    finish = words(choice.get("finish_reason"))
    label = f"choice {short(choice.get('index'), 10)}" if many else ""
    said = f"finish {finish[:40]}" if finish and many else ""
    return Turn(role or "assistant", parts, ", ".join(filter(None, [label, name, said])))


def _shown_apart(choice: Body) -> list[str]:
    """The members of a choice that are shown elsewhere, where they are what they should be."""
    known = [
        key for key in CHOICE if key in ("message", "text") or not isinstance(choice.get(key), dict | list)
    ]
    native = choice.get("native_finish_reason") == choice.get("finish_reason")
    return [*known, "native_finish_reason"] if native and "finish_reason" in known else known


def opening(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """`messages` that are no list, and a bare `prompt`."""
    made = nothing(builder, body, at)
    for key in ("messages", "prompt"):
        if key in body and not (key == "messages" and isinstance(body[key], list)):
            made += turns(Turn("user", builder.value(below(at, key), body[key], name=key)))
    return made


WIRE = WireFormat(opening, answer, frozenset({"messages", "prompt"}), "messages", item)
