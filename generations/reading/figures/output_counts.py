"""What an endpoint made, counted in its own unit: vectors, pages, images, seconds, flags, documents."""

from collections.abc import Callable
from decimal import Decimal

from generations.gateway.rawjson.values import Value
from generations.reading.figures import formatting
from generations.reading.figures.formatting import UNKNOWN
from generations.reading.figures.recorded_times import is_open
from generations.reading.page_types.figures import Tile
from generations.reading.text import box, byte_size, decimal, first, inside, items, short, whole, words

Fields = dict[str, Value]
Body = dict[str, Value]


def tile(wire: str, fields: Fields, request: Value, answer: Value) -> Tile | None:
    """The tile of what an endpoint of this wire made; None for wires that make nothing which can be counted."""
    reader = READERS.get(wire)
    return reader(fields, box(request), box(answer)) if reader else None


def _missing(label: str, fields: Fields, asked: str = "") -> Tile:
    """A tile for what neither answer nor usage says."""
    failed = fields.get("success") is False and not is_open(fields)
    return Tile(label, UNKNOWN, note=asked or ("the request failed" if failed else "not recorded"))


def _usage(fields: Fields, *keys: str) -> Decimal | None:
    """The first of these counts that is more than nothing."""
    counts = (decimal(inside(fields.get("usage"), key)) for key in keys)
    return next((count for count in counts if count is not None and count > 0), None)


def _amount(value: Value, singular: str, many: str) -> str:
    count = len(value) if isinstance(value, list) else 1 if words(value) else 0
    return f"{count:,} {singular if count == 1 else many}" if count else ""


# -- lists ---------------------------------------------------------------------------------------------------


def _vectors(fields: Fields, request: Body, answer: Body) -> Tile:
    sizes = [_dimensions(inside(item, "embedding")) for item in items(answer.get("data"))]
    if not sizes:
        sent = request.get("input")
        tokens = isinstance(sent, list) and bool(sent) and all(whole(item) is not None for item in sent)
        asked = _amount("tokens" if tokens else sent, "input", "inputs")
        return _missing("Vectors", fields, f"{asked} sent" if asked else "")
    known = {size for size in sizes if size}
    if len(known) == 1 and all(sizes):
        return Tile("Vectors", f"{len(sizes):,} × {known.pop():,}", unit="dimensions")
    spread = f"{min(known):,} to {max(known):,} dimensions" if known else "dimensions unknown"
    return Tile("Vectors", f"{len(sizes):,}", note=spread)


def _dimensions(vector: Value) -> int | None:
    """How many numbers a vector has. public reference: base64 is of 32-bit floats."""
    if isinstance(vector, list):
        return len(vector)
    if not words(vector):
        return None
    padding = len(str(vector)) - len(str(vector).rstrip("="))
    return (byte_size(vector) * 3 // 4 - padding) // 4 or None


def _flagged(fields: Fields, request: Body, answer: Body) -> Tile:
    results = items(answer.get("results"))
    if not results:
        asked = _amount(request.get("input"), "input", "inputs")
        return _missing("Flagged", fields, f"{asked} sent" if asked else "")
    flags = [inside(result, "flagged") for result in results]
    unknown = sum(1 for flag in flags if not isinstance(flag, bool))
    note = f"{unknown:,} without a verdict" if unknown else ""
    flagged = sum(1 for flag in flags if flag is True)
    return Tile("Flagged", f"{flagged:,} of {len(flags):,}", unit=_noun(len(flags), "input"), note=note)


def _noun(count: int | Decimal, word: str) -> str:
    return word if count == 1 else word + "s"


def _documents(fields: Fields, request: Body, answer: Body) -> Tile:
    ranked = items(answer.get("results")) or items(answer.get("data"))
    sent = _amount(request.get("documents"), "document", "documents")
    if not ranked:
        return _missing("Documents", fields, f"{sent} sent" if sent else "")
    return Tile("Documents", f"{len(ranked):,}", unit="ranked", note=f"of {sent} sent" if sent else "")


def _requests(fields: Fields, request: Body, answer: Body) -> Tile:
    counts = box(answer.get("request_counts"))
    total, done = whole(counts.get("total")), whole(counts.get("completed"))
    if total is None:
        return _missing("Requests", fields, short(answer.get("status") or "", 40))
    failed = whole(counts.get("failed"))
    number = f"{done:,} of {total:,}" if done is not None else f"{total:,}"
    return Tile("Requests", number, unit="done", note=f"{failed:,} failed" if failed else "")


# -- media and documents -------------------------------------------------------------------------------------


def _pages(fields: Fields, request: Body, answer: Body) -> Tile:
    read = len(items(answer.get("pages")))
    pages = inside(answer.get("usage_info"), "pages_processed")
    counted = _usage(fields, "pages", "input_pages") or decimal(pages)
    count = Decimal(read) if read else counted
    if not count:
        return _missing("Pages", fields)
    note = f"{formatting.plain(counted)} counted" if counted is not None and counted != count else ""
    return Tile("Pages", formatting.plain(count), note=note)


def _images(fields: Fields, request: Body, answer: Body) -> Tile:
    drawn = len(items(answer.get("data")))
    counted = _usage(fields, "output_image", "output_images")
    count = Decimal(drawn) if drawn else counted
    size = short(first(answer, "size") or first(request, "size") or "", 30)
    if not count:
        number = whole(request.get("n"))
        return _missing("Images", fields, f"{number:,} asked for" if number else "")
    note = f"{formatting.plain(counted)} counted" if counted is not None and counted != count else size
    return Tile("Images", formatting.plain(count), note=note)


def _seconds(label: str, *keys: str) -> Callable[[Fields, Body, Body], Tile]:
    """Tiles of media that are as long as the first of these counts says, in seconds."""

    def read(fields: Fields, request: Body, answer: Body) -> Tile:
        length = _usage(fields, *keys) or decimal(first(answer, "duration", "duration_seconds"))
        if not length or length < 0:
            minutes = _usage(fields, *(key.replace("seconds", "minutes") for key in keys))
            length = minutes * 60 if minutes else None
        if length is None:
            return _characters(label, fields)
        return Tile(label, formatting.plain(length), unit="s", note=_picture(fields))

    return read


def _characters(label: str, fields: Fields) -> Tile:
    spoken = _usage(fields, "input_characters", "characters", "total_characters")
    return Tile("Characters", formatting.plain(spoken)) if spoken else _missing(label, fields)


def _picture(fields: Fields) -> str:
    usage = box(fields.get("usage"))
    return short(first(usage, "video_resolution", "resolution") or "", 30)


def _bytes(fields: Fields, request: Body, answer: Body) -> Tile:
    size = whole(answer.get("bytes"))
    return Tile("Size", formatting.size(size)) if size is not None else _missing("Size", fields)


READERS: dict[str, Callable[[Fields, Body, Body], Tile]] = {
    "embeddings": _vectors,
    "moderations": _flagged,
    "rerank": _documents,
    "ocr": _pages,
    "images": _images,
    "speech": _seconds("Audio", "output_audio_seconds", "audio_seconds"),
    "transcription": _seconds("Audio", "input_audio_seconds", "audio_seconds"),
    "video": _seconds("Video", "output_video_seconds", "video_seconds"),
    "music": _seconds("Audio", "output_audio_seconds", "audio_seconds"),
    "realtime": _seconds("Audio", "audio_seconds", "output_audio_seconds", "input_audio_seconds"),
    "batch": _requests,
    "files": _bytes,
}
