"""Endpoints about images, sound, video and documents."""

from generations.gateway.rawjson.values import Value
from generations.reading.conversation.formats import chat, lists
from generations.reading.conversation.formats.wire import Body, WireFormat, turns
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.figures import formatting
from generations.reading.page_types.conversation import Part, ResultRow, Turn
from generations.reading.text import below, box, decimal, inside, items, short, title, words

ENVELOPE = {*lists.ENVELOPE, "created"}
PICTURES = (
    "image",
    "image[]",
    "images",
    "image_url",
    "image_urls",
    "input_image",
    "mask",
    "first_frame",
    "last_frame",
)
SOUNDS = ("file", "file_url", "s3_presigned_url", "file_id", "audio", "audio_file")


def prompt(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """A prompt in words, and the media next to it."""
    parts = []
    for key in ("prompt", "input", "negative_prompt", "lyrics", "instructions"):
        parts += builder.value(below(at, key), body.get(key), name="" if key in ("prompt", "input") else key)
    for key in PICTURES:
        parts += _given(builder, body.get(key), below(at, key), "image/png")
    return turns(Turn("user", parts))


def _given(builder: PartBuilder, value: Value, at: str, mime: str) -> list[Part]:
    """Media of a request: links, data URLs, base64, or {} for an upload that the gateway does not keep."""
    if value in (None, ""):
        return []
    if isinstance(value, list):
        return builder.each(at, value, lambda builder, item, inner: _given(builder, item, inner, mime))
    if value == {}:
        return [Part("file", at, name=at.rpartition("/")[2], note="an upload; the gateway keeps no files")]
    if isinstance(value, dict):
        return (
            chat.content_part(builder, {"type": "image_url", **value}, at)
            if mime.startswith("image")
            else [builder.json(at, value)]
        )
    kind: chat.Medium = "image" if mime.startswith("image") else "file"
    return chat.medium(builder, at, kind, value, mime if not _is_link(value) else "")


def _is_link(value: Value) -> bool:
    return isinstance(value, str) and (len(value) < 300 or value[:8].lower().startswith("http"))


def images(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """Pictures, as base64 or links, with the prompt that the model made of the prompt."""
    kind = f"image/{words(body.get('output_format')) or 'png'}"
    made = chat.each(
        builder, body, "data", at, lambda builder, value, inner: _picture(builder, value, inner, kind)
    )
    rest = builder.leftovers(at, body, ENVELOPE - {"results"})
    return turns(Turn("answer", made), Turn("answer", rest, label="other fields"))


def _picture(builder: PartBuilder, value: Value, at: str, kind: str) -> list[Part]:
    fields = box(value)
    key = next((key for key in ("b64_json", "url", "image_url") if fields.get(key)), "")
    if not key:
        return [builder.json(at, value, "unknown", name="image")]
    mime = words(fields.get("mime_type")) or kind
    made = chat.medium(builder, below(at, key), "image", fields[key], mime if key == "b64_json" else "")
    made += builder.value(below(at, "revised_prompt"), fields.get("revised_prompt"), name="revised prompt")
    return made + builder.leftovers(at, fields, (key, "revised_prompt", "mime_type", "index"))


def speech(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """Sound in a JSON envelope. contract: audio.speech answers binary unless JSON is asked for."""
    key = next((key for key in ("audio_base64", "audio", "data", "url") if words(body.get(key))), "")
    mime = words(body.get("mime_type")) or "audio/mpeg"
    made = (
        chat.medium(builder, below(at, key), "audio", body[key], mime if key != "url" else "") if key else []
    )
    known = (ENVELOPE - {"data", "results"}) | ({key, "mime_type"} if key else set())
    return turns(
        Turn("answer", made), Turn("answer", builder.leftovers(at, body, known), label="other fields")
    )


def sound(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """The recording that was to be written down, and the hint next to it."""
    parts = []
    for key in SOUNDS:
        parts += _given(builder, body.get(key), below(at, key), "audio/mpeg")
    return turns(Turn("user", parts + builder.value(below(at, "prompt"), body.get("prompt"), name="prompt")))


def transcription(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """The words that were heard, with their segments."""
    made = builder.value(below(at, "text"), body.get("text"))
    tables = [key for key in ("segments", "words") if items(body.get(key))]
    for key in tables:
        said = items(body[key])
        made.append(
            lists.rows(below(at, key), [_segment(value) for value in said[: lists.SHOWN]], len(said), key)
        )
    rest = builder.leftovers(at, body, (ENVELOPE - {"data", "results"}) | {"text", *tables})
    return turns(Turn("answer", made), Turn("answer", rest, label="other fields"))


def _segment(value: Value) -> ResultRow:
    start, end = decimal(inside(value, "start")), decimal(inside(value, "end"))
    span = " to ".join(
        "unknown" if at is None else f"{formatting.plain(round(at, 2))} s" for at in (start, end)
    )
    said = words(inside(value, "text")) or words(inside(value, "word")) or short(value)
    return ResultRow(span, short(said, 500), short(inside(value, "speaker") or "", 40))


def document(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """The document to be read."""
    parts = []
    for key in ("document", "image", "file", "document_url", "image_url"):
        value, inner = body.get(key), below(at, key)
        fields = box(value)
        link = next((k for k in ("document_url", "image_url", "url", "data", "file_id") if fields.get(k)), "")
        if link:
            name = title(fields.get("document_name"))
            parts += chat.described(builder, "file", fields, link, inner, name=name)
        else:
            parts += _given(builder, value, inner, "application/pdf")
    return turns(Turn("user", parts))


def ocr(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """Pages as markdown, with their images."""
    made = chat.each(builder, body, "pages", at, _page)
    made += builder.value(below(at, "text"), body.get("text"), "markdown")
    rest = builder.leftovers(at, body, (ENVELOPE - {"data", "results"}) | {"pages", "text", "usage_info"})
    return turns(Turn("answer", made), Turn("answer", rest, label="other fields"))


def _page(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    page = box(value)
    if not page:
        return builder.value(at, value)
    key = "markdown" if "markdown" in page else "text"
    name = f"page {short(page.get('index', at.rpartition('/')[2]), 12)}"
    made = builder.value(below(at, key), page.get(key), "markdown", name=name)
    made += chat.each(builder, page, "images", at, _cutout)
    return made + builder.leftovers(at, value, ("index", key, "images"))


def _cutout(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    source = inside(value, "image_base64")
    if not words(source):
        return [builder.json(at, value, "unknown", name="image")]
    drawn = chat.medium(builder, below(at, "image_base64"), "image", source, "image/jpeg")
    return drawn + builder.leftovers(at, value, ("image_base64",))


def job(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """A job in the background: its state, and what it made."""
    return turns(Turn("answer", builder.leftovers(at, body, ()), label="job"))


_WORDS = frozenset({"prompt", "input", "negative_prompt", "lyrics"})
IMAGES = WireFormat(prompt, images, _WORDS | {*PICTURES})
SPEECH = WireFormat(prompt, speech, _WORDS | {"instructions"})
VIDEO = WireFormat(prompt, job, _WORDS | {*PICTURES})
MUSIC = WireFormat(prompt, job, _WORDS)
TRANSCRIPTION = WireFormat(sound, transcription, frozenset({"prompt", *SOUNDS}))
OCR = WireFormat(document, ocr, frozenset({"document", "image", "file", "document_url", "image_url"}))
