"""Frames that differ in their words alone are read without being parsed, and mean the same."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.gateway.rawjson.values import loads
from generations.gateway.streams.alike import FrameTemplate
from generations.gateway.streams.assemble import Assembled, assemble


def frame(content: Any = "x", choice: Any = None, delta: Any = None, **more: Any) -> dict[str, Any]:
    built = {
        "index": 0,
        "delta": {"content": content, **(delta or {})},
        "finish_reason": None,
        **(choice or {}),
    }
    return {"id": "G-1", "model": "m", "created": 1.50, "choices": [built], **more}


def text(value: Any, **how: Any) -> bytes:
    return json.dumps(value, **how).encode("utf-8", "surrogatepass")


def wire(*frames: bytes) -> bytes:
    return b"".join(b"data: %b\n\n" % frame for frame in frames)


def slowly(raw: bytes, wire: str = "chat") -> Assembled:
    """The same answer, every frame of it parsed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FrameTemplate, "match", lambda *_: None)
        return assemble(wire, "text/event-stream", raw)


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        (frame("a"), frame("b c"), True),
        (frame("a"), frame('q"\\\n'), True),
        (frame("a"), frame("é😀"), True),
        (frame("a", usage=None), frame("b", usage=None), True),
        (frame("a", delta={"role": "assistant"}), frame("b", delta={"role": "assistant"}), True),
        (frame("a"), frame("b", id="G-2"), False),
        (frame("a"), frame("b", choice={"index": 1}), False),
        (frame("a"), frame("b", choice={"finish_reason": "stop"}), False),
        (frame("a"), frame(None), False),
        (frame("a"), frame(["b"]), False),
        (frame("a", usage={"n": 1}), frame("b", usage={"n": 1}), False),
        (frame("a", delta={"odd": "y"}), frame("b", delta={"odd": "y"}), False),
        (frame("a", error="x"), frame("b", error="x"), False),
        (
            frame("a", choice={"logprobs": {"content": []}}),
            frame("b", choice={"logprobs": {"content": []}}),
            False,
        ),
    ],
)
def test_which_frames_are_alike(first: Any, second: Any, *, alike: bool) -> None:
    for ascii_only in (True, False):
        template = FrameTemplate()
        template.learn(text(first, ensure_ascii=ascii_only), loads(text(first)))
        found = template.match(text(second, ensure_ascii=ascii_only))
        assert (found is not None) is alike
        assert found is None or found.whole() == loads(text(second))


def test_half_a_character_is_parsed() -> None:
    template = FrameTemplate()
    template.learn(text(frame("a")), loads(text(frame("a"))))
    assert template.match(text(frame("\ud83d"))) is None
    assert template.match(text(frame("a")).replace(b'"a"', b'"\xff"')) is None
    assert template.match(text(frame("a")).replace(b'"a"', b'"a" , "odd": "b"')) is None


CONTENT = st.text(max_size=6) | st.none() | st.just(["x"])
FRAMES = st.builds(
    frame,
    CONTENT,
    st.sampled_from([None, {"index": 1}, {"finish_reason": "stop"}, {"logprobs": {"content": [1]}}]),
    st.sampled_from([None, {"role": "assistant"}, {"odd": "y"}]),
    id=st.sampled_from(["G-1", "G-2"]),
    usage=st.sampled_from([None, {"completion_tokens": 2}]),
)
OTHERS = st.sampled_from([b"[DONE]", b"{", b'{"error":"x"}', b'{"type":"response.created"}', b"\xff"])


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.builds(text, FRAMES, ensure_ascii=st.booleans()) | OTHERS, st.integers(1, 3)), max_size=8
    ),
    st.sampled_from(["chat", "responses", "messages", "images"]),
)
def test_an_answer_means_the_same_however_it_is_read(frames: list[tuple[bytes, int]], of: str) -> None:
    raw = wire(*(frame for frame, times in frames for _ in range(times)))
    assert assemble(of, "text/event-stream", raw) == slowly(raw, of)


def test_every_frame_but_the_first_is_read_without_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    match = FrameTemplate.match

    def counted(self: FrameTemplate, data: bytes) -> Any:
        found.append(match(self, data) is not None)
        return match(self, data)

    monkeypatch.setattr(FrameTemplate, "match", counted)
    assemble("chat", "text/event-stream", wire(*(text(frame(f"word {n}")) for n in range(5))))
    assert found == [False, False, True, True, True, True]  # the first one twice: its shape is looked for
