"""Read an answer by its content type and report whether it ended as it should."""

import re
from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from generations.gateway.blocks import Media
from generations.gateway.error_bodies import is_bare_error
from generations.gateway.events import (
    ChargedCost,
    Closed,
    Event,
    Finish,
    Identity,
    Other,
    Reasoning,
    Refusal,
    StreamError,
    Text,
    Usage,
)
from generations.gateway.rawjson.values import dumps
from generations.gateway.streams import tolerant, whole
from generations.gateway.streams.assemble import LINES_OF_JSON, is_frame
from generations.gateway.streams.chat import ChatReader
from generations.gateway.streams.media import MediaReader
from generations.gateway.streams.messages import MessagesReader
from generations.gateway.streams.responses import ResponsesReader
from generations.gateway.streams.sse import CutFrame, Frame, Frames

__all__ = ["Reader", "reader"]


class Reader(Protocol):
    """Reads one answer."""

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that are complete with these bytes."""

    def end(self) -> list[Event]:
        """The rest. The last event is Closed."""


class WireReader(Protocol):
    """Turns the frames of one wire format into events; `ended`: how the stream ended, "" while it has not."""

    ended: str

    def frame(self, frame: Frame) -> Iterator[Event]: ...

    def end(self) -> Iterator[Event]: ...


_WIRES: dict[str, Callable[[], WireReader]] = {
    "chat": ChatReader,
    "responses": ResponsesReader,
    "messages": MessagesReader,
}


def reader(wire: str, content_type: str, room: int | None = None) -> Reader:
    """A reader for an answer of this wire format (Endpoint.wire) and Content-Type ("" if there is none).

    It holds about `room` bytes at most (and `LINE` more of one line), and leaves out of its events what does not fit;
    None leaves nothing out.

    The content type rules: speech is binary by default, a stream may be refused with plain JSON, and a web
    page is nobody's answer.
    """
    mime = content_type.partition(";")[0].strip().lower()
    if mime == "text/event-stream":
        return EventStreamReader(wire, room)
    if mime in ("", "application/json", *LINES_OF_JSON) or mime.endswith("+json"):
        return JsonReader(wire, room)
    if mime in ("text/html", "application/xhtml+xml"):
        return HtmlReader()
    if mime.startswith("text/") or mime in _PLAIN:
        return TextReader(room)
    return BinaryReader(mime)


_PLAIN = ("application/x-subrip", "application/srt", "application/ttml+xml")


LINE = 2**20
"""Bytes of one line beyond the room."""
_TYPE = re.compile(rb'"type"\s*+:\s*+"([a-z_.]{1,80})"')
_LAST = (".completed", ".incomplete", ".failed", ".done", ".cancelled", "_stop")

Words: TypeAlias = Text | Reasoning | Refusal


class EventStreamReader:
    """Server-sent events."""

    def __init__(self, wire: str, room: int | None = None) -> None:
        self._wire_name = wire
        self._wire = _WIRES.get(wire, MediaReader)()
        self._room, self._read = room, 0
        self._skims = False
        self._frames = Frames(None if room is None else room + LINE)
        self._halves = SurrogateJoiner()
        self._any = self._faulty = False

    def feed(self, chunk: bytes) -> list[Event]:
        self._count(len(chunk))
        return self._events(self._frames.feed(chunk))

    def end(self) -> list[Event]:
        events = self._events(self._frames.end())
        if not self._skims:
            events += [*self._halves.left(), *self._wire.end()]
        if self._frames.stray:
            return events + self._stray(b"\n".join(self._frames.stray))
        return [*events, self._closed()]

    def _events(self, frames: list[Frame]) -> list[Event]:
        events: list[Event] = []
        for frame in frames:
            self._any = self._any or frame.data.strip() != b"[DONE]"
            if type(frame) is CutFrame:
                self._skip(frame)
                continue
            for event in self._wire.frame(frame):
                if isinstance(event, Other) and not self._wire.ended:
                    self._wire.ended = _foreign_end(frame)
                if isinstance(event, Other) and _is_fault(frame):
                    event = StreamError(event.raw, None, event.raw)
                if self._skims and not isinstance(event, _FACTS):
                    continue
                if isinstance(event, _WORDS):
                    event = self._halves.joined(event)
                    if not event.text:
                        continue
                events.append(event)
                self._faulty = self._faulty or type(event) is StreamError
        return events

    def _count(self, size: int) -> None:
        """After `room` bytes words are left out and what the wire format remembers is dropped, again and again."""
        self._read += size
        if self._room is not None and self._read > self._room:
            ended = self._wire.ended
            self._wire, self._halves = _WIRES.get(self._wire_name, MediaReader)(), SurrogateJoiner()
            self._wire.ended, self._read, self._skims = ended, size, True

    def _skip(self, frame: Frame) -> None:
        """A frame without room: only whether it ends the stream is known."""
        match = _TYPE.search(frame.data)
        kind = frame.name or (match[1].decode() if match else "")
        if kind.startswith("response.") and kind.count(".") == 1 and kind.endswith(_LAST):
            self._wire.ended = self._wire.ended or kind

    def _stray(self, body: bytes) -> list[Event]:
        """Lines that are no fields of a stream: a plain JSON body, or an error written raw into the
        stream."""
        if not self._any and body.lstrip().startswith(b"<"):
            return _all(HtmlReader(), body)
        events = list(whole.events(self._wire_name, tolerant.exact(body), body))
        self._faulty = self._faulty or any(isinstance(event, StreamError) for event in events)
        self._any = True
        if not self._wire.ended and tolerant.exact(body) is not None:
            self._wire.ended = "whole"
        return [*events, self._closed()]

    def _closed(self) -> Closed:
        if self._faulty:
            return Closed(False, "error")
        if self._wire.ended and self._any:
            return Closed(True, self._wire.ended)
        return Closed(False, "truncated" if self._any else "empty")


def _foreign_end(frame: Frame) -> str:
    """How a frame that the wire format does not know ends the stream in its own format, "" if it does not."""
    return "finish" if tolerant.end_reason(tolerant.parse(frame.data)) else ""


def _is_fault(frame: Frame) -> bool:
    """Whether a frame that the wire format does not know is an error, by its event or by what it says."""
    value = None if frame.name else tolerant.exact(frame.data)
    items = value if isinstance(value, list) else [value]
    return frame.name == "error" or all(
        isinstance(item, dict) and bool(item.get("error") or is_bare_error(item)) for item in items
    )


_WORDS = (Text, Reasoning, Refusal)
_FACTS = (Usage, ChargedCost, Finish, Identity, StreamError)


class SurrogateJoiner:
    """Puts a character together that a provider cut between its two surrogates, one in each delta."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[type[Words], int, int], str] = {}

    def joined(self, event: Words) -> Words:
        last = event.text[-1:]
        if not self._waiting and not "\ud800" <= last <= "\udbff":
            return event
        key = (type(event), event.choice, event.part)
        text = self._waiting.pop(key, "") + event.text
        if "\ud800" <= last <= "\udbff":
            text, self._waiting[key] = text[:-1], last
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return type(event)(whole, event.choice, event.part)

    def left(self) -> list[Event]:
        """SurrogateJoiner whose other half never came."""
        return [make(half, choice, part) for (make, choice, part), half in self._waiting.items()]


class JsonReader:
    """A JSON body, read at its end. Under a missing or wrong content type it may turn out to be something
    else. One without room is not read: it is complete when its last character can be the last one of JSON."""

    def __init__(self, wire: str, room: int | None = None) -> None:
        self._wire, self._room = wire, room
        self._chunks: list[bytes] = []
        self._size = 0
        self._last = b""
        self._other: Reader | None = None

    def feed(self, chunk: bytes) -> list[Event]:
        if self._other:
            return self._other.feed(chunk)
        self._size += len(chunk)
        if self._room is None or self._size <= self._room:
            self._chunks.append(chunk)
            return []
        self._last = chunk.rstrip()[-1:] or self._last
        if self._chunks:
            body, self._chunks = b"".join([*self._chunks, chunk]), []
            self._other = _other(self._wire, body, self._room)
            return self._other.feed(body) if self._other else []
        return []

    def end(self) -> list[Event]:
        if self._other:
            return self._other.end()
        if self._last:
            return [Closed(True, "whole") if self._last in b"}]" else Closed(False, "truncated")]
        body = b"".join(self._chunks)
        if not body[:200].lstrip() and not body.strip():
            return [Closed(False, "empty")]
        if other := _other(self._wire, body, self._room):
            return _all(other, body)
        values, _ = tolerant.sequence(tolerant.decoded(body))
        if len(values) > 1 and is_frame(values[0]):
            lines = (b"data: " + dumps(value).encode() + b"\n\n" for value in values)
            return _all(EventStreamReader(self._wire), b"".join(lines))
        value = values[0] if values else None
        events = list(whole.events(self._wire, value, body))
        if not values:
            return [*events, Closed(False, "truncated")]
        faulty = any(isinstance(event, StreamError) for event in events)
        return [*events, Closed(False, "error") if faulty else Closed(True, "whole")]


def _other(wire: str, body: bytes, room: int | None) -> Reader | None:
    """The reader for a body that does not begin as JSON does."""
    head = body[:200].lstrip()
    if head.startswith((b"data:", b"event:", b":")):
        return EventStreamReader(wire, room)
    return HtmlReader() if head.startswith(b"<") else None


class TextReader:
    """Text as it is: transcriptions as text or subtitles."""

    def __init__(self, room: int | None = None) -> None:
        self._room = room
        self._chunks: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[Event]:
        if self._room is None or self._size < self._room:
            self._chunks.append(chunk if self._room is None else chunk[: self._room - self._size])
        self._size += len(chunk)
        return []

    def end(self) -> list[Event]:
        text = tolerant.shown(b"".join(self._chunks))
        return [Text(text), Closed(True, "whole")] if text else [Closed(False, "empty")]


class HtmlReader(TextReader):
    """A web page where an answer should be: its beginning shows whose it is."""

    def __init__(self) -> None:
        super().__init__(room=2**20)

    def end(self) -> list[Event]:
        message = "The answer is a web page. Something in front of the gateway may have replied."
        return [StreamError(message, "html", tolerant.shown(b"".join(self._chunks))), Closed(False, "error")]


class BinaryReader:
    """Sound, images, video: the body itself is the medium."""

    def __init__(self, mime: str) -> None:
        self._mime, self._any = mime, False

    def feed(self, chunk: bytes) -> list[Event]:
        self._any = self._any or bool(chunk)
        return []

    def end(self) -> list[Event]:
        family = self._mime.partition("/")[0]
        kind = family if family in ("image", "audio", "video") else "file"
        if not self._any:
            return [Closed(False, "empty")]
        return [Media(kind, self._mime), Closed(True, "whole")]  # type: ignore[arg-type]


def _all(chosen: Reader, body: bytes) -> list[Event]:
    return [*chosen.feed(body), *chosen.end()]
