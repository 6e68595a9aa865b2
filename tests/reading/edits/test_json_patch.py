"""Patches: what is addressed changes, every other byte stays."""

import copy
from collections.abc import Callable
from random import Random
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpointer import JsonPointerException

from generations.gateway.rawjson.spans import member, span
from generations.gateway.rawjson.values import MAX_DEPTH, Number, Value, dumps, loads
from generations.reading.edits import json_patch
from generations.reading.edits.json_patch import Operation, Patch, PatchRefused, apply, between, read, write
from generations.reading.text import pointer
from tests.reading.documents import BOXES, RANDOMS, SCALARS, TEXTS, VALUES, places, plain, unordered, written

Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def operations(draw: Draw, value: Value) -> Operation:
    """An operation at a place of the value, or next to one."""
    path = draw(st.sampled_from(places(value)))
    if draw(st.integers(0, 3)) == 0:
        path = (*path, draw(TEXTS | st.integers(0, 5).map(str)))
    op = draw(st.sampled_from(["add", "replace", "remove"]))
    return Operation(op, pointer(*path), None if op == "remove" else draw(VALUES))


def expected(value: Value, patch: Patch) -> Value | None:
    """The reference implementation on the parsed value; None when it refuses."""
    try:
        done: Value = jsonpatch.JsonPatch(
            [
                {"op": operation.op, "path": operation.path}
                | ({} if operation.op == "remove" else {"value": copy.deepcopy(operation.value)})
                for operation in patch
            ]
        ).apply(copy.deepcopy(value))
    except (jsonpatch.JsonPatchException, JsonPointerException):
        return None
    return done


@given(BOXES, RANDOMS, st.data())
def test_a_patched_request_is_what_the_reference_makes_of_the_parsed_one(
    value: Value, random: Random, data: st.DataObject
) -> None:
    body = written(value, random)
    made: list[Operation] = []
    current: Value = value
    for _ in range(data.draw(st.integers(0, 4))):
        operation = data.draw(operations(current))
        reference = (
            None if (operation.op, operation.path) == ("remove", "") else expected(current, (operation,))
        )
        if reference is None and not (operation.path == "" and operation.op != "remove"):
            with pytest.raises(PatchRefused):
                apply(body, (*made, operation))
            continue
        made.append(operation)
        current = operation.value if operation.path == "" else reference
    patch = tuple(made)
    assert unordered(loads(apply(body, patch))) == unordered(current)
    assert apply(body, read(write(patch))) == apply(body, patch)


@given(BOXES, RANDOMS, VALUES, st.data())
def test_replacing_changes_the_bytes_of_the_value_only(
    value: Value, random: Random, new: Value, data: st.DataObject
) -> None:
    body = written(value, random)
    path = data.draw(st.sampled_from(places(value)))
    found = span(body, *path)
    assert found is not None
    start, end = found
    operation = Operation("replace", pointer(*path), new)
    assert apply(body, (operation,)) == body[:start] + dumps(new).encode() + body[end:]


@given(BOXES, RANDOMS, st.data())
def test_adding_and_removing_is_one_cut(value: Value, random: Random, data: st.DataObject) -> None:
    body = written(value, random, twice=False)
    operation = data.draw(
        operations(value).filter(lambda operation: operation.op != "replace" and operation.path)
    )
    try:
        longer, shorter = sorted([body, apply(body, (operation,))], key=len, reverse=True)
    except PatchRefused:
        return
    if operation.op == "add" and member_there(value, operation.path):
        return  # it replaced a member: see above
    same = next((at for at, byte in enumerate(shorter) if longer[at] != byte), len(shorter))
    assert longer[same + len(longer) - len(shorter) :] == shorter[same:]


def member_there(value: Value, path: str) -> bool:
    return any(pointer(*place) == path and not isinstance(place[-1], int) for place in places(value)[1:])


BODY = b"""{
  "model": "openai/gpt-5-nano",
  "temperature": 0.70, "temperature" : 0.70 ,
  "seed": 123456789012345678901234567890,
  "messages": [ {"role": "user", "content": "caf\\u00e9 \\ud83d"} , {"role": "user", "content": "b"} ],
  "a/b~c": {"": [ ]}
}
"""


@pytest.mark.parametrize(
    ("op", "path", "value", "old", "new"),
    [
        ("replace", "/temperature", Number("1e-1"), b'"temperature" : 0.70', b'"temperature" : 1e-1'),
        ("add", "/temperature", Number("0.2"), b'"temperature" : 0.70', b'"temperature" : 0.2'),
        ("remove", "/messages/0", None, b'{"role": "user", "content": "caf\\u00e9 \\ud83d"} , ', b""),
        ("remove", "/messages/1", None, b' , {"role": "user", "content": "b"}', b""),
        ("remove", "/model", None, b'"model": "openai/gpt-5-nano",\n  ', b""),
        ("remove", "/a~1b~0c", None, b',\n  "a/b~c": {"": [ ]}', b""),
        (
            "remove",
            "/temperature",
            None,
            b',\n  "temperature": 0.70, "temperature" : 0.70',
            b"",
        ),
        ("add", "/a~1b~0c//-", Number("1"), b'{"": [ ]}', b'{"": [1 ]}'),
        ("add", "/a~1b~0c//0", True, b'{"": [ ]}', b'{"": [true ]}'),
        ("remove", "/a~1b~0c/", None, b'{"": [ ]}', b"{}"),
        (
            "add",
            "/messages/1",
            None,
            b', {"role": "user", "content": "b"}',
            b', null,{"role": "user", "content": "b"}',
        ),
        ("add", "/messages/2", "\ud83d", b'"b"}', b'"b"},"\\ud83d"'),
        ("add", "/messages/-", [], b'"b"}', b'"b"},[]'),
        ("add", "/top/p", None, None, None),
        ("add", "/top_p", Number("1.0"), b'{"": [ ]}', b'{"": [ ]},"top_p":1.0'),
        ("replace", "/seed", Number("7"), b"123456789012345678901234567890", b"7"),
        ("test", "/seed", Number("123456789012345678901234567890.0"), b"", b""),
        ("test", "/messages/1", {"content": "b", "role": "user"}, b"", b""),
    ],
)
def test_bytes(op: Any, path: str, value: Value, old: bytes | None, new: bytes) -> None:
    patch = (Operation(op, path, value),)
    if old is None:
        with pytest.raises(PatchRefused):
            apply(BODY, patch)
    else:
        assert not old or BODY.count(old) == 1
        assert apply(BODY, patch) == BODY.replace(old, new) if old else apply(BODY, patch) == BODY


@pytest.mark.parametrize(
    ("op", "path", "sentence"),
    [
        ("replace", "/top_p", "The patch cannot replace top_p: nothing is at 'top_p'."),
        ("remove", "/messages/2", "The patch cannot remove messages[2]: nothing is at '2'."),
        ("add", "/messages/3", "The patch cannot add messages[3]: the list has only 2 items."),
        (
            "replace",
            "/messages/01",
            "The patch cannot replace messages[01]: '01' is not a position in a list.",
        ),
        ("replace", "/messages/x", "The patch cannot replace messages.x: 'x' is not a position in a list."),
        ("add", "/model/x", "The patch cannot add model.x: neither an object nor a list is there."),
        ("remove", "", "The patch cannot remove the whole: the whole request cannot be removed."),
        ("test", "/model", "model is not what the patch expects."),
        ("replace", "model", "'model' is not a JSON pointer: Location must start with /."),
        ("replace", "/~2", "'/~2' is not a JSON pointer: Found invalid escape ~2."),
    ],
)
def test_what_does_not_fit_says_why(op: Any, path: str, sentence: str) -> None:
    with pytest.raises(PatchRefused) as caught:
        apply(BODY, (Operation(op, path, "x"),))
    assert str(caught.value) == sentence


def test_damaged_and_oversized_requests() -> None:
    with pytest.raises(PatchRefused, match=r"^The request cannot be read as JSON: .*\.$"):
        apply(b'{"a": [1, 2', (Operation("replace", "/a/1", None),))
    with pytest.raises(PatchRefused, match="The request cannot be read as JSON: the text is empty"):
        apply(b"", (Operation("add", "/a", None),))
    with pytest.raises(
        PatchRefused,
        match=r"^The changed request has 16,777,224 bytes; the gateway accepts at most 16,777,216\.$",
    ):
        apply(b"{}", (Operation("add", "/a", "x" * json_patch.LARGEST),))
    assert apply(b"no JSON at all", ()) == b"no JSON at all"


def test_depth_is_no_matter_for_the_body() -> None:
    deep = b"[" * 50_000 + b"]" * 50_000
    body = b'{"deep":' + deep + b',"a":1}'
    assert apply(body, (Operation("replace", "/a", None),)) == b'{"deep":' + deep + b',"a":null}'
    with pytest.raises(PatchRefused, match="nested too deep"):
        apply(body, (Operation("test", "/deep", None),))


def test_many_duplicates_go_in_one_pass() -> None:
    body = b'{"k":0' + b',"a":1' * 50_000 + b',"z":2' + b',"a":3' * 50_000 + b"}"
    assert apply(body, (Operation("remove", "/a"),)) == b'{"k":0,"z":2}'


# -- reading


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "The patch is not JSON: Expecting property name enclosed in double quotes at character 1."),
        ('{"op":"add"}', "A patch is a list of operations."),
        ("[1]", "Operation 1 is not an object."),
        (
            '[{"op":"remove","path":""},{"op":"move","from":"/a","path":"/b"}]',
            "Operation 2 must be one of add, replace, remove and test.",
        ),
        ('[{"op":["add"],"path":"/a"}]', "Operation 1 must be one of add, replace, remove and test."),
        ('[{"op":"add","value":1}]', "Operation 1 has no path."),
        ('[{"op":"add","path":null,"value":1}]', "Operation 1 has no path."),
        ('[{"op":"add","path":7,"value":1}]', "Operation 1 has no path."),
        ('[{"op":"add","path":"a","value":1}]', "Operation 1 is not valid: Location must start with /."),
        ('[{"op":"add","path":"/~","value":1}]', "Operation 1 is not valid: Found invalid escape ~."),
        ('[{"op":"add","path":"/a"}]', "Operation 1 has no value."),
        (
            "[" + ",".join(['{"op":"remove","path":"/a"}'] * 1001) + "]",
            "The patch has 1,001 operations; the limit is 1,000.",
        ),
    ],
)
def test_what_is_no_patch_says_why(text: str, sentence: str) -> None:
    with pytest.raises(PatchRefused) as caught:
        read(text)
    assert str(caught.value) == sentence


@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "replace", "test"]), st.lists(TEXTS, max_size=3), VALUES),
        max_size=4,
    )
)
def test_a_written_patch_is_read_back(members: list[tuple[Any, list[str], Value]]) -> None:
    patch = tuple(Operation(op, pointer(*path), value) for op, path, value in members)
    assert plain([operation.value for operation in read(write(patch))]) == plain(
        [operation.value for operation in patch]
    )
    assert [(operation.op, operation.path) for operation in read(write(patch))] == [
        (operation.op, operation.path) for operation in patch
    ]


def test_null_is_a_value_and_numbers_keep_their_text() -> None:
    text = '[{"op":"add","path":"/a","value":null},{"op":"replace","path":"/b","value":0.10}]'
    assert read(text) == (Operation("add", "/a", None), Operation("replace", "/b", Number("0.10")))
    assert write(read(text)) == text


# -- comparing


@given(BOXES, BOXES, RANDOMS)
def test_between_leads_from_one_to_the_other(old: Value, new: Value, random: Random) -> None:
    before, after = written(old, random), written(new, random)
    assert unordered(loads(apply(before, between(before, after)))) == unordered(loads(after))


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), RANDOMS, st.data())
def test_between_finds_what_was_edited(value: dict[str, Value], random: Random, data: st.DataObject) -> None:
    body = written(value, random, twice=False)  # a duplicate could stand first and change the order
    edited = copy.deepcopy(value)
    for _ in range(data.draw(st.integers(1, 3))):
        operation = data.draw(operations(edited).filter(lambda operation: operation.path))
        reference = expected(edited, (operation,))
        assert reference is None or isinstance(reference, dict)
        edited = edited if reference is None else reference
    patch = between(body, dumps(edited).encode())
    assert unordered(loads(apply(body, patch))) == unordered(edited)
    untouched = [key for key in value if key in edited and plain(value[key]) == plain(edited[key])]
    changed = {operation.path.split("/")[1] for operation in patch}
    assert changed & {pointer(key)[1:] for key in untouched} == set()


@given(BOXES, RANDOMS, RANDOMS)
def test_nothing_is_between_two_ways_to_write_one_value(value: Value, first: Random, second: Random) -> None:
    assert between(written(value, first, False), written(value, second, False)) == ()


@pytest.mark.parametrize(
    ("old", "new", "patch"),
    [
        ('{"a":1.0}', '{"a":1}', [("replace", "/a", "1")]),
        ('{"a":"1"}', '{"a":1}', [("replace", "/a", "1")]),
        ('{"a":true}', '{"a":1}', [("replace", "/a", "1")]),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', []),
        ('{"a":1,"b":2}', '{"c":3,"b":2}', [("remove", "/a", "null"), ("add", "/c", "3")]),
        ('{"s":{"a":1,"b":2,"c":3}}', '{"s":{"b":2,"a":9}}', [("replace", "/s", '{"b":2,"a":9}')]),
        (
            '{"m":[{"r":"u","c":"x"},{"r":"u","c":"y"}]}',
            '{"m":[{"r":"s","c":"z"},{"r":"u","c":"x"},{"r":"u","c":"y"}]}',
            [("add", "/m/0", '{"r":"s","c":"z"}')],
        ),
        (
            '{"m":[1,2,3,4]}',
            '{"m":[2,4,5]}',
            [("remove", "/m/0", "null"), ("remove", "/m/1", "null"), ("add", "/m/2", "5")],
        ),
        ('{"m":[{"r":"u","c":"x"}]}', '{"m":[{"r":"u","c":"y"}]}', [("replace", "/m/0/c", '"y"')]),
        ('{"stop":["a"]}', '{"stop":["b","c"]}', [("replace", "/stop", '["b","c"]')]),
        ('{"a":{}}', '{"a":{"b":1}}', [("replace", "/a", '{"b":1}')]),
        ('{"a":{}}', '{"a":[]}', [("replace", "/a", "[]")]),
        ("{}", "[1]", [("replace", "", "[1]")]),
    ],
)
def test_the_smallest_sensible_patch(old: str, new: str, patch: list[tuple[str, str, str]]) -> None:
    found = between(old.encode(), new.encode())
    assert [(operation.op, operation.path, dumps(operation.value)) for operation in found] == patch


def test_very_different_requests_are_replaced_member_by_member_or_as_a_whole() -> None:
    before = dumps({"a": [[Number(at)] for at in range(2000)], "b": "same"}).encode()
    two = dumps({"a": [[Number(at + 5000)] for at in range(2000)], "b": "same"}).encode()
    assert [(step.op, step.path) for step in between(before, two)] == [("add", "/a")]
    assert apply(before, between(before, two)) == two
    wide = dumps({f"k{at}": None for at in range(1500)}).encode()
    assert [step.path for step in between(b"{}", wide)] == [""]


def test_texts_that_cannot_be_read() -> None:
    with pytest.raises(
        PatchRefused, match=r"^The edited request cannot be read as JSON: Expecting value at character 5\.$"
    ):
        between(b"{}", b'{"a":}')
    with pytest.raises(PatchRefused, match="The stored request cannot be read as JSON: nested too deep"):
        between(b"[" * 100_000, b"{}")


def test_a_body_as_deep_as_can_be_read() -> None:
    old = b"[" * (MAX_DEPTH - 1) + b"1" + b"]" * (MAX_DEPTH - 1)
    new = old.replace(b"1", b"2")
    assert apply(old, between(old, new)) == new


@given(st.dictionaries(TEXTS, SCALARS, min_size=1), RANDOMS)
def test_members_with_odd_names_are_found(value: dict[str, Value], random: Random) -> None:
    body = written(value, random)
    for key in value:
        changed = apply(body, (Operation("replace", pointer(key), "new"),))
        assert member(changed, key) == b'"new"'
        assert member(apply(body, (Operation("remove", pointer(key)),)), key) is None
