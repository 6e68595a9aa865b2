"""Chunks of chat (and legacy text) completions -> one whole completion."""

from collections import deque
from collections.abc import Callable
from typing import Any

from generations.gateway.rawjson.values import Number, Unreadable, Value, canonical, loads
from generations.gateway.streams import tolerant
from generations.gateway.streams.alike import SimilarFrame
from generations.gateway.streams.body_builder import Body, extended, grown
from generations.gateway.streams.call_identity import LONGEST_NAME, StreamedCall, StreamedCalls, joined_name
from generations.gateway.streams.chat import is_whole
from generations.gateway.streams.partial_values import (
    Draft,
    GrowingText,
    append,
    completed,
    finished,
    is_empty,
    overlaid,
    overlaid_counts,
)

__all__ = ["ChatBody"]

_WORDS = {"content", "reasoning_content", "reasoning", "refusal", "thinking"}
_VOLATILE = {"id", "object", "created", "obfuscation", "model", "nativeResponseId", "created_at"}
_OURS = {"choices", "usage", "error", "meta", "message"}

MOST_CHOICES = 1_000
"""Choices of one answer that are assembled, which is more than any API gives (`n`); pieces of others are strays."""


class ChatBody(Body):
    """Assembles chunks. A frame that is a whole completion (`object: chat.completion`) is merged over the
    chunks at the end; what only the chunks hold stays."""

    wire = "chat"

    def __init__(self) -> None:
        super().__init__()
        self._choices: dict[int, _Choice] = {}
        self._final: dict[int, dict[str, Draft]] = {}
        self._deltas = False
        self._repeated_text: dict[str, str] = {}  # the latest texts of the envelope, by name

    def take(self, name: str, value: dict[str, Any]) -> None:
        kind = tolerant.text(value.get("object"))
        if name == "error" or "error" in (kind, value.get("type")):
            self.fail(value)
        elif value.keys() & _OURS or kind.startswith(("chat.completion", "text_completion")):
            self._chunk(value, whole=is_whole(value, after_deltas=self._deltas))
        else:
            self.stray(name or tolerant.text(value.get("type")) or kind, value)

    def take_alike(self, value: SimilarFrame) -> None:
        if self._has_room(value.number):
            self._choice(value.number).take_words(value.words)
        else:
            super().take_alike(value)

    def _chunk(self, value: dict[str, Any], *, whole: bool) -> None:
        for key, member in value.items():
            if not self._is_repeated(key, member):
                self._member(key, member)
        for at, choice in enumerate(tolerant.listed(value.get("choices"))):
            if isinstance(choice, dict):
                self._take_choice(choice, at, whole=whole)
            else:
                self.stray("choice", choice)
        if isinstance(value.get("message"), dict):  # a server's own form: one choice, not in a list
            self._choice(0).take({"message": value["message"]})
            self.ended = self.ended or ("finish" if value.get("done") is True else "")

    def _is_repeated(self, key: str, member: Draft) -> bool:
        """Whether the latest frame that held this text held the same: nearly every frame repeats the envelope."""
        if not isinstance(member, str) or key in self.COUNTERS or key == "error":
            self._repeated_text.pop(key, None)
            return False
        before, self._repeated_text[key] = self._repeated_text.get(key), member
        return before == member and type(before) is type(member)

    def _member(self, key: str, member: Draft) -> None:
        if key == "choices":
            self.body.setdefault(key, [])  # keeps their position
            if not isinstance(member, list) and not is_empty(member):
                self.lost(key, member)
        elif key == "error":
            if not is_empty(member):
                self.fail({"error": member})
        elif key in self.COUNTERS:
            self.body[key] = overlaid_counts(self.body.get(key), member, self.lost, key)
        elif isinstance(member, list) and _is_list(self.body.get(key)):
            self.body[key] = extended(self.body.get(key), member)
        elif key != "message" or not isinstance(member, dict):
            member = member.removesuffix(".chunk") if key == "object" and isinstance(member, str) else member
            self.envelope(key, member, volatile=key in _VOLATILE)

    def _take_choice(self, value: dict[str, Draft], at: int, *, whole: bool) -> None:
        index = tolerant.position(value.get("index"), at) or 0
        if not self._has_room(index):
            self.stray("choice", value)
            return
        self._deltas = self._deltas or bool(value.get("delta"))
        if tolerant.text(value.get("finish_reason")):
            self.ended = self.ended or "finish"
        self.failed = self.failed or not is_empty(value.get("error"))
        if whole and "delta" not in value:
            self.ended = "snapshot"
            self._final[index] = overlaid(self._final.get(index), value, self.lost)
            self._choice(index)
        else:
            self._choice(index).take(value)

    def _has_room(self, index: int) -> bool:
        return index in self._choices or len(self._choices) < MOST_CHOICES

    def _choice(self, index: int) -> "_Choice":
        if index not in self._choices:
            self._choices[index] = _Choice(index, self)
        return self._choices[index]

    def finished(self) -> Value:
        if self._choices:
            self.body["choices"] = [
                _whole(self._choices[index].finished(), self._final.get(index), self)
                for index in sorted(self._choices)
            ]
        return super().finished()


def _whole(choice: dict[str, Draft], final: dict[str, Draft] | None, body: Body) -> Draft:
    """A choice of a final frame, with what only the chunks hold."""
    if final is None:
        return choice
    message, last = choice.get("message"), final.get("message")
    if isinstance(message, dict) and isinstance(last, dict) and message.get("tool_calls"):
        calls = message.pop("tool_calls")
        last["tool_calls"] = _calls(tolerant.listed(last.get("tool_calls")), calls, body)
    return completed(final, choice, body.lost)


def _calls(final: list[Draft], calls: list[dict[str, Draft]], body: Body) -> list[Draft]:
    """The calls of a final message, each with what only its chunks hold, and calls that only chunks hold."""
    left = {at: tolerant.table(finished(call)) for at, call in enumerate(calls)}
    made = list(final)
    for sign in (_by_id, _by_words, _by_name):
        places: dict[str, deque[int]] = {}
        for at, call in left.items():
            places.setdefault(sign(call), deque()).append(at)
        for at, call in enumerate(final):
            found = places.get(sign(call)) if call is made[at] and sign(call) else None
            if found:
                made[at] = completed(call, left.pop(found.popleft()), body.lost)
    return made + list(left.values())


def _by_id(call: Draft) -> str:
    return tolerant.text(tolerant.table(call).get("id"))


def _by_words(call: Draft) -> str:
    function = _inner(call)
    return canonical(function) if function else ""


def _by_name(call: Draft) -> str:
    return tolerant.text(_inner(call).get("name"))


def _inner(call: Draft) -> dict[str, Any]:
    fields = tolerant.table(call)
    return tolerant.table(fields.get("function")) or tolerant.table(fields.get("custom"))


def _is_list(held: Draft) -> bool:
    return is_empty(held) or isinstance(held, list)


class _Choice:
    """One choice while it is assembled."""

    def __init__(self, index: int, body: Body) -> None:
        self.draft: dict[str, Draft] = {"index": Number(str(index))}
        self._message: dict[str, Draft] = {}
        self._body = body
        self._calls = StreamedCalls()
        self._drafts: dict[int, dict[str, Draft]] = {}
        self._legacy = StreamedCall(0, None, "")
        self._by_deltas = False

    def take(self, value: dict[str, Any]) -> None:
        for key, member in value.items():
            if key in ("delta", "message") and isinstance(member, dict):
                self.draft.setdefault("message", self._message)
                for name, part in member.items():
                    self._grow(name, part, whole=key == "message")
                self._by_deltas = self._by_deltas or (key == "delta" and bool(member))
            elif key == "finish_reason":
                self._finish(member)
            elif key not in ("index", "delta"):
                grown(self.draft, key, member, self._body.lost, texts=False)

    def take_words(self, words: str) -> None:
        """Words of a delta that holds nothing else."""
        self._by_deltas = True
        held = self._message.get("content")
        if type(held) is GrowingText:  # as nearly always
            held.add(words)
        else:
            self._grow("content", words, whole=False)

    def _finish(self, member: Draft) -> None:
        """The last reason stays, but `error` is not wiped by a later good end."""
        held = self.draft.get("finish_reason")
        if is_empty(held) or is_empty(member) or held == member:
            self.draft["finish_reason"] = member if is_empty(held) else held
            return
        kept, other = (held, member) if held == "error" else (member, held)
        self.draft["finish_reason"] = kept
        self._body.lost("finish_reason", other)

    def _grow(self, key: str, member: Draft, *, whole: bool) -> None:
        message = self._message
        if key == "tool_calls" and isinstance(member, list):
            message.setdefault(key, [])
            for call in member:
                self._call(call)
        elif key == "function_call" and isinstance(member, dict):
            self._function(self._box(key), member, self._legacy)
        elif key == "content" and (isinstance(member, list) or isinstance(message.get(key), list)):
            self._content(member)
        elif key == "annotations" and isinstance(member, list) and _is_list(message.get(key)):
            message[key] = extended(message.get(key), member)
        elif whole and isinstance(member, str) and key in _WORDS:
            self._repeat(key, member)
        else:
            grown(message, key, member, self._body.lost)

    def _box(self, key: str) -> dict[str, Draft]:
        """The object under a key of the message; a value of another type there is kept as a stray."""
        held = self._message.get(key)
        if isinstance(held, dict):
            return held
        if not is_empty(held):
            self._body.lost(key, held)
        made = self._message[key] = {}
        return made

    def _content(self, new: Draft) -> None:
        """Content as a list of parts, whose pieces come in later lists or as bare texts."""
        held = self._message.get("content")
        if not isinstance(held, list):
            self._message["content"] = None
        if not isinstance(held, list) and not is_empty(held):
            grown(self._message, "content", [{"type": "text", "text": finished(held)}], self._body.lost)
        if isinstance(new, str):
            new = [{"type": "text", "text": new}] if new else []
        grown(self._message, "content", new, self._body.lost)

    def _repeat(self, key: str, text: str) -> None:
        """A text of a `message`: the whole so far if it begins with what is there, otherwise a piece. What deltas
        said is not said again by a message, whose pieces might repeat each other.
        """
        held = self._message.get(key)
        if isinstance(held, GrowingText) and held.begins(text, longer=not self._by_deltas):
            held.replace(text)
        else:
            append(self._message, key, text)

    def _call(self, value: Draft) -> None:
        if not isinstance(value, dict):
            self._body.stray("tool_call", value)
            return
        kind = "custom" if value.get("custom") and isinstance(value["custom"], dict) else "function"
        inner, call_id = tolerant.table(value.get(kind)), tolerant.text(value.get("id"))
        call = self._calls.find(
            tolerant.position(value.get("index")), call_id, tolerant.text(inner.get("name"))
        )
        draft = self._drafts.setdefault(call.number, {})
        for key, member in value.items():
            if key == kind and isinstance(member, dict):
                box = draft[key] = draft[key] if isinstance(draft.get(key), dict) else {}
                self._function(box, member, call, again=kind == "function" or bool(call_id))
            elif key != "index" and (key not in draft or not is_empty(member)):
                draft[key] = overlaid(draft.get(key), member, self._body.lost, key)

    def _function(
        self, box: dict[str, Draft], function: dict[str, Any], call: StreamedCall, *, again: bool = True
    ) -> None:
        """`function` or `custom` of a call. `again`: whether arguments may be the whole so far."""
        for key, member in function.items():
            held = box.get(key)
            if key == "name" and isinstance(member, str):
                if len(call.name) > LONGEST_NAME:
                    self._body.lost(key, member)
                call.name = box[key] = joined_name(call.name, member)
            elif key not in ("arguments", "input"):
                box[key] = overlaid(held, member, self._body.lost, key)
            elif isinstance(member, str) and (is_empty(held) or held is call.arguments):
                call.arguments.add(member, whole=again)
                box[key] = call.arguments
            elif isinstance(member, dict | list) and not (
                held is call.arguments and not is_empty(member) and _says(held.text, member)
            ):
                call.whole = True
                box[key] = overlaid(held, member, self._body.lost, key)
            elif not _says(member, held):
                self._body.lost(key, member)

    def finished(self) -> dict[str, Draft]:
        if self._calls.all:
            held = self._message.get("tool_calls")
            if not is_empty(held):
                self._body.lost("tool_calls", held)
            order = sorted(self._calls.all, key=_places(self._calls.all))
            self._message["tool_calls"] = [self._drafts[call.number] for call in order]
        return self.draft


def _says(text: Draft, value: Draft) -> bool:
    """Whether the arguments' text is empty or parses to this value."""
    try:
        return is_empty(text) or not isinstance(text, str) or loads(text) == value
    except Unreadable:
        return False


def _places(calls: list[StreamedCall]) -> Callable[[StreamedCall], tuple[int, int]]:
    """By the server's index, then by arrival; a call without an index follows the one before it."""
    places: dict[int, tuple[int, int]] = {}
    last = 0
    for at, call in enumerate(calls):
        last = last if call.index is None else call.index
        places[call.number] = (last, at)
    return lambda call: places[call.number]
