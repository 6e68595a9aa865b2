"""Images, sound, video and files inside a record: what they are, and their bytes."""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from generations.reading.text import byte_size

# Shown in the page. Everything else, SVG and HTML first of all, is only ever a download.
SHOWN = {
    *("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"),
    *("audio/mpeg", "audio/wav", "audio/ogg", "audio/webm", "audio/flac", "audio/aac", "audio/mp4"),
    *("video/mp4", "video/webm"),
}
SAVED = {"application/pdf": "pdf", "image/svg+xml": "svg", "text/plain": "txt", "text/csv": "csv"}
SAME = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/m4a": "audio/mp4",
    "audio/opus": "audio/ogg",
    "audio/x-flac": "audio/flac",
}
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w-]+=[^;,]*)*)(;base64)?,", re.IGNORECASE)


Texts = Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Medium:
    """A medium in base64. `mime` is from the allow-list; `inline` says whether a page may show it; `size` is in bytes.

    Its text is read anew, in pieces, whenever its bytes are asked for.
    """

    mime: str
    inline: bool
    suffix: str
    size: int
    texts: Texts

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Its bytes from start to end, in pieces."""
        at, end = 0, self.size if end is None else end
        for piece in _decoded(self.texts()):
            if at + len(piece) > start:
                yield piece[max(0, start - at) : end - at]
            at += len(piece)
            if at >= end:
                return

    @property
    def content(self) -> bytes:
        return b"".join(self.pieces())


def data_url_type(text: str) -> str | None:
    """The media type of a base64 data URL in lower case, None if `text` is not one."""
    found = _DATA_URL.match(text[:200])
    return normal(found[1] or "text/plain") if found and found[3] else None


def sniffed(text: str) -> str:
    """The type of bare base64 text by its first letters, "" where they say nothing."""
    if not _BASE64.match(text[:200]):
        return ""
    return next((mime for letters, mime in _FIRST.items() if text.startswith(letters)), "")


_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}+={0,2}\s*\Z")
_FIRST = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "_9j_": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBERi0": "application/pdf",
}


def normal(mime: str) -> str:
    """A media type in its usual spelling, without parameters."""
    plain = mime.partition(";")[0].strip().lower()
    return SAME.get(plain, plain)


def kind(mime: str) -> str:
    """image, audio, video or file."""
    family = mime.partition("/")[0]
    return family if family in ("image", "audio", "video") else "file"


def decoded_size(text: str) -> int:
    """About how many bytes a data URL or base64 text holds."""
    start = text.find(",", 0, 200) + 1 if text.startswith("data:") else 0
    return max(0, (byte_size(text) - start) * 3 // 4 - text[-2:].count("="))


def dimensions(text: str) -> tuple[int, int]:
    """Width and height in px of a picture in base64, by its first bytes; (0, 0) where they do not say."""
    head = b"".join(_decoded([text[:DIMENSIONS_IN]]))
    if head.startswith(b"\x89PNG"):
        return _pair(head, 16, "big", 4)
    if head.startswith(b"GIF8"):
        return _pair(head, 6, "little", 2)
    if head[8:15] == b"WEBPVP8" and head[15:16] in b"X ":
        wide = head[15:16] == b"X"
        width, height = _pair(head, 24 if wide else 26, "little", 3 if wide else 2)
        return (width + 1, height + 1) if wide else (width & 0x3FFF, height & 0x3FFF)
    found = _JPEG_FRAME.search(head) if head.startswith(b"\xff\xd8") else None
    return _pair(head, found.end(), "big", 2)[::-1] if found else (0, 0)


DIMENSIONS_IN = 90_000  # characters
_JPEG_FRAME = re.compile(rb"\xff[\xc0-\xc3]\x00.\x08", re.DOTALL)


def _pair(head: bytes, at: int, order: Literal["big", "little"], size: int) -> tuple[int, int]:
    first, second = (int.from_bytes(head[at + n * size : at + (n + 1) * size], order) for n in (0, 1))
    return (first, second) if 0 < first < 2**16 and 0 < second < 2**16 else (0, 0)


def find(texts: Texts, mime: str = "") -> Medium | None:
    """The medium in a data URL, or in bare base64 text of type `mime`; None when it is neither."""
    declared = data_url_type(next(iter(texts()), ""))
    letters = sum(len(piece) for piece in _letters(texts()))
    if letters % 4 == 1:
        return None
    return medium(declared or normal(mime), letters * 3 // 4, texts)


def decode(text: str, mime: str = "") -> Medium | None:
    """The same, of a text in memory."""
    return find(lambda: [text], mime)


def medium(mime: str, size: int, texts: Texts) -> Medium:
    """A medium under a type that is safe to send to a browser."""
    if mime in SHOWN:
        return Medium(mime, True, mime.partition("/")[2], size, texts)
    if mime in SAVED:
        return Medium(mime, False, SAVED[mime], size, texts)
    return Medium("application/octet-stream", False, "bin", size, texts)


_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_OTHERS = bytes(set(range(256)) - {*_ALPHABET, *b"-_"})


def _letters(texts: Iterable[str]) -> Iterator[bytes]:
    """The letters of base64 alone, without what a data URL begins with, up to the padding."""
    for number, text in enumerate(texts):
        body = text.partition(",")[2] if number == 0 and data_url_type(text) else text
        plain, padding, _ = body.partition("=")
        yield plain.encode("ascii", "ignore").translate(_URL_SAFE, _OTHERS)
        if padding:
            return


def _decoded(texts: Iterable[str]) -> Iterator[bytes]:
    rest = b""
    for letters in _letters(texts):
        rest += letters
        whole = len(rest) // 4 * 4
        yield binascii.a2b_base64(rest[:whole])
        rest = rest[whole:]
    yield binascii.a2b_base64(rest + b"=" * (-len(rest) % 4))
