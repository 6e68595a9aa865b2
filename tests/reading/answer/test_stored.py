"""Which value of a record is the answer: a body, the last frame of a stream, an error, the provider's, or nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.values import loads
from generations.gateway.record import Record
from generations.reading import documents, outline
from generations.reading.answer import frames, stored
from generations.reading.answer.stored import StoredAnswer
from generations.reading.large.index import SMALL
from generations.reading.page_types.outline import Outline
from tests.reading.samples import record

CHUNK = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
USAGE = {"prompt_tokens": 12, "completion_tokens": 7}
FRAMES: dict[str, Any] = {
    "the last chunk": CHUNK,
    "a chunk with usage": {**CHUNK, "id": "G-1", "usage": USAGE},
    "a chunk with words": {"choices": [{"delta": {"content": "lo"}, "finish_reason": "stop"}]},
    "usage only": {"object": "chat.completion.chunk", "choices": [], "usage": USAGE},
    "usage and nothing else": {"id": "G-1", "usage": USAGE},
    "message_start": {"type": "message_start", "message": {"content": [], "role": "assistant"}},
    "content_block_stop": {"type": "content_block_stop", "index": 0},
    "message_delta": {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": USAGE},
    "message_stop": {"type": "message_stop"},
    "ping": {"type": "ping"},
    "response.created": {"type": "response.created", "response": {"status": "in_progress", "output": []}},
    "response.output_text.done": {"type": "response.output_text.done", "text": "Hello"},
    "response.completed without its output": {
        "type": "response.completed",
        "response": {"id": "r", "status": "completed"},
    },
    "the end of a speech": {"type": "speech.audio.done", "usage": USAGE},
}
BODIES: dict[str, Any] = {
    "a completion": {"object": "chat.completion", "choices": [{"message": {"content": "Hi"}}]},
    "a completion that is called a chunk": {
        "object": "chat.completion.chunk",
        "choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}],
    },
    "a completion without words": {"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]},
    "no choices": {"object": "chat.completion", "choices": []},
    "a text completion": {"object": "text_completion", "choices": [{"text": "Hi"}]},
    "a message": {"type": "message", "content": [{"type": "text", "text": "Hi"}]},
    "a response": {"object": "response", "status": "completed", "output": []},
    "response.completed with its output": {
        "type": "response.completed",
        "response": {"output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}]},
    },
    "embeddings": {"object": "list", "data": [{"embedding": [0.1]}], "usage": USAGE},
    "a transcription": {"text": "Hi"},
    "an empty object": {},
}
WIRES = ("chat.completions", "messages", "responses", "audio.speech", "embeddings", "nothing.known")


def logged(answer: Any, endpoint: str = "chat.completions", **fields: Any) -> Record:
    """A record whose log holds this answer; `provider` is the provider's."""
    payload = {"request_payload": {"model": "m"}, "gateway_response": answer}
    payload["provider_response"] = fields.pop("provider", None)
    members = {"endpoint": endpoint, "success": True, "status_code": 200, "stream": True, **fields}
    return record(**members, io_log={"status": "stored", "payload": payload})


def kept(answer: Any, **fields: Any) -> StoredAnswer:
    return stored.read(logged(answer, **fields))


def drawn(answer: Any, **fields: Any) -> Outline:
    return outline.build(logged(answer, **fields))


def words(made: Outline) -> str:
    parts = [part for turn in made.answer.turns for part in turn.parts]
    return " ".join(part.head + part.html for part in parts)


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("endpoint", WIRES)
def test_a_frame_is_not_taken_for_a_body(frame: Any, endpoint: str) -> None:
    made = drawn(frame, endpoint=endpoint)
    assert [cause.code for cause in made.answer.missing] == ["last_frame"]
    assert "only the last frame of this stream" in made.answer.missing[0].what
    assert (made.answer.turns, made.answered) == ([], False)
    assert made.answer.frame is not None
    assert all(str(key) in made.answer.frame.head for key in frame)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_is_not_taken_for_a_frame(body: Any) -> None:
    assert (kept(body).kind, kept(body).frame) == ("whole", None)
    assert drawn(body).answered


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_a_frame_as_text_is_one_too(frame: Any) -> None:
    assert kept(json.dumps(frame)).kind == "last_frame"


@pytest.mark.parametrize(
    "end",
    [
        "[DONE]",
        "data: [DONE]\n\n",
        'data: {"type": "message_stop"}\n\n',
        [CHUNK],
        f"data: {json.dumps(CHUNK)}\n\n",
    ],
)
def test_the_end_of_a_stream_is_one_too(end: Any) -> None:
    made = drawn(end)
    assert ([cause.code for cause in made.answer.missing], made.answered) == (["last_frame"], False)
    assert made.answer.frame is not None
    assert "DONE" in made.answer.frame.head or "stop" in made.answer.frame.head


def test_usage_alone_is_a_frame_of_streams_only() -> None:
    assert kept({"usage": USAGE}).kind == "last_frame"
    assert kept({"usage": USAGE}, stream=False).kind == "whole"
    assert kept(CHUNK, stream=False).kind == "last_frame"


def test_finish_and_usage_of_the_frame_are_used_where_the_record_has_none() -> None:
    made = drawn({**CHUNK, "usage": USAGE}, finish_reason=None, usage={})
    assert "stop" in [fact.value for fact in made.headline if fact.label == "finish"]
    assert [count.value for count in made.usage] == ["12", "7"]
    made = drawn({**CHUNK, "usage": USAGE}, finish_reason="length", usage={"input_tokens": 3})
    assert "length" in [fact.value for fact in made.headline if fact.label == "finish"]
    assert [count.value for count in made.usage] == ["3"]


def test_a_frame_of_messages_tells_its_finish_too() -> None:
    assert frames.finish(FRAMES["message_delta"]) == "end_turn"
    assert frames.finish({"type": "response.created", "response": {"status": "queued"}}) == "queued"
    assert frames.finish({"choices": [None]}) == ""


PROVIDERS: dict[str, Any] = {
    "an object": {
        "object": "response",
        "output": [{"type": "message", "content": [{"text": "StoredAnswer words"}]}],
    },
    "a message": {"type": "message", "content": [{"type": "text", "text": "StoredAnswer words"}]},
    "called a chunk": {
        "object": "chat.completion.chunk",
        "choices": [{"message": {"content": "StoredAnswer words"}}],
    },
}


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
@pytest.mark.parametrize("as_text", [False, True], ids=["as it is", "as text"])
@pytest.mark.parametrize("answer", [None, CHUNK, "[redacted]", {"error": "upstream_stream_failure"}])
def test_the_providers_answer_stands_in(provider: Any, as_text: bool, answer: Any) -> None:
    made = drawn(answer, provider=json.dumps(provider) if as_text else provider)
    assert "StoredAnswer words" in words(made)
    assert made.answer.note == "from the provider's answer"
    assert (made.answered, made.answer.missing) == (True, [])
    assert made.answer.at == (documents.PROVIDER if as_text else stored.PROVIDER)


def test_an_error_stays_next_to_the_providers_answer() -> None:
    made = drawn({"error": "upstream_stream_failure"}, provider=PROVIDERS["an object"], success=False)
    assert "upstream_stream_failure" in words(made)
    assert "StoredAnswer words" in words(made)


@pytest.mark.parametrize(
    "provider",
    [
        *(None, "", "plain words", "[redacted]", 5, [], {}, CHUNK, json.dumps(CHUNK)),
        {"error": "upstream_error", "reason": "all_candidates_failed"},
        {"reason": "empty", "choice_count": 1, "finish_reasons": ["stop"]},
        {"object": "response", "status": "in_progress", "output": [], "usage": None},
        {"choices": [{"message": {"content": ""}}]},
    ],
)
def test_what_holds_no_answer_does_not_stand_in(provider: Any) -> None:
    assert kept(None, provider=provider).provider is None
    assert not drawn(None, provider=provider).answered


def test_the_gateways_own_answer_is_not_replaced() -> None:
    made = drawn(BODIES["a completion"], provider=PROVIDERS["an object"])
    assert ("Hi" in words(made), "StoredAnswer words" in words(made)) == (True, False)


def test_what_the_sanitiser_replaced_is_no_answer() -> None:
    made = drawn("[redacted]")
    assert ([cause.code for cause in made.answer.missing], made.answered) == (["redacted"], False)


def test_json_in_a_string_is_read_as_the_body_that_it_is() -> None:
    made = drawn(json.dumps(BODIES["a completion"]))
    assert ("Hi" in words(made), made.answer.at) == (True, documents.ANSWER)
    assert made.answer.turns[0].role == "assistant"


def test_plain_text_stays_text() -> None:
    assert words(drawn("just words")).strip() == "<p>just words</p>"


def test_an_error_is_shown_as_one_whatever_the_record_says() -> None:
    failed = {"error": "upstream_error", "description": "all upstreams refused", "status_code": 502}
    for success in (True, False, None):
        made = drawn(failed, success=success)
        assert (made.answer.note, made.answer.turns[0].role) == ("error body", "error")
        assert "all upstreams refused" in words(made)


def test_large_records_tell_the_same() -> None:
    long = {"request_payload": {"model": "m", "messages": [{"role": "user", "content": "x" * 2 * SMALL}]}}
    body = {"choices": [{"message": {"content": "StoredAnswer words " + "y" * SMALL}}]}
    for answer, provider in ((CHUNK, json.dumps(body)), (json.dumps(body), None)):
        payload = {**long, "gateway_response": answer, "provider_response": provider}
        large = record(
            endpoint="chat.completions", success=True, io_log={"status": "stored", "payload": payload}
        )
        assert "StoredAnswer words" in words(outline.build(large))


@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_any_value_has_a_kind(value: Any) -> None:
    data = loads(json.dumps(value))
    assert frames.is_frame(data) in (True, False)
    assert stored.holds_answer(data) in (True, False)
    assert frames.finish(data) is not None
