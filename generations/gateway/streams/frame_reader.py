"""The frames of a stream as parsed values, one by one, within a bound."""

from collections.abc import Iterator
from typing import TypeAlias

from generations.gateway.rawjson.values import Decoder, Value
from generations.gateway.streams import tolerant
from generations.gateway.streams.alike import FrameTemplate, SimilarFrame
from generations.gateway.streams.body_builder import StrayEvent
from generations.gateway.streams.sse import Frame, Frames

__all__ = ["MOST_FRAMES", "FrameReader", "Piece"]

CHUNK = 64 * 1024  # bytes of a stream that are cut into frames at once
MOST_FRAMES = 100_000
"""Values of one stream that are parsed, frames that repeat the one before but for their words not counted: what is
made of each takes up to 2 KB and 20 µs. A stream of 16 MiB in ordinary events has fewer."""
MEMBERS = 20
"""Commas and opening brackets of one frame that weigh as much as another frame: a large one of tiny values takes thirty
times its bytes. Twenty alternatives of a token with their bytes have 150."""

Piece: TypeAlias = Value | SimilarFrame


class FrameReader:
    """Reads a stream once, from its beginning.

    After the last value, `strays` holds what is no frame and `unread` the bytes behind the last frame that was read.
    """

    def __init__(self, raw: bytes, step: int = CHUNK) -> None:
        self.strays: list[StrayEvent] = []
        self.unread = 0
        self._raw, self._step = raw, step
        self._frames, self._decoder, self._template = Frames(), Decoder(), FrameTemplate()
        self._scraps: list[StrayEvent] = []
        self._left = MOST_FRAMES

    def __iter__(self) -> Iterator[tuple[str, Piece]]:
        """The values of all frames in order, with the name of their event; at last those of lines that are no frames."""
        for at in range(0, len(self._raw), self._step):
            for frame in self._frames.feed(self._raw[at : at + self._step]):
                yield from self._values(frame)
            if self._left <= 0:
                self.unread = max(0, len(self._raw) - at - self._step)
                break
        else:
            for frame in self._frames.end():
                yield from self._values(frame)
        yield from self._lines()
        self.strays += self._scraps

    def _values(self, frame: Frame) -> Iterator[tuple[str, Piece]]:
        """The values of one frame, which some servers put on one line or leave without a blank line between."""
        name, data = frame
        known = self._template.match(data) if not name else None
        if known is not None:
            yield name, known
            return
        if data.strip() == b"[DONE]":
            yield "[DONE]", None
            return
        values, rest = self._parsed(name, data)
        self._left -= max(1, len(values), sum(map(data.count, (b",", b"{", b"["))) // MEMBERS)
        for value in values:
            yield name, value
        if rest == "[DONE]":
            yield "[DONE]", None
        elif rest:
            yield name, rest

    def _parsed(self, name: str, data: bytes) -> tuple[list[Value], str]:
        text, decoder = self._text(data), self._decoder
        values, rest = tolerant.sequence(text, decoder)
        if decoder.repeated:
            keys = list[Value](decoder.repeated)
            self._scraps.append(StrayEvent("repeated keys", {"keys": keys, "text": text}))
        is_single = len(values) == 1 and not (name or rest or decoder.repeated)
        self._template.learn(data, values[0] if is_single else None)
        return values, rest

    def _text(self, data: bytes) -> str:
        try:
            return data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            kept = data.decode("utf-8", "backslashreplace")
            self._scraps.append(StrayEvent("bytes that are not UTF-8", kept))
            return data.decode("utf-8", "replace")

    def _lines(self) -> Iterator[tuple[str, Value]]:
        """Lines that are no fields of a stream: JSON written raw into it, or scraps."""
        if not self._frames.stray:
            return
        values, rest = tolerant.sequence(b"\n".join(self._frames.stray).decode("utf-8", "replace"))
        for value in values:
            yield "", value
        if rest:
            self.strays.append(StrayEvent("lines that are no events", rest))
