"""Distinguish the tool calls of one answer where servers number them badly or not at all.

In this order: another index is another call; the same index and the same ID is the same call; the same index and
another ID is a new call; without an ID, a complete call followed by a name begins a new one. Where there is no
index, the ID decides, and where there is neither, the order of arrival.
"""

import re

from generations.gateway.rawjson.values import Unreadable, loads

__all__ = ["LONGEST_NAME", "Arguments", "StreamedCall", "StreamedCalls", "joined_name"]

_MARKS = re.compile(r'[{}\[\]"\\]')


class Arguments:
    """The text of a call's arguments, which come in pieces or again with all that came before.

    Knows when it is a complete JSON object or list, at a cost linear in the text: each piece is looked at once.
    """

    __slots__ = ("_depth", "_last", "_pieces", "_quoted", "_scanned", "_skip", "_start", "length")

    def __init__(self, text: str = "") -> None:
        self._pieces: list[str] = [text] if text else []
        self._restart(0, len(text))

    def _restart(self, start: int, length: int) -> None:
        self._start, self.length = start, length  # what came before `start` was repeated
        self._scanned, self._depth = start, 0
        self._quoted = self._skip = False
        self._last = ""  # the last character that is no blank

    def add(self, text: str, *, whole: bool = True) -> bool:
        """Take a piece; True if it held all before it and replaced that. Lengths are compared first, so pieces
        cost only their own length. `whole`: whether a piece may be the whole so far."""
        if not text:
            return False
        self._pieces.append(text)
        if whole and 0 < self.length <= len(text) and text.startswith(self._since(self._start, -1)):
            self._restart(len(self._pieces) - 1, len(text))
            return True
        self.length += len(text)
        return False

    @property
    def text(self) -> str:
        """What came, without repetitions. A piece that only looks like one is recognized by the JSON: `{"a":` and
        `{"a":1}}` are two pieces."""
        if self._start:
            whole = self._since(0, None)
            if whole.startswith(("{", "[")) and _is_json(whole):
                return whole
        return self._since(self._start, None)

    def _since(self, start: int, end: int | None) -> str:
        return "".join(self._pieces[start:end])

    @property
    def is_empty(self) -> bool:
        return not self.length

    @property
    def is_complete(self) -> bool:
        for at in range(self._scanned, len(self._pieces)):
            self._scan(self._pieces[at])
        self._scanned = len(self._pieces)
        return self._last in ("}", "]") and not self._depth and not self._quoted

    def _scan(self, piece: str) -> None:
        self._last = piece.rstrip()[-1:] or self._last
        at = 1 if self._skip else 0
        self._skip = False
        while found := _MARKS.search(piece, at):
            mark, at = found[0], found.end()
            if mark == "\\":
                self._skip = at == len(piece)
                at += 1
            elif mark == '"':
                self._quoted = not self._quoted
            elif not self._quoted:
                self._depth += 1 if mark in "{[" else -1


class StreamedCall:
    """One call. `number` is its own among all of the answer; `index` is the server's, None where it gave none."""

    __slots__ = ("arguments", "call_id", "index", "name", "number", "whole")

    def __init__(self, number: int, index: int | None, call_id: str) -> None:
        self.number, self.index, self.call_id = number, index, call_id
        self.name = ""
        self.arguments = Arguments()
        self.whole = False  # the arguments came as an object

    @property
    def is_complete(self) -> bool:
        return self.whole or self.arguments.is_complete


class StreamedCalls:
    """The calls of one answer, in order of arrival."""

    def __init__(self) -> None:
        self.all: list[StreamedCall] = []
        self._latest: dict[int | None, StreamedCall] = {}  # by index; under None the latest of all
        self._by_id: dict[tuple[int | None, str], StreamedCall] = {}
        self._numbers: set[int] = set()
        self._next = 0

    def find(self, index: int | None, call_id: str, name: str) -> StreamedCall:
        """The call that a part with these marks belongs to."""
        call = self._known(index, call_id, name) or self._new(index, call_id)
        if call_id and not call.call_id:
            call.call_id = call_id
        if call.call_id:
            self._by_id[index, call.call_id] = self._by_id[None, call.call_id] = call
        self._latest[index] = self._latest[None] = call
        return call

    def _known(self, index: int | None, call_id: str, name: str) -> StreamedCall | None:
        latest = self._latest.get(index)
        if call_id:
            found = self._by_id.get((index, call_id)) or self._unnumbered(call_id)
            if found or latest is None or latest.call_id:
                return found
        return None if latest and name and not call_id and latest.is_complete else self._late(latest, name)

    def _unnumbered(self, call_id: str) -> StreamedCall | None:
        found = self._by_id.get((None, call_id))
        return found if found and found.index is None else None

    def _late(self, latest: StreamedCall | None, name: str) -> StreamedCall | None:
        """A call whose ID comes after its first part: the same call, unless it is complete and another name
        comes."""
        return None if latest and name and latest.is_complete and latest.name not in ("", name) else latest

    def _new(self, index: int | None, call_id: str) -> StreamedCall:
        number = index if index is not None and index not in self._numbers else self._free()
        call = StreamedCall(number, index, call_id)
        self._numbers.add(number)
        self.all.append(call)
        return call

    def _free(self) -> int:
        # It only grows, so all searches together cost no more than the calls.
        while self._next in self._numbers:
            self._next += 1
        return self._next


LONGEST_NAME = 4_096
"""Characters of a call's name that are joined of pieces, far more than any API allows."""


def joined_name(held: str, piece: str) -> str:
    """A name that comes again, or in pieces: a longer one than LONGEST_NAME takes no more of them.

    Fewer than three letters may begin the next piece by chance.
    """
    if len(held) > LONGEST_NAME:
        return held
    if piece == held or (len(held) > 2 and piece.startswith(held)):
        return piece
    return held + piece


def _is_json(text: str) -> bool:
    try:
        loads(text)
    except Unreadable:
        return False
    return True
