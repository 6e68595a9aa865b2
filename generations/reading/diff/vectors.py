"""Embeddings: the numbers of a vector, and how near two of them are."""

import base64
import binascii
import math
from array import array
from operator import mul
from typing import TypeAlias

from generations.gateway.rawjson.values import Number, Value, is_text

Vector: TypeAlias = list[float]


def vector(value: Value) -> Vector | None:
    """The numbers of an embedding: a list of numbers, or base64 of little-endian 32-bit floats. None for anything else.

    public reference: embeddings, `encoding_format` float and base64.
    """
    if isinstance(value, list):
        return _listed(value)
    return _packed(str(value)) if is_text(value) else None


def _listed(values: list[Value]) -> Vector | None:
    if not values or not all(isinstance(value, Number) for value in values):
        return None
    return list(map(float, values))  # type: ignore[arg-type]


def _packed(text: str) -> Vector | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if not raw or len(raw) % 4:
        return None
    floats = array("f", raw)
    if array("H", [1]).tobytes() != b"\x01\x00":  # a machine that counts the other way round
        floats.byteswap()
    return floats.tolist()


def cosine(first: Vector, second: Vector) -> float | None:
    """From -1 to 1, 1 for the same direction. None for two lengths, for no direction, or beyond the range of floats."""
    if len(first) != len(second):
        return None
    length = math.sqrt(_dot(first, first)) * math.sqrt(_dot(second, second))
    if not length or not math.isfinite(length):
        return None
    return max(-1.0, min(1.0, _dot(first, second) / length))


def _dot(first: Vector, second: Vector) -> float:
    return float(sum(map(mul, first, second)))
