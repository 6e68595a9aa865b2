"""What is pasted is taken for text, a body or a stream; frames and errors are refused."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.reading.answer import pasted
from generations.reading.answer.pasted import Pasted, PasteRefused

CHAT = {"object": "chat.completion", "choices": [{"message": {"role": "assistant", "content": "Hello"}}]}
DELTAS = [
    {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": word}}]}
    for word in ("Hel", "lo")
]
END = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
SSE = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in [*DELTAS, END]) + "data: [DONE]\n\n"
MESSAGE = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hello"}]}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}
RESPONSE = {"object": "response", "output": [SAID]}


def words(pasted_answer: Pasted, wire: str = "chat") -> str:
    return " ".join(
        part.head + part.html for turn in pasted.side(wire, pasted_answer).turns for part in turn.parts
    )


@pytest.mark.parametrize(
    ("content", "wire", "kind"),
    [
        ("Hello", "chat", "text"),
        (json.dumps(CHAT), "chat", "body"),
        (json.dumps(MESSAGE), "messages", "body"),
        (json.dumps(RESPONSE), "responses", "body"),
        (json.dumps(MESSAGE), "chat", "body"),
        (SSE, "chat", "stream"),
        (json.dumps([*DELTAS, END]), "chat", "stream"),
        ("\n".join(map(json.dumps, [*DELTAS, END])), "chat", "stream"),
        ('{"greeting": "Hello"}', "chat", "text"),
        ('["Hello"]', "chat", "text"),
        ('"Hello"', "chat", "text"),
        ('{"greeting": "Hello"', "chat", "text"),
        ("<b>Hello</b>", "chat", "text"),
    ],
)
def test_what_it_is_taken_for(content: str, wire: str, kind: str) -> None:
    read = pasted.read(content, wire)
    assert read.kind == kind
    assert "Hello" in words(read, wire)
    assert "assistant" in {turn.role for turn in pasted.side(wire, read).turns}
    assert pasted.read_stored(read.text, read.kind, wire) == read


def test_all_of_a_stream_is_put_together() -> None:
    assert "<p>Hello</p>" in words(pasted.read(SSE, "chat"))


def test_it_may_be_taken_as_text_whatever_it_looks_like() -> None:
    read = pasted.read(json.dumps(CHAT), "chat", as_text=True)
    assert (read.kind, read.body) == ("text", json.dumps(CHAT))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "Nothing was pasted"),
        (" \n\t", "Nothing was pasted"),
        (json.dumps(END), "end of a stream"),
        (f"data: {json.dumps(END)}\n\ndata: [DONE]\n\n", "end of a stream"),
        (json.dumps([END]), "end of a stream"),
        ('{"type": "message_stop"}', "end of a stream"),
        ("data: [DONE]", "end of a stream"),
        ('{"error": {"message": "no"}}', "an error"),
        ('{"error": "upstream_error", "status_code": 502}', "an error"),
        ("x" * (pasted.LIMIT + 1), "At most 2 MB"),
        ("\u4e16" * (pasted.LIMIT // 3 + 1), "At most 2 MB"),
    ],
)
def test_what_is_no_answer_is_refused(content: str, why: str) -> None:
    with pytest.raises(PasteRefused, match=why):
        pasted.read(content, "chat")


def test_credentials_are_replaced_in_text_and_in_bodies() -> None:
    key = "sk-proj-abcdefghijklmnop1234"
    for content in (
        f"My key is {key}.",
        json.dumps({"choices": [{"message": {"content": f"My key is {key}."}}]}),
    ):
        read = pasted.read(content, "chat")
        assert (key in read.text, key in words(read), read.removed) == (False, False, 1)
        assert "[credential removed]" in words(read)


def test_values_are_found_by_their_pointers() -> None:
    read = pasted.read(json.dumps(CHAT), "chat")
    found = pasted.value_at(read, "pasted:/choices/0/message/content")
    assert found is not None
    assert found.read() == b'"Hello"'
    assert pasted.value_at(read, "pasted:/choices/7") is None
    text = pasted.value_at(pasted.read("Hello", "chat"), "pasted:")
    assert text is not None
    assert text.read() == b'"Hello"'


@given(st.text(), st.sampled_from(["chat", "responses", "messages", "embeddings", "rerank", ""]))
def test_any_text_is_taken_or_refused(content: str, wire: str) -> None:
    try:
        read = pasted.read(content, wire)
    except PasteRefused:
        return
    pasted.side(wire, read)


@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_any_json_is_taken_or_refused(value: Any) -> None:
    with contextlib.suppress(PasteRefused):
        pasted.side("chat", pasted.read(json.dumps(value), "chat"))
