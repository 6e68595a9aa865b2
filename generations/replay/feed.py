"""What one running replay has received so far. Its thread fills the feed, the pulse empties it."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from generations.gateway import events as ev
from generations.gateway.events import Answer
from generations.gateway.jsontext import visible
from generations.replay.gulps import Gulps, pause_for

KEPT_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of the live log. `seq` counts from 1 without gaps; it is the id of the browser's event too.

    Kinds: `text`, `reasoning`, `refusal`, `tool` (a call begins, its name), `args`, `note`, `replace` (what came
    before is void), `state`, `end`.
    """

    seq: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a replay may wait, in seconds: for its first byte, between two bytes, in all."""

    first_byte: float
    idle: float
    total: float


@dataclass(slots=True)
class Feed:
    """The live log and the bytes of one replay, with the clock that its deadlines are read from."""

    replay_id: uuid.UUID
    claim: uuid.UUID
    limits: Limits
    stop: Gulps = field(init=False)
    neighbours: int = 0
    answer: Answer = field(default_factory=Answer)
    clock: Callable[[], float] = time.monotonic
    begun: float = 0.0
    headers_at: float | None = None
    first_token_at: float | None = None
    last_byte_at: float | None = None
    opened: ev.Opened | None = None
    closed: ev.Closed | None = None
    received: int = 0
    chunks: list[bytes] = field(default_factory=list)
    stop_reason: str = ""
    _fresh: list[tuple[str, str]] = field(default_factory=list)
    _seq: int = 0
    _arguments: dict[tuple[int, int], str] = field(default_factory=dict)
    unsent: list[Entry] = field(default_factory=list)
    unsaved: list[Entry] = field(default_factory=list)
    saved_chunks: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.begun = self.clock()
        self.stop = Gulps(self.pause)

    # --- filled by the replay's thread ------------------------------------------------------------------------

    def take(self, event: ev.Event) -> None:
        """Count, keep and show one event of the answer."""
        match event:
            case ev.Received(data=data):
                self._keep(data)
                return
            case ev.Opened():
                self.opened, self.headers_at = event, self.clock()
                return
            case ev.Closed():
                self.closed = event
                return
            case ev.Snapshot():
                self._replace(event)
                return
        self._show(event)
        self.answer.apply(event)

    def _keep(self, data: bytes) -> None:
        self.last_byte_at = self.clock()
        room = KEPT_BYTES - self.received
        self.received += len(data)
        if room > 0:
            self.chunks.append(data[:room])

    def _show(self, event: ev.Event) -> None:
        match event:
            case ev.Text(text=text):
                self.say("text", text)
            case ev.Reasoning(text=text):
                self.say("reasoning", text)
            case ev.Refusal(text=text):
                self.say("refusal", text)
            case ev.ToolCall():
                self._show_call(event)
            case ev.Media(kind=kind):
                self.say("note", f"[{kind}]")
            case ev.Fault(message=message):
                self.say("note", f"[error: {message}]")

    def _show_call(self, event: ev.ToolCall) -> None:
        key = (event.choice, event.index)
        before = self._arguments.get(key)
        if before is None:
            self.say("tool", event.name or "tool call")
            before = ""
        now = event.arguments if event.replace else before + event.arguments
        self._arguments[key] = now
        if now.startswith(before):
            self.say("args", now[len(before) :])

    def _replace(self, event: ev.Snapshot) -> None:
        before = shown(self.answer)
        self.answer.apply(event)
        after = shown(self.answer)
        if before != after:
            self.say("replace", "")
            for kind, text in after:
                self.say(kind, text)

    def say(self, kind: str, text: str) -> None:
        """Put one step into the live log."""
        if not text and kind in ("text", "reasoning", "refusal", "args"):
            return
        if self.first_token_at is None and kind not in ("state", "note"):
            self.first_token_at = self.last_byte_at or self.clock()
        with self._lock:
            self._fresh.append((kind, text))

    def pause(self) -> float:
        """Seconds to wait before the next read: none up to the first token."""
        return 0.0 if self.first_token_at is None else pause_for(self.neighbours)

    # --- emptied by the pulse ---------------------------------------------------------------------------------

    def number(self) -> None:
        """Give what is new its numbers, neighbours of one kind as one entry."""
        if not self._fresh:
            return
        with self._lock:
            fresh, self._fresh = self._fresh, []
        for kind, text in _merged(fresh):
            self._seq += 1
            entry = Entry(self._seq, kind, visible(text))
            self.unsent.append(entry)
            self.unsaved.append(entry)

    def overdue(self) -> str:
        """The name of the deadline that has passed, or ""."""
        now = self.clock()
        if now - self.begun > self.limits.total:
            return "deadline_total"
        if self.last_byte_at is None:
            return "deadline_first_byte" if now - self.begun > self.limits.first_byte else ""
        return "deadline_idle" if now - self.last_byte_at > self.limits.idle else ""

    def end(self, reason: str) -> None:
        """Wake the thread out of its read. The first reason is the one that counts."""
        if not self.stop_reason:
            self.stop_reason = reason
        self.stop.now()

    def ms(self, moment: float | None) -> int | None:
        """Whole ms from the POST to `moment`."""
        return None if moment is None else round((moment - self.begun) * 1000)


def _merged(fresh: list[tuple[str, str]]) -> list[tuple[str, str]]:
    out: list[tuple[str, list[str]]] = []
    for kind, text in fresh:
        if out and out[-1][0] == kind and kind not in ("tool", "state", "replace"):
            out[-1][1].append(text)
        else:
            out.append((kind, [text]))
    return [(kind, "".join(texts)) for kind, texts in out]


def shown(answer: Answer) -> list[tuple[str, str]]:
    """An answer as the live log shows it: (kind, text) steps."""
    steps: list[tuple[str, str]] = []
    for block in answer.blocks:
        if block.kind == "tool_call":
            steps += [("tool", block.name or "tool call"), ("args", block.text)]
        elif block.kind in ("text", "reasoning", "refusal"):
            steps.append((block.kind, block.text))
        else:
            steps.append(("note", f"[{block.kind}]"))
    return [step for step in steps if step[1]]
