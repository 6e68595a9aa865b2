"""One vocabulary for what streams live, whatever its wire format, and LiveAnswer, which collects it.

A stream reads: Opened, then Received (raw bytes), each followed by the events parsed from them, then Closed.
Text, Reasoning, Refusal and ToolCall carry what is new; `choice` is the number of the answer (of `n`),
`part` that of its part (content block, output item).
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from generations.gateway.blocks import Block, BlockKind, Media
from generations.gateway.rawjson.values import Value

__all__ = [
    "ChargedCost",
    "Closed",
    "Event",
    "Finish",
    "Identity",
    "LiveAnswer",
    "Opened",
    "Other",
    "Reasoning",
    "Received",
    "Refusal",
    "Snapshot",
    "StreamError",
    "Text",
    "ToolCall",
    "Usage",
]


@dataclass(frozen=True, slots=True)
class Opened:
    """The headers are there: status, headers (names in lower case), content type without parameters."""

    status: int
    headers: dict[str, str]
    content_type: str


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes as they came from the wire, before the events that were parsed from them."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    choice: int = 0
    part: int = 0


@dataclass(frozen=True, slots=True)
class Reasoning:
    text: str
    choice: int = 0
    part: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    text: str
    choice: int = 0
    part: int = 0


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A part of a tool call. `replace`: `arguments` are the whole so far, otherwise they are to be
    appended."""

    index: int
    call_id: str | None
    name: str | None
    arguments: str
    replace: bool = False
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Json:
    """A whole JSON answer, or a part of one, that is neither text nor medium (vectors, scores, search
    results)."""

    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage as on the wire; numbers are Number. Later ones complete earlier ones."""

    values: dict[str, Value]


@dataclass(frozen=True, slots=True)
class ChargedCost:
    """What the gateway charged, in nanos (1e-9 of `currency`)."""

    nanos: int
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """All that is known so far about who answered. `request_id` is the gateway's, `native_id` the
    provider's."""

    request_id: str | None = None
    native_id: str | None = None
    model: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """Why the model stopped, as on the wire (`stop`, `length`, `end_turn`, `completed`, ...: an open set)."""

    reason: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class StreamError:
    """An error inside an answer whose status was a success. `raw` is the frame."""

    message: str
    code: str | None
    raw: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A full final object. What it holds replaces what was collected of the same kind."""

    answer: "LiveAnswer"


@dataclass(frozen=True, slots=True)
class Other:
    """A frame that is not known; it is kept."""

    name: str
    raw: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The end. `complete`: the stream ended as its wire format ends.

    why: "done" ([DONE], message_stop), "finish" (a finish reason came), "snapshot", "whole" (a whole
    body), "error" (a StreamError came), "truncated" (cut without any of these), "empty" (nothing came),
    "stopped" (by us).
    """

    complete: bool
    why: str


Event: TypeAlias = (
    Opened
    | Received
    | Text
    | Reasoning
    | Refusal
    | ToolCall
    | Media
    | Json
    | Usage
    | ChargedCost
    | Identity
    | Finish
    | StreamError
    | Snapshot
    | Other
    | Closed
)

_WORDS: dict[type, BlockKind] = {Text: "text", Reasoning: "reasoning", Refusal: "refusal"}


@dataclass(slots=True)
class LiveAnswer:
    """A live answer so far, collected from events. Ended answers are read by `streams.assemble`."""

    blocks: list[Block] = field(default_factory=list)
    usage: dict[str, Value] = field(default_factory=dict)
    cost_nanos: int | None = None
    currency: str | None = None
    finish_reason: str | None = None
    request_id: str | None = None
    native_id: str | None = None
    model: str | None = None
    provider: str | None = None
    faults: list[StreamError] = field(default_factory=list)
    # By choice: the block that is being written.
    _open: dict[int, Block] = field(default_factory=dict, repr=False, compare=False)
    _tools: dict[tuple[int, int], Block] = field(default_factory=dict, repr=False, compare=False)

    def collect(self, events: Iterable[Event]) -> "LiveAnswer":
        for event in events:
            self.apply(event)
        return self

    def apply(self, event: Event) -> None:
        """Take one event in. Opened, Received, Other and Closed change nothing."""
        match event:
            case Text() | Reasoning() | Refusal():
                self._write(_WORDS[type(event)], event)
            case ToolCall():
                self._call(event)
            case Media():
                self._show(event)
            case Json(text=text, name=name):
                self._add(Block("json", text, name=name or None))
            case Snapshot(answer=answer):
                self._replace(answer)
            case _:
                self._note(event)

    def text(self, choice: int = 0) -> str:
        """The words of one choice, without reasoning."""
        return "".join(b.text for b in self.blocks if b.kind == "text" and b.choice == choice)

    def _note(self, event: Event) -> None:
        match event:
            case Usage(values=values):
                self.usage.update(values)
            case ChargedCost(nanos=nanos, currency=currency):
                self.cost_nanos, self.currency = nanos, currency or self.currency
            case Finish(reason=reason):
                self.finish_reason = reason
            case Identity():
                self._identify(event)
            case StreamError():
                self.faults.append(event)

    def _identify(self, source: "Identity | LiveAnswer") -> None:
        self.request_id = source.request_id or self.request_id
        self.native_id = source.native_id or self.native_id
        self.model = source.model or self.model
        self.provider = source.provider or self.provider

    def _add(self, block: Block) -> Block:
        self.blocks.append(block)
        self._open[block.choice] = block
        return block

    def _write(self, kind: BlockKind, event: Text | Reasoning | Refusal) -> None:
        block = self._open.get(event.choice)
        if block is None or block.kind != kind or block.part != event.part:
            block = self._add(Block(kind, choice=event.choice, part=event.part))
        block.append(event.text)

    def _call(self, event: ToolCall) -> None:
        key = (event.choice, event.index)
        block = self._tools.get(key)
        if block is None:
            block = self._tools[key] = self._add(Block("tool_call", choice=event.choice, part=event.index))
        block.name, block.call_id = event.name or block.name, event.call_id or block.call_id
        if event.replace:
            block.text = event.arguments
        else:
            block.append(event.arguments)

    def _show(self, event: Media) -> None:
        for block in self.blocks:
            media = block.media
            if (
                media
                and media.partial
                and (media.kind, media.choice, media.part) == (event.kind, event.choice, event.part)
            ):
                block.media = event
                return
        self._add(Block(event.kind, choice=event.choice, media=event, part=event.part))

    def _replace(self, snapshot: "LiveAnswer") -> None:
        """Kinds that the snapshot does not hold are kept: a final object may leave out the reasoning."""
        snapshot = copy.deepcopy(snapshot)  # the blocks are written to later
        held = {(block.choice, block.kind) for block in snapshot.blocks}
        kept = [block for block in self.blocks if (block.choice, block.kind) not in held]
        self.blocks = kept + list(snapshot.blocks)
        self._open, self._tools = (
            dict(snapshot._open),
            {k: b for k, b in self._tools.items() if b in kept} | snapshot._tools,
        )
        self.usage.update(snapshot.usage)
        if snapshot.cost_nanos is not None:
            self.cost_nanos, self.currency = snapshot.cost_nanos, snapshot.currency or self.currency
        self.finish_reason = snapshot.finish_reason or self.finish_reason
        self.faults.extend(fault for fault in snapshot.faults if fault not in self.faults)
        self._identify(snapshot)
