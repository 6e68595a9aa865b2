"""Streams made to cost more than their bytes: each step costs its own bytes only, counted rather than timed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from generations.gateway.rawjson.values import loads
from generations.gateway.streams import assemble_chat, frame_reader
from generations.gateway.streams.assemble import Assembled, assemble
from generations.gateway.streams.call_identity import LONGEST_NAME, Arguments


def chat(functions: list[dict[str, Any]]) -> Assembled:
    """One call whose parts are these."""
    frames = [
        {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": function}]}}]}
        for function in functions
    ]
    raw = b"".join(b"data: %s\n\n" % json.dumps(frame).encode() for frame in frames)
    return assemble("chat", "text/event-stream", raw)


def function_of(made: Assembled) -> Any:
    return made.body["choices"][0]["message"]["tool_calls"][0]["function"]  # type: ignore[index,call-overload]


class CountedText(str):
    """Counts how often its end is looked at."""

    __slots__ = ()
    looks = 0

    def rstrip(self, chars: str | None = None, /) -> str:
        CountedText.looks += 1
        return super().rstrip(chars)


def test_a_call_of_blanks_is_looked_at_once_a_piece() -> None:
    CountedText.looks = 0
    arguments = Arguments()
    for _ in range(1_000):
        arguments.add(CountedText(" "), whole=False)
        assert not arguments.is_complete
    assert CountedText.looks == 1_000
    for piece in ('{"a":', "1}", " "):
        arguments.add(piece)
    assert arguments.is_complete


def test_a_name_of_many_pieces_is_joined_to_a_bound_and_the_rest_kept() -> None:
    pieces = [f"<{at:04}-abcdefgh>" for at in range(1_000)]
    made = chat([{"name": piece} for piece in pieces])
    name = function_of(made)["name"]
    assert LONGEST_NAME < len(name) <= LONGEST_NAME + len(pieces[0])
    (stray,) = made.strays
    assert stray.name == "other name"
    assert name + "".join(stray.data) == "".join(pieces)  # type: ignore[arg-type]


def counted(monkeypatch: pytest.MonkeyPatch, real: Callable[..., Any]) -> list[int]:
    sizes: list[int] = []

    def counting(text: str) -> Any:
        sizes.append(len(text))
        return real(text)

    monkeypatch.setattr(assemble_chat, real.__name__, counting)
    return sizes


def test_empty_arguments_behind_long_ones_do_not_parse_them_again(monkeypatch: pytest.MonkeyPatch) -> None:
    long = json.dumps({"a": "x" * 10_000})
    parsed = counted(monkeypatch, loads)
    made = chat([{"name": "f", "arguments": long}, *[{"arguments": {}}] * 1_000])
    assert function_of(made)["arguments"] == long
    assert not parsed


@pytest.mark.parametrize("member", ["[]", "1", '{"a":1}', '"x"'])
@pytest.mark.parametrize("shape", ["[%s]", '{"choices":[],"new":[%s]}'])
def test_a_frame_of_many_values_weighs_as_many_frames(
    member: str, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_reader, "MOST_FRAMES", 1_000)
    frame = b"data: %s\n\n" % (shape % ",".join([member] * 2_000)).encode()
    raw = frame * 1_000
    made = assemble("chat", "text/event-stream", raw)
    assert 0.8 * len(raw) < made.unread < len(raw)
    assert assemble("chat", "text/event-stream", frame * 3).unread == 0
