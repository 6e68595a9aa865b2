"""Streams in the own format of an API that is none of the gateway's: their events are shown, and their end is known."""

import json
from typing import Any

import pytest

from generations.gateway.events import Closed
from generations.gateway.streams import reader
from generations.gateway.streams.assemble import assemble
from generations.reading.answer import answer_facts

FOREIGN = {
    "gemini": [
        {"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]},
        {"candidates": [{"finishReason": "STOP"}]},
    ],
    "cohere": [
        {"type": "content-delta", "delta": {"message": {"content": {"text": "Hi"}}}},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
    ],
    "converse": [
        {"contentBlockDelta": {"delta": {"text": "Hi"}}},
        {"messageStop": {"stopReason": "end_turn"}},
    ],
    "blocked": [{"promptFeedback": {"blockReason": "SAFETY"}}],
}


@pytest.mark.parametrize("wire", ["chat", "messages", "responses"])
@pytest.mark.parametrize("frames", FOREIGN.values(), ids=FOREIGN)
def test_a_stream_of_another_api_is_ended_by_its_own_last_frame(wire: str, frames: list[Any]) -> None:
    raw = [f"data: {json.dumps(frame)}\n\n".encode() for frame in frames]
    whole, cut = b"".join(raw), b"".join(raw[:-1])
    for part, ended in ((whole, True), (cut, False)):
        (*_, closed) = [*(live := reader(wire, "text/event-stream")).feed(part), *live.end()]
        made = assemble(wire, "text/event-stream", part)
        assert isinstance(closed, Closed)
        assert (closed.complete, made.complete) == (ended, ended)
    assert [stray.data for stray in assemble(wire, "text/event-stream", whole).strays] == frames
    made = assemble(wire, "text/event-stream", whole)
    assert answer_facts.read(made.wire, made.body, made.strays).is_empty == ("promptFeedback" in frames[0])
