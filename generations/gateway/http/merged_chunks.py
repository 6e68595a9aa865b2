"""Chunked answers, rewritten so that all the data of one read stands in one chunk.

Gateways send each frame of a stream as a chunk, and h11 takes some 25 µs for each: with two hundred streams more than
their frames cost. Only the framing changes, the bytes in the chunks do not. Whatever is not plainly a chunk goes on as
it is, from there to the end: what is wrong with it is h11's to say.
"""

import re

import httpcore

from generations.gateway.http import head_limits
from generations.gateway.http.streams import WrappedStream

__all__ = ["ChunkMerger", "MergedChunks"]

_MOST_HEADER = 300  # bytes of a chunk's size and extensions that are waited for
_HEADER = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;[^\r\n]*+|[ \t]*+)\r\n")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n(?![ \t])", re.IGNORECASE)
_ANY_CODING = re.compile(rb"\r?\ntransfer-encoding", re.IGNORECASE)
_NO_BODY = (b"204", b"304")


class ChunkMerger:
    """Merges the chunks of one body, which it is fed from its first byte on."""

    def __init__(self) -> None:
        self._left = 0  # bytes that the chunk has yet to bring
        self._closes = False  # its data is whole, its line break is due
        self._held = b""
        self._is_raw = False

    def feed(self, data: bytes) -> bytes:
        """These bytes as one chunk; b"" where they hold no data yet."""
        if self._is_raw:
            return data
        data, self._held = self._held + data, b""
        pieces: list[bytes] = []
        at, is_plain = self._walk(data, pieces)
        merged = b"".join(pieces)
        chunk = b"%x\r\n%b" % (len(merged), merged) if merged else b""
        if not is_plain:
            self._is_raw = True
            return chunk + (b"\r\n" if merged and not self._closes else b"") + data[at:]
        self._held = data[at:]
        return chunk + b"\r\n" if merged else b""

    def _walk(self, data: bytes, pieces: list[bytes]) -> tuple[int, bool]:
        """Collect the data of the chunks; gives the place up to which they are plain, and whether more may follow."""
        at, end = 0, len(data)
        while at < end:
            if self._left:
                pieces.append(data[at : at + self._left])
                at += len(pieces[-1])
                self._left -= len(pieces[-1])
                self._closes = not self._left
            elif self._closes:
                if not data.startswith(b"\r\n", at):
                    return at, data[at:] == b"\r"
                at, self._closes = at + 2, False
            else:
                header = _HEADER.match(data, at)
                if header is None:
                    return at, _may_come(data[at:])
                if (size := int(header[1], 16)) == 0:  # the last one; trailers follow it
                    return at, False
                at, self._left = header.end(), size
        return at, True

    def rest(self) -> bytes:
        """What was waited for in vain, at the end of the connection."""
        held, self._held = self._held, b""
        return held


def _may_come(header: bytes) -> bool:
    """Whether it may be the beginning of a chunk's header."""
    return len(header) < _MOST_HEADER and b"\n" not in header


class MergedChunks(WrappedStream):
    """A stream, for one answer, whose chunks are merged."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        super().__init__(stream)
        self._head: bytearray | None = bytearray()
        self._body: ChunkMerger | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            data = self.stream.read(max_bytes, timeout)
            if not data:
                return self._body.rest() if self._body else b""
            if made := self._merged(data):
                return made

    def _merged(self, data: bytes) -> bytes:
        if self._head is not None:
            return self._in_head(self._head, data)
        return self._body.feed(data) if self._body else data

    def _in_head(self, head: bytearray, data: bytes) -> bytes:
        """The head goes on as it is; what comes behind it is the body."""
        seen = len(head)
        head += data
        end = head_limits.end_of(head, seen)
        while end is not None and head[9:10] == b"1":  # an interim answer: another one follows
            del head[:end]
            end = head_limits.end_of(head, 0)
        if end is None:
            return data
        self._head, body = None, bytes(head[end:])
        if is_chunked(bytes(head[:end])):
            self._body = ChunkMerger()
            return data[: len(data) - len(body)] + self._body.feed(body)
        return data


def is_chunked(head: bytes) -> bool:
    """Whether an answer's body is chunked and nothing else, for certain."""
    return (
        head.startswith(b"HTTP/1.1 ")
        and head[9:12] not in _NO_BODY
        and len(_ANY_CODING.findall(head)) == 1
        and bool(_CHUNKED.search(head))
    )
