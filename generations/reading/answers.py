"""The answer of a replay as its page shows it: made once at the end, stored as JSON text.

Its pointers begin with the number of a block: `/0` is the whole text, picture or JSON of the first one, `/1/data/2` a
value inside the JSON of the second. What stands there is found in the answer, read again from the bytes as received.
"""

import msgspec

from generations.gateway import events
from generations.gateway.events import Answer, Block
from generations.gateway.jsontext import Unreadable, Value, dumps, loads, visible
from generations.reading import beside, json_view, media, numbers, text, wires
from generations.reading.conversation import numbered
from generations.reading.parts import Pen
from generations.reading.parts import parsed as json_inside
from generations.reading.shapes import Part, Side, Turn
from generations.reading.wires.responses import joined

PARSED_UP_TO = 16 * 2**20  # characters of a JSON answer that are parsed to be drawn
SUFFIXES = {
    "application/json": ".json",
    "text/event-stream": ".sse.txt",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
}
WIRES = {"embeddings": "embeddings", "moderations": "moderations", "ranking": "rerank"}


def make(answer: Answer, size: int) -> Side:
    """The answer's side of the page. `size` is that of the bytes as received."""
    pen, made = Pen(), list[Turn]()
    many = any(block.choice for block in answer.blocks)
    for number, block in enumerate(answer.blocks):
        label = f"choice {block.choice}" if many else ""
        made += _turns(pen, block, text.pointer(number), label, size)
    return Side(numbered(joined(made), "a"), size=numbers.size(size))


def _turns(pen: Pen, block: Block, at: str, label: str, size: int) -> list[Turn]:
    if block.kind == "json":
        return _json(pen, block, at, label)
    return [Turn("assistant", [_part(pen, block, at, size)], label)]


def _part(pen: Pen, block: Block, at: str, size: int) -> Part:
    if block.kind == "tool_call":
        names = {"name": block.name or "", "call_id": block.call_id or ""}
        return pen.json_text(at, block.text, "tool_call", **names)
    if block.media is not None:
        return _medium(pen, block.media, at, size)
    if block.kind == "text" and isinstance(json_inside(block.text), dict | list):
        return pen.json_text(at, block.text, "json")
    return pen.text(at, block.text, "markdown" if block.kind == "text" else block.kind)


def _json(pen: Pen, block: Block, at: str, label: str) -> list[Turn]:
    """Figures as tables, as on the generation's page; everything else as JSON."""
    told = parsed(block)
    wire = _wire(told)
    if wire and isinstance(told, dict):
        return wires.of(wire).answer(pen, told, at)
    if told is None:
        return [Turn("assistant", [pen.text(at, block.text, "json", name=block.name or "")], label)]
    return [Turn("assistant", [pen.json(at, told, name=block.name or "")], label)]


def _wire(told: Value) -> str:
    """The wire format whose reader draws this, by its shape; "" for JSON that is shown as it is."""
    pages = text.items(text.inside(told, "pages"))
    if pages and "markdown" in text.box(pages[0]):
        return "ocr"
    return WIRES.get(beside.kind_of(told), "")


def parsed(block: Block) -> Value:
    """What a JSON block says; None where it is damaged, or too large to be drawn."""
    try:
        return loads(block.text) if len(block.text) <= PARSED_UP_TO else None
    except Unreadable:
        return None


def _medium(pen: Pen, told: events.Media, at: str, size: int) -> Part:
    if told.data:
        return pen.medium(at, told.kind, told.data, mime=mime_of(told))
    mime = visible(told.mime or "")[:100]
    if told.url:
        return pen.medium("", told.kind, told.url, mime=mime)
    mime = media.normal(mime or "application/octet-stream")
    return Part(told.kind, at, mime=mime, size=numbers.size(size), embedded=True)


BEGINNINGS = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "SUQz": "audio/mpeg",
    "//": "audio/mpeg",
    "T2dnUw": "audio/ogg",
    "ZkxhQ": "audio/flac",
}
USUAL = {"image": "image/png", "audio": "audio/mpeg", "video": "video/mp4"}


def mime_of(told: events.Media) -> str:
    """The media type of embedded data: as told, else by its first bytes in base64, else the usual one of its kind."""
    data = told.data or ""
    if told.mime or data.startswith("data:"):
        return visible(told.mime or "")[:100]
    if data.startswith("UklGR") and told.kind == "audio":
        return "audio/wav"
    known = (mime for start, mime in BEGINNINGS.items() if data.startswith(start))
    found = next(known, "")
    return found if found.startswith(told.kind) else USUAL.get(told.kind, "")


# -- finding -------------------------------------------------------------------------------------------------


def block_at(answer: Answer, at: str) -> tuple[Block, str] | None:
    """The block that a pointer leads to, and the rest of the pointer."""
    first, *rest = text.steps(at) or [""]
    if not first.isascii() or not first.isdecimal() or len(first) > 9 or int(first) >= len(answer.blocks):
        return None
    return answer.blocks[int(first)], text.pointer(*rest)


def value_at(answer: Answer, at: str) -> bytes | None:
    """The JSON text of what stands at a pointer: a text, base64 or arguments as a JSON string; None if nothing does.

    A medium that is the answer's body itself has none.
    """
    found = block_at(answer, at)
    if found is None:
        return None
    block, rest = found
    if block.kind == "json":
        return json_view.cut(block.text.encode("utf-8", "surrogatepass"), rest)
    shown = block.text if block.media is None else block.media.data
    return None if rest or shown is None else dumps(shown).encode()


# -- storing -------------------------------------------------------------------------------------------------


def dump(side: Side) -> str:
    """JSON text for the database."""
    return msgspec.json.encode(side).decode()


def load(text: str) -> Side:
    """What `dump` wrote."""
    return msgspec.json.decode(text, type=Side)


def media_in(side: Side, *kinds: str) -> list[Part]:
    """The embedded media of these kinds that a page may show, in order."""
    parts = [part for turn in side.turns for part in turn.parts if part.embedded and part.at]
    return [part for part in parts if part.kind in kinds and part.mime in media.SHOWN]


def suffix(content_type: str) -> str:
    """The file name ending for a download of this type."""
    return SUFFIXES.get(content_type, ".bin")
