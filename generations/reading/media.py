"""Images, sound, video and files inside a record: what they are, and their bytes."""

import base64
import binascii
import re
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Medium:
    """The bytes of a medium. `mime` is from the allow-list; `inline` says whether a page may show it."""

    mime: str
    content: bytes
    inline: bool
    suffix: str


def data_url_type(text: str) -> str | None:
    """The media type of a base64 data URL in lower case, None if `text` is not one."""
    found = _DATA_URL.match(text[:200])
    return normal(found[1] or "text/plain") if found and found[3] else None


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
    return max(0, (len(text) - start) * 3 // 4 - text[-2:].count("="))


def decode(text: str, mime: str = "") -> Medium | None:
    """The medium in a data URL, or in bare base64 text of type `mime`; None when it is neither."""
    told = data_url_type(text)
    body = text.partition(",")[2] if told else text
    try:
        content = base64.b64decode(re.sub(r"\s", "", body).translate(_URL_SAFE) + "==", validate=False)
    except (binascii.Error, ValueError):
        return None
    return medium(content, told or normal(mime))


def medium(content: bytes, mime: str) -> Medium:
    """`content` under a type that a browser may be told."""
    if mime in SHOWN:
        return Medium(mime, content, True, mime.partition("/")[2])
    if mime in SAVED:
        return Medium(mime, content, False, SAVED[mime])
    return Medium("application/octet-stream", content, False, "bin")


_URL_SAFE = str.maketrans("-_", "+/")
