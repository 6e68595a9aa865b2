"""Small real media, made in code: a picture, a tune, a silent MP3, a vector."""

import base64
import math
import struct
import zlib
from functools import lru_cache

from generations.gateway.demo.tokens import seeded


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


@lru_cache(32)
def png(name: str, width: int = 96, height: int = 64) -> bytes:
    """A landscape: a sky that fades, a sun and hills. Another name gives other colours."""
    hue, sun = seeded(name, 0, 90), seeded(name + "/sun", 16, width - 16)
    rows = (b"\0" + bytes(_pixels(y, width, height, hue, sun)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _pixels(y: int, width: int, height: int, hue: int, sun: int) -> list[int]:
    line: list[int] = []
    for x in range(width):
        hill = height * (0.66 + 0.09 * math.sin((x + hue) / 11) + 0.05 * math.sin(x / 4.3))
        if y > hill:
            line += (40 + hue // 2, 96 + (y % 5) * 3, 70)
        elif math.hypot(x - sun, y - height / 3) < height / 8:
            line += (250, 214, 120)
        else:
            line += (min(90 + hue + y, 255), min(150 + y // 2, 255), max(230 - y, 0))
    return line


def picture(name: str, width: int = 96, height: int = 64) -> str:
    """The PNG in base64."""
    return base64.b64encode(png(name, width, height)).decode()


def picture_url(name: str) -> str:
    """The PNG as a data URL."""
    return f"data:image/png;base64,{picture(name)}"


@lru_cache(8)
def wav(name: str, seconds: float = 1.5, rate: int = 8000) -> bytes:
    """A few soft notes, 8 bit mono."""
    total = int(seconds * rate)
    notes = [220 * 2 ** (seeded(f"{name}/{beat}", 0, 12) / 12) for beat in range(6)]
    samples = bytearray(total)
    for n in range(total):
        beat, inside = divmod(n, max(total // 6, 1))
        fade = 1 - inside / max(total // 6, 1)
        samples[n] = int(128 + 60 * fade * math.sin(2 * math.pi * notes[min(beat, 5)] * n / rate))
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate, rate, 1, 8)
    parts = b"WAVEfmt " + form + b"data" + struct.pack("<I", total) + bytes(samples)
    return b"RIFF" + struct.pack("<I", len(parts)) + parts


def mp3(frames: int = 40) -> bytes:
    """Silence that players accept: MPEG-1 layer III, 128 kbit/s, 44.1 kHz, 417 bytes a frame."""
    return (b"\xff\xfb\x90\xc0" + bytes(413)) * frames


def vector(text: str, size: int) -> list[float]:
    """A unit vector; texts that share words lie near each other."""
    values = [0.0] * size
    for word in text.lower().split() or [""]:
        for turn in range(8):
            values[seeded(f"{word}/{turn}", 0, size - 1)] += seeded(f"{word}/{turn}/w", -1000, 1000) / 1000
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [round(value / length, 8) for value in values]


def packed(values: list[float]) -> str:
    """A vector as base64 of little-endian floats, for `encoding_format: base64`."""
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
