"""What differs between two answers, drawn for a page."""

from random import Random
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.gateway.rawjson.values import dumps, loads
from generations.gateway.streams.assemble import StrayEvent
from generations.reading.answer import tool_calls
from generations.reading.answer.tool_calls import CallChange, NamedCall
from generations.reading.diff import answer_diff, deltas, json_diff, likeness, passages
from generations.reading.diff.answer_diff import VIEWS, AnswerDiff, ComparedAnswer, compare, requests
from generations.reading.diff.passages import LEFT_OUT, PAGE, Lines, Passage, View, passage
from generations.reading.diff.text_diff import Piece


def said(body: Any, wire: str = "chat", *strays: StrayEvent) -> ComparedAnswer:
    return answer_diff.said(wire, loads(dumps(body)), strays)


def chat(**message: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}


def answer(**message: Any) -> ComparedAnswer:
    return said(chat(**message))


def called(*calls: tuple[str, Any]) -> ComparedAnswer:
    tool_calls = [
        {"id": str(n), "type": "function", "function": {"name": name, "arguments": arguments}}
        for n, (name, arguments) in enumerate(calls)
    ]
    return answer(tool_calls=tool_calls)


def choices(*texts: str) -> ComparedAnswer:
    return said({"choices": [{"index": n, "message": {"content": text}} for n, text in enumerate(texts)]})


def texts(before: str, after: str, view: View = "inline") -> Passage:
    [found] = compare(answer(content=before), answer(content=after), view).passages
    return found


def shown(found: Passage) -> int:
    """Characters that a page would show."""
    sides = [side for row in found.rows for side in (row.before, row.after) if side]
    return sum(len(piece.text) for piece in [*found.pieces, *(piece for side in sides for piece in side)])


def summary(lines: Lines | None) -> list[str]:
    assert lines is not None
    return [line.change.text for line in lines.shown]


def test_each_kind_of_text_by_itself() -> None:
    before, after = answer(reasoning="a", content="b c", refusal="d"), answer(reasoning="a", content="b e")
    found = compare(before, after)
    assert [(passage.label, passage.equal) for passage in found.passages] == [
        ("Text", False),
        ("Refusal", False),
        ("Reasoning", True),
    ]
    assert found.passages[0].pieces == [Piece("same", "b "), Piece("gone", "c"), Piece("new", "e")]
    assert not found.equal


def test_what_a_page_refuses_is_made_visible() -> None:
    found = compare(answer(content="\0"), answer(content="\ud800"))
    assert [piece.text for piece in found.passages[0].pieces] == ["␀", "�"]


def test_choices_are_compared_by_their_numbers() -> None:
    found = compare(choices("a", "b"), choices("a"))
    assert [(passage.label, passage.equal) for passage in found.passages] == [
        ("Text, choice 0", True),
        ("Text, choice 1", False),
    ]
    assert (
        compare(choices(*"abcdefghi"), choices(*"abcdefghi")).headline
        == "No differences in what was compared"
    )


def test_answers_without_anything_to_compare() -> None:
    assert compare(answer(), answer()).is_empty
    assert compare(answer(), answer()).equal
    assert not compare(answer(), answer(content="x")).is_empty


def test_the_share_that_is_alike() -> None:
    found = [texts("one two three four", other).likeness for other in ("one two three five", "else", "")]
    assert [(each.word, each.tone) for each in found] == [
        ("77% similar", "near"),
        ("0% similar", "far"),
        ("0% similar", "far"),
    ]
    assert texts("same", "same").likeness == likeness.SAME
    assert texts("x" * 99_999 + " a", "x" * 99_999 + " b").likeness.word == "99% similar"
    assert (
        texts("x" * 999 + " a", "b " + "y" * 99 + " a").likeness.word == "1% similar"
    )  # not 0: they share a word


def test_one_table_has_the_words_of_every_difference() -> None:
    kinds = {*get_args(json_diff.Kind), *get_args(get_type_hints(CallChange)["kind"])} - {"checked"}
    assert kinds <= likeness.KINDS.keys()
    assert likeness.of_kind("gone", "Original") == likeness.Likeness("Original only", "gone")
    assert deltas.word("Model", "a", "b").change == likeness.of_kind("changed").word


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


@pytest.mark.heavy
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
    assert found.likeness.word == "0% similar"


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
    before = called(
        ("look", '{"at": 1, "q": "a"}'), ("say", "hello there"), ("gone", "{}"), ("keep", '{"a":1}')
    )
    after = called(("look", '{"at": 2, "q": "a"}'), ("say", "hello you"), ("keep", '{"a": 1}'), ("new", "{}"))
    found = compare(before, after)
    assert [line.call.kind for line in found.calls] == ["changed", "changed", "gone", "same", "new"]
    assert summary(found.calls[0].lines) == ["at: 1 → 2"]
    assert found.calls[1].pieces == [Piece("same", "hello "), Piece("gone", "there"), Piece("new", "you")]
    assert not found.equal


def test_arguments_as_text_and_as_json_are_the_same_when_they_say_the_same() -> None:
    assert compare(called(("pay", '{"n": 10}')), called(("pay", {"n": 10}))).headline == "Nothing differs"
    found = compare(called(("pay", {"n": 10})), called(("pay", {"n": 9999})))
    assert (found.headline, summary(found.calls[0].lines)) == ("What differs", ["n: 10 → 9999"])


def test_numbers_written_differently_are_named() -> None:
    found = compare(called(("pay", '{"n": 1, "m": [2]}')), called(("pay", '{"m":[2e0],"n":1.0}')))
    assert (found.equal, found.headline) == (True, "The same, written differently")
    assert found.spelled == ["numbers in the arguments of pay"]
    assert found.calls[0].pieces
    spaced = compare(called(("pay", '{"n": 1, "m": 2}')), called(("pay", '{"m":2,"n":1}')))
    assert (spaced.headline, spaced.spelled) == ("Nothing differs", [])


@pytest.mark.parametrize(
    ("before", "after", "headline"),
    [
        (["ab", "c"], ["abc"], "The same, written differently"),
        (["ab", "c"], ["a", "bc"], "The same, written differently"),
        (["ab", "c"], ["ab", "c"], "Nothing differs"),
        (["ab", "c"], ["ab", "d"], "What differs"),
    ],
)
def test_a_text_in_other_parts_is_named(before: list[str], after: list[str], headline: str) -> None:
    first, second = (
        {"type": "message", "content": [{"type": "text", "text": part} for part in parts]}
        for parts in (before, after)
    )
    found = others(first, second, "messages")
    assert found.headline == headline
    assert bool(found.spelled) == (headline == "The same, written differently")


def test_another_kind_of_tool_is_another_call() -> None:
    custom = answer(tool_calls=[{"type": "custom", "custom": {"name": "pay", "input": "{}"}}])
    found = compare(called(("pay", "{}")), custom)
    assert [(line.call.kind, line.call.tool) for line in found.calls] == [("gone", ""), ("new", "custom")]


# --- everything else --------------------------------------------------------------------------------------------


def others(before: Any, after: Any, wire: str = "chat") -> AnswerDiff:
    return compare(said(before, wire), said(after, wire))


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ({"annotations": [{"url": "a"}]}, {"annotations": [{"url": "b"}]}, "annotations[0].url: a → b"),
        ({"annotations": [{"url": "a"}]}, {"annotations": []}, "annotations removed"),
        ({"signature": "A"}, {"signature": "B"}, "signature: A → B"),
        (
            {"reasoning": "x", "reasoning_details": [{"n": 1}]},
            {"reasoning": "x", "reasoning_details": [{"n": 2}]},
            "n: 1",
        ),
        (
            {"content": [{"type": "new", "v": 1}]},
            {"content": [{"type": "new", "v": 2}]},
            "content[0].v: 1 → 2",
        ),
    ],
)
def test_what_differs_outside_words_and_calls_is_shown(before: Any, after: Any, line: str) -> None:
    found = others(chat(content="same") | {}, chat(content="same"))
    assert found.headline == "Nothing differs"
    found = others(chat(**{"content": "same", **before}), chat(**{"content": "same", **after}))
    assert found.headline == "What differs"
    assert any(line in shown for shown in summary(found.others))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"cost_nanos": 1}, {"cost_nanos": 2}),
        ({"usage": {"completion_tokens": 1}}, {"usage": {"completion_tokens": 2}}),
        ({"citations": ["a"]}, {"citations": ["b"]}),
        ({"service_tier": "flex"}, {"service_tier": "priority"}),
        ({"model": "a/one"}, {"model": "a/two"}),
    ],
)
def test_members_of_the_answer_itself_are_compared(before: Any, after: Any) -> None:
    same = chat(content="same")
    found = others({**same, **before}, {**same, **after})
    assert (found.headline, len(found.others.shown)) == ("What differs", 1)


def test_logprobs_and_ends_are_compared() -> None:
    def with_choice(**choice: Any) -> dict[str, Any]:
        return {"choices": [{"message": {"content": "Yes"}, **choice}]}

    for before, after, equal in (
        (
            {"logprobs": {"content": [{"logprob": -0.01}]}},
            {"logprobs": {"content": [{"logprob": -0.02}]}},
            False,
        ),
        ({"logprobs": {"content": [{"logprob": -0.01}]}}, {}, False),
        ({"finish_reason": "stop"}, {"finish_reason": "length"}, False),
        ({"finish_reason": "stop"}, {"finish_reason": "end_turn"}, True),
    ):
        assert others(with_choice(**before), with_choice(**after)).equal is equal


def test_what_differs_by_nature_is_counted_apart() -> None:
    before = {**chat(content="x"), "id": "1", "created": 1, "meta": {"a": 1}, "model": "openai/gpt-5"}
    after = {**chat(content="x"), "id": "2", "created": 2, "meta": {"a": 2}, "model": "gpt-5"}
    before |= {"usage": {"pricing": {"n": 1}, "pricing_breakdown": [1], "completion_tokens": 1}}
    after |= {"usage": {"pricing": {"n": 2}, "pricing_breakdown": [2], "completion_tokens": 1}}
    found = others(before, after)
    assert found.headline == "Nothing differs"
    assert found.by_nature == ["created", "id", "meta", "model", "usage.pricing", "usage.pricing_breakdown"]


def test_what_one_side_only_holds_is_named() -> None:
    found = others({**chat(content="x"), "service_tier": "flex"}, {**chat(content="x"), "usage": {"n": 1}})
    assert (found.headline, found.one_sided) == (
        "No differences in what was compared",
        ["service_tier", "usage"],
    )


def test_between_wire_formats_words_calls_and_ends_are_compared_and_the_rest_is_named() -> None:
    message = {"type": "message", "content": [{"type": "text", "text": "x"}], "stop_reason": "max_tokens"}
    found = others({**chat(content="x"), "usage": {"n": 1}}, {**message, "usage": {"m": 1}})
    assert summary(found.others) == ["finish: stop → length"]
    assert found.unread == ["choices", "content", "stop_reason", "type", "usage"]
    ended = others(chat(content="x"), {**message, "stop_reason": "end_turn", "usage": {"m": 1}})
    assert (ended.equal, ended.headline) == (True, "No differences in what was compared")


def test_events_next_to_the_body_are_compared() -> None:
    before, after = (
        said(chat(content="x"), "chat", StrayEvent("odd", loads(f'{{"n": {n}}}'))) for n in (1, 2)
    )
    assert summary(compare(before, after).others) == ['["other events"][0].data.n: 1 → 2']


def test_embedded_media_are_shown_by_their_size() -> None:
    pictures = [f"data:image/png;base64,{letter * 4000}" for letter in "AB"]
    before, after = (chat(images=[{"image_url": {"url": url}}]) for url in pictures)
    found = others(before, after)
    assert summary(found.others) == ["other data: 3 KB → 3 KB"]


def test_json_by_structure() -> None:
    def with_value(value: Any) -> dict[str, Any]:
        return {"pages": value}

    assert summary(others(with_value([1, 2]), with_value([1, 2, 3]), "ocr").others) == ["pages[2] added: 3"]
    assert others({"a": 1}, {"a": 1}, "ocr").equal
    assert others([1], [1], "ocr").equal
    assert not others([1], [2], "ocr").equal


def test_figures_are_tables_and_no_json() -> None:
    found = others({"data": [{"embedding": [1, 0]}]}, {"data": [{"embedding": [0, 1]}]}, "embeddings")
    assert (found.others.shown, [line.change for line in found.tables[0].lines]) == ([], ["cosine 0.000000"])
    assert not found.equal


def test_what_a_table_does_not_show_is_compared_all_the_same() -> None:
    def flagged(flag: bool) -> dict[str, Any]:
        return {
            "results": [{"flagged": True, "categories": {"hate": flag}, "category_scores": {"hate": 0.5}}]
        }

    found = others(flagged(flag=True), flagged(flag=False), "moderations")
    assert (found.headline, summary(found.others)) == (
        "What differs",
        ["results[0].categories.hate: true → false"],
    )
    assert others(flagged(flag=True), flagged(flag=True), "moderations").headline == "Nothing differs"


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["content", "text", "type", "x", "output", "choices", "message"]), inner
        )
    ),
    max_leaves=12,
)


@given(BODIES, BODIES, st.sampled_from(["chat", "responses", "messages", "ocr"]))
def test_nothing_is_claimed_equal_that_is_not(before: Any, after: Any, wire: str) -> None:
    """Whatever two bodies are: where nothing differs, is unread or one-sided they are the same."""
    found = others(before, after, wire)
    if found.headline == "Nothing differs" and not found.one_sided:
        assert compare(said(before, wire), said(before, wire)).equal
        assert flat(before) == flat(after)


def flat(value: Any) -> list[str]:
    """The texts and numbers of a value, in the order of its members' names."""
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in flat(value[key])]
    if isinstance(value, list):
        return [leaf for child in value for leaf in flat(child)]
    return [] if value in (None, "") or value == "" else [repr(value)]


# --- requests ---------------------------------------------------------------------------------------------------


def test_requests_by_structure() -> None:
    found = requests(b'{"model": "a", "top_p": 1}', b'{"model": "b"}')
    assert isinstance(found, Lines)
    assert summary(found) == ["top_p removed (was 1)", "model: a → b"]
    assert requests(b"{}", b"{}") == Lines([])


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (None, b"{}", "One of the two requests is not stored."),
        (
            b"{",
            b"{}",
            "One of the two requests is not valid JSON; their bytes differ.",
        ),
        (
            b'"' + b"x" * answer_diff.PARSED_UP_TO + b'"',
            b"{}",
            "They differ; requests over 6.3 MB are not compared in detail.",
        ),
    ],
)
def test_requests_that_are_not_compared_say_why(before: bytes | None, after: bytes, reason: str) -> None:
    assert requests(before, after) == reason


def test_long_texts_in_requests_show_their_words() -> None:
    long = "word " * 100
    found = requests(f'{{"p": "{long}a"}}'.encode(), f'{{"p": "{long}b"}}'.encode())
    assert isinstance(found, Lines)
    assert [piece.kind for piece in found.shown[0].pieces] == ["skip", "same", "gone", "new"]


def test_many_long_texts_are_bounded() -> None:
    members = [",".join(f'"k{n}": "{letter * 9000}"' for n in range(250)) for letter in "ab"]
    found = requests(*(f"{{{member}}}".encode() for member in members))
    assert isinstance(found, Lines)
    assert sum(len(piece.text) for line in found.shown for piece in line.pieces) <= 1.1 * PAGE
    assert (len(found.shown), found.left) == (250, 0)


def test_keys_that_stand_twice_are_never_called_the_same() -> None:
    pays, hides = '{"pay": 9999, "pay": 10}', '{"pay": 10}'
    assert passages.passage("Text", pays, hides).changes is None
    assert tool_calls.plain(NamedCall("send", pays)) != tool_calls.plain(NamedCall("send", hides))
    assert tool_calls.compare([NamedCall("send", pays)], [NamedCall("send", hides)])[0].kind == "changed"
    found = answer_diff.requests(pays.encode(), hides.encode())
    assert isinstance(found, passages.Lines)
    assert [(line.change.at, line.change.summary) for line in found.shown] == [
        ("/pay", "a repeated key: 9999, 10 → once; only its last value is compared")
    ]
    same = answer_diff.requests(pays.encode(), pays.replace(" ", "").encode())
    assert same == passages.Lines([])


def test_an_answer_of_another_role_differs() -> None:
    found = compare(answer(role="assistant", content="a"), answer(role="tool", content="a"))
    assert not found.equal
    assert compare(answer(role="assistant", content="a"), answer(content="a")).equal
