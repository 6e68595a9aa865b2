"""Cut a stream of server-sent events into frames, at a cost linear in its bytes however they are chunked."""

from typing import NamedTuple

__all__ = ["Frame", "Frames"]

_BOM = b"\xef\xbb\xbf"


class Frame(NamedTuple):
    name: str
    data: bytes


class Frames:
    """Feed it chunks as they come: lines end with \\n, \\r\\n or a lone \\r; comments, `id` and `retry` are
    dropped.

    `stray` keeps the lines that are no field of an event stream: a plain JSON body sent under the wrong
    content type. Frames without an empty line between them are told apart: by the next event's name, and by
    lines that are each a JSON object.
    """

    def __init__(self) -> None:
        self.stray: list[bytes] = []
        self._tail: list[bytes] = []  # pieces of the line that is not complete yet, joined once
        self._name = ""
        self._next = ""  # a name that came after data: the next frame's, or this one's if nothing follows
        self._data: list[bytes] = []
        self._after_cr = False
        self._fresh = True

    def feed(self, chunk: bytes) -> list[Frame]:
        if self._after_cr and chunk:
            chunk, self._after_cr = chunk.removeprefix(b"\n"), False
        if b"\n" not in chunk and b"\r" not in chunk:
            if chunk:
                self._tail.append(chunk)
            return []
        self._after_cr = chunk.endswith(b"\r")
        lines = (b"".join(self._tail) + chunk).splitlines() if self._tail else chunk.splitlines()
        self._tail = [] if chunk.endswith((b"\n", b"\r")) else [lines.pop()]
        return self._frames(lines)

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
                self._name = ""
        return frames

    def _frame(self) -> list[Frame]:
        """The frame that is complete, if there is one; its lines as frames of their own if each is one."""
        data, name = self._data, self._name
        self._data, self._name, self._next = [], self._next, ""
        if not data:
            return []
        if len(data) > 1 and all(_is_object(line) for line in data):
            return [Frame(name, line) for line in data]
        return [Frame(name, b"\n".join(data) if len(data) > 1 else data[0])]

    def _take(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.decode("utf-8", "replace").strip()
            if self._data:
                self._next = name
            else:
                self._name = name
        elif field not in (b"", b"id", b"retry"):
            self.stray.append(line)


def _is_object(line: bytes) -> bool:
    """Whether a line may be a JSON object by itself. A line of indented JSON is none; two objects are no JSON."""
    line = line.strip()
    return (line[:1] == b"{" and line[-1:] == b"}") or line == b"[DONE]"
