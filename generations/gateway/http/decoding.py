"""Bodies under a content coding, decoded piece by piece: no piece grows beyond `PIECE`, however well it was packed.

We ask for `identity`; what comes packed all the same is read when it was packed once, by gzip or deflate.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping

__all__ = ["PIECE", "codings", "decoded", "is_known"]

PIECE = 64 * 2**10
_KNOWN = ("gzip", "x-gzip", "deflate")


def codings(headers: Mapping[str, str]) -> list[str]:
    """The codings of an answer in the order they were applied, `identity` left out. `headers` have lower-case names."""
    listed = headers.get("content-encoding", "").lower().split(",")
    return [name for coding in listed if (name := coding.strip()) not in ("", "identity")]


def is_known(applied: list[str]) -> bool:
    """Whether this can be decoded: one coding at most, and one we know."""
    return not applied or (len(applied) == 1 and applied[0] in _KNOWN)


def decoded(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """The body in pieces of at most `PIECE` bytes. Raises zlib.error when it is damaged or breaks off."""
    unpack = None
    for chunk in chunks:
        while chunk:
            unpack = unpack or _unpacker(coding, chunk)
            piece = unpack.decompress(chunk, PIECE)
            if piece:
                yield piece
            if unpack.eof:  # gzip may go on with another member
                chunk, unpack = (unpack.unused_data if coding != "deflate" else b""), None
            else:
                chunk = unpack.unconsumed_tail
                if not chunk and len(piece) == PIECE:
                    yield from _rest(unpack)
                    unpack = None if unpack.eof else unpack
    if unpack is not None:
        raise zlib.error("the packed data breaks off")


def _rest(unpack: "zlib._Decompress") -> Iterator[bytes]:
    """What zlib still holds after it took all of a chunk."""
    while piece := unpack.decompress(b"", PIECE):
        yield piece


def _unpacker(coding: str, start: bytes) -> "zlib._Decompress":
    """`deflate` is sent with zlib's header, or raw by servers that know no better."""
    if coding != "deflate":
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    with_header = start[0] & 0x0F == 8 and (len(start) < 2 or (start[0] * 256 + start[1]) % 31 == 0)
    return zlib.decompressobj(zlib.MAX_WBITS if with_header else -zlib.MAX_WBITS)
