"""Frames that differ from the one before only in their words. Nearly all frames of a chat do, and parsing each of
them again costs more than everything else that is done with an answer at its end."""

import re
from typing import Any, NamedTuple

import msgspec

from generations.gateway.streams import tolerant

__all__ = ["FrameTemplate", "SimilarFrame"]

_WORDS = re.compile(rb'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+')
_KEY = re.compile(rb'"content"[ \t]?:[ \t]?"')
_decode = msgspec.json.Decoder(str).decode


class SimilarFrame(NamedTuple):
    """A chunk of chat completions that is `frame` but for the words of its one delta, of choice `number`."""

    frame: dict[str, Any]
    number: int
    words: str

    def whole(self) -> dict[str, Any]:
        """The chunk as it came."""
        (choice,) = self.frame["choices"]
        delta = {**choice["delta"], "content": self.words}
        return {**self.frame, "choices": [{**choice, "delta": delta}]}


class FrameTemplate:
    """The latest frame whose words alone may change."""

    def __init__(self) -> None:
        self._head = self._tail = b""
        self._frame: dict[str, Any] = {}
        self._index = 0

    def match(self, data: bytes) -> SimilarFrame | None:
        """The frame as another one of the same kind; None where it has to be parsed."""
        head, tail = self._head, self._tail
        if not head or not data.startswith(head) or not data.endswith(tail, len(head)):
            return None
        raw = data[len(head) : len(data) - len(tail)]
        if not _WORDS.fullmatch(raw):
            return None
        try:
            return SimilarFrame(
                self._frame, self._index, _decode(b'"%b"' % raw) if b"\\" in raw else raw.decode()
            )
        except (UnicodeDecodeError, msgspec.MsgspecError):  # halves of surrogate pairs, or damage
            return None

    def learn(self, data: bytes, value: Any) -> None:
        """Take this frame for the next ones, if it is of that kind."""
        self._head = b""
        if not _is_plain(value) or data.count(b'"content"') != 1:
            return
        found = _KEY.search(data)
        end = _WORDS.match(data, found.end()).end() if found else 0  # type: ignore[union-attr]
        if found and data[end : end + 1] == b'"':
            self._head, self._tail, self._frame = data[: found.end()], data[end:], value
            self._index = tolerant.position(value["choices"][0].get("index"), 0) or 0


def _is_plain(value: Any) -> bool:
    """Whether only the words of such a chunk can be new when it repeats."""
    choices = value.get("choices") if isinstance(value, dict) else None
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        return False
    choice, delta = choices[0], choices[0].get("delta")
    return (
        choice.keys() <= {"index", "delta", "finish_reason", "logprobs"}
        and choice.get("finish_reason") is None
        and choice.get("logprobs") is None
        and isinstance(delta, dict)
        and delta.keys() <= {"role", "content"}
        and bool(tolerant.text(delta.get("content")))
        and not value.keys() & {"error", "message", "type"}
        and all(
            member is None or isinstance(member, str) for key, member in value.items() if key != "choices"
        )
    )
