"""JSON level by level: what stands in a box, cut short, without reading more than is shown."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import islice

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.spans import entries, member
from generations.gateway.rawjson.values import Number, Unreadable, Value, loads
from generations.reading import text
from generations.reading.figures import formatting
from generations.reading.page_types.outline import Node
from generations.reading.text import Step, below, steps

WIDTH = 100  # members of one level
LENGTH = 160  # characters of one value
TOP, INNER, BUDGET = 250, 40, 160  # of the tree made at lookup: members of it, of one box in it, of all boxes
ROOM, MARKUP = 80_000, 130  # characters of HTML of that tree, and of one node besides its texts
LONGEST = 2000  # characters of a pointer that an address may carry


class _Room:
    """How many more nodes, and characters of HTML, the tree may have."""

    def __init__(self) -> None:
        self.nodes, self.left = BUDGET, ROOM

    def fit(self, nodes: list[Node]) -> list[Node]:
        """The first of them, as many as there is room for."""
        for taken, node in enumerate(nodes):
            self.left -= MARKUP + len(node.key) + len(node.value) + len(node.at)
            self.left -= 2 * len(node.query) if node.more else 0
            if self.left < 0:
                return nodes[:taken]
        return nodes


def tree(value: Value, at: str = "") -> Node:
    """The first level of a value in full (up to 250 members), and what stands in its boxes as far as it fits."""
    room = _Room()
    top = _box("", value, at, TOP, room)
    children = []
    for child in top.children:
        opens = child.more and child.is_box and room.nodes > 0
        opened = _opened(child, value, room) if opens else child
        room.nodes -= len(opened.children)
        children.append(opened)
    return Node(top.key, top.kind, at, top.value, top.more, children, top.rest)


def _opened(node: Node, parent: Value, room: _Room) -> Node:
    """The node with its members, as far as there is room."""
    key = steps(node.at)[-1]
    value = (
        parent[key] if isinstance(parent, dict) else parent[int(key)] if isinstance(parent, list) else None
    )
    opened = _box(node.key, value, node.at, min(INNER, room.nodes), room)
    return opened if opened.children else node


def _box(key: str, value: Value, at: str, width: int, room: _Room) -> Node:
    """A box with its first `width` members; a scalar as it is."""
    if not isinstance(value, dict | list):
        return closed(key, value, at)
    pairs: Iterable[tuple[Step, Value]] = value.items() if isinstance(value, dict) else enumerate(value)
    children = room.fit([_member(name, child, at) for name, child in islice(pairs, width)])
    shut = closed(key, value, at)
    return Node(key, shut.kind, at, shut.value, False, children, len(value) - len(children))


def _member(name: Step, value: Value, at: str) -> Node:
    """A member of the box at `at`, closed. Without a pointer where no address can carry that: see `reachable`."""
    key, inner = visible(str(name)), below(at, name)
    if key == str(name) and len(inner) <= LONGEST:  # all of it can be shown, so its pointer can be carried
        return closed(key[:LENGTH], value, inner)
    return reachable(closed(key[:LENGTH], value, inner))


def reachable(node: Node) -> Node:
    """The node; without its pointer where no address can carry that: its box is read raw then."""
    fits = len(node.at) <= LONGEST and visible(node.at) == node.at
    return node if fits else Node(node.key, node.kind, "", node.value)


def closed(key: str, value: Value, at: str) -> Node:
    """A box that is not opened; a text, a number, true, false or null."""
    match value:
        case dict():
            return Node(key, "object", at, formatting.plural(len(value), "member"), bool(value))
        case list():
            return Node(key, "list", at, formatting.plural(len(value), "item"), bool(value))
        case Number():
            more = len(value) > LENGTH
            return Node(key, "number", at, value[:LENGTH] + ("…" if more else ""), more)
        case str():
            more = len(value) > LENGTH
            size = f"… {formatting.size(text.byte_size(value))}" if more else ""
            return Node(key, "string", at, visible(value[:LENGTH]) + size, more)
        case None:
            return Node(key, "null", at, "null")
    return Node(key, "true", at, "true") if value else Node(key, "false", at, "false")


# -- on request --------------------------------------------------------------------------------------------


def cut(raw: bytes, at: str) -> bytes | None:
    """The exact bytes of the value at pointer `at` of JSON text `raw`, None if there is none."""
    found: bytes | None = raw
    for step in steps(at):
        found = _child(found, step) if found is not None else None
    return found


def _child(raw: bytes, step: str) -> bytes | None:
    is_list = raw.lstrip()[:1] == b"["
    return member(
        raw, int(step) if is_list and step.isascii() and step.isdecimal() and len(step) < 10 else step
    )


def level(raw: bytes, at: str, start: int = 0) -> list[Node]:
    """The members from position `start` on of the box whose JSON text is `raw` and whose pointer is `at`."""
    return [reachable(shallow(key, part, below(at, key))) for key, part in children(raw, start)]


def children(raw: bytes, start: int = 0, width: int = WIDTH) -> "list[tuple[str | int, bytes]]":
    """Up to `width` members of a box from position `start` on, with their exact bytes.

    Of duplicate keys the last counts. A scalar has no members.
    """
    if raw.lstrip()[:1] == b"[":
        with suppress(Unreadable):
            return [(key, raw[at:to]) for key, at, to in islice(entries(raw), start, start + width)]
    spans = _spans(raw)
    return [(key, raw[at:to]) for key, (at, to) in islice(spans.items(), start, start + width)]


def length(raw: bytes) -> int:
    """How many members a box has; 0 for a scalar."""
    return len(_spans(raw))


def _spans(raw: bytes) -> "dict[str | int, tuple[int, int]]":
    """Where the values of a box stand; none of one that is damaged."""
    try:
        return {key: (at, to) for key, at, to in entries(raw)}
    except Unreadable:
        return {}


def shallow(key: str | int, part: bytes, at: str) -> Node:
    name, mark = text.head(str(key), LENGTH), part[:1]
    if mark in (b"{", b"["):
        kind = "object" if mark == b"{" else "list"
        empty = len(part) < 100 and not part[1:-1].strip()
        return Node(name, kind, at, formatting.size(len(part)), not empty)  # type: ignore[arg-type]
    try:
        return closed(name, loads(part), at)
    except Unreadable:
        return Node(
            name, "string", at, text.head(part[:LENGTH].decode("utf-8", "replace")), len(part) > LENGTH
        )
