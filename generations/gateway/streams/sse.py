"""Cut a stream of server-sent events into frames, at a cost linear in its bytes however they are chunked."""

import sys
from typing import NamedTuple

__all__ = ["CutFrame", "Frame", "Frames"]

_BOM = b"\xef\xbb\xbf"


HEAD = 4096
"""Bytes that are kept of a frame beyond `room`: enough to identify it."""


class Frame(NamedTuple):
    name: str
    data: bytes


class CutFrame(Frame):
    """One that was larger than there was room for: `data` is only its beginning."""


class Frames:
    """Feed it chunks as they come: lines end with \\n, \\r\\n or a lone \\r; comments, `id` and `retry` are
    dropped.

    `stray` keeps the lines that are no field of an event stream: a plain JSON body sent under the wrong
    content type. Frames without an empty line between them are separated: by the next event's name, and by
    lines that are each a JSON object. `room`: bytes that one line, one frame, and `stray` may have; None for no bound.
    What is larger is cut, so that a line that never ends holds no more memory than that.
    """

    def __init__(self, room: int | None = None) -> None:
        self.stray: list[bytes] = []
        self._room = sys.maxsize if room is None else room
        self._tail: list[bytes] = []  # pieces of the line that is not complete yet, joined once
        self._line = 0  # bytes of that line so far
        self._name = ""
        self._next = ""  # a name that came after data: the next frame's, or this one's if nothing follows
        self._data: list[bytes] = []
        self._size = self._strayed = 0  # bytes of `_data` and of `stray`
        self._cut = False
        self._after_cr = False
        self._fresh = True

    def feed(self, chunk: bytes) -> list[Frame]:
        if self._after_cr and chunk:
            chunk, self._after_cr = chunk.removeprefix(b"\n"), False
        if b"\n" not in chunk and b"\r" not in chunk:
            self._append(chunk)
            return []
        self._after_cr = chunk.endswith(b"\r")
        lines = chunk.splitlines()
        if self._tail:
            self._append(lines[0])
            lines[0] = b"".join(self._tail)
        self._tail, self._line = [], 0
        rest = b"" if chunk.endswith((b"\n", b"\r")) else lines.pop()
        frames = self._frames(lines)
        self._append(rest)
        return frames

    def _append(self, piece: bytes) -> None:
        """More of a line that has not ended. What has no room is dropped, and with it the end of the line."""
        if not piece:
            return
        if self._line <= self._room < self._line + len(piece):
            self._tail, self._cut = [b"".join([*self._tail, piece[:HEAD]])[:HEAD]], True
        elif self._line <= self._room:
            self._tail.append(piece)
        self._line += len(piece)

    def end(self) -> list[Frame]:
        """The last frame, which may lack its empty line."""
        lines = [b"".join(self._tail), b""] if self._tail else [b""]
        self._tail = []
        return self._frames(lines)

    def _frames(self, lines: list[bytes]) -> list[Frame]:
        frames = []
        if self._fresh and lines:
            lines[0], self._fresh = lines[0].removeprefix(_BOM), False
        for line in lines:
            if line:
                if self._next and line.startswith(b"data"):
                    frames += self._frame()
                self._take(line)
            else:
                self._name, self._next = self._name or self._next, ""
                frames += self._frame()
                self._name, self._cut = "", False
        return frames

    def _frame(self) -> list[Frame]:
        """The frame that is complete, if there is one; its lines as frames of their own if each is one."""
        data, name, cut = self._data, self._name, self._cut
        self._data, self._name, self._next = [], self._next, ""
        self._size, self._cut = 0, False
        if not data:
            return []
        if len(data) > 1 and not cut and all(_is_object(line) for line in data):
            return [Frame(name, line) for line in data]
        return [(CutFrame if cut else Frame)(name, b"\n".join(data) if len(data) > 1 else data[0])]

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"data":
            self._size += len(value)
            if self._size <= self._room:
                self._data.append(value.removeprefix(b" "))
            elif not self._cut:
                self._data, self._cut = [b"\n".join([*self._data, value])[:HEAD]], True
        elif field == b"event":
            name = value[:HEAD].decode("utf-8", "replace").strip()
            if self._data:
                self._next = name
            else:
                self._name = name
        elif field not in (b"", b"id", b"retry"):
            self._strayed += len(line)
            if self._strayed <= self._room:
                self.stray.append(line)


def _is_object(line: bytes) -> bool:
    """Whether a line may be a JSON object by itself. A line of indented JSON is none; two objects are no JSON."""
    line = line.strip()
    return (line[:1] == b"{" and line[-1:] == b"}") or line == b"[DONE]"
