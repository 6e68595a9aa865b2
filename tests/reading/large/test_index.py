"""Where things stand in a large record: every value is found, and little is read for it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.values import loads
from generations.reading.explorer import json_nodes
from generations.reading.large import index
from generations.reading.large.index import LocatedValue, MemorySource, Range, Span, locate, members
from generations.reading.large.index_builder import survey
from generations.reading.text import below

TEXTS = st.text(max_size=30) | st.sampled_from(
    ['"', "\\", "\\\\", '\\"', "a\nb", "é", "🙂", "x" * 90, '"]}' * 9]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(TEXTS, inner, max_size=6),
    max_leaves=40,
)
WRITTEN = st.builds(
    lambda value, indent, ascii_only: json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode(),
    JSON,
    st.none() | st.integers(0, 2),
    st.booleans(),
)


def finely(raw: bytes, grain: int = 16) -> LocatedValue:
    """JSON text walked as if everything over 16 bytes were large."""
    with mock.patch.object(index, "GRAIN", grain):
        return LocatedValue(MemorySource(raw), survey(raw))


def pointers(value: Any, at: str = "") -> Iterator[str]:
    yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield from pointers(child, below(at, key))


class Counted(MemorySource):
    """MemorySource that remember what was read of them."""

    read: list[Range] = []

    def slices(self, spans: Sequence[Range]) -> list[bytes]:
        self.read.extend(spans)
        return super().slices(spans)

    @property
    def total(self) -> int:
        return sum(end - start for start, end in self.read)


@pytest.mark.heavy
@given(WRITTEN)
def test_every_value_is_found_as_it_stands(raw: bytes) -> None:
    whole = finely(raw)
    for at in pointers(loads(raw)):
        found = locate(whole.source, whole.span, at)
        assert found is not None, at
        assert found.read().strip() == (json_nodes.cut(raw, at) or b"").strip(), at


@pytest.mark.heavy
@given(WRITTEN, st.integers(0, 7), st.integers(1, 5))
def test_members_are_those_of_the_value(raw: bytes, start: int, width: int) -> None:
    whole = finely(raw)
    for at in pointers(loads(raw)):
        found = locate(whole.source, whole.span, at)
        value = json_nodes.cut(raw, at)
        assert found is not None
        assert value is not None
        listed = [(key, value.read()) for key, value in members(found, start, width)]
        assert listed == json_nodes.children(value.strip(), start, width), at
        assert index.count(found) == json_nodes.length(value), at


@pytest.mark.heavy
@given(WRITTEN, st.data())
def test_damaged_text_never_raises(raw: bytes, data: Any) -> None:
    cut = raw[: data.draw(st.integers(0, len(raw)))] + data.draw(st.binary(max_size=4))
    whole = finely(cut)
    for at in [*pointers(loads(raw)), "/nowhere", "/0/0/9"]:
        found = locate(whole.source, whole.span, at)
        if found is not None:
            members(found, 0, 3)


def test_the_marks_survive_the_database() -> None:
    raw = json.dumps({"a": ["x" * 40, {"b": "y" * 40, "🙂": list(range(40))}]}).encode()
    span = finely(raw).span
    assert index.load(index.dump(span)) == span


@pytest.mark.parametrize("at", ["/missing", "/a/9", "/a/x", "/a/-1", "/b/0", "/a/0/0", "/a/99999999999"])
def test_what_is_not_there_is_not_found(at: str) -> None:
    whole = finely(json.dumps({"a": ["x" * 40, "y" * 40], "b": "z" * 40}).encode())
    assert locate(whole.source, whole.span, at) is None


@pytest.mark.parametrize(
    ("raw", "last"),
    [
        (b'{"k": "%b", "k": 2}' % (b"x" * 40), b"2"),
        (b'{"k": 1, "k": "%b"}' % (b"x" * 40), b'"%b"' % (b"x" * 40)),
        (b'{"k": "%b", "k": "%b"}' % (b"x" * 40, b"y" * 50), b'"%b"' % (b"y" * 50)),
        (b'{"k": "%b", "k": 2, "z": "%b"}' % (b"x" * 40, b"y" * 50), b"2"),
    ],
)
def test_of_duplicate_keys_the_last_counts(raw: bytes, last: bytes) -> None:
    whole = finely(raw)
    found = locate(whole.source, whole.span, "/k")
    assert found is not None
    assert found.read() == last


def test_deep_nesting_has_an_end() -> None:
    deep = b'{"a": ' + b"[" * 50_000 + b'"]"' + b"]" * 50_000 + b', "b": 7}'
    whole = finely(deep)
    found = locate(whole.source, whole.span, "/b")
    assert found is not None
    assert found.read() == b"7"
    inner = locate(whole.source, whole.span, "/a/0/0")
    assert inner is not None
    assert inner.size == 100_000 - 4 + 3


def test_a_message_is_read_without_the_others() -> None:
    said = [{"role": "user", "content": f"{number} " * 500} for number in range(2000)]
    raw = json.dumps({"replay_request": {"model": "m", "messages": said}, "z": 1}).encode()
    source, span = Counted(raw), survey(raw)
    found = locate(source, span, "/replay_request/messages/1234/content")
    assert found is not None
    assert loads(found.read()) == "1234 " * 500
    turns = locate(source, span, "/replay_request/messages")
    assert turns is not None
    assert [key for key, _ in members(turns, 1950, 60)] == list(range(1950, 2000))
    assert source.total < 8 * index.GRAIN
    assert len(index.dump(span)) < 4000


def test_a_long_list_of_numbers_is_counted() -> None:
    raw = json.dumps({"vector": [0.25 + number for number in range(100_000)]}).encode()
    found = locate(MemorySource(raw), survey(raw), "/vector")
    assert found is not None
    assert index.count(found) == 100_000
    assert [value.read() for _, value in members(found, 99_998, 9)] == [b"99998.25", b"99999.25"]


def test_an_unwalked_record_is_read_whole() -> None:
    found = locate(MemorySource(b' {"a": [1, {"b": 2}]} '), None, "/a/1/b")
    assert found == LocatedValue.held(b"2")
    assert survey(b"not JSON at all") == Span(0, 15)
    assert survey(b"") == Span(0, 0)
