"""An answer -> the whole body of its wire format, whatever it came as: server-sent events, JSON, lines of JSON,
text. What has no place in the body is kept as a stray. Pure; done once, at the end.

    assemble("chat", "text/event-stream", raw)      # an answer as it came over the wire
    assemble_stored("chat", value)                  # an answer as a record stores it
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from generations.gateway.error_bodies import is_bare_error
from generations.gateway.rawjson.values import Decoder, Value, is_text
from generations.gateway.streams import tolerant
from generations.gateway.streams.alike import SimilarFrame
from generations.gateway.streams.assemble_chat import ChatBody
from generations.gateway.streams.assemble_media import MediaBody
from generations.gateway.streams.assemble_messages import MessageBody
from generations.gateway.streams.assemble_responses import ResponseBody
from generations.gateway.streams.body_builder import Body, StrayEvent
from generations.gateway.streams.frame_reader import FrameReader, Piece

__all__ = ["VERSION", "Assembled", "StrayEvent", "assemble", "assemble_stored", "is_frame", "wire_of"]

VERSION = 3
"""Of what assembling makes. Raise it when the same bytes give another body: kept bodies are then rebuilt."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """A whole answer. `wire`: the format that `body` is read as; `strays` have no place in it.

    `body` is None where there is none (binary, nothing came) and a str for text that is no JSON. `why` and
    `complete` as in events.Closed. `streamed`: it came as frames. `unread`: bytes at the end that were not read,
    because the stream has more odd frames than `MOST_FRAMES`.
    """

    wire: str
    body: Value
    strays: list[StrayEvent] = field(default_factory=list)
    why: str = "whole"
    complete: bool = True
    streamed: bool = False
    unread: int = 0


def assemble(wire: str, content_type: str, raw: bytes) -> Assembled:
    """An answer of this wire format (Endpoint.wire) and Content-Type ("" if unknown)."""
    mime, _, parameters = content_type.partition(";")
    mime = mime.strip().lower()
    if not raw.strip():
        return Assembled(wire, None, why="empty", complete=False)
    if _is_binary(mime) and not _looks_like_json(raw):
        return Assembled(wire, None)
    if _BEGINS.match(raw):
        return _of_events(wire, raw)
    strays: list[StrayEvent] = []
    text = _text(raw, parameters, strays)
    events = _is_sse(text) or (mime == _STREAM and text.lstrip()[:1] not in ("{", "[", "<"))
    return _with(_of_events(wire, raw) if events else _of_text(wire, mime, text), strays)


def assemble_stored(wire: str, value: Value) -> Assembled:
    """A stored answer: a body, a body or a stream in a text, a list of chunks, or the last frame of a stream."""
    if value is None or value == "":
        return Assembled(wire, None, why="empty", complete=False)
    if isinstance(value, str) and is_text(value):
        return _of_events(wire, _encoded(value)) if _is_sse(value) else _of_text(wire, "", value)
    if isinstance(value, list):
        return _of_list(wire, value)
    if isinstance(value, dict) and is_frame(value):
        return _of_frames(wire, _shape("", value) or wire, iter([("", value)]))
    return _of_body(wire, value)


# -- what it is ----------------------------------------------------------------------------------------------

_PLAIN = ("application/x-subrip", "application/srt", "application/ttml+xml", "application/xhtml+xml")
LINES_OF_JSON = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-seq")
_STREAM = "text/event-stream"
_HTML = ("text/html", "application/xhtml+xml")
_EVENTS = ("data:", "event:", ":", "id:", "retry:")
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf|[ \t\r\n])*+(?:data|event|id|retry|):")


def _is_binary(mime: str) -> bool:
    return not (
        mime in ("", "application/json", *_PLAIN, *LINES_OF_JSON)
        or mime.startswith("text/")
        or mime.endswith("+json")
    )


def _looks_like_json(raw: bytes) -> bool:
    return raw[:4000].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def _is_sse(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith(_EVENTS)


def is_frame(value: Value) -> bool:
    """Whether an object is one frame of a stream rather than a whole answer."""
    if not isinstance(value, dict):
        return False
    kind, shape = tolerant.text(value.get("type")), tolerant.text(value.get("object"))
    choices = [choice for choice in tolerant.listed(value.get("choices")) if isinstance(choice, dict)]
    return (
        shape.endswith(".chunk")
        or any("delta" in choice for choice in choices)
        or (isinstance(value.get("message"), dict) and isinstance(value.get("done"), bool))
        or kind.startswith(_FRAMES)
        or (isinstance(value.get("response"), dict) and "output" not in value and "choices" not in value)
    )


_FRAMES = (
    *("response.", "message_", "content_block_"),
    *("image_generation.", "image_edit.", "speech.audio.", "transcript.text."),
)


def wire_of(wire: str, value: Value) -> str:
    """Whose readers read a body: its shape decides before the endpoint does."""
    fields = tolerant.table(value)
    kind, shape = tolerant.text(fields.get("type")), tolerant.text(fields.get("object"))
    if isinstance(fields.get("choices"), list):
        return "chat"
    if isinstance(fields.get("output"), list) or shape == "response":
        return "responses"
    if kind.startswith("response.") or isinstance(fields.get("response"), dict):
        return "responses"
    if kind == "message" or kind.startswith(("message_", "content_block_")):
        return "messages"
    return "chat" if shape.startswith("chat.completion") else wire


# -- how it is read ------------------------------------------------------------------------------------------


def _text(raw: bytes, parameters: str, strays: list[StrayEvent]) -> str:
    """The text of an answer. Bytes that are not text are kept as a stray, as `\\xff`."""
    try:
        return raw.decode("utf-8", "surrogatepass").removeprefix("\ufeff")
    except UnicodeDecodeError:
        pass
    charset = parameters.lower().partition("charset=")[2].strip(' "').partition(";")[0]
    if charset in ("iso-8859-1", "latin1", "windows-1252", "utf-16", "utf-16le", "utf-16be", "shift_jis"):
        return raw.decode(charset, "replace")
    if not _is_sse(text := raw.decode("utf-8", "replace").removeprefix("\ufeff")):
        strays.append(StrayEvent("bytes that are not UTF-8", raw.decode("utf-8", "backslashreplace")))
    return text


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _of_text(wire: str, mime: str, text: str) -> Assembled:
    if text.lstrip().startswith("<"):
        page = mime in ("", _STREAM, *_HTML) or "json" in mime
        return Assembled(wire, text, why="error" if page else "whole", complete=not page)
    decoder = Decoder()
    values, rest = tolerant.sequence(text, decoder)
    strays = [StrayEvent("repeated keys", list[Value](decoder.repeated))] if decoder.repeated else []
    if not values or not (isinstance(values[0], dict | list) or mime != "text/plain"):
        return _of_plain(wire, mime, text)
    if rest:
        strays.append(StrayEvent("behind the body", rest))
    if len(values) > 1 and is_frame(values[0]):
        return _with(_of_list(wire, values), strays)
    strays = [StrayEvent("another body", value) for value in values[1:]] + strays
    return _with(assemble_stored(wire, values[0]) if values[0] is not None else _null(wire), strays)


def _null(wire: str) -> Assembled:
    return Assembled(wire, None)


def _of_plain(wire: str, mime: str, text: str) -> Assembled:
    """Text that is no JSON: an answer in words, or JSON that was cut."""
    cut = "json" in mime or (mime in ("", _STREAM) and text.lstrip()[:1] in ("{", "[", '"'))
    return Assembled(wire, text, why="truncated" if cut else "whole", complete=not cut)


def _of_body(wire: str, value: Value) -> Assembled:
    fields = tolerant.table(value)
    failed = _is_error(value) or fields.get("status") == "failed"
    failed = failed or any(
        not is_void(choice.get("error"))
        for choice in tolerant.objects(tolerant.listed(fields.get("choices")))
    )
    return Assembled(wire_of(wire, value), value, why="error" if failed else "whole", complete=not failed)


def is_void(value: Value) -> bool:
    return value is None or value is False or value in ("", {}, [])


def _of_list(wire: str, values: list[Value]) -> Assembled:
    """A list of chunks, of events with their names, or of the texts of events."""
    if values and all(isinstance(value, str) and is_text(value) for value in values):
        text = "\n\n".join(str(value) for value in values)
        if _is_sse(text):
            return _of_events(wire, _encoded(text))
    frames = [_named(value) for value in values]
    if any(is_frame(value) or name or _shape("", value) or _is_error(value) for name, value in frames):
        return _of_frames(wire, _first_shape(frames) or wire, iter(frames))
    return _of_body(wire, values)


def _is_error(value: Value) -> bool:
    fields = tolerant.table(value)
    marked = not is_void(fields.get("error")) or "error" in (fields.get("object"), fields.get("type"))
    return marked or is_bare_error(fields)


def _named(value: Value) -> tuple[str, Value]:
    """A frame with its event's name, where a list keeps both."""
    fields = tolerant.table(value)
    if tolerant.text(fields.get("event")) and "data" in fields and fields.keys() <= {"event", "data", "id"}:
        data = fields["data"]
        if isinstance(data, str) and is_text(data):
            values, rest = tolerant.sequence(data)
            data = values[0] if len(values) == 1 and not rest else data
        return str(fields["event"]), data
    return "", value


# -- streams -------------------------------------------------------------------------------------------------

FIRST = 2048  # bytes of a stream that are cut into frames at once while only its first frames are wanted

_MAKERS: dict[str, Callable[[], Body]] = {
    "chat": ChatBody,
    "responses": ResponseBody,
    "messages": MessageBody,
}


def _of_events(wire: str, raw: bytes) -> Assembled:
    """A stream, frame by frame: parsed frames take twenty times their bytes, so none is kept but in the body."""
    shape = _first_shape(FrameReader(raw, FIRST)) or wire
    frames = FrameReader(raw)
    return _with(_of_frames(wire, shape, iter(frames)), frames.strays, frames.unread)


def _of_frames(wire: str, shape: str, frames: Iterator[tuple[str, Piece]]) -> Assembled:
    body = _MAKERS[shape]() if shape in _MAKERS else MediaBody(wire)
    any_frame = came = False
    for name, value in _spread_all(frames):
        any_frame = True
        if name == "[DONE]":
            body.ended = body.ended if body.ended == "snapshot" else "done"
        elif isinstance(value, SimilarFrame):
            body.take_alike(value)  # another one came before it
        elif isinstance(value, dict):
            came = True
            if not name and is_bare_error(value):
                body.fail({"error": value})
            else:
                known = len(body.strays)
                body.take(name, value)
                if len(body.strays) > known and not body.ended and tolerant.end_reason(value):
                    body.ended = "finish"
        elif name == "error":
            came = True
            body.fail({"error": value})
        else:
            body.stray(name or "data", value)
    if not came:
        return Assembled(body.wire, None, body.strays, "empty", complete=False, streamed=any_frame)
    made = body.finished()
    why = "error" if body.failed else body.ended or "truncated"
    return Assembled(body.wire, made, body.strays, why, why not in ("error", "truncated"), streamed=True)


def _spread(name: str, value: Piece) -> list[tuple[str, Piece]]:
    """Errors that come as a list (Google), one by one; any other frame as it is."""
    if isinstance(value, list) and value and all(_is_error(item) for item in value):
        return [(name, item) for item in value]
    return [(name, value)]


def _spread_all(frames: Iterable[tuple[str, Piece]]) -> Iterator[tuple[str, Piece]]:
    return (pair for name, value in frames for pair in _spread(name, value))


def _first_shape(frames: Iterable[tuple[str, Piece]]) -> str:
    return next((shape for name, value in _spread_all(frames) if (shape := _shape(name, value))), "")


def _shape(name: str, value: Piece) -> str:
    """The wire format that a frame is of, "" if it may be of any."""
    fields = tolerant.table(value)
    kind = tolerant.text(fields.get("type")) or name
    if isinstance(fields.get("choices"), list):
        return "chat"
    if kind.startswith("response."):
        return "responses"
    return "messages" if kind.startswith(("message_start", "content_block", "message_delta")) else ""


def _with(made: Assembled, strays: list[StrayEvent], unread: int = 0) -> Assembled:
    if not strays and not unread:
        return made
    return replace(made, strays=made.strays + strays, unread=unread)
