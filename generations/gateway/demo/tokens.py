"""Counting and seeded variation: plausible figures that are the same in every run."""

import hashlib
import json
import re
from typing import Any

from generations.gateway.demo.javascript import numbers
from generations.gateway.demo.shapes import Json, Reply, StoryTiming, StoryUsage

IMAGE_TOKENS = 765


def seeded(name: str, low: int, high: int) -> int:
    """A number from `low` to `high` that depends on the name only."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return low + int.from_bytes(digest[:6]) % (high - low + 1)


def count(text: str) -> int:
    """About how many tokens a text has."""
    return max(1, round(len(text) / 4)) if text else 0


def _parts(value: Any) -> int:
    if isinstance(value, str):
        return IMAGE_TOKENS if value.startswith("data:") else count(value)
    if isinstance(value, dict):
        return sum(_parts(item) for item in value.values())
    return sum(_parts(item) for item in value) if isinstance(value, list) else 0


def measure(body: Json, reply: Reply | None) -> StoryUsage:
    """The usage of a request and its reply, counted from their text."""
    asked = ("messages", "input", "system", "instructions", "tools", "prompt", "query", "documents")
    spent = sum(_parts(body.get(name)) for name in asked)
    if reply is None or reply.whole is not None:
        return StoryUsage(input=spent)
    said = count(reply.text + reply.refusal) + sum(count(call.name + call.arguments) for call in reply.calls)
    thought = count(reply.reasoning)
    return StoryUsage(spent, said + thought, thought)


def usual_timing(name: str, usage: StoryUsage, speed: int) -> StoryTiming:
    """Believable times for a reply of that length at `speed` tokens per second."""
    first = seeded(name + "/first", 230, 780)
    return StoryTiming(
        first, first + round(1000 * usage.output / speed) + seeded(name, 3, 40), seeded(name + "/own", 21, 88)
    )


def compact(value: Any) -> str:
    """One-line JSON, as it stands in a frame; floats as JavaScript writes them."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return numbers(text) if _PYTHONIC.search(text) else text


_PYTHONIC = re.compile(r"\de[+-]\d|\.0\b")


def encode(text: str) -> bytes:
    """UTF-8 of JSON text; lone surrogates become escapes, as JSON.stringify writes them."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text).encode()
