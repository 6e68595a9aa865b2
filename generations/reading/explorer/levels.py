"""Levels of the JSON explorer in records of any size: what is large is not read for it."""

from generations.gateway.rawjson.display import visible
from generations.reading.explorer import json_nodes
from generations.reading.explorer.json_nodes import LENGTH, WIDTH
from generations.reading.figures import formatting
from generations.reading.large import index, strings
from generations.reading.large.index import LocatedValue, Step
from generations.reading.page_types.outline import Node
from generations.reading.text import below, head

KINDS = {"{": "object", "[": "list", '"': "string"}


def level(found: LocatedValue, at: str, start: int = 0) -> list[Node]:
    """The members from position `start` on of the value at pointer `at`."""
    if found.span.kind == '"':
        return []
    if not found.span.marks:
        return json_nodes.level(found.read(), at, start)
    return [node(key, value, below(at, key)) for key, value in index.members(found, start, WIDTH)]


def tree(found: LocatedValue) -> Node | None:
    """The first level of a record, closed."""
    if not found.span.marks:
        return None
    shown = level(found, "")
    return Node("", "object", "", "", children=shown, rest=max(0, found.span.count - len(shown)))


def node(key: Step, value: LocatedValue, at: str) -> Node:
    """A member that can be opened, or read in full, at `at`."""
    kind = value.span.kind
    if not kind:
        return json_nodes.shallow(key, value.read(), at)
    size, shown = formatting.size(value.size), ""
    if kind == '"':
        size = formatting.size(value.span.count or value.size)
        shown = visible(strings.window(value, 0, LENGTH)[0]) + "… "
    return json_nodes.reachable(Node(head(str(key), LENGTH), KINDS[kind], at, shown + size, more=True))  # type: ignore[arg-type]
