"""Levels of the JSON explorer in large records are those of small ones, and read little."""

import json

from generations.reading.explorer import json_nodes, levels
from generations.reading.large.index import LocatedValue, MemorySource, locate
from generations.reading.large.index_builder import survey
from generations.reading.page_types.outline import Node

MANY = [{"n": number, "text": "x" * 700} for number in range(300)]


def found(raw: bytes, at: str = "") -> LocatedValue:
    value = locate(MemorySource(raw), survey(raw), at)
    assert value is not None
    return value


def test_a_large_list_has_the_levels_of_a_small_one() -> None:
    raw = json.dumps(MANY).encode()
    for start in (0, 100, 250, 300):
        assert levels.level(found(raw), "/r", start) == json_nodes.level(raw, "/r", start)


def test_large_members_are_not_read() -> None:
    raw = json.dumps({"a": 1, "messages": MANY, "text": "é" * 100_000, "b": []}, ensure_ascii=False).encode()
    assert levels.level(found(raw), "") == [
        Node("a", "number", "/a", "1"),
        Node("messages", "list", "/messages", "217 KB", more=True),
        Node("text", "string", "/text", "é" * 80 + "… 200 KB", more=True),
        Node("b", "list", "/b", "2 B"),
    ]


def test_a_string_has_no_members() -> None:
    assert levels.level(found(json.dumps("x" * 100_000).encode()), "") == []


def test_the_tree_of_a_record_that_is_not_parsed() -> None:
    tree = levels.tree(found(json.dumps({str(key): "x" * 2000 for key in range(150)}).encode()))
    assert tree is not None
    assert (len(tree.children), tree.rest) == (100, 50)
    assert levels.tree(LocatedValue.held(b"{}")) is None
