"""Kinds of answers that servers give, each with its whole body: nothing lost, nothing glued, errors in their place."""

import json
from typing import Any, NamedTuple

import pytest

from generations.gateway.events import Closed
from generations.gateway.rawjson.values import dumps, loads
from generations.gateway.streams import reader
from generations.gateway.streams.assemble import VERSION, assemble, assemble_stored, is_frame

SSE = "text/event-stream"


class Kind(NamedTuple):
    """Frames of a wire, and what its body must hold: a pointer and the value there. `strays`: names of the strays."""

    wire: str
    frames: list[Any]
    holds: dict[str, Any]
    strays: list[str] = []
    why: str = "truncated"


def delta(index: int = 0, /, finish: Any = None, more: Any = None, **members: Any) -> Any:
    choice = {"index": index, "delta": members, "finish_reason": finish} | (more or {})
    return {"object": "chat.completion.chunk", "choices": [choice]}


def final(finish: str = "stop", **message: Any) -> Any:
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }


def event(kind: str, **members: Any) -> Any:
    return {"type": kind} | members


def item(verb: str, index: Any = 0, **members: Any) -> Any:
    return event(f"response.output_item.{verb}", output_index=index, item=members)


def block(index: int = 0, **members: Any) -> Any:
    return event("content_block_start", index=index, content_block=members)


def piece(index: int = 0, **members: Any) -> Any:
    return event("content_block_delta", index=index, delta=members)


MESSAGE = "/choices/0/message"
DETAIL = {"type": "reasoning.text", "index": 0}
CITED = {"type": "url_citation", "url_citation": {"url": "https://a.example/"}}
THOUGHTS = [{"type": "thinking", "thinking": [{"type": "text", "text": text}]} for text in ("one ", "two")]
PROBS = [{"token": "ha", "logprob": -0.1}]
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}

KINDS: dict[str, Kind] = {
    "an error in a choice is not wiped by a good end": Kind(
        "chat",
        [delta(content="Half"), delta(more={"error": {"message": "lane closed"}}), delta(finish="stop")],
        {
            "/choices/0/error/message": "lane closed",
            f"{MESSAGE}/content": "Half",
            "/choices/0/finish_reason": "stop",
        },
        why="error",
    ),
    "a reason error is not wiped": Kind(
        "chat",
        [delta(finish="error"), delta(finish="stop")],
        {"/choices/0/finish_reason": "error"},
        ["other finish_reason"],
        "finish",
    ),
    "an error that is detail alone": Kind(
        "chat", [delta(content="x"), {"detail": "worker died"}], {"/error/detail": "worker died"}, why="error"
    ),
    "an error that is code and message": Kind(
        "chat",
        [delta(content="x"), {"code": 20015, "message": "too long", "data": None}],
        {"/error/message": "too long", "/error/code": 20015},
        why="error",
    ),
    "errors in a list": Kind(
        "chat",
        [delta(content="x"), [{"error": {"code": 503, "message": "overloaded"}}]],
        {"/error/message": "overloaded", f"{MESSAGE}/content": "x"},
        why="error",
    ),
    "a message that says what deltas said": Kind(
        "chat",
        [
            delta(content="Hel"),
            delta(content="lo"),
            delta(finish="stop", more={"message": {"content": "Hello"}}),
        ],
        {f"{MESSAGE}/content": "Hello"},
        why="finish",
    ),
    "choices that are no list": Kind(
        "chat",
        [delta(content="x"), {"choices": {"0": {"delta": {"content": "y"}}}}],
        {f"{MESSAGE}/content": "x"},
        ["other choices"],
    ),
    "an error event in words": Kind(
        "chat", [delta(content="x"), ("error", "gateway died")], {"/error": "gateway died"}, why="error"
    ),
    "a second error is a stray": Kind(
        "chat",
        [{"error": {"message": "one"}}, {"error": {"message": "two"}}],
        {"/error/message": "one"},
        ["error"],
        "error",
    ),
    "an error by object": Kind(
        "chat",
        [delta(content="x"), {"object": "error", "message": "m"}],
        {"/error": {"message": "m"}},
        why="error",
    ),
    "custom tools": Kind(
        "chat",
        [
            delta(tool_calls=[{"index": 0, "id": "c", "custom": {"name": "patch", "input": "aa"}}]),
            delta(tool_calls=[{"index": 0, "id": None, "function": None, "custom": {"input": "aa"}}]),
        ],
        {f"{MESSAGE}/tool_calls/0/custom": {"name": "patch", "input": "aaaa"}},
    ),
    "unknown members of a call": Kind(
        "chat",
        [delta(tool_calls=[CALL | {"index": 0, "extra_content": {"google": {"thought_signature": "E"}}}])],
        {f"{MESSAGE}/tool_calls/0/extra_content/google/thought_signature": "E"},
    ),
    "reasoning details with their signature": Kind(
        "chat",
        [
            delta(reasoning_details=[DETAIL | {"text": "a"}]),
            delta(reasoning_details=[DETAIL | {"text": "b"}]),
            delta(reasoning_details=[DETAIL | {"signature": "S"}]),
            delta(reasoning_details=[{"type": "reasoning.encrypted", "data": "E", "index": 1}]),
        ],
        {
            f"{MESSAGE}/reasoning_details": [
                DETAIL | {"text": "ab", "signature": "S"},
                {"type": "reasoning.encrypted", "data": "E", "index": 1},
            ]
        },
    ),
    "encrypted reasoning without an index is not glued": Kind(
        "chat",
        [delta(reasoning_details=[{"type": "reasoning.encrypted", "data": data}]) for data in "EF"],
        {f"{MESSAGE}/reasoning_details": [{"type": "reasoning.encrypted", "data": data} for data in "EF"]},
    ),
    "nested thinking, then bare text": Kind(
        "chat",
        [
            *(delta(content=[thought]) for thought in THOUGHTS),
            delta(content=[{"type": "text", "text": "It "}]),
            delta(content="is"),
        ],
        {
            f"{MESSAGE}/content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "one two"}]},
                {"type": "text", "text": "It is"},
            ]
        },
    ),
    "annotations sent again": Kind(
        "chat",
        [delta(content="x", annotations=[CITED]), delta(annotations=[CITED])],
        {f"{MESSAGE}/annotations": [CITED]},
    ),
    "citations at the top": Kind(
        "chat",
        [delta(content="x") | {"citations": ["a"]}, delta() | {"citations": ["a", "b"]}],
        {"/citations": ["a", "b"]},
    ),
    "equal log probabilities are all kept": Kind(
        "chat",
        [delta(content="ha", more={"logprobs": {"content": PROBS}})] * 2,
        {"/choices/0/logprobs/content": PROBS * 2},
    ),
    "two choices": Kind(
        "chat",
        [delta(1, content="B"), delta(0, content="A"), delta(1, finish="stop"), delta(0, finish="length")],
        {
            "/choices/0/message/content": "A",
            "/choices/0/finish_reason": "length",
            "/choices/1/message/content": "B",
        },
        why="finish",
    ),
    "pieces in message": Kind(
        "chat",
        [{"choices": [{"message": {"content": text}}]} for text in ("Hel", "lo")],
        {f"{MESSAGE}/content": "Hello"},
    ),
    "the whole text so far in each piece": Kind(
        "chat", [delta(content=text) for text in ("Hel", "Hello", "Hello!")], {f"{MESSAGE}/content": "Hello!"}
    ),
    "equal pieces": Kind("chat", [delta(content="ha")] * 3, {f"{MESSAGE}/content": "hahaha"}),
    "a legacy completion": Kind(
        "chat", [{"choices": [{"index": 0, "text": text}]} for text in ("a", "b")], {"/choices/0/text": "ab"}
    ),
    "sound in padded pieces": Kind(
        "chat",
        [delta(audio={"data": "AA==", "transcript": "he"}), delta(audio={"data": "AQ==", "transcript": "y"})],
        {f"{MESSAGE}/audio": {"data": "AAE=", "transcript": "hey"}},
    ),
    "unknown members of a delta": Kind(
        "chat",
        [delta(odd="a", list=[1]), delta(odd="b", list=[1])],
        {f"{MESSAGE}/odd": "ab", f"{MESSAGE}/list": [1, 1]},
    ),
    "counters never fall": Kind(
        "chat",
        [
            delta() | {"usage": usage}
            for usage in ({"a": 10, "d": {"c": 5}}, {"a": 0, "d": None, "e": 2}, None)
        ],
        {"/usage": {"a": 10, "d": {"c": 5}, "e": 2}},
    ),
    "a final frame replaces": Kind(
        "chat",
        [delta(content="Old"), final(content="New")],
        {f"{MESSAGE}/content": "New"},
        ["other content"],
        "snapshot",
    ),
    "a final frame loses nothing": Kind(
        "chat",
        [
            delta(content="Let me see.", reasoning="hm", more={"logprobs": {"content": PROBS}}),
            delta(tool_calls=[CALL | {"index": 0, "extra": 1}]),
            final("tool_calls", content="", tool_calls=[CALL | {"id": "z"}]),
        ],
        {
            f"{MESSAGE}/content": "Let me see.",
            f"{MESSAGE}/reasoning": "hm",
            "/choices/0/logprobs/content": PROBS,
            f"{MESSAGE}/tool_calls": [CALL | {"id": "z", "extra": 1}],
        },
        why="snapshot",
    ),
    "calls that a final frame leaves out": Kind(
        "chat",
        [delta(tool_calls=[CALL | {"index": 0}]), final(content="x", tool_calls=[])],
        {f"{MESSAGE}/tool_calls": [CALL]},
        why="snapshot",
    ),
    "a frame that is no JSON": Kind(
        "chat", [": WAITING", delta(content="x")], {f"{MESSAGE}/content": "x"}, ["data"]
    ),
    "function calls by deltas": Kind(
        "responses",
        [
            item("added", type="function_call", id="i", name="f", arguments=""),
            *(
                event("response.function_call_arguments.delta", output_index=0, delta=text)
                for text in ('{"a"', ":1}")
            ),
            event("response.function_call_arguments.done", output_index=0, arguments='{"a":1}'),
        ],
        {"/output": [{"type": "function_call", "id": "i", "name": "f", "arguments": '{"a":1}'}]},
    ),
    "items by ID alone": Kind(
        "responses",
        [
            item("added", None, type="function_call", id="i", arguments=""),
            item("added", None, type="function_call", id="j", arguments=""),
            event("response.function_call_arguments.delta", item_id="i", delta="{}"),
            event("response.function_call_arguments.delta", item_id="j", delta="[]"),
        ],
        {"/output/0/arguments": "{}", "/output/1/arguments": "[]"},
    ),
    "without any mark, by arrival": Kind(
        "responses",
        [
            event("response.output_text.delta", delta="a"),
            event("response.output_text.delta", delta="b"),
            event("response.reasoning_summary_text.delta", delta="r"),
            event("response.output_text.delta", delta="c"),
        ],
        {"/output/0/content/0/text": "ab", "/output/1/summary/0/text": "r", "/output/2/content/0/text": "c"},
    ),
    "custom tool input": Kind(
        "responses",
        [
            event("response.custom_tool_call_input.delta", output_index=0, item_id="c", delta=text)
            for text in ("aa", "aa")
        ],
        {"/output": [{"type": "custom_tool_call", "id": "c", "input": "aaaa"}]},
    ),
    "MCP with server, output and error": Kind(
        "responses",
        [
            item("added", type="mcp_call", id="m", name="find", server_label="crm", arguments=""),
            event("response.mcp_call_arguments.delta", output_index=0, delta="{}"),
            event("response.mcp_call.failed", output_index=0),
            item(
                "done",
                type="mcp_call",
                id="m",
                name="find",
                server_label="crm",
                arguments="{}",
                output=None,
                error="timed out",
            ),
        ],
        {"/output/0/error": "timed out", "/output/0/server_label": "crm", "/output/0/arguments": "{}"},
    ),
    "two summaries and two parts": Kind(
        "responses",
        [
            *(
                event("response.reasoning_summary_text.delta", output_index=0, summary_index=at, delta=text)
                for at, text in ((1, "b"), (0, "a"))
            ),
            *(
                event("response.output_text.delta", output_index=1, content_index=at, delta=text)
                for at, text in ((0, "c"), (1, "d"))
            ),
        ],
        {"/output/0/summary/0/text": "a", "/output/0/summary/1/text": "b", "/output/1/content/1/text": "d"},
    ),
    "done events alone": Kind(
        "responses",
        [
            event("response.output_text.done", output_index=0, text="hi"),
            event("response.function_call_arguments.done", output_index=1, name="f", arguments="{}"),
            item("done", 2, type="reasoning", summary=[], encrypted_content="E"),
        ],
        {"/output/0/content/0/text": "hi", "/output/1/name": "f", "/output/2/encrypted_content": "E"},
    ),
    "annotations of a text": Kind(
        "responses",
        [
            event("response.output_text.delta", output_index=0, delta="x", logprobs=PROBS),
            event("response.output_text.annotation.added", output_index=0, annotation=CITED),
        ],
        {
            "/output/0/content/0": {
                "type": "output_text",
                "text": "x",
                "logprobs": PROBS,
                "annotations": [CITED],
            }
        },
    ),
    "a final item that numbers its parts otherwise": Kind(
        "responses",
        [
            event("response.output_text.delta", output_index=0, content_index=0, delta="x"),
            event("response.refusal.delta", output_index=0, content_index=1, delta="no"),
            event(
                "response.completed",
                response={"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]},
            ),
        ],
        {"/output/0/content": [{"type": "refusal", "refusal": "no"}, {"type": "output_text", "text": "x"}]},
        why="snapshot",
    ),
    "an end that knows less": Kind(
        "responses",
        [
            event("response.reasoning_summary_text.delta", output_index=0, delta="r"),
            event("response.output_text.delta", output_index=1, delta="x"),
            event(
                "response.completed",
                response={
                    "usage": {"n": 5},
                    "output": [{"type": "message", "content": [{"type": "output_text", "text": "x"}]}],
                },
            ),
            event("response.completed", response={"status": "completed", "usage": {"n": 0}, "output": []}),
        ],
        {"/output/0/summary/0/text": "r", "/output/1/content/0/text": "x", "/usage/n": 5},
        why="snapshot",
    ),
    "the gateway's ID and the provider's": Kind(
        "responses",
        [
            event("response.created", response={"id": "r"}, id="G-1"),
            event("response.completed", response={"id": "r"}),
        ],
        {"/id": "G-1", "/nativeResponseId": "r"},
        why="snapshot",
    ),
    "a failed response": Kind(
        "responses",
        [
            event("response.output_text.delta", output_index=0, delta="Some"),
            event(
                "response.failed", response={"status": "failed", "output": [], "error": {"message": "fault"}}
            ),
        ],
        {"/error/message": "fault", "/output/0/content/0/text": "Some", "/status": "failed"},
        why="error",
    ),
    "a flat error event": Kind(
        "responses",
        [event("error", code="slow", message="Too many", sequence_number=3)],
        {"/error": {"code": "slow", "message": "Too many"}},
        why="error",
    ),
    "a picture, its prompt, and a partial one": Kind(
        "responses",
        [
            event("response.image_generation_call.partial_image", output_index=0, partial_image_b64="AA=="),
            item("done", type="image_generation_call", result="BB==", revised_prompt="a fox"),
        ],
        {"/output/0/result": "BB==", "/output/0/revised_prompt": "a fox"},
    ),
    "an unknown event": Kind(
        "responses",
        [event("response.odd.thing", x=1), event("response.output_text.delta", delta="x")],
        {"/output/0/content/0/text": "x"},
        ["response.odd.thing"],
    ),
    "citations of a block": Kind(
        "messages",
        [
            block(type="text", text="", citations=None),
            piece(citation={"url": "u"}),
            piece(citation={"url": "v"}),
        ],
        {"/content/0/citations": [{"url": "u"}, {"url": "v"}]},
    ),
    "thinking, its signature, and text without a start": Kind(
        "messages",
        [piece(thinking="hm"), piece(signature="S"), piece(text="yo")],
        {
            "/content": [
                {"type": "thinking", "thinking": "hm", "signature": "S"},
                {"type": "text", "text": "yo"},
            ]
        },
    ),
    "all blocks at index 0": Kind(
        "messages",
        [
            block(type="text", text=""),
            piece(text="a"),
            block(type="tool_use", id="t", input={}),
            piece(partial_json='{"a":1}'),
            block(type="tool_use", id="u", input={}),
            piece(partial_json='{"b":2}'),
        ],
        {"/content/0/text": "a", "/content/1/input": {"a": 1}, "/content/2/input": {"b": 2}},
    ),
    "a full input at the start": Kind(
        "messages",
        [block(type="tool_use", input={"path": "/x"}), piece(partial_json="")],
        {"/content/0/input": {"path": "/x"}},
    ),
    "input that is no JSON": Kind(
        "messages",
        [block(type="tool_use", input={}), piece(partial_json='code": 1}')],
        {"/content/0/input": 'code": 1}'},
    ),
    "usage at the start, and 0 at the end": Kind(
        "messages",
        [
            event(
                "message_start", message={"content": [], "usage": {"input_tokens": 15, "output_tokens": 1}}
            ),
            event(
                "message_delta",
                delta={"stop_reason": "end_turn"},
                usage={"input_tokens": 0, "output_tokens": 12},
            ),
        ],
        {"/usage": {"input_tokens": 15, "output_tokens": 12}, "/stop_reason": "end_turn", "/content": []},
        why="finish",
    ),
    "an error after text": Kind(
        "messages",
        [piece(text="Half"), event("error", error={"message": "Overloaded"}, request_id="q")],
        {"/error/message": "Overloaded", "/request_id": "q", "/content/0/text": "Half"},
        why="error",
    ),
    "pictures": Kind(
        "images",
        [
            event("image_generation.partial_image", b64_json="AA=="),
            event("image_generation.completed", b64_json="BB==", created_at=1),
        ],
        {"/data": [{"b64_json": "BB=="}], "/created": 1},
        why="done",
    ),
    "a picture that stayed partial": Kind(
        "images",
        [event("image_generation.partial_image", b64_json="AA==")],
        {"/data": [{"b64_json": "AA=="}]},
    ),
    "speech": Kind(
        "speech",
        [event("speech.audio.delta", audio="AA=="), event("speech.audio.done", usage={"n": 1})],
        {"/audio": "AA==", "/usage/n": 1},
        why="done",
    ),
    "a transcription": Kind(
        "transcription",
        [
            event("transcript.text.delta", delta="he"),
            event("transcript.text.delta", delta="y"),
            event("transcript.text.done", text="hey"),
        ],
        {"/text": "hey"},
        why="done",
    ),
}


def at(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def sse(frames: list[Any]) -> bytes:
    out = []
    for frame in frames:
        name, data = frame if isinstance(frame, tuple) else ("", frame)
        data = data if isinstance(data, str) else json.dumps(data)
        out.append((f"event: {name}\n" if name else "") + f"data: {data}\n\n")
    return "".join(out).encode()


@pytest.mark.parametrize("name", KINDS)
def test_a_kind(name: str) -> None:
    kind = KINDS[name]
    made = assemble(kind.wire, SSE, sse(kind.frames))
    body = json.loads(dumps(made.body))
    assert {pointer: at(body, pointer) for pointer in kind.holds} == kind.holds
    assert [stray.name for stray in made.strays] == kind.strays
    assert (made.why, made.complete) == (kind.why, kind.why not in ("error", "truncated"))


@pytest.mark.parametrize("name", KINDS)
def test_a_stored_list_of_its_frames_is_the_same(name: str) -> None:
    kind = KINDS[name]
    frames: list[Any] = [{"event": f[0], "data": f[1]} if isinstance(f, tuple) else f for f in kind.frames]
    stored = assemble_stored(kind.wire, loads(json.dumps(frames)))
    assert dumps(stored.body) == dumps(assemble(kind.wire, SSE, sse(kind.frames)).body)


@pytest.mark.parametrize("name", KINDS)
def test_what_streams_live_ends_as_its_body(name: str) -> None:
    kind = KINDS[name]
    live = reader(kind.wire, SSE)
    assert (live.feed(sse(kind.frames)) + live.end())[-1] == Closed(
        kind.why not in ("error", "truncated"), kind.why
    )


FIRST_FRAME = b'{"choices":[{"index":0,"delta":{"content":"a"}}]}'
LAST_FRAME = b'{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}'
FORMS = {
    "frames": (SSE, b"data: " + FIRST_FRAME + b"\n\ndata: " + LAST_FRAME + b"\n\n"),
    "no blank lines": (SSE, b"data: " + FIRST_FRAME + b"\ndata: " + LAST_FRAME + b"\n"),
    "no blank lines, with names": (
        SSE,
        b"event: a\ndata: " + FIRST_FRAME + b"\nevent: b\ndata: " + LAST_FRAME + b"\n",
    ),
    "on one line": (SSE, b"data: " + FIRST_FRAME + LAST_FRAME + b"\n\n"),
    "the wrong type": (
        "application/json",
        b"\n\n\ndata: " + FIRST_FRAME + b"\n\ndata:" + LAST_FRAME + b"\n\n",
    ),
    "no type": ("", b"\xef\xbb\xbfdata: " + FIRST_FRAME + b"\r\rdata: " + LAST_FRAME + b"\r\r"),
    "lines of JSON": ("application/x-ndjson", FIRST_FRAME + b"\n" + LAST_FRAME + b"\n"),
    "a list": ("application/json", b"[" + FIRST_FRAME + b"," + LAST_FRAME + b"]"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_frames(form: str) -> None:
    made = assemble("chat", *FORMS[form])
    assert at(json.loads(dumps(made.body)), f"{MESSAGE}/content") == "ab"
    assert (made.why, made.complete, made.streamed, made.strays) == ("finish", True, True, [])


def test_names_without_blank_lines() -> None:
    raw = b'event: response.created\ndata: {"response":{}}\nevent: response.output_text.delta\ndata: {"delta":"hi"}\n'
    made = assemble("responses", SSE, raw + b'event: response.completed\ndata: {"response":{"output":[]}}\n')
    assert at(json.loads(dumps(made.body)), "/output/0/content/0/text") == "hi"
    assert (made.why, made.strays) == ("snapshot", [])


def test_done_with_a_blank() -> None:
    assert assemble("chat", SSE, b"data: " + FIRST_FRAME + b"\n\ndata: [DONE] \n\n").why == "done"


@pytest.mark.parametrize(
    ("content_type", "raw", "body", "why"),
    [
        ("application/json", b'  {"choices":[]} ', {"choices": []}, "whole"),
        ("audio/mpeg", b'{"error":"no"}', {"error": "no"}, "error"),
        (SSE, b'{"error":{"message":"busy"}}', {"error": {"message": "busy"}}, "error"),
        ("text/plain", b"words", "words", "whole"),
        ("text/html", b"<html>502</html>", "<html>502</html>", "error"),
        (SSE, b"<html>502</html>", "<html>502</html>", "error"),
        ("application/json", b'{"choices":[{"mess', '{"choices":[{"mess', "truncated"),
        ("audio/mpeg", b"\xff\xfb\x00", None, "whole"),
        ("application/json", b" \n", None, "empty"),
        (SSE, b"data: [DONE]\n\n", None, "empty"),
        (SSE, b"", None, "empty"),
    ],
)  # fmt: skip
def test_what_came_whole(content_type: str, raw: bytes, body: Any, why: str) -> None:
    made = assemble("chat", content_type, raw)
    assert (json.loads(dumps(made.body)), made.why) == (body, why)
    live = reader("chat", content_type)
    assert (live.feed(raw) + live.end())[-1] == Closed(why == "whole", why) or content_type == "audio/mpeg"


def test_what_stands_behind_a_body_is_kept() -> None:
    made = assemble("chat", "application/json", b'{"choices":[]}\n<!-- served by x -->')
    assert [(stray.name, stray.data) for stray in made.strays] == [
        ("behind the body", "<!-- served by x -->")
    ]


def test_keys_that_came_twice_are_said() -> None:
    made = assemble("chat", SSE, b'data: {"choices":[{"delta":{"content":"a","content":"b"}}]}\n\n')
    assert [stray.name for stray in made.strays] == ["repeated keys"]
    made = assemble("chat", "application/json", b'{"id":"a","id":"b"}')
    assert [(stray.name, stray.data) for stray in made.strays] == [("repeated keys", ["id"])]


def test_bytes_that_are_no_text_are_kept() -> None:
    made = assemble("chat", SSE, b'data: {"choices":[{"delta":{"content":"a\xffb"}}]}\n\n')
    assert [(stray.name, r"a\xffb" in str(stray.data)) for stray in made.strays] == [
        ("bytes that are not UTF-8", True)
    ]


@pytest.mark.parametrize(
    ("frame", "wire"),
    [
        ('{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}', "chat"),
        ('{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}', "messages"),
        ('{"type":"response.completed","response":{"status":"completed","output":[]}}', "responses"),
    ],
)  # fmt: skip
def test_a_single_last_frame(frame: str, wire: str) -> None:
    assert is_frame(loads(frame))
    made = assemble_stored("chat", loads(frame))
    assert (made.wire, made.streamed, made.complete) == (wire, True, True)


@pytest.mark.parametrize(
    "body",
    ['{"choices":[]}', '{"type":"message","content":[]}', '{"object":"response","output":[]}', "{}", "5"],
)
def test_a_body_is_no_frame(body: str) -> None:
    assert not is_frame(loads(body))
    assert assemble_stored("chat", loads(body)).body == loads(body)


def test_the_version_is_raised_with_what_it_makes() -> None:
    assert VERSION == 3
