"""Events of a messages stream -> one whole message."""

from typing import Any

from generations.gateway.rawjson.values import Decoder, Unreadable, Value
from generations.gateway.streams import tolerant
from generations.gateway.streams.body_builder import Body, extended, grown
from generations.gateway.streams.call_identity import Arguments
from generations.gateway.streams.partial_values import Draft, append, is_empty, overlaid, overlaid_counts

__all__ = ["MessageBody"]

_VOLATILE = {"id", "type", "model"}
# A delta's member -> the type of its block.
_KINDS = {
    "text": "text",
    "thinking": "thinking",
    "signature": "thinking",
    "partial_json": "tool_use",
    "citation": "text",
}


class MessageBody(Body):
    """Puts events together. contract: `content_block_start` may be missing; `stop_reason` and `usage` may come
    in two `message_delta`; a tool block may come at once with its full `input`."""

    wire = "messages"

    def __init__(self) -> None:
        super().__init__()
        self._blocks: list[_Block] = []
        self._latest: dict[int | None, _Block] = {}

    def take(self, name: str, value: dict[str, Any]) -> None:
        kind = tolerant.text(value.get("type")) or name
        if kind == "error" or not is_empty(value.get("error")) or value.get("object") == "error":
            self.fail(value)
        elif kind == "message_start" and isinstance(value.get("message"), dict):
            self._start(value["message"])
            self._members(value, "type", "message")
        elif kind == "content_block_start" and isinstance(value.get("content_block"), dict):
            self._begin(tolerant.position(value.get("index")), value["content_block"])
        elif kind == "content_block_stop":
            self._stop(value)
        elif isinstance(value.get("delta"), dict) and kind in ("content_block_delta", ""):
            self._delta(tolerant.position(value.get("index")), value["delta"])
        elif kind == "message_delta":
            self._members(tolerant.table(value.get("delta")))
            self.ended = self.ended or ("finish" if tolerant.text(self.body.get("stop_reason")) else "")
            self._members(value, "type", "delta")
        elif kind == "message_stop":
            self.ended = "done"
            self._members(value, "type")
        elif kind != "ping" or len(value) > 1:
            self.stray(kind, value)

    def _start(self, message: dict[str, Any]) -> None:
        content = message.get("content")
        for key, member in message.items():
            if key == "content":
                self.body.setdefault(key, [])  # keeps the blocks' position
            else:
                self._members({key: member})
        if isinstance(content, str) and content:
            content = [{"type": "text", "text": content}]
        for at, block in enumerate(tolerant.listed(content)):
            if isinstance(block, dict):
                self._begin(at, block)
            else:
                self.stray("content", block)

    def _members(self, members: dict[str, Any], *known: str) -> None:
        for key, member in members.items():
            if key in known:
                continue
            if key in self.COUNTERS:
                self.body[key] = overlaid_counts(self.body.get(key), member, self.lost, key)
            else:
                self.envelope(key, member, volatile=key in _VOLATILE)

    def _begin(self, index: int | None, block: dict[str, Any]) -> None:
        held = self._latest.get(index)
        block_id, kind = tolerant.text(block.get("id")), tolerant.text(block.get("type"))
        if held is None or (
            held.draft.get("id") != block_id or not block_id if held.begun else held.kind != kind
        ):
            held = self._new(index, kind)
        held.begin(dict(block), self)

    def _stop(self, value: dict[str, Any]) -> None:
        index = tolerant.position(value.get("index"))
        block, held = value.get("content_block"), self._latest.get(index)
        if isinstance(block, dict):
            held = held or self._new(index, tolerant.text(block.get("type")))
            held.begin(dict(block), self)
        rest = {k: v for k, v in value.items() if k not in ("type", "index", "content_block")}
        if rest:
            self.stray("content_block_stop", rest)

    def _delta(self, index: int | None, delta: dict[str, Any]) -> None:
        kind = next((kind for key, kind in _KINDS.items() if key in delta), "")
        held = self._latest.get(index)
        if held is None or not held.takes(kind):
            held = self._new(index, kind)
        self._latest[None] = held
        held.take(delta, self)

    def _new(self, index: int | None, kind: str) -> "_Block":
        block = _Block(index, kind)
        self._blocks.append(block)
        self._latest[index] = self._latest[None] = block
        return block

    def finished(self) -> Value:
        last, places = 0, []
        for at, block in enumerate(self._blocks):
            last = last if block.index is None else block.index
            places.append((last, at))
        order = sorted(range(len(places)), key=places.__getitem__)
        if order:
            self.body["content"] = [self._blocks[at].finished(self) for at in order]
        return super().finished()


class _Block:
    """One content block while it is assembled."""

    def __init__(self, index: int | None, kind: str) -> None:
        self.index, self.begun = index, False
        self.draft: dict[str, Draft] = {"type": kind} if kind else {}
        self._input: Arguments | None = None

    @property
    def kind(self) -> str:
        return tolerant.text(self.draft.get("type"))

    def takes(self, kind: str) -> bool:
        """Whether a delta of this kind can belong here. A server that names no block begins one by its first
        delta."""
        words = ("text", "thinking")
        if not kind or not self.kind or (self.begun and not (kind in words and self.kind in words)):
            return True
        return kind == self.kind

    def begin(self, fields: dict[str, Draft], body: Body) -> None:
        self.begun = True
        self.draft = overlaid(self.draft, fields, body.lost)

    def take(self, delta: dict[str, Any], body: Body) -> None:
        for key, member in delta.items():
            if key == "type":
                continue
            if key == "partial_json" and isinstance(member, str):
                self._input = self._input or Arguments()
                self._input.add(member)
            elif key == "citation":
                self.draft["citations"] = extended(self.draft.get("citations"), [member])
            elif key in ("text", "thinking") and isinstance(member, str):
                append(self.draft, key, member)
            else:
                grown(self.draft, key, member, body.lost)

    def finished(self, body: Body) -> Draft:
        if self._input is not None and self._input.length:
            given = _parsed(self._input.text, body)
            self.draft["input"] = overlaid(self.draft.get("input") or None, given, body.lost, "input")
        return self.draft


def _parsed(text: str, body: Body) -> Value:
    """The input of a tool from its JSON; the text itself where it cannot be read."""
    decoder = Decoder()
    try:
        value, end = decoder.read(text)
    except Unreadable:
        return text
    if text[end:].strip():
        return text
    if decoder.repeated:
        body.stray("repeated keys", {"keys": list(decoder.repeated), "text": text})
    return value
