"""Edited messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Value, dumps, loads
from generations.reading.edits.json_patch import Operation, apply
from generations.reading.edits.message_edits import SPOKEN, editable, rewritten
from generations.reading.edits.patch_ops import Body, VariationRefused
from tests.reading.documents import VALUES

BODIES: dict[str, Body] = {
    "chat": {
        "messages": [
            {"role": "system", "content": "Be kind."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "See:"},
                    {"type": "image_url", "image_url": {"url": "x"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c", "content": "7"},
        ]
    },
    "responses": {
        "instructions": "Be kind.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
            {"type": "function_call_output", "output": "7"},
        ],
    },
    "messages": {
        "system": [{"type": "text", "text": "Be kind."}],
        "messages": [
            {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": "7"}]}]}
        ],
    },
    "embeddings": {"input": ["a", "b"]},
    "rerank": {"query": "q", "documents": ["a", {"text": "b"}]},
    "speech": {"input": "say"},
    "images": {"prompt": "draw"},
}


@pytest.mark.parametrize(
    ("wire", "found"),
    [
        (
            "chat",
            [
                "/messages/0/content system Be kind.",
                "/messages/1/content/0/text user See:",
                "/messages/3/content tool 7",
            ],
        ),
        (
            "responses",
            ["/instructions system Be kind.", "/input/0/content/0/text user Hi", "/input/1/output user 7"],
        ),
        ("messages", ["/system/0/text system Be kind.", "/messages/0/content/0/content/0/text user 7"]),
        ("embeddings", ["/input/0 user a", "/input/1 user b"]),
        ("rerank", ["/query  q", "/documents/0  a", "/documents/1/text  b"]),
        ("speech", ["/input user say"]),
        ("images", ["/prompt  draw"]),
        ("video", []),
    ],
)
def test_texts_that_may_be_edited(wire: str, found: list[str]) -> None:
    assert [
        f"{item.at} {item.role} {item.text}" for item in editable(BODIES.get(wire, {"prompt": "x"}), wire)
    ] == found


def test_what_was_changed_is_the_patch() -> None:
    body = BODIES["chat"]
    texts = {item.at: item.text for item in editable(body, "chat")}
    assert rewritten(body, "chat", texts) == ()
    patch = rewritten(body, "chat", texts | {"/messages/1/content/0/text": "Look:"})
    assert patch == (Operation("replace", "/messages/1/content/0/text", "Look:"),)


@pytest.mark.parametrize(
    ("stored", "typed", "sent"),
    [
        ("a\nb", "a\r\nb", None),
        ("a\r\nb", "a\r\nb", None),
        ("a\rb", "a\r\nb", None),
        ("a\0\ud83d", "a\u2400\ufffd", None),
        ("a\nb", "a\r\nc", "a\nc"),
        ("a\r\nb", "a\r\nb\r\nc", "a\r\nb\r\nc"),
        ("a", "", ""),
        ("\x1b[1m one\r\ntwo\n\ud83d", "\u241b[1m one\r\n2\r\n\ufffd", "\x1b[1m one\r\n2\n\ud83d"),
        ("a\0b", "a\u2400bc", "a\0bc"),
        ("\0\0", "\u2400", "\0"),
        ("\ud83d\ude00 x", "\U0001f600 y", "\ud83d\ude00 y"),
    ],
)
def test_what_a_form_cannot_carry_is_no_change(stored: str, typed: str, sent: str | None) -> None:
    expected = () if sent is None else (Operation("replace", "/prompt", sent),)
    assert rewritten({"prompt": stored}, "images", {"/prompt": typed}) == expected


@pytest.mark.parametrize("at", ["/model", "/messages/9/content", "", "no pointer"])
def test_only_texts_can_be_rewritten(at: str) -> None:
    with pytest.raises(VariationRefused, match=r"^The request has no text at "):
        rewritten(BODIES["chat"], "chat", {at: "x"})


@given(
    st.dictionaries(st.sampled_from([key for keys in SPOKEN.values() for key in keys]), VALUES),
    st.sampled_from(sorted(SPOKEN)),
)
def test_any_request_can_go_through_the_form(body: dict[str, Value], wire: str) -> None:
    found = editable(body, wire)
    assert rewritten(body, wire, {item.at: visible(item.text).replace("\n", "\r\n") for item in found}) == ()
    raw = dumps(body).encode()
    changed = loads(apply(raw, rewritten(body, wire, {item.at: item.text + "!" for item in found})))
    assert isinstance(changed, dict)
    assert [item.at for item in editable(changed, wire)] == [item.at for item in found]
    assert all(item.text.endswith("!") for item in editable(changed, wire))


def test_between_two_edits_line_ends_and_what_a_form_cannot_carry_stay() -> None:
    stored = "one\r\ntwo\nthree\rfour \x00 five\n\nsix"
    typed = "ONE\ntwo\nthree\nfour \u2400 five\n\nSIX".replace("\n", "\r\n")
    body: dict[str, Value] = {"messages": [{"role": "user", "content": stored}]}
    (made,) = rewritten(body, "chat", {"/messages/0/content": typed})
    assert made.value == "ONE\r\ntwo\nthree\rfour \x00 five\n\nSIX"
