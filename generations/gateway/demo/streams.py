"""Every stream form of the gateway, as bytes ready to send. Nothing here waits.

A generator yields chunks; each chunk is one paced step and holds one or more whole frames. What stays equal
from frame to frame is encoded once, so that a text frame costs one concatenation.
contract: frames are `[event: name\\n]data: <one-line JSON>\\n\\n`; `provider` never stands in a frame; on
chat and responses frames the top-level `id` is the gateway's.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice

from .shapes import Json
from .tokens import compact, encode
from .wire import (
    STOP_REASONS,
    Told,
    chat_snapshot,
    chat_usage,
    content_blocks,
    messages_usage,
    output_items,
    responses_snapshot,
    responses_usage,
    tool_calls,
)

DONE = b"data: [DONE]\n\n"
FORMS = (
    "done",
    "usage",
    "finish",
    "snapshot",
    "cumulative",
    "typed",
    "twice",
    "blocks",
    "split",
    "native_id",
    "crlf",
)


@dataclass(frozen=True, slots=True)
class Form:
    """Which of the gateway's habits a stream shows. contract: all of them are seen in practice."""

    done: bool = True  # ends with [DONE]
    usage: bool = True  # chat: a usage frame
    finish: bool = True  # chat: a frame with finish_reason
    snapshot: bool = False  # chat: the last frame is the full object
    cumulative: bool = False  # tool arguments: each frame carries all so far
    typed: bool = False  # responses: data.type is there
    twice: bool = False  # responses: two response.completed
    blocks: bool = True  # messages: content_block_start and _stop for text
    split: bool = False  # messages: stop_reason and usage in two message_delta
    native_id: bool = False  # messages: message_start carries the provider's id
    crlf: bool = False  # lines end with CR LF and a comment comes now and then


def usual_form(endpoint: str, provider: str) -> Form:
    """The form a provider's leg leads to."""
    if endpoint == "responses":
        native = provider in ("openai", "azure")
        return Form(done=False, typed=native, twice=not native, cumulative=not native)
    if endpoint == "messages":
        native = provider in ("anthropic", "amazon-bedrock", "demo")
        return Form(done=False, blocks=native, split=not native, native_id=not native)
    if provider in ("openai", "azure"):
        return Form(snapshot=True, cumulative=True)
    return Form(done=not provider.startswith("google"))


def form_named(text: str) -> Form:
    """The form of a list such as "done,snapshot": exactly what is named.

    Raises ValueError for an unknown name.
    """
    names = {name.strip() for name in text.split(",") if name.strip()}
    if unknown := names - set(FORMS):
        raise ValueError(f"unknown stream forms: {', '.join(sorted(unknown))}")
    return Form(**{name: name in names for name in FORMS})


def pieces(text: str, frames: int | None = None) -> list[str]:
    """The text word by word; or exactly `frames` pieces, going round the words as often as needed."""
    words = re.findall(r"\s*\S+|\s+\Z", text)
    return words if frames is None else list(islice(cycle(words or ["word "]), frames))


def frames(endpoint: str, told: Told, form: Form, text: list[str]) -> Iterator[bytes]:
    """All chunks of one whole stream. `text` are the pieces of the answer's text."""
    writer = {"responses": _responses, "messages": _messages}.get(endpoint, _chat)
    made = writer(told, form, text)
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


def _slices(arguments: str, cumulative: bool) -> list[str]:
    ends = range(12, len(arguments) + 12, 12)
    return [arguments[0 if cumulative else end - 12 : end] for end in ends]


# --- chat completions ---------------------------------------------------------------------------------------


def _chunk(told: Told, delta: Json, finish: str | None = None) -> Json:
    return {
        "id": told.request_id,
        "object": "chat.completion.chunk",
        "nativeResponseId": told.native_id,
        "created": told.created,
        "model": told.model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def _chat(told: Told, form: Form, text: list[str]) -> Iterator[bytes]:
    reply = told.reply
    role = {"role": "assistant"}
    yield from _fill(_around(_chunk(told, role | {"reasoning_content": "@@"})), pieces(reply.reasoning))
    yield from _fill(_around(_chunk(told, role | {"content": "@@"})), text)
    yield from _fill(_around(_chunk(told, role | {"refusal": "@@"})), pieces(reply.refusal))
    if reply.image:
        yield data(_chunk(told, {"images": [{"type": "image_url", "image_url": {"url": reply.image}}]}))
    yield from _chat_calls(told, form)
    yield _chat_end(told, form)


def _chat_calls(told: Told, form: Form) -> Iterator[bytes]:
    for index, call in enumerate(tool_calls(told)):
        function = call["function"]
        opened = {"index": index, **call, "function": {"name": function["name"], "arguments": ""}}
        yield data(_chunk(told, {"role": "assistant", "tool_calls": [opened]}))
        following = _chunk(told, {"tool_calls": [{"index": index, "function": {"arguments": "@@"}}]})
        yield from _fill(_around(following), _slices(function["arguments"], form.cumulative))


def _chat_end(told: Told, form: Form) -> bytes:
    out = b""
    if form.finish:
        out += data(_chunk(told, {}, told.reply.finish))
    if form.usage:
        out += data(_chunk(told, {}) | {"choices": [], "usage": chat_usage(told)} | told.more())
    if form.snapshot:
        out += data(chat_snapshot(told) | told.more())
    return out + (DONE if form.done else b"")


# --- responses ----------------------------------------------------------------------------------------------


def _event(told: Told, form: Form, name: str, value: Json) -> tuple[Json, str]:
    kind = {"type": name} if form.typed else {}
    return kind | value | {"id": told.request_id}, name


def _responses(told: Told, form: Form, text: list[str]) -> Iterator[bytes]:
    begun = {"id": told.native_id, "object": "response", "created_at": told.created, "model": told.model}
    begun |= {"status": "in_progress", "output": []}
    opened = data(*_event(told, form, "response.created", {"response": begun}))
    yield opened + (
        data(*_event(told, form, "response.in_progress", {"response": begun})) if form.typed else b""
    )
    for index, item in enumerate(output_items(told)):
        yield from _output_item(told, form, index, item, text)
    yield _responses_end(told, form)


def _output_item(told: Told, form: Form, index: int, item: Json, text: list[str]) -> Iterator[bytes]:
    place: Json = {"output_index": index, "item_id": item["id"]}
    bare = {**item, "content": []} if "content" in item else {**item, "arguments": ""}
    added = _event(told, form, "response.output_item.added", {"output_index": index, "item": bare})
    if form.typed or item["type"] == "function_call":
        yield data(*added)
    if item["type"] == "function_call":
        where = place | {"delta": "@@"}
        delta = _event(told, form, "response.function_call_arguments.delta", where)
        yield from _fill(_around(*delta), _slices(item["arguments"], form.cumulative))
        whole = place | {"arguments": item["arguments"]}
        yield data(*_event(told, form, "response.function_call_arguments.done", whole))
    else:
        yield from _parts(told, form, item, place, text)
    if form.typed:
        yield data(*_event(told, form, "response.output_item.done", {"output_index": index, "item": item}))


_PART_EVENTS = {"output_text": "output_text", "refusal": "refusal", "reasoning_text": "reasoning_text"}


def _parts(told: Told, form: Form, item: Json, place: Json, text: list[str]) -> Iterator[bytes]:
    for number, part in enumerate(item["content"]):
        where = place | {"content_index": number}
        name = _PART_EVENTS[part["type"]]
        said = part.get("text") or part.get("refusal") or ""
        if form.typed:
            empty = {**part, "text": ""} if "text" in part else {**part, "refusal": ""}
            yield data(*_event(told, form, "response.content_part.added", where | {"part": empty}))
        delta = _event(told, form, f"response.{name}.delta", {"delta": "@@"} | where)
        yield from _fill(_around(*delta), text if name == "output_text" else pieces(said))
        if form.typed:
            key = "refusal" if name == "refusal" else "text"
            done = data(*_event(told, form, f"response.{name}.done", where | {key: said}))
            yield done + data(*_event(told, form, "response.content_part.done", where | {"part": part}))


def _responses_end(told: Told, form: Form) -> bytes:
    whole = responses_snapshot(told)
    name = "response.completed" if whole["status"] == "completed" else "response.incomplete"
    out = data(*_event(told, form, name, {"response": whole} | told.more()))
    if form.twice:
        out += data(*_event(told, form, name, {"response": whole | {"finish_reason": told.reply.finish}}))
    return out + (DONE if form.done else b"")


# --- messages -----------------------------------------------------------------------------------------------


def _named(value: Json) -> bytes:
    return data(value, value["type"])


def _messages(told: Told, form: Form, text: list[str]) -> Iterator[bytes]:
    begun: Json = {
        "id": told.native_id if form.native_id else told.request_id,
        "type": "message",
        "role": "assistant",
    }
    begun |= {"model": told.model, "content": [], "stop_reason": None, "stop_sequence": None}
    begun["usage"] = messages_usage(told) | {"output_tokens": 1}
    yield _named({"type": "message_start", "message": begun})
    for index, block in enumerate(content_blocks(told)):
        yield from _block(form, index, block, text)
    yield _messages_end(told, form)


_EMPTY: dict[str, Json] = {"text": {"text": ""}, "thinking": {"thinking": ""}, "tool_use": {"input": {}}}


def _block(form: Form, index: int, block: Json, text: list[str]) -> Iterator[bytes]:
    if block["type"] == "tool_use" and form.cumulative:
        yield _block_start(index, block)  # the whole input at once
        return
    empty = _EMPTY[block["type"]]
    framed = form.blocks or block["type"] != "text"
    if framed:
        yield _block_start(index, block | empty)
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
        return "input_json_delta", "partial_json", _slices(json.dumps(block["input"]), cumulative=False)
    return "text_delta", "text", text


def _messages_end(told: Told, form: Form) -> bytes:
    stop: Json = {"type": "message_delta"}
    reason = {"stop_reason": STOP_REASONS.get(told.reply.finish, told.reply.finish), "stop_sequence": None}
    usage = {"usage": messages_usage(told)}
    if form.split:
        out = _named(stop | {"delta": reason}) + _named(stop | {"delta": {}} | usage)
    else:
        out = _named(stop | {"delta": reason} | usage)
    return out + _named({"type": "message_stop"} | told.more())


# --- things that go wrong -----------------------------------------------------------------------------------


def error_frame(endpoint: str, request_id: str, message: str) -> bytes:
    """An error told in the middle of a stream; the status stays 200."""
    if endpoint == "messages":
        return data({"type": "error", "error": {"message": message}}, "error")
    if endpoint == "responses":
        failed = {
            "response": {"status": "failed", "error": {"message": message}},
            "error": {"message": message},
        }
        return data(failed | {"id": request_id}, "response.failed")
    return data({"id": request_id, "object": "error", "message": message})


def image_frames(told: Told, partial: list[str], final: str) -> Iterator[bytes]:
    """images.generations with `stream:true`: partial images, then the whole one."""
    for index, picture in enumerate(partial):
        value: Json = {
            "type": "image_generation.partial_image",
            "partial_image_index": index,
            "b64_json": picture,
        }
        yield _named(value | {"requestId": told.request_id})
    done: Json = {"type": "image_generation.completed", "b64_json": final, "usage": responses_usage(told)}
    yield _named(done | {"requestId": told.request_id})
