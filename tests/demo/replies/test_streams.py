"""Every stream form, as it arrives."""

import json
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.demo.peer import Peer, object_schema

HELLO = [{"role": "user", "content": "hello"}]


def chat_stream(peer: Peer, model: str, **more: Any) -> list[Any]:
    body = {"model": model, "messages": HELLO, "stream": True} | more
    return [data for _, data in peer.frames("/v1/chat/completions", body)]


def text_of(frames: list[Any]) -> str:
    deltas = [frame["choices"][0]["delta"] for frame in frames if _is_chunk(frame)]
    return "".join(delta.get("content", "") for delta in deltas)


def _is_chunk(frame: Any) -> bool:
    return (
        isinstance(frame, dict) and frame.get("object") == "chat.completion.chunk" and frame["choices"] != []
    )


def shape(frames: list[Any]) -> list[str]:
    """What the frames after the text are."""
    names = []
    for frame in frames:
        if frame != "[DONE]" and "error" in frame:
            names.append("error")
        elif frame == "[DONE]" or frame.get("object") != "chat.completion.chunk":
            names.append(frame if frame == "[DONE]" else frame["object"])
        elif not frame["choices"]:
            names.append("usage")
        elif frame["choices"][0]["finish_reason"]:
            names.append("finish")
    return names


@pytest.mark.parametrize(
    ("model", "ending"),
    [
        ("openai/gpt-5-nano", ["finish", "usage", "[DONE]"]),
        ("mistral/mistral-large-3", ["finish", "usage", "[DONE]"]),
        ("google/gemini-2.5-flash", ["finish", "usage"]),
        ("meta/llama-3.3-70b-instruct", ["chat.completion"]),
        ("anthropic/claude-haiku-4.5", ["chat.completion"]),
        ("demo/no-done", ["finish", "usage"]),
        ("demo/snapshot-only", ["chat.completion"]),
        ("demo/truncated", []),
        ("demo/mid-stream-error", ["error"]),
    ],
)
def test_endings_of_chat_streams(peer: Peer, model: str, ending: list[str]) -> None:
    frames = chat_stream(peer, model)
    assert shape(frames) == ending
    assert len(text_of(frames)) > 20
    assert {frame["id"] for frame in frames if frame != "[DONE]"} == {frames[0]["id"]}
    assert not [frame for frame in frames if frame != "[DONE]" and ("provider" in frame or "meta" in frame)]


def test_the_snapshot_repeats_the_whole_text(peer: Peer) -> None:
    frames = chat_stream(peer, "demo/snapshot")
    snapshot = frames[-2]
    assert snapshot["choices"][0]["message"]["content"] == text_of(frames)
    assert frames[-3]["usage"] == snapshot["usage"]


@pytest.mark.parametrize(
    ("model", "cumulative"), [("demo/cumulative-bare", True), ("demo/true-tools", False)]
)
def test_tool_arguments_come_in_both_fashions(peer: Peer, model: str, cumulative: bool) -> None:
    schema = object_schema(city="string", date="string", currency="string")
    tool = {"type": "function", "function": {"name": "weather", "parameters": schema}}
    deltas = [
        frame["choices"][0]["delta"] for frame in chat_stream(peer, model, tools=[tool]) if _is_chunk(frame)
    ]
    parts = [call["function"]["arguments"] for delta in deltas for call in delta.get("tool_calls", [])][1:]
    assert len(parts) > 2
    whole = parts[-1] if cumulative else "".join(parts)
    assert json.loads(whole) == {"city": "Oslo", "date": "2026-12-05", "currency": "EUR"}
    assert all(after.startswith(before) for before, after in pairwise(parts)) is cumulative


def test_responses_with_and_without_types(peer: Peer) -> None:
    body = {"input": "hello", "stream": True}
    typed = peer.frames("/v1/responses", body | {"model": "openai/gpt-5-nano"})
    bare = peer.frames("/v1/responses", body | {"model": "google/gemini-2.5-flash"})
    assert all(data["type"] == name for name, data in typed)
    assert all("type" not in data for _, data in bare)
    assert [name for name, _ in typed].count("response.completed") == 1
    assert [name for name, _ in bare].count("response.completed") == 1
    twice = peer.frames("/v1/responses", body | {"model": "demo/two-completed"})
    assert [name for name, _ in twice].count("response.completed") == 2
    assert bare[0][1]["id"] != bare[0][1]["response"]["id"]
    text = "".join(data["delta"] for name, data in bare if name == "response.output_text.delta")
    assert bare[-1][1]["response"]["output"][0]["content"][0]["text"] == text


def test_messages_native_and_reencoded(peer: Peer) -> None:
    body = {"messages": HELLO, "stream": True, "max_tokens": 500}
    native = peer.frames("/v1/messages", body | {"model": "anthropic/claude-sonnet-4.5"})
    other = peer.frames("/v1/messages", body | {"model": "demo/reencoded"})
    around = {"message_start", "content_block_start", "content_block_delta", "content_block_stop"}
    assert {name for name, _ in native} == around | {"message_delta", "message_stop"}
    assert {name for name, _ in other} == {
        "message_start",
        "content_block_delta",
        "message_delta",
        "message_stop",
    }
    assert [name for name, _ in other].count("message_delta") == 2
    assert native[0][1]["message"]["id"].startswith("G-")
    assert other[0][1]["message"]["id"].startswith("msg_")


@pytest.mark.parametrize(
    ("path", "field"),
    [("/v1/chat/completions", "messages"), ("/v1/responses", "input")],
)
def test_errors_in_the_middle_keep_status_200(peer: Peer, path: str, field: str) -> None:
    body = {"model": "demo/mid-stream-error", field: HELLO, "stream": True, "max_tokens": 100}
    answer = peer.post(path, body)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
    assert "The provider closed the stream." in answer.text.rstrip().rpartition("\n\n")[2]


@pytest.mark.parametrize("fault", ["mid-stream-error", "truncated"])
def test_a_messages_stream_that_breaks_gets_a_good_end(peer: Peer, fault: str) -> None:
    peer.settle(record_ms=0)
    body = {"model": f"demo/{fault}", "messages": HELLO, "stream": True, "max_tokens": 100}
    frames = peer.frames("/v1/messages", body)
    ending = frames[-2][1]
    assert [name for name, _ in frames[-3:]] == ["content_block_stop", "message_delta", "message_stop"]
    assert ending["delta"]["stop_reason"] == "max_tokens"
    assert (ending["usage"]["input_tokens"], ending["usage"]["output_tokens"]) == (0, 0)
    record = peer.recorded(peer.received()[0]["request_id"])
    named = ("status_code", "success", "finish_reason", "cost_nanos")
    assert [record[name] for name in named] == [200, True, "stop", 0]


@pytest.mark.parametrize(
    ("model", "last"),
    [
        ("openai/gpt-5-nano", {"error"}),
        ("meta/llama-3.3-70b-instruct", {"object", "message"}),
        ("anthropic/claude-haiku-4.5", {"object", "choices"}),
    ],
)
def test_what_an_error_in_the_middle_says_depends_on_the_leg(peer: Peer, model: str, last: set[str]) -> None:
    peer.settle(fault="mid-stream-error")
    assert last <= set(chat_stream(peer, model)[-1])


def test_a_responses_leg_that_is_cut_off_is_recorded_as_a_failure(peer: Peer) -> None:
    peer.settle(record_ms=0)
    body = {"model": "openai/gpt-5-nano", "input": "hello", "stream": True, "max_output_tokens": 8}
    frames = peer.frames("/v1/responses", body)
    assert frames[-1][0] == "response.incomplete"
    record = peer.recorded(frames[0][1]["id"])
    named = ("status_code", "success", "cost_nanos", "finish_reason")
    assert [record[name] for name in named] == [502, False, None, None]
    kept = record["io_log"]["payload"]["provider_response"]
    assert kept["output"][0]["content"][0]["text"]
    cut = chat_stream(peer, "meta/llama-3.3-70b-instruct", max_tokens=8)
    assert shape(cut) == []
    assert text_of(cut)


@pytest.mark.parametrize("fault", ["reset", "broken", "no-answer"])
def test_connections_that_end(peer: Peer, fault: str) -> None:
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        peer.chat(f"demo/{fault}", stream=True)


def test_splinters_carry_the_same_stream(peer: Peer) -> None:
    frames = chat_stream(peer, "demo/split-utf8")
    assert shape(frames) == ["finish", "usage", "[DONE]"]


def test_exactly_so_many_frames(peer: Peer) -> None:
    body = {"model": "openai/gpt-5-nano", "messages": HELLO, "stream": True}
    frames = peer.frames("/v1/chat/completions", body, x_demo_frames="150", x_demo_forms="done")
    chunks = [data for _, data in frames if _is_chunk(data)]
    assert sum(1 for chunk in chunks if chunk["choices"][0]["delta"]["content"]) == 150
    assert frames[-1] == ("", "[DONE]")


def test_meta_when_asked(peer: Peer) -> None:
    frames = chat_stream(peer, "mistral/mistral-large-3", meta=True)
    assert frames[-2]["meta"]["routing"]["selected_provider"] == "mistral"
    assert peer.chat(meta=True).json()["meta"]["routing"]["selected_provider"] == "openai"


def test_a_broken_stream_is_recorded_as_502(peer: Peer) -> None:
    peer.settle(record_ms=0)
    frames = chat_stream(peer, "demo/truncated")
    record = peer.recorded(frames[0]["id"])
    named = ("status_code", "success", "cost_nanos", "error_code", "finish_reason", "pricing_lines")
    expected: list[Any] = [502, False, None, "upstream:upstream_stream_failure", None, []]
    assert [record[name] for name in named] == expected


def test_a_client_that_leaves_is_billed_all_the_same(peer: Peer) -> None:
    peer.settle(record_ms=0, frames=20, frame_ms=5, pace=1, first_byte_ms=0)
    body = {"model": "openai/gpt-5-nano", "messages": HELLO, "stream": True}
    with peer.http.stream("POST", "/v1/chat/completions", json=body, headers=peer.headers(None)) as answer:
        assert next(answer.iter_raw())
    record = peer.recorded(peer.received()[0]["request_id"])
    assert (record["status_code"], record["success"]) == (200, True)
    assert record["cost_nanos"] > 0
