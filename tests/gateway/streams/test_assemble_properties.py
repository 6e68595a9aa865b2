"""However an answer is cut into frames, and however its parts take turns, the body is the same."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.events import ToolCall
from generations.gateway.rawjson.values import dumps
from generations.gateway.streams import reader
from generations.gateway.streams.assemble import assemble, assemble_stored
from generations.gateway.streams.sse import Frames

pytestmark = pytest.mark.heavy

SSE = "text/event-stream"
Frame = dict[str, Any]
WORDS = st.text(st.characters(codec="utf-16", exclude_categories=["Cs"]), max_size=30)
ARGUMENTS = st.dictionaries(
    WORDS, st.recursive(WORDS | st.integers(), st.lists, max_leaves=4), max_size=3
).map(json.dumps)


def body(wire: str, frames: list[Frame]) -> Any:
    made = assemble(wire, SSE, b"".join(b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in frames))
    assert made.strays == []
    return json.loads(dumps(made.body))


@st.composite
def pieces(draw: st.DrawFn, text: str) -> list[str]:
    """A text cut anywhere, also into nothing and between two surrogates."""
    units = text.encode("utf-16-le")
    cuts = sorted(2 * cut for cut in draw(st.lists(st.integers(0, len(units) // 2), max_size=6)))
    ends = zip([0, *cuts], [*cuts, len(units)], strict=True)
    return [units[start:end].decode("utf-16-le", "surrogatepass") for start, end in ends]


@st.composite
def turns(draw: st.DrawFn, parts: list[list[Frame]]) -> list[Frame]:
    """The frames of all parts, each part's own in their order."""
    left, out = [list(part) for part in parts if part], []
    while left:
        part = left[draw(st.integers(0, len(left) - 1))]
        out.append(part.pop(0))
        left = [part for part in left if part]
    return out


def choice(index: int, delta: Any = None, finish: str | None = None) -> Frame:
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": index, "delta": delta or {}, "finish_reason": finish}],
    }


def function(index: int, **more: Any) -> Any:
    return {"tool_calls": [{"index": index} | more]}


@st.composite
def chat_parts(draw: st.DrawFn) -> tuple[Any, list[list[Frame]]]:
    """Two choices with text, reasoning and two calls each: the whole body, and the frames of each part."""
    choices, parts = [], []
    for index in range(2):
        text, thought = draw(WORDS.filter(bool)), draw(WORDS.filter(bool))
        message: Any = {"content": text, "reasoning_content": thought, "tool_calls": []}
        parts.append([choice(index, {"content": piece}) for piece in draw(pieces(text))])
        parts.append([choice(index, {"reasoning_content": piece}) for piece in draw(pieces(thought))])
        for at in range(2):
            arguments = draw(ARGUMENTS)
            message["tool_calls"].append(
                {"id": f"c{at}", "function": {"name": f"f{at}", "arguments": arguments}}
            )
            begin = function(at, id=f"c{at}", function={"name": f"f{at}", "arguments": ""})
            more = [function(at, function={"arguments": piece}) for piece in draw(pieces(arguments))]
            parts.append([choice(index, delta) for delta in (begin, *more)])
        choices.append({"index": index, "message": message, "finish_reason": "stop"})
    return {"object": "chat.completion", "choices": choices}, parts


@given(st.data())
def test_chat(data: st.DataObject) -> None:
    whole, parts = data.draw(chat_parts())
    frames = [*data.draw(turns(parts)), choice(0, finish="stop"), choice(1, finish="stop")]
    assert body("chat", frames) == whole


@st.composite
def response_parts(draw: st.DrawFn) -> tuple[Any, list[list[Frame]]]:
    """A message of two parts, a reasoning with two summaries, and two calls, by index."""
    output: list[Any] = [
        {"type": "reasoning", "summary": []}, {"type": "message", "content": []},
    ]  # fmt: skip
    parts = []
    for at in range(2):
        for item, key, kind, event, place in (
            (0, "summary", "summary_text", "reasoning_summary_text", "summary_index"),
            (1, "content", "output_text", "output_text", "content_index"),
        ):
            text = draw(WORDS)
            output[item][key].append({"type": kind, "text": text})
            parts.append(
                [
                    {"type": f"response.{event}.delta", "output_index": item, place: at, "delta": piece}
                    for piece in draw(pieces(text))
                ]
            )
        arguments, index = draw(ARGUMENTS), 2 + at
        output.append({"type": "function_call", "id": f"i{at}", "name": f"f{at}", "arguments": arguments})
        begin = {"type": "function_call", "id": f"i{at}", "name": f"f{at}", "arguments": ""}
        deltas = [
            {"type": "response.function_call_arguments.delta", "output_index": index, "delta": piece}
            for piece in draw(pieces(arguments))
        ]
        parts.append([{"type": "response.output_item.added", "output_index": index, "item": begin}, *deltas])
    return {"output": output, "status": "completed"}, parts


@given(st.data())
def test_responses(data: st.DataObject) -> None:
    whole, parts = data.draw(response_parts())
    end = {"type": "response.completed", "response": {"status": "completed", "output": []}}
    assert body("responses", [*data.draw(turns(parts)), end]) == whole


@given(st.data())
def test_a_final_response_is_the_same_as_its_events(data: st.DataObject) -> None:
    whole, parts = data.draw(response_parts())
    end = {"type": "response.completed", "response": whole}
    assert body("responses", [*data.draw(turns(parts)), end]) == whole


@st.composite
def message_parts(draw: st.DrawFn) -> tuple[Any, list[list[Frame]]]:
    content, parts = [], []
    for index in range(4):
        kind = "tool_use" if index % 2 else "text"
        text = draw(ARGUMENTS if index % 2 else WORDS)
        key = "partial_json" if index % 2 else "text"
        named = {"id": f"t{index}", "name": "f", "input": {}} if index % 2 else {"text": ""}
        begin = {"type": "content_block_start", "index": index, "content_block": {"type": kind} | named}
        deltas = [
            {"type": "content_block_delta", "index": index, "delta": {"type": "x", key: piece}}
            for piece in draw(pieces(text))
        ]
        parts.append([begin, *deltas])
        content.append(
            {"type": kind} | named | ({"input": json.loads(text)} if index % 2 else {"text": text})
        )
    return {"content": content, "role": "assistant"}, parts


@given(st.data())
def test_messages(data: st.DataObject) -> None:
    whole, parts = data.draw(message_parts())
    start = {"type": "message_start", "message": {"content": [], "role": "assistant"}}
    assert body("messages", [start, *data.draw(turns(parts)), {"type": "message_stop"}]) == whole


@given(st.data(), st.booleans(), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_any_cut_of_the_bytes_gives_the_same_frames(data: st.DataObject, named: bool, end: bytes) -> None:
    _, parts = data.draw(chat_parts())
    name = b"event: x" + end if named else b""
    raw = b"".join(name + b"data: " + json.dumps(f).encode() + 2 * end for part in parts for f in part)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    whole, cut = Frames(), Frames()
    made = [f for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True) for f in cut.feed(raw[a:b])]
    assert made + cut.end() == whole.feed(raw) + whole.end()


MARKS = st.fixed_dictionaries(
    {},
    optional={
        "index": st.integers(0, 1) | st.sampled_from(["0", "1"]),
        "id": st.sampled_from(["a", "b", "", None]),
        "name": st.sampled_from(["f", "g", ""]),
        "arguments": st.sampled_from(["{}", '{"a":', "1}", "", '{"a":1}']),
    },
)


@given(st.lists(MARKS, min_size=1, max_size=8))
def test_what_streams_live_distinguishes_the_same_calls(marks: list[Frame]) -> None:
    frames = [
        choice(
            0,
            {
                "tool_calls": [
                    {k: v for k, v in mark.items() if k in ("index", "id")}
                    | {"function": {k: v for k, v in mark.items() if k in ("name", "arguments")}}
                ]
            },
        )
        for mark in marks
    ]
    raw = b"".join(b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in frames)
    made: Any = assemble("chat", SSE, raw).body
    live = reader("chat", SSE)
    seen = [event for event in live.feed(raw) + live.end() if isinstance(event, ToolCall)]
    assert len({event.index for event in seen}) == len(made["choices"][0]["message"]["tool_calls"])


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["choices", "delta", "message", "content", "index", "type", "id", "tool_calls", "function", "usage",
             "response", "output", "item", "output_index", "error", "text", "object", "x"]
        ) | WORDS, inner, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip
KINDS = st.sampled_from(
    ["", "message_start", "content_block_start", "content_block_delta", "message_delta", "response.completed",
     "response.output_item.added", "response.output_item.done", "response.output_text.delta", "error",
     "response.content_part.done", "image_generation.completed", "transcript.text.delta", "chat.completion"]
)  # fmt: skip


@given(
    st.sampled_from(["chat", "responses", "messages", "images", "speech"]),
    st.lists(st.tuples(KINDS, JSON), max_size=5),
)
def test_no_frames_break_it(wire: str, frames: list[tuple[str, Any]]) -> None:
    made = [value | {"type": kind} if kind and isinstance(value, dict) else value for kind, value in frames]
    raw = b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in made)
    dumps(assemble(wire, SSE, raw).body)
    dumps([stray.data for stray in assemble_stored(wire, json.loads(json.dumps(made))).strays])


def _many(make: Callable[[int], Any], count: int) -> bytes:
    return b"".join(b"data: " + json.dumps(make(at)).encode() + b"\n\n" for at in range(count))


def _item(at: int) -> Any:
    return {"type": "response.completed", "response": {"output": [{"type": "message", "id": str(at)}]}}


def _kind(at: int) -> Any:
    return {"type": "response.content_part.added", "output_index": 0, "part": {"type": str(at)}}


def _block(at: int) -> Any:
    return {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "x"}}


LONG: dict[str, tuple[str, Callable[[int], Any]]] = {
    "text": ("chat", lambda at: choice(0, {"content": "word "})),
    "named again": ("chat", lambda at: choice(0, function(0, function={"name": "f", "arguments": "[1,"}))),
    "ids": ("chat", lambda at: choice(0, function(0, id=str(at), function={"arguments": "{}"}))),
    "snapshots": (
        "chat",
        lambda at: {"object": "chat.completion", "choices": [{"message": {"content": str(at)}}]},
    ),
    "citations": ("chat", lambda at: choice(0) | {"citations": [str(at)]}),
    "details": ("chat", lambda at: choice(0, {"reasoning_details": [{"type": "t", "text": "x"}]})),
    "items": (
        "responses",
        lambda at: {"type": "response.output_text.delta", "output_index": at, "delta": "x"},
    ),
    "completed": ("responses", _item),
    "kinds": ("responses", _kind),
    "blocks": ("messages", _block),
    "json": (
        "messages",
        lambda at: {"type": "content_block_delta", "index": 0, "delta": {"partial_json": "[1,"}},
    ),
}


@pytest.mark.parametrize("case", LONG)
def test_the_cost_is_linear_in_the_bytes(case: str) -> None:
    """Counted in steps of the interpreter, not in seconds: four times the frames cost four times as much."""
    wire, make = LONG[case]
    assert _steps(wire, _many(make, 1600)) < 5 * _steps(wire, _many(make, 400))


def _steps(wire: str, raw: bytes) -> int:
    count = 0

    def step(frame: Any, event: str, arg: Any) -> Any:
        nonlocal count
        count += 1
        return step

    sys.settrace(step)
    try:
        assemble(wire, SSE, raw)
    finally:
        sys.settrace(None)
    return count
