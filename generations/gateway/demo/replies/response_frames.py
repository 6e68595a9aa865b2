"""Streams of the responses protocol: nearly as the provider sends them, or made anew from another protocol.

contract §0.2 and the recorded streams: those of a Responses leg have `type` and `sequence_number`, all others neither;
those end with `response.completed` even when the answer was cut off.
"""

import json
from collections.abc import Iterable, Iterator

from generations.gateway.demo.replies.pieces import pieces, slices
from generations.gateway.demo.replies.response_bodies import (
    is_incomplete,
    output_items,
    reencoded_items,
    responses_snapshot,
)
from generations.gateway.demo.replies.served_reply import ServedReply
from generations.gateway.demo.replies.stream_forms import Form
from generations.gateway.demo.shapes import Json
from generations.gateway.demo.tokens import compact, encode

DELTA, NUMBER = "@@delta", -1


class Native:
    """Frames with `type` and `sequence_number`."""

    def __init__(self, served: ServedReply, form: Form, text: list[str]) -> None:
        self.served, self.form, self.text, self.sequence = served, form, text, -1

    def frame(self, name: str, value: Json, kind: str = "") -> bytes:
        """One event."""
        self.sequence += 1
        shown = {"type": kind or name, "sequence_number": self.sequence} | value
        return _frame(name, shown | {"id": self.served.request_id})

    def deltas(self, name: str, place: Json, parts: Iterable[str], kind: str = "") -> Iterator[bytes]:
        """One event for each part; what they share is encoded once."""
        shown = {"type": kind or name, "sequence_number": NUMBER} | place | {"delta": DELTA}
        whole = _frame(name, shown | {"id": self.served.request_id})
        before, _, rest = whole.partition(f":{NUMBER},".encode())
        between, _, after = rest.partition(f'"{DELTA}"'.encode())
        for part in parts:
            self.sequence += 1
            yield b"%b:%d,%b%b%b" % (before, self.sequence, between, json.dumps(part).encode(), after)

    def frames(self) -> Iterator[bytes]:
        """The whole stream."""
        served = self.served
        begun: Json = {"id": served.native_id, "object": "response", "created_at": served.created}
        begun |= {"status": "in_progress", "incomplete_details": None, "error": None, "model": served.slug}
        opened = {"response": begun | {"output": [], "usage": None}}
        yield self.frame("response.created", opened) + self.frame("response.in_progress", opened)
        for index, item in enumerate(output_items(served)):
            yield from self._item(index, item)
        ending = "response.incomplete" if is_incomplete(served.reply) else "response.completed"
        yield self.frame(ending, {"response": responses_snapshot(served)} | served.more())

    def _item(self, index: int, item: Json) -> Iterator[bytes]:
        begun = item | {"status": "in_progress"} if "status" in item else item
        begun = begun | next({name: bare} for name, bare in _BARE.items() if name in item)
        place: Json = {"item_id": item["id"], "output_index": index}
        yield self.frame("response.output_item.added", {"output_index": index, "item": begun})
        if item["type"] == "function_call":
            yield from self._call(item, place)
        elif item["type"] == "reasoning":
            where = place | {"summary_index": 0}
            words, kind = pieces(item["summary"][0]["text"]), "response.reasoning_summary_text.delta"
            yield from self.deltas("response.reasoning_text.delta", where, words, kind)
        else:
            yield from self._part(item["content"][0], place | {"content_index": 0})
        yield self.frame("response.output_item.done", {"output_index": index, "item": item})

    def _call(self, item: Json, place: Json) -> Iterator[bytes]:
        name, arguments = "response.function_call_arguments", item["arguments"]
        yield from self.deltas(f"{name}.delta", place, slices(arguments, self.form.cumulative))
        yield self.frame(f"{name}.done", place | {"arguments": arguments})

    def _part(self, part: Json, place: Json) -> Iterator[bytes]:
        kind, key = part["type"], "refusal" if part["type"] == "refusal" else "text"
        yield self.frame("response.content_part.added", place | {"part": part | {key: ""}})
        words = self.text if kind == "output_text" else pieces(part[key])
        yield from self.deltas(f"response.{kind}.delta", place, words)
        done = self.frame(f"response.{kind}.done", place | {key: part[key]})
        yield done + self.frame("response.content_part.done", place | {"part": part})


class Reencoded:
    """Frames without `type`: only deltas, tool calls and the end."""

    def __init__(self, served: ServedReply, form: Form, text: list[str]) -> None:
        self.served, self.form, self.text = served, form, text

    def frame(self, name: str, value: Json) -> bytes:
        """One event."""
        return _frame(name, value | {"id": self.served.request_id})

    def deltas(self, name: str, place: Json, parts: Iterable[str]) -> Iterator[bytes]:
        """One event for each part."""
        before, _, after = self.frame(name, {"delta": DELTA} | place).partition(f'"{DELTA}"'.encode())
        for part in parts:
            yield before + json.dumps(part).encode() + after

    def frames(self) -> Iterator[bytes]:
        """The whole stream."""
        served = self.served
        native = served.request_id if served.leg == "messages" else served.native_id
        begun = {"id": native, "created_at": served.created, "model": served.slug}
        yield self.frame("response.created", {"response": begun})
        for index, item in enumerate(reencoded_items(served, streamed=True)):
            yield from self._item(item, {"output_index": index, "item_id": item["id"]})
        yield self._end()

    def _item(self, item: Json, place: Json) -> Iterator[bytes]:
        if item["type"] == "function_call":
            yield from self._call(item, place)
            return
        part = item["content"][0]
        said = part.get("text") or part.get("refusal") or ""
        kind = {"reasoning": "reasoning_text"}.get(item["type"], part["type"])
        words = self.text if kind == "output_text" else pieces(said)
        yield from self.deltas(f"response.{kind}.delta", place, words)

    def _call(self, item: Json, place: Json) -> Iterator[bytes]:
        name, arguments, index = "response.function_call_arguments", item["arguments"], place["output_index"]
        called = {"call_id": item["call_id"]}
        added = {"output_index": index, "item": item | {"arguments": ""}}
        yield self.frame("response.output_item.added", added)
        yield from self.deltas(f"{name}.delta", place | called, slices(arguments, self.form.cumulative))
        whole = {"item_id": place["item_id"]} | called | {"output_index": index, "name": item["name"]}
        yield self.frame(f"{name}.done", whole | {"arguments": arguments})
        yield self.frame("response.output_item.done", {"output_index": index, "item": item})

    def _end(self) -> bytes:
        whole = responses_snapshot(self.served)
        out = self.frame("response.completed", {"response": whole} | self.served.more())
        if self.form.twice:
            again = whole | {"finish_reason": self.served.reply.finish}
            out += self.frame("response.completed", {"response": again})
        return out


_BARE: Json = {"content": [], "arguments": "", "summary": []}


def _frame(name: str, value: Json) -> bytes:
    return encode(f"event: {name}\ndata: {compact(value)}\n\n")


def responses(served: ServedReply, form: Form, text: list[str]) -> Iterator[bytes]:
    """All chunks of one stream; `text` are the pieces of the answer's text."""
    return (Native if form.typed else Reencoded)(served, form, text).frames()
