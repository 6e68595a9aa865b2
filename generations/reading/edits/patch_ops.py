"""Members of a request's body set and taken out, as patches."""

from typing import TypeAlias

from generations.gateway.rawjson.values import Value, canonical
from generations.reading import text
from generations.reading.edits.json_patch import Operation, Patch
from generations.reading.text import pointer

Body: TypeAlias = dict[str, Value]


class VariationRefused(ValueError):
    """The value is not possible for this request. Its text is a sentence for the field."""


def put(body: Body, value: Value, *path: str) -> Patch:
    """Set the member at `path`, with the objects around it where they are missing. () when it has that value."""
    holder = body
    for depth, key in enumerate(path[:-1], 1):
        inner = holder.get(key)
        if not isinstance(inner, dict):
            for outer in reversed(path[depth:]):
                value = {outer: value}
            return (Operation("add", pointer(*path[:depth]), value),)
        holder = inner
    if path[-1] in holder and canonical(holder[path[-1]]) == canonical(value):
        return ()
    return (Operation("add", pointer(*path), value),)


def drop(body: Body, *path: str) -> Patch:
    """Take the member at `path` out. () when it is not there."""
    holder = text.inside(body, *path[:-1])
    return (Operation("remove", pointer(*path)),) if isinstance(holder, dict) and path[-1] in holder else ()
