"""Whatever frames an answer is made of: it is put together, read, drawn, stored, made into keys and compared."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.gateway.rawjson.values import loads
from generations.gateway.streams.assemble import Assembled, assemble, assemble_stored
from generations.reading.answer import answer_facts, other_members, replayed
from generations.reading.diff import answer_diff

KEYS = st.sampled_from(
    "content reasoning reasoning_content refusal tool_calls function_call audio images annotations odd role text "
    "reasoning_details thinking signature item part output_index content_index item_id id index response output "
    "summary arguments input error message usage choices finish_reason logprobs name content_block stop_reason delta "
    "citation partial_json status b64_json transcript data".split()
)
TYPES = st.sampled_from(
    "text thinking tool_use output_text reasoning function_call message error response.output_text.delta "
    "response.output_item.added response.output_item.done response.completed response.failed response.created "
    "response.reasoning_summary_text.delta response.content_part.added response.function_call_arguments.delta "
    "content_block_start content_block_delta message_start message_delta message_stop transcript.text.delta "
    "image_generation.partial_image speech.audio.delta".split()
)
SMALL: st.SearchStrategy[Any] = st.sampled_from(["", "ab", None, 0, 1.5, True, [], {}])
VALUES = st.recursive(
    SMALL,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(KEYS, inner, max_size=2)
        | st.fixed_dictionaries({"type": TYPES, "text": inner, "index": st.sampled_from([0, 1, None, "0"])})
    ),
    max_leaves=5,
)
MEMBERS = st.dictionaries(KEYS, VALUES, max_size=3)
CHUNKS = st.builds(
    lambda index, delta, more, around: {"choices": [{"index": index, "delta": delta, **more}], **around},
    st.sampled_from([0, 0, 1]),
    MEMBERS,
    MEMBERS,
    st.dictionaries(KEYS, VALUES, max_size=1),
)
EVENTS = st.builds(lambda kind, members: {"type": kind, **members}, TYPES, MEMBERS)
WIRES = st.sampled_from(["chat", "responses", "messages", "images", "speech", "transcription", "rerank"])


def read(made: Assembled) -> None:
    facts = answer_facts.read(made.wire, made.body, made.strays)
    shown = replayed.make(facts, made.body, made.strays, 1)
    assert len(replayed.load(replayed.dump(shown)).side.turns) == len(shown.side.turns)
    assert json.loads(replayed.document(made.body, made.strays)).keys() == {"answer", "other_events"}
    assert bool(other_members.output_key(made.body, facts)) is not facts.is_empty
    assert bool(other_members.calls_key(facts)) is not facts.is_empty
    said = answer_diff.said(made.wire, made.body, made.strays)
    assert answer_diff.compare(said, said).equal


@pytest.mark.heavy
@settings(deadline=None)
@given(WIRES, st.lists(CHUNKS | EVENTS, max_size=4))
def test_any_frames(wire: str, frames: list[Any]) -> None:
    read(
        assemble(
            wire,
            "text/event-stream",
            b"".join(b"data: %b\n\n" % json.dumps(frame).encode() for frame in frames),
        )
    )


@settings(deadline=None)
@given(WIRES, VALUES | st.lists(CHUNKS | EVENTS, max_size=3))
def test_any_stored_answer(wire: str, value: Any) -> None:
    read(assemble_stored(wire, loads(json.dumps(value))))


@pytest.mark.parametrize(
    "deltas",
    [
        [{"content": ""}, {"content": [{"type": "text", "text": "x"}]}],
        [{"reasoning": ""}, {"reasoning": ["x"]}],
        [{"function_call": 1}, {"function_call": {"name": "x"}}],
        [{"tool_calls": "odd"}, {"tool_calls": [{"id": "1", "function": {"name": "x"}}]}],
        [{"annotations": "odd"}, {"annotations": ["x"]}],
    ],
)
def test_a_member_that_changes_its_type_is_kept(deltas: list[Any]) -> None:
    frames = b"".join(
        b"data: %b\n\n" % json.dumps({"choices": [{"delta": delta}]}).encode() for delta in deltas
    )
    made = assemble("chat", "text/event-stream", frames)
    read(made)
    held = replayed.document(made.body, made.strays)
    assert b"x" in held
    assert b"odd" not in frames or b"odd" in held
