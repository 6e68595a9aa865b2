"""Remote bytes for a browser that neither guesses at nor runs them: whole or a range, large ones in pieces."""

import re
from collections.abc import Callable, Iterator
from itertools import chain

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

AT_ONCE = 256 * 1024  # bytes of an answer that is not worth a thread of its own
Pieces = Iterator[bytes]


def download(
    content: bytes | Pieces, kind: str, name: str = "", *, size: int | None = None, inline: bool = False
) -> HttpResponseBase:
    """Bytes, or pieces of `size` bytes in all (None: unknown until they are read)."""
    response = _response(content, size)
    response["Content-Type"] = kind
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:120]
    how = "inline" if inline else "attachment"
    response["Content-Disposition"] = f'{how}; filename="{safe}"' if safe else how
    return response


def _response(content: bytes | Pieces, size: int | None) -> HttpResponseBase:
    """What is short is sent at once, the rest while it is read."""
    if isinstance(content, bytes):
        return HttpResponse(content)
    begun = bytearray()
    for piece in content:
        begun += piece
        if len(begun) > AT_ONCE:
            break
    else:
        return HttpResponse(bytes(begun))
    response = StreamingHttpResponse(chain([bytes(begun)], content))
    if size is not None:
        response["Content-Length"] = str(size)
    return response


_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


def part_of(
    request: HttpRequest,
    pieces: Callable[[int, int], Pieces],
    size: int,
    kind: str,
    name: str,
    *,
    inline: bool,
) -> HttpResponseBase:
    """`size` bytes that `pieces(start, end)` gives, or the one range of them that is asked for: 206, or 416."""
    span = wanted_range(request, size)
    if span is None:
        response = download(pieces(0, size), kind, name, size=size, inline=inline)
    elif span[0] >= span[1]:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
    else:
        start, end = span
        response = download(pieces(start, end), kind, name, size=end - start, inline=inline)
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response["Accept-Ranges"] = "bytes"
    return response


def wanted_range(request: HttpRequest, size: int) -> tuple[int, int] | None:
    """The one range that is asked for, empty if it cannot be met; None for everything else, which is answered in full.

    RFC 9110, 14.2: several ranges and malformed ones may be ignored; If-Range names a validator that we do not send.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or "If-Range" in request.headers or not (asked[1] or asked[2]):
        return None
    if not asked[1]:
        return max(0, size - int(asked[2])), size
    start, end = int(asked[1]), min(int(asked[2] or size) + 1, size)
    if asked[2] and int(asked[2]) < start:
        return None
    return (start, end) if start < size else (0, 0)
