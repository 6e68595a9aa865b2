"""Streams and whole answers become the body of their wire, and nothing that came is lost."""

import json
from typing import Any

import pytest

from generations.gateway.rawjson.values import Number, dumps
from generations.gateway.streams.assemble import Assembled, StrayEvent, assemble, assemble_stored

SSE = "text/event-stream"


def sse(*frames: Any, done: bool = False) -> bytes:
    """Frames as server-sent events: objects, texts as they are, or (event, object)."""
    out = []
    for frame in frames:
        name, data = frame if isinstance(frame, tuple) else ("", frame)
        text = data if isinstance(data, str) else json.dumps(data)
        out.append((f"event: {name}\n" if name else "") + f"data: {text}\n\n")
    return "".join(out + ["data: [DONE]\n\n"] * done).encode()


def chunk(delta: Any = None, index: int = 0, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": delta or {}, "finish_reason": finish}
    return {"id": "G-1", "object": "chat.completion.chunk", "choices": [choice], **more}


def calls(*parts: Any) -> Assembled:
    """A chat answer whose deltas hold these parts of tool calls."""
    return chat(*({"tool_calls": part if isinstance(part, list) else [part]} for part in parts))


def chat(*deltas: Any) -> Assembled:
    frames = [chunk(delta) for delta in deltas]
    return assemble("chat", SSE, sse(*frames, chunk(finish="stop"), done=True))


def message(made: Assembled, choice: int = 0) -> Any:
    return plain(made.body)["choices"][choice]["message"]


def plain(value: Any) -> Any:
    """With numbers of Python, for comparing with literals."""
    return json.loads(dumps(value))


def call(name: str = "", arguments: Any = None, **more: Any) -> dict[str, Any]:
    function: dict[str, Any] = {"name": name} if name else {}
    return more | {"function": function | ({} if arguments is None else {"arguments": arguments})}


def called(made: Assembled) -> list[tuple[Any, Any]]:
    """Name and arguments of each call."""
    return [(c["function"].get("name"), c["function"].get("arguments")) for c in message(made)["tool_calls"]]


class TestCallsAreDistinguished:
    def test_by_index(self) -> None:
        made = calls(
            call("a", '{"x":', index=0, id="i"), call("b", '{"y":', index=1, id="i"), call("", "1}", index=0),
            call("", "2}", index=1),
        )  # fmt: skip
        assert called(made) == [("a", '{"x":1}'), ("b", '{"y":2}')]

    def test_by_id_at_one_index(self) -> None:
        made = calls(
            call("a", "{}", index=0, id="i"), call("b", '{"y":', index=0, id="j"), call("", "2}", index=0)
        )
        assert called(made) == [("a", "{}"), ("b", '{"y":2}')]

    def test_ids_that_take_turns_at_one_index(self) -> None:
        made = calls(
            call("a", '{"x":', index=0, id="i"), call("b", '{"y":', index=0, id="j"),
            call("", "1}", index=0, id="i"), call("", "2}", index=0, id="j"),
        )  # fmt: skip
        assert called(made) == [("a", '{"x":1}'), ("b", '{"y":2}')]

    @pytest.mark.parametrize("marks", [{}, {"index": 0}, {"index": 0, "id": ""}, {"id": None}])
    def test_a_complete_call_and_a_name_begin_a_new_one(self, marks: dict[str, Any]) -> None:
        made = calls(call("a", '{"t":"A"}', **marks), call("b", "{}", **marks), call("b", "", **marks))
        assert called(made) == [("a", '{"t":"A"}'), ("b", "{}"), ("b", "")]

    def test_an_incomplete_call_goes_on_under_its_name(self) -> None:
        made = calls(call("a", '{"t":"}', index=0), call("a", '"}', index=0))
        assert called(made) == [("a", '{"t":"}"}')]

    def test_without_any_mark_the_order_of_arrival(self) -> None:
        assert called(calls(call("a"), call("", '{"x"'), call("", ":1}"))) == [("a", '{"x":1}')]

    def test_an_id_alone(self) -> None:
        made = calls(
            call("a", "{", id="i"), call("b", "{", id="j"), call("", "}", id="i"), call("", "}", id="j")
        )
        assert called(made) == [("a", "{}"), ("b", "{}")]

    def test_an_id_that_comes_late(self) -> None:
        made = calls(
            call("a", '{"x":', index=0), call("", "1}", index=0, id="i"), call("b", "{}", index=0, id="j")
        )
        assert called(made) == [("a", '{"x":1}'), ("b", "{}")]

    def test_indexes_as_texts(self) -> None:
        assert called(calls([call("a", "1", index="0"), call("b", "2", index="1")])) == [
            ("a", "1"),
            ("b", "2"),
        ]

    def test_a_name_in_pieces_and_again(self) -> None:
        made = calls(
            call("get_", index=0, id="i"),
            call("weather", "", index=0),
            call("get_weather", "{}", id="i", index=0),
        )
        assert called(made) == [("get_weather", "{}")]

    def test_arguments_that_begin_with_what_is_there_replace_it(self) -> None:
        steps = ["", '{"c":"', '{"c":"Oslo"}', '{"c":"Oslo"}']
        assert called(calls(*(call("w", step, index=0, id="i") for step in steps))) == [("w", '{"c":"Oslo"}')]

    def test_equal_pieces_are_kept(self) -> None:
        steps = ["{", '"s":"', "00", "00", '"}']
        assert called(calls(call("w", index=0, id="i"), *(call("", step, index=0) for step in steps))) == [
            ("w", '{"s":"0000"}')
        ]

    def test_arguments_as_an_object(self) -> None:
        made = calls(call("pay", {"amount": 9999}, index=0), call("pay", {"amount": 10}, index=0))
        assert called(made) == [("pay", {"amount": 9999}), ("pay", {"amount": 10})]


def test_numbers_keep_their_text() -> None:
    raw = b'data: {"choices":[{"delta":{"content":"x"}}],"usage":{"cost":1.50,"n":12345678901234567890}}\n\n'
    body = assemble("chat", SSE, raw).body
    assert isinstance(body, dict)
    assert body["usage"] == {"cost": "1.50", "n": "12345678901234567890"}
    assert isinstance(body["usage"], dict)
    assert type(body["usage"]["cost"]) is Number


def test_unknown_events_are_strays_in_order() -> None:
    made = assemble(
        "messages", SSE, sse({"type": "odd", "n": 1}, {"type": "message_stop"}, {"type": "odder"})
    )
    assert made.strays == [
        StrayEvent("odd", {"type": "odd", "n": Number("1")}),
        StrayEvent("odder", {"type": "odder"}),
    ]


def test_nothing_came() -> None:
    assert assemble("chat", SSE, b"") == Assembled("chat", None, [], "empty", False, False)
    made = assemble("chat", SSE, b"data: [DONE] \n\n")
    assert (made.body, made.why, made.complete) == (None, "empty", False)


def test_a_stored_text_with_json_in_it() -> None:
    made = assemble_stored("chat", '{"choices":[{"index":0,"message":{"content":"inner"}}]}')
    assert message(made) == {"content": "inner"}
    assert not made.streamed
