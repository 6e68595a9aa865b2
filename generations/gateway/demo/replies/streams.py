"""Every stream form of the gateway, as bytes ready to send. Nothing here waits.

A generator yields chunks; each chunk is one paced step and holds one or more whole frames. What stays equal
from frame to frame is encoded once, so that a text frame costs one concatenation.
contract: frames are `[event: name\\n]data: <one-line JSON>\\n\\n`; `provider` never stands in a frame; on
chat and responses frames the top-level `id` is the gateway's.
"""

import json
from collections.abc import Iterable, Iterator

from generations.gateway.demo.replies import usages
from generations.gateway.demo.replies.pieces import pieces, slices
from generations.gateway.demo.replies.response_bodies import responses_snapshot
from generations.gateway.demo.replies.response_frames import responses
from generations.gateway.demo.replies.served_reply import ServedReply, tool_calls
from generations.gateway.demo.replies.stream_forms import Form
from generations.gateway.demo.replies.wire import chat_snapshot, content_blocks, stop_reason
from generations.gateway.demo.shapes import Json
from generations.gateway.demo.tokens import compact, encode

DONE = b"data: [DONE]\n\n"


def frames(endpoint: str, served: ServedReply, form: Form, text: list[str]) -> Iterator[bytes]:
    """All chunks of one whole stream. `text` are the pieces of the answer's text."""
    writer = {"responses": responses, "messages": _messages}.get(endpoint, _chat)
    made = writer(served, form, text)
    return _with_crlf(made) if form.crlf else made


def _with_crlf(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield b": keep-alive\r\n\r\n" + chunk.replace(b"\n", b"\r\n")


def data(value: Json, event: str | None = None) -> bytes:
    """One frame."""
    name = f"event: {event}\n" if event else ""
    return encode(f"{name}data: {compact(value)}\n\n")


def _around(value: Json, event: str | None = None) -> tuple[bytes, bytes]:
    """The bytes before and after the one place marked `@@` in a frame."""
    before, _, after = data(value, event).partition(b'"@@"')
    return before, after


def _quoted(text: str) -> bytes:
    return json.dumps(text).encode()


def _fill(frame: tuple[bytes, bytes], text: Iterable[str]) -> Iterator[bytes]:
    before, after = frame
    for piece in text:
        yield before + _quoted(piece) + after


# --- chat completions ---------------------------------------------------------------------------------------


def _chunk(served: ServedReply, delta: Json, finish: str | None = None) -> Json:
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    if served.leg == "chat":
        made: Json = {"id": served.request_id, "created": served.created, "model": served.slug}
        return made | {
            "object": "chat.completion.chunk",
            "choices": choices,
            "nativeResponseId": served.native_id,
        }
    return {
        "object": "chat.completion.chunk",
        "nativeResponseId": served.request_id if served.leg == "messages" else served.native_id,
        "created": served.created,
        "model": served.slug,
        "choices": choices,
        "id": served.request_id,
    }


def _chat(served: ServedReply, form: Form, text: list[str]) -> Iterator[bytes]:
    reply = served.reply
    role = {"role": "assistant"}
    if served.leg == "chat":
        yield data(_chunk(served, role | {"content": ""}))
        role = {}
    yield from _fill(_around(_chunk(served, role | {"reasoning_content": "@@"})), pieces(reply.reasoning))
    yield from _fill(_around(_chunk(served, role | {"content": "@@"})), text)
    yield from _fill(_around(_chunk(served, role | {"refusal": "@@"})), pieces(reply.refusal))
    if reply.image:
        yield data(_chunk(served, {"images": [{"type": "image_url", "image_url": {"url": reply.image}}]}))
    yield from _chat_calls(served, form)
    yield _chat_end(served, form)


def _chat_calls(served: ServedReply, form: Form) -> Iterator[bytes]:
    for index, call in enumerate(tool_calls(served)):
        function = call["function"]
        opened: Json = {"index": index, **call, "function": {"name": function["name"], "arguments": ""}}
        role = {} if served.leg == "chat" else {"role": "assistant"}
        yield data(_chunk(served, role | {"tool_calls": [opened]}))
        part: Json = {"index": index, "function": {"arguments": "@@"}}
        if role:
            part = opened | {"function": {"name": function["name"], "arguments": "@@"}}
        following = _chunk(served, role | {"tool_calls": [part]})
        yield from _fill(_around(following), slices(function["arguments"], form.cumulative))


def _chat_end(served: ServedReply, form: Form) -> bytes:
    out = b""
    if form.finish:
        out += data(_chunk(served, {}, served.reply.finish))
    if form.usage:
        usage = usages.chat(served, whole=False)
        out += data(_chunk(served, {}) | {"choices": [], "usage": usage} | served.more())
    if form.snapshot:
        out += data(chat_snapshot(served) | served.more())
    return out + (DONE if form.done else b"")


# --- messages -----------------------------------------------------------------------------------------------


def _named(value: Json) -> bytes:
    return data(value, value["type"])


def _messages(served: ServedReply, form: Form, text: list[str]) -> Iterator[bytes]:
    begun: Json = {
        "id": served.native_id if form.native_id else served.request_id,
        "type": "message",
        "role": "assistant",
    }
    begun |= {"model": served.slug, "content": [], "stop_reason": None, "stop_sequence": None}
    begun["usage"] = {"input_tokens": 0, "output_tokens": 0}
    yield _named({"type": "message_start", "message": begun})
    for index, block in enumerate(content_blocks(served)):
        yield from _block(form, index, block, text)
    yield _messages_end(served, form)


_EMPTY: dict[str, Json] = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": ""},
}


def _block(form: Form, index: int, block: Json, text: list[str]) -> Iterator[bytes]:
    if block["type"] == "tool_use" and form.cumulative:
        yield _block_start(index, block)  # the whole input at once
        return
    empty = _EMPTY.get(block["type"]) or block | {"input": {}}
    framed = form.blocks or block["type"] != "text"
    if framed:
        yield _block_start(index, empty)
    kind, key, parts = _block_deltas(block, text)
    delta = {"type": "content_block_delta", "index": index, "delta": {"type": kind, key: "@@"}}
    yield from _fill(_around(delta, "content_block_delta"), parts)
    if framed:
        yield _named({"type": "content_block_stop", "index": index})


def _block_start(index: int, block: Json) -> bytes:
    return _named({"type": "content_block_start", "index": index, "content_block": block})


def _block_deltas(block: Json, text: list[str]) -> tuple[str, str, list[str]]:
    if block["type"] == "thinking":
        return "thinking_delta", "thinking", pieces(block["thinking"])
    if block["type"] == "tool_use":
        return "input_json_delta", "partial_json", slices(json.dumps(block["input"]), cumulative=False)
    return "text_delta", "text", text


def _messages_end(served: ServedReply, form: Form) -> bytes:
    stop: Json = {"type": "message_delta"}
    reason = {"stop_reason": stop_reason(served.reply), "stop_sequence": None}
    usage = {"usage": usages.messages(served)}
    if form.split:
        out = _named(stop | {"delta": reason}) + _named(stop | {"delta": {}} | usage)
    else:
        out = _named(stop | {"delta": reason} | usage)
    return out + _named({"type": "message_stop"} | served.more())


# --- things that go wrong -----------------------------------------------------------------------------------


def broken_end(served: ServedReply, message: str) -> list[bytes]:
    """What a client still gets when the provider breaks off with an error, by leg (contract §0.2).

    A chat leg passes the error on, a Responses leg hides its words, a Messages leg says nothing.
    """
    if served.endpoint == "messages":
        return []
    error = {"message": message, "type": "server_error"}
    ids = {"nativeResponseId": served.native_id, "id": served.request_id}
    if served.leg == "chat":
        return [data({"error": error} | ids)] if served.endpoint != "responses" else []
    if served.leg == "messages":
        return []
    if served.endpoint != "responses":
        return [data({"object": "error", "message": "stream_error"} | ids)]
    return [
        data(
            {"type": "response.failed", "response": failed(served, message), "id": served.request_id}, _FAILED
        )
    ]


_FAILED = "response.failed"


def failed(served: ServedReply, message: str) -> Json:
    """The `response` object of a Responses stream that failed."""
    error = {"code": "server_error", "message": message}
    return responses_snapshot(served) | {"status": "failed", "incomplete_details": None, "error": error}


def image_frames(served: ServedReply, partial: list[str], final: str) -> Iterator[bytes]:
    """images.generations with `stream:true`: partial images, then the whole one."""
    for index, picture in enumerate(partial):
        value: Json = {
            "type": "image_generation.partial_image",
            "partial_image_index": index,
            "b64_json": picture,
        }
        yield _named(value | {"requestId": served.request_id})
    done: Json = {"type": "image_generation.completed", "b64_json": final, "usage": usages.responses(served)}
    yield _named(done | {"requestId": served.request_id})
