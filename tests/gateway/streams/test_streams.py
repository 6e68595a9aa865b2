import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway import streams
from generations.gateway.blocks import Block, Media
from generations.gateway.events import (
    ChargedCost,
    Closed,
    Event,
    Finish,
    Identity,
    Json,
    LiveAnswer,
    Other,
    Reasoning,
    Refusal,
    Snapshot,
    StreamError,
    Text,
    ToolCall,
    Usage,
)
from generations.gateway.rawjson.values import Value
from generations.gateway.streams.sse import Frame, Frames
from tests.gateway.samples import (
    CHAT,
    CHAT_SNAPSHOT,
    CHAT_USAGE,
    COMPLETED,
    CREATED,
    MESSAGE_START,
    MESSAGE_STOP,
    MESSAGES,
    PRICING,
    RESPONSES,
    block_delta,
    chunk,
    message_delta,
    said,
    sse,
    typed,
)

SSE = "text/event-stream"


def read(wire: str, body: bytes, content_type: str = SSE, *cuts: int) -> list[Event]:
    """All events, the body fed in pieces."""
    reader = streams.reader(wire, content_type)
    edges = [0, *sorted(cuts), len(body)]
    pieces = [body[start:end] for start, end in pairwise(edges)]
    return [event for piece in pieces for event in reader.feed(piece)] + reader.end()


def merged(events: list[Event]) -> list[Event]:
    """Adjacent words of one kind as one event."""
    found: list[Event] = []
    for event in events:
        last = found[-1] if found else None
        if (
            isinstance(event, Text)
            and isinstance(last, Text)
            and (event.choice, event.part) == (last.choice, last.part)
        ):
            found[-1] = Text(last.text + event.text, event.choice, event.part)
        else:
            found.append(event)
    return found


def content(events: list[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, Identity | Usage | ChargedCost)]


def answer(wire: str, body: bytes, content_type: str = SSE) -> LiveAnswer:
    """What a live page shows of it in the end."""
    reader = streams.reader(wire, content_type)
    return LiveAnswer().collect(reader.feed(body)).collect(reader.end())


# -- frames


@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_lines_end_in_three_ways(line: str) -> None:
    raw = line.join(
        [
            ": hi",
            "id: 7",
            "retry: 5",
            "event: a",
            "data: 1",
            "data:2",
            "",
            "data",
            "",
            "event: b",
            "",
            "data: 3",
            "",
        ]
    )
    for cut in range(len(raw)):
        frames = Frames()
        found = frames.feed(raw[:cut].encode()) + frames.feed(raw[cut:].encode()) + frames.end()
        assert found == [Frame("a", b"1\n2"), Frame("", b""), Frame("", b"3")]


def test_a_byte_order_mark_and_unicode_line_ends_inside_data() -> None:
    text = "data: a\u2028b\u0085c\x0bd\x0ce"
    assert Frames().feed(b"\xef\xbb\xbf" + text.encode() + b"\n\n") == [Frame("", text[6:].encode())]


def test_the_last_frame_may_lack_its_empty_line() -> None:
    frames = Frames()
    assert frames.feed(b"data: 1\n\ndata: 2") == [Frame("", b"1")]
    assert frames.end() == [Frame("", b"2")]


def test_a_frame_of_megabytes_in_small_chunks_is_joined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    big = b"x" * 5_000_000
    frames = Frames()
    found = []
    for start in range(0, len(big), 1000):
        found += frames.feed((b"data: " if start == 0 else b"") + big[start : start + 1000])
        assert sum(map(len, frames._tail)) == min(start + 1000, len(big)) + 6  # kept as pieces, never copied
    assert found + frames.feed(b"\n\n") == [Frame("", big)]


# -- splitting


STREAMS = {"chat": CHAT, "responses": RESPONSES, "messages": MESSAGES}


@pytest.mark.parametrize("wire", STREAMS)
@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"\r"])
def test_a_stream_cut_at_every_byte_gives_the_same_events(wire: str, line: bytes) -> None:
    body = STREAMS[wire].replace(b"Hel", "H\u00e9\U0001f600l".encode()).replace(b"\n", line)
    whole = read(wire, body)
    assert len(whole) > 5
    for cut in range(len(body)):
        assert read(wire, body, SSE, cut) == whole
    reader = streams.reader(wire, SSE)
    single = [event for at in range(len(body)) for event in reader.feed(body[at : at + 1])] + reader.end()
    assert single == whole


WORDS = st.text(max_size=8)
DELTAS = st.fixed_dictionaries(
    {},
    optional={
        "content": WORDS | st.none(),
        "reasoning_content": WORDS,
        "refusal": WORDS,
        "tool_calls": st.lists(
            st.fixed_dictionaries(
                {"index": st.integers(0, 2), "function": st.fixed_dictionaries({"arguments": WORDS})}
            ),
            max_size=2,
        ),
    },
)


@given(
    st.lists(DELTAS, max_size=6),
    st.lists(st.integers(0, 3000), max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_chat_stream_cut_anywhere(deltas: list[dict[str, Any]], cuts: list[int], line: str) -> None:
    body = sse(*(chunk(delta) for delta in deltas), "[DONE]").replace(b"\n", line.encode())
    whole = read("chat", body)
    assert read("chat", body, SSE, *(cut for cut in cuts if cut < len(body))) == whole
    assert answer("chat", body).text() == "".join(delta.get("content") or "" for delta in deltas)


@given(
    st.sampled_from(["chat", "responses", "messages", "images", "files"]),
    st.binary(max_size=300),
    st.sampled_from([SSE, "application/json", "audio/mpeg", "", "text/plain", "text/html"]),
)
def test_no_bytes_break_a_reader(wire: str, body: bytes, content_type: str) -> None:
    closed = read(wire, body, content_type)[-1]
    assert isinstance(closed, Closed)


NAMES = st.sampled_from([
    "choices", "delta", "message", "content", "tool_calls", "function", "arguments", "index", "usage", "error",
    "type", "object", "response", "output", "item", "id", "content_block", "input", "text", "meta", "routing",
    "images", "image_url", "audio", "data", "finish_reason", "part",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "error", "tool_use"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
KINDS = st.sampled_from([
    "", "error", "message_start", "content_block_start", "content_block_delta", "message_delta",
    "response.created", "response.completed", "response.failed", "response.output_item.done",
    "response.output_text.done", "response.function_call_arguments.delta", "image_generation.completed",
])  # fmt: skip


@given(
    st.sampled_from(["chat", "responses", "messages", "images"]), st.lists(st.tuples(KINDS, JSON), max_size=4)
)
def test_no_wrong_type_breaks_a_reader(wire: str, frames: list[tuple[str, Any]]) -> None:
    body = sse(*frames)
    assert isinstance(read(wire, body)[-1], Closed)
    for _, value in frames:
        raw = json.dumps(value).encode()
        assert isinstance(read(wire, raw, "application/json")[-1], Closed)
        answer(wire, raw, "application/json")
    answer(wire, body)


# -- chat


COUNTS: dict[str, Value] = {"prompt_tokens": "4", "completion_tokens": "2", "total_tokens": "6"}


def test_chat_events() -> None:
    priced: Value = {**PRICING, "total_nanos": "1000", "total_cents": "0.0001"}
    assert read("chat", CHAT) == [
        Identity("G-01M0", "resp_abc", "openai/gpt-5-nano"),
        Text("Hel"),
        Text("lo"),
        Finish("stop"),
        Usage({**COUNTS, "pricing": priced}),
        ChargedCost(1000, "USD"),
        Finish("stop"),
        Usage(COUNTS),
        Snapshot(
            LiveAnswer(
                [Block("text", "Hello")],
                dict(COUNTS),
                finish_reason="stop",
                request_id="G-01M0",
                native_id="resp_abc",
                model="openai/gpt-5-nano",
            )
        ),
        Closed(True, "done"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("frames", "closed"),
    [
        ([chunk({"content": "Hi"}), chunk({}, "stop"), "[DONE]"], Closed(True, "done")),
        ([chunk({"content": "Hi"}), chunk({}, "stop")], Closed(True, "finish")),
        ([chunk({"content": "Hi"}), "[DONE]"], Closed(True, "done")),
        ([chunk({"content": "Hi"}), CHAT_SNAPSHOT], Closed(True, "snapshot")),
        ([chunk({"content": "Hi"})], Closed(False, "truncated")),
        ([chunk({"content": "Hi"}), CHAT_USAGE], Closed(False, "truncated")),
        ([], Closed(False, "empty")),
        (
            [chunk({"content": "Hi"}), {"object": "error", "message": "no", "id": "G-1"}],
            Closed(False, "error"),
        ),
        ([chunk({"content": "Hi"}), {"error": {"message": "no"}}, "[DONE]"], Closed(False, "error")),
    ],
)
def test_how_a_chat_stream_ends(frames: list[Any], closed: Closed) -> None:
    assert read("chat", sse(*frames))[-1] == closed


def test_a_stream_cut_inside_its_last_frame_is_truncated() -> None:
    body = sse(chunk({"content": "Hello"}), chunk({"content": "World"}))[:-30]
    events = read("chat", body)
    assert content(events)[0] == Text("Hello")
    assert events[-1] == Closed(False, "truncated")
    assert isinstance(events[-2], Other)  # the torn frame is kept


def test_a_snapshot_replaces_what_was_collected() -> None:
    collected = answer(
        "chat", sse(chunk({"content": "Hel"}), chunk({"reasoning_content": "hm"}), CHAT_SNAPSHOT)
    )
    assert [(block.kind, block.text) for block in collected.blocks] == [
        ("reasoning", "hm"),
        ("text", "Hello"),
    ]


def test_a_snapshot_is_known_by_its_message() -> None:
    bare = {"choices": [{"message": {"content": "Hello"}}]}
    assert answer("chat", sse(chunk({"content": "Hel"}), bare)).blocks == [Block("text", "Hello")]


@pytest.mark.parametrize(
    ("pieces", "replaces"),
    [
        (['{"a"', ": 1", "}"], [False, False, False]),
        (['{"a"', '{"a": 1', '{"a": 1}'], [False, True, True]),
        (['{"a"', ": 1}", '{"a": 1}'], [False, False, True]),
        (["", '{"a": 1}', ""], [False, False, False]),
    ],
)
def test_tool_arguments_come_as_deltas_or_cumulative(pieces: list[str], replaces: list[bool]) -> None:
    calls = [{"index": 0, "id": "call_1", "function": {"name": "look", "arguments": pieces[0]}}]
    calls += [{"index": 0, "function": {"arguments": piece}} for piece in pieces[1:]]
    body = sse(*(chunk({"tool_calls": [call]}) for call in calls), chunk({}, "tool_calls"))
    events = [event for event in read("chat", body) if isinstance(event, ToolCall)]
    assert [event.replace for event in events] == replaces
    assert answer("chat", body).blocks == [Block("tool_call", '{"a": 1}', "look", "call_1")]


def test_the_snapshots_tool_calls_win() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"a": 2}'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    snapshot = {**CHAT_SNAPSHOT, "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    early = chunk(
        {"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "look", "arguments": '{"a'}}]}
    )
    assert answer("chat", sse(early, snapshot)).blocks == [Block("tool_call", '{"a": 2}', "look", "call_1")]


def test_calls_without_their_own_number_are_distinguished_by_id() -> None:
    def call(call_id: str) -> dict[str, Any]:
        return {"index": 0, "id": call_id, "function": {"name": "look", "arguments": "{}"}}

    body = sse(chunk({"tool_calls": [call("a")]}), chunk({"tool_calls": [call("b")]}))
    assert answer("chat", body).blocks == [
        Block("tool_call", "{}", "look", "a"),
        Block("tool_call", "{}", "look", "b"),
    ]


def test_other_deltas_of_chat() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    sound = {
        "type": "audio_url",
        "audio_url": {"url": "https://files.example/a.mp3"},
        "mime_type": "audio/mpeg",
    }
    body = sse(
        chunk({"reasoning_content": "let me"}),
        chunk({"refusal": "no"}),
        chunk({"images": [image]}),
        chunk({"audios": [sound]}),
        chunk({"function_call": {"name": "look", "arguments": "{}"}}),
        chunk({"content": [{"type": "text", "text": "parts"}]}),
        chunk({"audio": {"id": "a", "data": "aG", "transcript": "spo"}}),
        chunk({"audio": {"data": "k=", "transcript": "ken"}}),
        chunk({}, "stop"),
    )
    assert merged(content(read("chat", body))) == [
        Reasoning("let me"),
        Refusal("no"),
        Media("image", "image/png", "data:image/png;base64,aGk=", None),
        Media("audio", "audio/mpeg", None, "https://files.example/a.mp3"),
        ToolCall(0, None, "look", "{}"),
        Text("partsspoken"),
        Finish("stop"),
        Media("audio", None, "aGk="),
        Closed(True, "finish"),
    ]


def test_several_choices_stay_apart() -> None:
    body = sse(*(chunk({"content": word}, index=index) for index, word in enumerate(["A", "B"] * 3)))
    body = body.replace(b'"index":2', b'"index":0').replace(b'"index":3', b'"index":1')
    body = body.replace(b'"index":4', b'"index":0').replace(b'"index":5', b'"index":1')
    collected = answer("chat", body)
    assert collected.blocks == [Block("text", "AAA", choice=0), Block("text", "BBB", choice=1)]
    assert (collected.text(0), collected.text(1)) == ("AAA", "BBB")


@pytest.mark.parametrize(
    ("frame", "message", "code"),
    [
        ({"object": "error", "message": "it broke", "id": "G-1"}, "it broke", None),
        ({"error": {"message": "it broke", "code": "overloaded"}}, "it broke", "overloaded"),
        ({"error": {"message": "it broke", "type": "server_error"}}, "it broke", "server_error"),
        ({"error": "upstream_error", "description": "it broke"}, "it broke", "upstream_error"),
        (("error", {"message": "it broke"}), "it broke", None),
        (
            {"error": {"message": "it broke"}, "choices": [{"delta": {}, "finish_reason": "error"}]},
            "it broke",
            None,
        ),
    ],
)
def test_an_error_in_the_middle(frame: Any, message: str, code: str | None) -> None:
    raw = json.dumps(frame[1] if isinstance(frame, tuple) else frame, separators=(",", ":"))
    collected = answer("chat", sse(chunk({"content": "Hel"}), frame))
    assert collected.faults == [StreamError(message, code, raw)]
    assert collected.text() == "Hel"


def test_frames_that_are_not_known_are_kept() -> None:
    events = read("chat", sse("not json", {"object": "new.thing"}, '["a list"]', ("ping", "{}")))
    assert [event for event in events if isinstance(event, Other)] == [
        Other("", "not json"),
        Other("", '{"object":"new.thing"}'),
        Other("", '["a list"]'),
        Other("ping", "{}"),
    ]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb'"a\ud83db"', "a\ud83db"),
        (rb'"a\u0000b"', "a\0b"),
        (b'"a\xff"', "a\ufffd"),
        (b'"a", "n": ' + b"7" * 5000, "a"),
        (b'"a", "n": 1e999', "a"),
    ],
)
def test_frames_that_a_fast_parser_refuses(raw: bytes, text: str) -> None:
    body = b'data: {"choices":[{"index":0,"delta":{"content":' + raw + b"}}]}\n\n"
    assert content(read("chat", body))[0] == Text(text)


def test_a_frame_nested_too_deep_is_kept_as_it_is() -> None:
    deep = "[" * 100_000
    assert read("chat", sse(deep)) == [Other("", deep), Closed(False, "truncated")]


def test_meta_names_the_provider() -> None:
    meta = {"latency_ms": 12.50, "routing": {"selected_provider": "openai"}}
    body = sse(chunk({}, "stop", meta=meta)).replace(b"12.5", b"12.50")
    events = read("chat", body)
    assert events[0] == Identity("G-01M0", "resp_abc", "openai/gpt-5-nano", "openai")
    assert events[2] == Other("meta", '{"latency_ms":12.50,"routing":{"selected_provider":"openai"}}')


# -- responses


def test_responses_events() -> None:
    events = read("responses", RESPONSES)
    usage = {**COMPLETED["response"]["usage"]}
    assert [type(event).__name__ for event in events] == [
        "Identity", "Text", "Text", "Usage", "ChargedCost", "Finish", "Snapshot", "Closed",
    ]  # fmt: skip
    assert events[0] == Identity("G-01M0", "resp_abc", "openai/gpt-5-nano")
    assert isinstance(events[3], Usage)
    assert set(events[3].values) == set(usage)
    assert events[4:6] == [ChargedCost(1000, "USD"), Finish("completed")]
    assert events[-1] == Closed(True, "snapshot")
    assert answer("responses", RESPONSES).blocks == [Block("text", "Hello")]


def test_the_type_may_stand_in_the_data_instead_of_the_name() -> None:
    body = sse(
        {"type": "response.created", **CREATED},
        {"type": "response.output_text.delta", **said("Hi")[1]},
        {"type": "response.completed", **COMPLETED},
    )
    assert content(read("responses", body))[0] == Text("Hi")
    assert read("responses", body)[-1] == Closed(True, "snapshot")


def test_name_and_type_may_both_be_missing() -> None:
    body = sse(CREATED, said("Hi")[1], COMPLETED)
    assert content(read("responses", body))[0] == Text("Hi")
    assert read("responses", body)[-1] == Closed(True, "snapshot")


def test_two_completed_the_second_knowing_less() -> None:
    second = {"response": {"id": "resp_abc", "status": "completed", "output": []}, "id": "G-01M0"}
    collected = answer(
        "responses", sse(said("Hel"), ("response.completed", COMPLETED), ("response.completed", second))
    )
    assert collected.text() == "Hello"
    assert collected.cost_nanos == 1000
    assert collected.usage["total_tokens"] == "6"
    assert (collected.request_id, collected.native_id) == ("G-01M0", "resp_abc")


def test_a_response_can_end_in_other_ways() -> None:
    incomplete = {"response": {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}}
    events = read("responses", sse(said("Hi"), ("response.incomplete", incomplete)))
    assert events[-2:] == [Finish("max_output_tokens"), Closed(True, "snapshot")]
    assert read("responses", sse(said("Hi")))[-1] == Closed(False, "truncated")
    assert read("responses", sse(said("Hi"), "[DONE]"))[-1] == Closed(True, "done")


@pytest.mark.parametrize(
    "frame",
    [
        (
            "response.failed",
            {"response": {"status": "failed", "error": {"message": "it broke", "code": "x"}}},
        ),
        ("response.failed", {"error": {"message": "it broke", "code": "x"}}),
        ("error", {"error": {"message": "it broke", "code": "x"}}),
        ("error", {"message": "it broke", "code": "x"}),
        {"type": "error", "message": "it broke", "code": "x"},
    ],
)
def test_a_response_fails_in_the_middle(frame: Any) -> None:
    body = sse(said("Hi"), frame)
    assert [(fault.message, fault.code) for fault in answer("responses", body).faults] == [("it broke", "x")]
    assert read("responses", body)[-1] == Closed(False, "error")


def test_function_calls_of_responses() -> None:
    item = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": ""}
    name = "response.function_call_arguments"
    body = sse(
        ("response.output_item.added", {"output_index": 1, "item": item}),
        (f"{name}.delta", {"output_index": 1, "delta": '{"a'}),
        (f"{name}.delta", {"output_index": 1, "delta": '": 1.0}'}),
        (f"{name}.done", {"output_index": 1, "arguments": '{"a": 1.0}'}),
        ("response.output_item.done", {"output_index": 1, "item": {**item, "arguments": '{"a": 1.0}'}}),
    )
    events = [event for event in read("responses", body) if isinstance(event, ToolCall)]
    assert [event.replace for event in events] == [True, False, False, True, True]
    assert answer("responses", body).blocks == [Block("tool_call", '{"a": 1.0}', "look", "call_1")]


def test_words_repeated_when_done_are_not_yielded_twice() -> None:
    item = {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}
    body = sse(
        said("Hello"),
        ("response.output_text.done", {"output_index": 0, "text": "Hello"}),
        ("response.content_part.done", {"output_index": 0, "part": {"type": "output_text", "text": "Hello"}}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        ("response.output_item.done", {"output_index": 1, "item": item}),
        ("response.output_text.done", {"output_index": 2, "text": "only here"}),
    )
    assert content(read("responses", body))[:-1] == [
        Text("Hello"),
        Text("Hello", 0, 1),
        Text("only here", 0, 2),
    ]


def test_reasoning_refusal_images_and_searches_of_responses() -> None:
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    body = sse(
        ("response.reasoning_text.delta", {"delta": "let", "output_index": 0}),
        ("response.reasoning_summary_text.delta", {"delta": " me", "output_index": 0}),
        ("response.refusal.delta", {"delta": "no", "output_index": 1}),
        (
            "response.image_generation_call.partial_image",
            {"output_index": 2, "partial_image_b64": "YQ==", "output_format": "png"},
        ),
        (
            "response.output_item.done",
            {"output_index": 2, "item": {"type": "image_generation_call", "result": "Yg=="}},
        ),
        ("response.web_search_call.searching", {"output_index": 3}),
        ("response.output_item.done", {"output_index": 3, "item": search}),
    )
    assert content(read("responses", body))[:-1] == [
        Reasoning("let"),
        Reasoning(" me"),
        Refusal("no", 0, 1),
        Media("image", "image/png", "YQ==", part=2, partial=True),
        Media("image", None, "Yg==", part=2),
        Other("response.web_search_call.searching", '{"output_index":3}'),
        Other("response.output_item.done", json.dumps(search, separators=(",", ":"))),
    ]
    images = [block.media for block in answer("responses", body).blocks if block.media]
    assert images == [Media("image", None, "Yg==", part=2)]  # the partial one is replaced


# -- messages


def test_messages_events() -> None:
    assert read("messages", MESSAGES) == [
        Identity("G-01M0", None, "anthropic/claude-sonnet-4.5"),
        Usage({"input_tokens": "4", "output_tokens": "1"}),
        Text("Hello"),
        Finish("end_turn"),
        Usage({"input_tokens": "4", "output_tokens": "2", "cache_read_input_tokens": "0"}),
        Closed(True, "done"),
    ]


def test_the_id_of_a_message_may_be_the_providers() -> None:
    body = sse(MESSAGE_START).replace(b"G-01M0", b"msg_9")
    collected = answer("messages", body)
    assert (collected.request_id, collected.native_id) == (None, "msg_9")


def test_block_starts_may_be_missing_and_the_end_come_in_two() -> None:
    body = sse(
        block_delta(type="text_delta", text="Hi"), message_delta("end_turn"), message_delta(output_tokens=2)
    )
    assert content(read("messages", body)) == [Text("Hi"), Finish("end_turn"), Closed(True, "finish")]
    assert answer("messages", body).usage == {"output_tokens": "2"}
    assert read("messages", sse(block_delta(type="text_delta", text="Hi")))[-1] == Closed(False, "truncated")


def test_tool_blocks_of_messages() -> None:
    start = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    whole = {"type": "tool_use", "id": "toolu_2", "name": "find", "input": {"b": 1, "a": 0.5}}
    body = sse(
        typed(type="content_block_start", index=0, content_block=start),
        block_delta(0, type="input_json_delta", partial_json=""),
        block_delta(0, type="input_json_delta", partial_json='{"a"'),
        block_delta(0, type="input_json_delta", partial_json=": 1}"),
        typed(type="content_block_start", index=1, content_block=whole),
        MESSAGE_STOP,
    ).replace(b"0.5", b"0.50")
    assert answer("messages", body).blocks == [
        Block("tool_call", '{"a": 1}', "look", "toolu_1"),
        Block("tool_call", '{"b":1,"a":0.50}', "find", "toolu_2"),
    ]


def test_thinking_and_blocks_that_are_not_known() -> None:
    found = {"type": "web_search_tool_result", "content": []}
    body = sse(
        typed(type="content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
        block_delta(0, type="thinking_delta", thinking="hm"),
        block_delta(0, type="signature_delta", signature="c2ln"),
        ("ping", {"type": "ping"}),
        typed(type="content_block_start", index=1, content_block=found),
        block_delta(2, type="citations_delta", citation={}),
        block_delta(2, text="no type"),
        MESSAGE_STOP,
    )
    assert content(read("messages", body))[:-1] == [
        Reasoning("hm"),
        Json('{"type":"web_search_tool_result","content":[]}', "web_search_tool_result"),
        Other(
            "content_block_delta",
            '{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{}}}',
        ),
        Text("no type", 0, 2),
    ]


def test_a_message_fails_in_the_middle() -> None:
    error = typed(type="error", error={"message": "Overloaded", "type": "overloaded_error"})
    body = sse(MESSAGE_START, block_delta(type="text_delta", text="Hi"), error)
    assert [(fault.message, fault.code) for fault in answer("messages", body).faults] == [
        ("Overloaded", "overloaded_error")
    ]
    assert read("messages", body)[-1] == Closed(False, "error")


# -- other streams


def test_a_stream_of_images() -> None:
    body = sse(
        typed(
            type="image_generation.partial_image", b64_json="YQ==", output_format="png", partial_image_index=0
        ),
        typed(
            type="image_generation.completed", b64_json="Yg==", output_format="png", usage={"output_image": 1}
        ),
    )
    assert read("images", body) == [
        Media("image", "image/png", "YQ==", partial=True),
        Media("image", "image/png", "Yg=="),
        Usage({"output_image": "1"}),
        Closed(True, "done"),
    ]
    assert [block.media for block in answer("images", body).blocks] == [Media("image", "image/png", "Yg==")]


def test_a_stream_of_speech_and_one_of_a_transcription() -> None:
    speech = sse(
        typed(type="speech.audio.delta", audio="aG"),
        typed(type="speech.audio.delta", audio="k="),
        typed(type="speech.audio.done"),
    )
    assert read("speech", speech) == [Media("audio", None, "aGk="), Closed(True, "done")]
    words = sse(
        typed(type="transcript.text.delta", delta="Hi"), typed(type="transcript.text.done", text="Hi")
    )
    assert read("transcription", words) == [Text("Hi"), Closed(True, "done")]


def test_a_character_cut_between_two_deltas() -> None:
    def data_line(content: str, choice: int) -> str:
        return f'{{"choices":[{{"index":{choice},"delta":{{"content":"{content}"}},"finish_reason":null}}]}}'

    body = sse(
        data_line(r"a\ud83d", 0),
        data_line(r"b\ud83d", 1),
        data_line(r"\ude00c", 0),
        data_line("d", 1),
        data_line(r"\ud83d", 0),
    )
    assert content(read("chat", body)) == [
        Text("a"),
        Text("b", 1),
        Text("\U0001f600c"),
        Text("\ud83dd", 1),
        Text("\ud83d"),
        Closed(False, "truncated"),
    ]
    assert answer("chat", body).text() == "a\U0001f600c\ud83d"


@pytest.mark.parametrize("more", [{}, {"usage": None}, {"created": 1}])
def test_the_short_way_and_the_long_way_yield_the_same(more: dict[str, Any]) -> None:
    short, long = (
        chunk({"content": "a", "role": "assistant"}, **more),
        chunk({"content": "a", "x": None}, **more),
    )
    assert read("chat", sse(*[short] * 3)) == read("chat", sse(*[long] * 3))


# -- whole answers


def whole(wire: str, body: Any, content_type: str = "application/json; charset=utf-8") -> list[Event]:
    return read(wire, json.dumps(body).encode(), content_type)


def test_a_whole_chat_completion() -> None:
    call = {"id": "call_1", "function": {"name": "look", "arguments": "{}"}}
    message = {"content": "Hello", "reasoning_content": "hm", "refusal": None, "tool_calls": [call]}
    completion = {
        **CHAT_SNAPSHOT,
        "choices": [{"message": message, "finish_reason": "stop"}],
        "cost_nanos": 7,
        "currency": "USD",
    }
    assert whole("chat", completion) == [
        Identity("G-01M0", "resp_abc", "openai/gpt-5-nano"),
        Reasoning("hm"),
        Text("Hello"),
        ToolCall(0, "call_1", "look", "{}", True),
        Finish("stop"),
        Usage({"prompt_tokens": "4", "completion_tokens": "2", "total_tokens": "6"}),
        ChargedCost(7, "USD"),
        Closed(True, "whole"),
    ]


def test_a_whole_response_and_a_whole_message() -> None:
    response = {**COMPLETED["response"], "id": "G-01M0", "nativeResponseId": "resp_abc"}
    collected = answer("responses", json.dumps(response).encode(), "application/json")
    assert (collected.text(), collected.finish_reason, collected.request_id, collected.native_id) == (
        "Hello",
        "completed",
        "G-01M0",
        "resp_abc",
    )
    message = {
        "id": "G-01M0",
        "type": "message",
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1},
    }
    collected = answer("messages", json.dumps(message).encode(), "")
    assert collected.blocks == [Block("reasoning", "hm"), Block("text", "Hello")]
    assert (collected.finish_reason, collected.request_id) == ("end_turn", "G-01M0")


@pytest.mark.parametrize(
    ("wire", "body", "expected"),
    [
        (
            "images",
            {"requestId": "G-1", "data": [{"b64_json": "YQ=="}, {"url": "https://files.example/a.png"}]},
            [
                Identity("G-1"),
                Media("image", None, "YQ=="),
                Media("image", None, None, "https://files.example/a.png", part=1),
            ],
        ),
        (
            "speech",
            {"id": "G-1", "object": "audio.speech", "audio_base64": "aGk=", "mime_type": "audio/mpeg"},
            [Identity("G-1"), Media("audio", "audio/mpeg", "aGk=")],
        ),
        (
            "transcription",
            {"requestId": "G-1", "id": "n-1", "text": "Hi"},
            [Identity("G-1", "n-1"), Text("Hi")],
        ),
        (
            "embeddings",
            {"requestId": "G-1", "id": "n-1", "data": [0.10], "usage": {"input_tokens": 1}},
            [
                Identity("G-1", "n-1"),
                Json('{"requestId": "G-1", "id": "n-1", "data": [0.1], "usage": {"input_tokens": 1}}'),
                Usage({"input_tokens": "1"}),
            ],
        ),
        (
            "moderations",
            {"id": "G-1", "results": []},
            [Identity("G-1"), Json('{"id": "G-1", "results": []}')],
        ),
        ("rerank", {"id": "G-1", "results": []}, [Identity("G-1"), Json('{"id": "G-1", "results": []}')]),
        (
            "ocr",
            {"requestId": "G-1", "pages": []},
            [Identity("G-1"), Json('{"requestId": "G-1", "pages": []}')],
        ),
        ("chat", [1, 2], [Json("[1, 2]")]),
    ],
)
def test_whole_answers_of_other_endpoints(wire: str, body: Any, expected: list[Event]) -> None:
    assert whole(wire, body) == [*expected, Closed(True, "whole")]


def test_a_whole_answer_that_is_an_error() -> None:
    events = whole("chat", {"generation_id": "G-1", "error": "upstream_error", "description": "it broke"})
    assert [type(event) for event in events] == [StreamError, Identity, Closed]
    assert events[1:] == [Identity("G-1"), Closed(False, "error")]


def test_a_torn_json_answer() -> None:
    assert read("chat", b'{"choices": [', "application/json") == [
        Json('{"choices": ['),
        Closed(False, "truncated"),
    ]
    assert read("chat", b"  ", "application/json") == [Closed(False, "empty")]


# -- the content type rules


def test_binary_answers() -> None:
    assert read("speech", b"ID3\x00\xff", "audio/mpeg") == [
        Media("audio", "audio/mpeg"),
        Closed(True, "whole"),
    ]
    assert read("files", b"\x00", "application/octet-stream") == [
        Media("file", "application/octet-stream"),
        Closed(True, "whole"),
    ]
    assert read("speech", b"", "audio/mpeg") == [Closed(False, "empty")]


def test_a_stream_may_be_answered_with_plain_json() -> None:
    body = json.dumps(CHAT_SNAPSHOT, indent=2).encode()
    for content_type in ["application/json", "application/problem+json", "", SSE]:
        assert answer("chat", body, content_type).text() == "Hello"
        assert read("chat", body, content_type)[-1] == Closed(True, "whole")


def test_a_stream_under_a_wrong_content_type() -> None:
    for content_type in ["application/json", ""]:
        assert read("chat", CHAT, content_type) == read("chat", CHAT)


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "", "application/json"])
def test_a_web_page_is_no_answer(content_type: str) -> None:
    page = b"<html><h1>502</h1></html>"
    events = read("chat", page, content_type)
    assert events[-1] == Closed(False, "error")
    assert isinstance(events[0], StreamError)
    assert (events[0].code, events[0].raw) == ("html", page.decode())


def test_an_error_written_raw_into_a_stream() -> None:
    body = sse(chunk({"content": "Hi"})) + b'{"error": "upstream_error", "description": "it broke"}\n'
    assert [fault.message for fault in answer("chat", body).faults] == ["it broke"]
    assert read("chat", body)[-1] == Closed(False, "error")


def test_transcriptions_as_text() -> None:
    assert read("transcription", b"1\n00:00 --> 00:01\nHi\n", "text/vtt") == [
        Text("1\n00:00 --> 00:01\nHi\n"),
        Closed(True, "whole"),
    ]
