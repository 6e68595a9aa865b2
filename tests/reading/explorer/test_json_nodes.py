"""JSON level by level, and exact values by pointer."""

import json

import pytest

from generations.gateway.rawjson.values import loads
from generations.reading.explorer import json_nodes
from generations.reading.page_types.outline import Node

RAW = b'{"a": {"b": [1e2, "x", null]}, "k/1": {"~": "y"}, "0": [["deep"]], "s": "\\ud800"}'


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("", RAW),
        ("/a/b", b'[1e2, "x", null]'),
        ("/a/b/0", b"1e2"),
        ("/k~11/~0", b'"y"'),
        ("/0/0/0", b'"deep"'),
        ("/s", b'"\\ud800"'),
        ("/a/b/9", None),
        ("/a/b/x", None),
        ("/nowhere/at/all", None),
        ("/a/b/1/0", None),
    ],
)
def test_values_are_cut_exactly(at: str, value: bytes | None) -> None:
    assert json_nodes.cut(RAW, at) == value


def test_deep_nesting_is_cut_too() -> None:
    deep = b'{"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    found = json_nodes.cut(deep, "/a/0/0")
    assert found is not None
    assert len(found) == 99_996


def test_a_level_shows_its_members() -> None:
    assert json_nodes.level(b'{"a": 1, "b": {"c": 2}, "d": [], "e": "t", "f": null, "g": true}', "/r") == [
        Node("a", "number", "/r/a", "1"),
        Node("b", "object", "/r/b", "8 B", more=True),
        Node("d", "list", "/r/d", "2 B"),
        Node("e", "string", "/r/e", "t"),
        Node("f", "null", "/r/f", "null"),
        Node("g", "true", "/r/g", "true"),
    ]


def test_a_long_level_comes_in_pages() -> None:
    raw = json.dumps(list(range(250))).encode()
    assert [len(json_nodes.level(raw, "", start)) for start in (0, 100, 200, 300)] == [100, 100, 50, 0]
    assert json_nodes.level(raw, "", 200)[0] == Node("200", "number", "/200", "200")
    assert json_nodes.length(raw) == 250


def test_the_tree_has_two_levels() -> None:
    tree = json_nodes.tree(loads('{"a": 1, "b": {"c": [1], "d": 2}}'))
    assert tree == Node(
        "",
        "object",
        "",
        "2 members",
        children=[
            Node("a", "number", "/a", "1"),
            Node(
                "b",
                "object",
                "/b",
                "2 members",
                children=[Node("c", "list", "/b/c", "1 item", more=True), Node("d", "number", "/b/d", "2")],
            ),
        ],
    )


def test_a_wide_tree_is_bounded() -> None:
    tree = json_nodes.tree(loads(json.dumps({str(key): {"x": 1} for key in range(1000)})))
    assert (len(tree.children), tree.rest) == (250, 750)


def test_long_keys_and_texts_leave_the_tree_within_its_room() -> None:
    keys = {"é" * 1500 + str(number): {"x" * 160: "y" * 500} for number in range(300)}
    tree = json_nodes.tree(loads(json.dumps(keys)))
    assert (len(tree.children) + tree.rest, len(tree.children) < 10) == (300, True)


def test_a_pointer_that_no_address_can_carry_is_left_out() -> None:
    key = "k" * 3000
    for node in (
        json_nodes.tree(loads(json.dumps({key: {"a": 1}}))).children[0],
        json_nodes.level(json.dumps({key: {"a": 1}}).encode(), "")[0],
    ):
        assert (node.key, node.kind, node.at, node.more, node.children) == (
            key[:160],
            "object",
            "",
            False,
            [],
        )
