"""What all page data is made of."""

from typing import Literal
from urllib.parse import quote

import msgspec
from msgspec import Struct

from generations.gateway.rawjson.display import visible

Tone = Literal["good", "bad", "warn", "run", "none"]


class Shape(Struct, frozen=True, omit_defaults=True):
    """Immutable, quick to load, and small as JSON: members with their default value are left out."""


def encoded(shape: Shape) -> str:
    """Its JSON text for a text column: no NUL, no lone surrogate."""
    try:
        return msgspec.json.encode(shape).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_visible(msgspec.to_builtins(shape))).decode()


def _visible(value: object) -> object:
    if isinstance(value, dict):
        return {key: _visible(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_visible(child) for child in value]
    return visible(value) if isinstance(value, str) else value


def quoted(at: str) -> str:
    """A pointer, ready for an address. A lone surrogate in it, which no address can carry, is replaced."""
    return quote(at, safe="", errors="replace")


class Cause(Shape, frozen=True):
    """Why something is missing or impossible. Unless `sure`, the record cannot prove it; the page says so."""

    code: str
    what: str
    fix: str
    sure: bool = True


class Fact(Shape, frozen=True):
    """A labelled value; `title` holds the exact one."""

    label: str
    value: str
    title: str = ""
    note: str = ""
