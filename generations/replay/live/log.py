"""What one running replay has received so far. Its thread fills the live log; heartbeat and saver empty it."""

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from generations.gateway import blocks
from generations.gateway import events as ev
from generations.gateway.events import LiveAnswer
from generations.gateway.http.paced_reads import PacedReads, pause_for
from generations.gateway.rawjson.display import visible
from generations.replay.raw_answer import AnswerBuffer, room_for

MOST_BYTES = 64 * 2**20  # of one answer, where the settings say nothing else
LIVE_BYTES = 2**20
"""Of text and steps in the live log, and of the answer that snapshots are compared with. Bytes are kept beyond it."""
# Characters that wait for the live channel; the oldest are left to the checkpoints.
UNSENT_BYTES = LIVE_BYTES // 2
STEP_BYTES = 256
MORE = "[The answer is longer than what is shown while it comes. All of it is kept.]"
STEADY = ("tool", "state", "replace", "end")  # steps that are not joined with one of their kind before them
ALWAYS = ("state", "end", "bytes")  # steps that the log has always room for


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One step of the live log. `seq` counts from 1 without gaps; it is the id of the browser's event too.

    Kinds: `text`, `reasoning`, `refusal`, `tool` (a call begins, its name), `args`, `note`, `replace` (what came
    before is void), `bytes` (a checkpoint without anything to show), `state`, `end`.
    """

    seq: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a replay may wait, in seconds: for its first byte, between two bytes, in all; and the bytes that are
    kept of its answer."""

    first_byte: float
    idle: float
    total: float
    size: int = MOST_BYTES


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Entries of the live log, one at least, and the bytes that came with them."""

    entries: list[LogEntry]
    wire: bytes


@dataclass(slots=True, eq=False)
class LiveLog:
    """The live log and the bytes of one replay, with the clock that its deadlines are read from."""

    replay_id: uuid.UUID
    claim: uuid.UUID
    deadlines: Deadlines
    stop: PacedReads = field(init=False)
    held: AnswerBuffer = field(init=False)
    neighbours: int = 0
    answer: LiveAnswer = field(default_factory=LiveAnswer)
    clock: Callable[[], float] = time.monotonic
    begun: float = 0.0
    headers_at: float | None = None
    first_token_at: float | None = None
    last_byte_at: float | None = None
    opened: ev.Opened | None = None
    closed: ev.Closed | None = None
    partial: bool = False
    stop_reason: str = ""
    _fresh: list[tuple[str, str]] = field(default_factory=list)
    _room: int = LIVE_BYTES
    _last: str = ""
    _waits: bool = False
    _back_at: float = 0.0
    _seq: int = 0
    _arguments: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    unsent: list[LogEntry] = field(default_factory=list)
    unsaved: list[LogEntry] = field(default_factory=list)
    is_over: bool = False
    storing: threading.Lock = field(default_factory=threading.Lock)
    """Held by whoever stores a checkpoint or the end of this replay: a checkpoint never follows the end."""
    is_stored: bool = False
    _unsent_size: int = 0
    _channel: deque[tuple[int, int]] = field(default_factory=deque)
    _checkpoint: "Checkpoint | None" = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _order: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.begun = self.clock()
        self.stop = PacedReads(self.pause)
        self.held = AnswerBuffer(self.deadlines.size)

    @property
    def content_type(self) -> str:
        """As the gateway reported it, "" without one."""
        return self.opened.headers.get("content-type", "") if self.opened else ""

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
        if not self.partial:
            self.answer.apply(event)

    def _keep(self, data: bytes) -> None:
        self.last_byte_at = now = self.clock()
        fits = self.held.put(data)
        if not self.partial and self.held.received > LIVE_BYTES:
            with self._lock:
                self._break_off()
        if not fits:
            self.end("too_large")
        elif now - self.begun > self.deadlines.total:
            self.end("deadline_total")  # a flood leaves nobody else the time to look
        elif self.held.is_full:
            self._wait_for_room()

    def _wait_for_room(self) -> None:
        """Read no more until a checkpoint is stored: the gateway waits, memory does not grow."""
        self.stop.rest()
        self._waits = True
        while self.held.is_full and not self.stop.cancelled:
            self.held.wait(0.2)
            if self.clock() - self.begun > self.deadlines.total:
                self.end("deadline_total")
        self._waits = False
        self.last_byte_at = self.clock()

    def _show(self, event: ev.Event) -> None:
        match event:
            case ev.Text(text=text):
                self.append("text", text)
            case ev.Reasoning(text=text):
                self.append("reasoning", text)
            case ev.Refusal(text=text):
                self.append("refusal", text)
            case ev.ToolCall():
                self._show_call(event)
            case blocks.Media(kind=kind):
                self.append("note", f"[{kind}]")
            case ev.StreamError(message=message):
                self.append("note", f"[error: {message}]")

    def _show_call(self, event: ev.ToolCall) -> None:
        key = (event.choice, event.index)
        if key not in self._arguments:
            self.append("tool", event.name or "tool call")
        pieces = self._arguments.setdefault(key, [])
        if self.partial:
            return
        if not event.replace:
            pieces.append(event.arguments)
            self.append("args", event.arguments)
            return
        before = "".join(pieces)
        self._arguments[key] = [event.arguments]
        if event.arguments.startswith(before):
            self.append("args", event.arguments[len(before) :])

    def _replace(self, event: ev.Snapshot) -> None:
        if self.partial:
            return
        before = shown(self.answer)
        self.answer.apply(event)
        after = shown(self.answer)
        if before != after:
            self.append("replace", "")
            for kind, text in after:
                self.append(kind, text)

    def append(self, kind: str, text: str) -> None:
        """Put one step into the live log."""
        if not text and kind in ("text", "reasoning", "refusal", "args"):
            return
        if self.first_token_at is None and kind not in ("state", "note", "bytes"):
            self.first_token_at = self.last_byte_at or self.clock()
        with self._lock:
            if self._fits(kind, text):
                self._fresh.append((kind, text))

    def _fits(self, kind: str, text: str) -> bool:
        """Whether the live log has room for this step. The first one that finds none is reported once."""
        if kind != self._last or kind in STEADY:
            if kind in ALWAYS:
                return True
            self._room -= STEP_BYTES
            self._last = kind
        if self.partial:
            return False
        self._room -= len(text)
        if self._room < 0:
            self._break_off()
        return not self.partial

    def _break_off(self) -> None:
        """The live log and the answer of this live log end here. The bytes are kept."""
        self.partial = True
        self.answer = LiveAnswer()
        self._fresh.append(("note", MORE))

    def share(self, neighbours: int) -> None:
        """So many replays read at once in this process: what they have in common is shared."""
        self.neighbours, self.held.room = neighbours, room_for(neighbours)

    def pause(self) -> float:
        """Seconds to wait before the next read: none up to the first token."""
        return 0.0 if self.first_token_at is None else pause_for(self.neighbours)

    # --- emptied by heartbeat and saver ---------------------------------------------------------------------------------

    def number(self) -> None:
        """Give what is new its numbers, neighbours of one kind as one entry."""
        if not self._fresh:
            return
        with self._order:
            with self._lock:
                fresh, self._fresh = self._fresh, []
            for kind, text in _merged(fresh):
                self._number(kind, visible(text))

    def _number(self, kind: str, text: str) -> None:
        self._seq += 1
        entry = LogEntry(self._seq, kind, text)
        self.unsent.append(entry)
        self.unsaved.append(entry)
        self._unsent_size += len(text)
        while self._unsent_size > UNSENT_BYTES and len(self.unsent) > 1:
            self._unsent_size -= len(self.unsent.pop(0).text)

    def is_sent(self, entries: list[LogEntry]) -> None:
        """The live channel holds these, the first ones of `unsent`."""
        last = entries[-1].seq
        self._channel.extend((entry.seq, len(entry.text.encode())) for entry in entries)
        with self._order:
            self.unsent[:] = [entry for entry in self.unsent if entry.seq > last]
            self._unsent_size = sum(len(entry.text) for entry in self.unsent)

    def first_kept(self, size: int) -> int | None:
        """The entry from which on the live channel is kept, so that it holds about `size` bytes; None to keep all."""
        held = sum(length for _, length in self._channel)
        dropped = 0
        while held > size and len(self._channel) > 1:
            dropped, length = self._channel.popleft()
            held -= length
        return dropped + 1 if dropped else None

    def checkpoint(self) -> "Checkpoint | None":
        """What is to be saved next, None for nothing. It stays the same until `mark_saved`: a try whose answer got lost
        may have been stored."""
        with self._order:
            if self._checkpoint is None:
                wire = self.held.pending()
                if wire and not self.unsaved:
                    self._number("bytes", "")
                if self.unsaved:
                    self._checkpoint, self.unsaved = Checkpoint(self.unsaved, wire), []
            return self._checkpoint

    def mark_saved(self) -> None:
        """The database, or the spool, holds the checkpoint."""
        self._checkpoint = None
        self.held.mark_saved()

    def forget(self) -> None:
        """The replay is no more: nothing that came is kept, and nothing more is read."""
        self.end("forgotten")
        with self._order:
            self.unsaved, self._checkpoint = [], None
        self.held.forget()

    def overdue(self) -> str:
        """The name of the deadline that has passed, or ""."""
        if self.is_over:
            return ""
        now = self.clock()
        if now - self.begun > self.deadlines.total:
            return "deadline_total"
        if self._waits:
            return ""  # it is we who keep the gateway waiting
        silent_s = now - max(self.last_byte_at or self.begun, self._back_at)
        if self.last_byte_at is None:
            return "deadline_first_byte" if silent_s > self.deadlines.first_byte else ""
        return "deadline_idle" if silent_s > self.deadlines.idle else ""

    def excuse(self) -> None:
        """This process did not run until now: what the gateway has sent meanwhile is not read yet."""
        self._back_at = self.clock()

    def end(self, reason: str) -> None:
        """Wake the thread out of its read. The first reason is the one that counts; none does after the last byte."""
        if self.is_over:
            return
        if not self.stop_reason:
            self.stop_reason = reason
        self.stop.cancel()

    def ms(self, moment: float | None) -> int | None:
        """Whole ms from the POST to `moment`."""
        return None if moment is None else round((moment - self.begun) * 1000)


def _merged(fresh: list[tuple[str, str]]) -> list[tuple[str, str]]:
    out: list[tuple[str, list[str]]] = []
    for kind, text in fresh:
        if out and out[-1][0] == kind and kind not in STEADY:
            out[-1][1].append(text)
        else:
            out.append((kind, [text]))
    return [(kind, "".join(texts)) for kind, texts in out]


def shown(answer: LiveAnswer) -> list[tuple[str, str]]:
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
