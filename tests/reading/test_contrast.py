"""What differs between two answers, drawn for a page."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.gateway import events
from generations.gateway.events import Answer
from generations.reading import contrast as contrasts
from generations.reading import tool_calls
from generations.reading.contrast import (
    LEFT_OUT,
    PAGE,
    VIEWS,
    Choice,
    Contrast,
    Lines,
    Passage,
    Said,
    View,
    contrast,
    only_text,
    passage,
    requests,
    said,
)
from generations.reading.diff import Piece
from generations.reading.tool_calls import Call


def answer(*told: events.Event) -> Said:
    return said(Answer().collect(told))


def texts(before: str, after: str, view: View = "inline") -> Passage:
    [found] = contrast(answer(events.Text(before)), answer(events.Text(after)), view).passages
    return found


def shown(found: Passage) -> int:
    """Characters that a page would show."""
    sides = [side for row in found.rows for side in (row.before, row.after) if side]
    return sum(len(piece.text) for piece in [*found.pieces, *(piece for side in sides for piece in side)])


def summary(lines: Lines | None) -> list[str]:
    assert lines is not None
    return [line.change.text for line in lines.shown]


def test_what_an_answer_says() -> None:
    told = answer(
        events.Reasoning("Hm."),
        events.Text("Hi \0"),
        events.Refusal("No."),
        events.ToolCall(0, "c", "look", "{\ud800}"),
        events.Text("Yo", choice=1),
        events.Json("[1]"),
    )
    assert told == Said(
        (
            Choice("Hi ␀", "No.", "Hm.", (Call("look", "{�}"),)),
            Choice("Yo", "", "", ()),
        ),
        "[1]",
    )
    assert told.text == "Hi ␀"


def test_each_kind_of_text_by_itself() -> None:
    before = answer(events.Reasoning("a"), events.Text("b c"), events.Refusal("d"))
    after = answer(events.Reasoning("a"), events.Text("b e"))
    found = contrast(before, after)
    assert [(one.label, one.equal) for one in found.passages] == [
        ("Text", False),
        ("Refusal", False),
        ("Reasoning", True),
    ]
    assert found.passages[0].pieces == [Piece("same", "b "), Piece("gone", "c"), Piece("new", "e")]
    assert not found.equal


def test_choices_are_compared_one_by_one() -> None:
    before = answer(events.Text("a"), events.Text("b", choice=1))
    found = contrast(before, answer(events.Text("a")))
    assert [(one.label, one.equal) for one in found.passages] == [
        ("Text, choice 0", True),
        ("Text, choice 1", False),
    ]


def test_answers_without_anything_to_compare() -> None:
    assert contrast(answer(), answer()).is_empty
    assert contrast(answer(), answer()).equal
    assert not contrast(answer(), answer(events.Text("x"))).is_empty


def test_the_share_that_is_alike() -> None:
    assert [texts("one two three four", other).alike for other in ("one two three five", "else", "")] == [
        "78 %",
        "0 %",
        "0 %",
    ]
    assert texts("same", "same").alike == ""
    assert texts("x" * 99_999 + " a", "x" * 99_999 + " b").alike == "99.9 %"


def test_side_by_side_is_line_by_line() -> None:
    found = texts("one\ntwo\nthree", "one\n2\nthree", "side")
    assert [(row.changed, row.before, row.after) for row in found.rows] == [
        (False, [Piece("same", "one")], [Piece("same", "one")]),
        (True, [Piece("gone", "two")], [Piece("new", "2")]),
        (False, [Piece("same", "three")], [Piece("same", "three")]),
    ]
    assert found.pieces == []


def test_only_changes_leaves_out_what_is_the_same() -> None:
    found = texts("word " * 500 + "old", "word " * 500 + "new", "changes")
    assert [piece.kind for piece in found.pieces] == ["skip", "same", "gone", "new"]
    assert found.notes == []


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("size", [100_000, 5 * 2**20])
def test_long_texts_are_bounded_and_say_so(view: View, size: int) -> None:
    random = Random(size)
    tokens = [f"w{random.randrange(10**6)}" + (". " if at % 9 else "\n") for at in range(size // 8)]
    before = "".join(tokens)
    tokens[::50] = ["changed "] * len(tokens[::50])
    found = texts(before, "".join(tokens), view)
    assert shown(found) <= 2.2 * PAGE
    is_long = len(before) > PAGE
    assert (LEFT_OUT in found.notes) == (is_long and view != "changes")


@pytest.mark.parametrize("view", VIEWS)
def test_texts_that_have_nothing_in_common_are_bounded(view: View) -> None:
    found = texts("a" * (5 * 2**20), "b" * (5 * 2**20), view)
    assert shown(found) <= 2 * PAGE
    assert found.alike == "0 %"


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(VIEWS))
def test_any_two_texts_are_drawn(before: str, after: str, view: View) -> None:
    found = passage("Text", before, after, view)
    assert found.equal == (before == after)
    if view == "inline":
        assert "".join(piece.text for piece in found.pieces if piece.kind != "new") == before
        assert "".join(piece.text for piece in found.pieces if piece.kind != "gone") == after


def test_a_text_that_is_json_is_compared_by_structure_too() -> None:
    assert summary(texts('{"a": 1, "b": 2}', '{"b": 2, "a": 3}').changes) == [
        "the whole: the same members in another order",
        "a: 1 → 3",
    ]
    assert texts('{"a": 1}', "plain").changes is None
    assert texts('{"a":1}', '{ "a": 1 }').changes == Lines([])


def test_tool_calls_by_name_and_arguments() -> None:
    before = answer(
        events.ToolCall(0, "1", "look", '{"at": 1, "q": "a"}'),
        events.ToolCall(1, "2", "say", "hello there"),
        events.ToolCall(2, "3", "gone", "{}"),
        events.ToolCall(3, "4", "keep", '{"a":1}'),
    )
    after = answer(
        events.ToolCall(0, "9", "look", '{"at": 2, "q": "a"}'),
        events.ToolCall(1, "8", "say", "hello you"),
        events.ToolCall(2, "7", "keep", '{"a": 1}'),
        events.ToolCall(3, "6", "new", "{}"),
    )
    found = contrast(before, after)
    assert [line.call.kind for line in found.calls] == ["changed", "changed", "gone", "same", "new"]
    assert summary(found.calls[0].lines) == ["at: 1 → 2"]
    assert found.calls[1].pieces == [
        Piece("same", "hello "),
        Piece("gone", "there"),
        Piece("new", "you"),
    ]
    assert not found.equal


def json(before: str, after: str) -> Contrast:
    return contrast(answer(events.Json(before)), answer(events.Json(after)))


def test_json_by_structure() -> None:
    assert summary(json('{"a": [1, 2]}', '{"a": [1, 2, 3]}').data) == ["a[2] added: 3"]
    assert json('{"a": 1}', '{ "a":1 }').equal
    assert not json("null", "{}").equal
    assert json("null", "null").data == Lines([])


def test_figures_are_tables_and_no_json() -> None:
    found = json('{"data": [{"embedding": [1, 0]}]}', '{"data": [{"embedding": [0, 1]}]}')
    assert (found.data, [line.change for line in found.tables[0].lines]) == (None, ["cosine 0.000000"])
    assert not found.equal


def test_json_that_cannot_be_read_says_so() -> None:
    found = json("{", "{}")
    assert (found.data, found.notes) == (
        None,
        ["One of the JSON answers is damaged or too large to be compared."],
    )


def test_one_sided_json_is_not_compared() -> None:
    found = contrast(answer(events.Json("{}")), answer(events.Text("x")))
    assert (found.data, found.tables) == (None, [])


def test_of_a_huge_answer_the_text_alone_is_compared() -> None:
    found = contrast(only_text("a"), answer(events.Text("a"), events.Reasoning("Hm.")))
    assert [one.label for one in found.passages] == ["Text"]
    assert found.notes == ["One of the answers is so large that nothing but its text is compared."]


# --- requests ---------------------------------------------------------------------------------------------------


def test_requests_by_structure() -> None:
    found = requests(b'{"model": "a", "top_p": 1}', b'{"model": "b"}')
    assert isinstance(found, Lines)
    assert summary(found) == ["top_p removed (was 1)", "model: a → b"]
    assert requests(b"{}", b"{}") == Lines([])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, b"{}", "One of the two requests is not stored."),
        (
            b"{",
            b"{}",
            "One of the two requests cannot be read as JSON; they are not the same, byte for byte.",
        ),
        (
            b'"' + b"x" * contrasts.PARSED_UP_TO + b'"',
            b"{}",
            "They are not the same; requests of more than 6.3 MB are not compared in detail.",
        ),
    ],
)
def test_requests_that_are_not_compared_say_why(before: bytes | None, after: bytes, told: str) -> None:
    assert requests(before, after) == told


def test_long_texts_in_requests_show_their_words() -> None:
    long = "word " * 100
    found = requests(f'{{"p": "{long}a"}}'.encode(), f'{{"p": "{long}b"}}'.encode())
    assert isinstance(found, Lines)
    assert [piece.kind for piece in found.shown[0].pieces] == ["skip", "same", "gone", "new"]


def test_many_long_texts_are_bounded() -> None:
    members = [",".join(f'"k{n}": "{letter * 9000}"' for n in range(250)) for letter in "ab"]
    found = requests(*(f"{{{one}}}".encode() for one in members))
    assert isinstance(found, Lines)
    assert sum(len(piece.text) for line in found.shown for piece in line.pieces) <= 1.1 * PAGE
    assert (len(found.shown), found.left) == (250, 0)


def test_keys_that_stand_twice_are_never_called_the_same() -> None:
    pays, hides = '{"pay": 9999, "pay": 10}', '{"pay": 10}'
    assert contrasts.passage("Text", pays, hides).changes is None
    assert tool_calls.plain(Call("send", pays)) != tool_calls.plain(Call("send", hides))
    assert tool_calls.compare([Call("send", pays)], [Call("send", hides)])[0].kind == "changed"
    found = contrasts.requests(pays.encode(), hides.encode())
    assert isinstance(found, contrasts.Lines)
    assert [(line.change.at, line.change.summary) for line in found.shown] == [
        ("/pay", "a key that stands more than once: 9999, 10 → once; only its last value is compared")
    ]
    same = contrasts.requests(pays.encode(), pays.replace(" ", "").encode())
    assert same == contrasts.Lines([])
