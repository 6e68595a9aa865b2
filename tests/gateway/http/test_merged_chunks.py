"""Merged chunks: h11 reads the same body out of them, or finds the same fault."""

from typing import Any

import h11
import httpcore
from hypothesis import example, given
from hypothesis import strategies as st

from generations.gateway.http.merged_chunks import MergedChunks, is_chunked

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\ncontent-type: text/event-stream\r\n\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"


class Reads(httpcore.NetworkStream):
    """A stream of these reads, then its end."""

    def __init__(self, reads: list[bytes]) -> None:
        self.reads = iter(reads)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return next(self.reads, b"")


def heard(stream: httpcore.NetworkStream) -> tuple[bytes, str, int]:
    """The body that h11 reads, how it ended, and in how many pieces it came."""
    line, body, pieces = h11.Connection(h11.CLIENT), b"", 0
    line.send(h11.Request(method="POST", target="/", headers=[("host", "x")]))
    line.send(h11.EndOfMessage())
    try:
        while True:
            event: Any = line.next_event()
            if event is h11.NEED_DATA:
                line.receive_data(stream.read(65536))
            elif isinstance(event, h11.Data):
                body, pieces = body + event.data, pieces + 1
            elif not isinstance(event, h11.Response | h11.InformationalResponse):
                return body, type(event).__name__, pieces
    except h11.RemoteProtocolError as fault:
        return body, type(fault).__name__, pieces


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The bytes in reads that end at these places."""
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False) if start < end]


def chunked(pieces: list[bytes], extension: bytes = b"", trailer: bytes = b"") -> bytes:
    chunks = [b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces if piece]
    return HEAD + b"".join(chunks) + b"0\r\n" + trailer + b"\r\n"


PIECES = st.lists(
    st.one_of(st.binary(max_size=40), st.sampled_from([b"\r\n", b"0\r\n\r\n", b"a\r\n"])), max_size=8
)
PLACES = st.lists(st.integers(0, 2000), max_size=12)


@given(PIECES, PLACES, st.sampled_from([b"", b";a=b", b" "]), st.sampled_from([b"", b"x-sum: 1\r\n"]))
def test_the_body_is_the_same(
    pieces: list[bytes], places: list[int], extension: bytes, trailer: bytes
) -> None:
    reads = cut(chunked(pieces, extension, trailer), places)
    body, end, count = heard(MergedChunks(Reads(reads)))
    assert (body, end) == (b"".join(pieces), "EndOfMessage")
    assert count <= len(reads)


@given(PIECES, PLACES, st.integers(0, 400), st.binary(min_size=1, max_size=3))
@example([b"ab"], [], 0, b"XY")
@example([b"ab", b"cd"], [3, 5], 5, b"5\r\n")
def test_a_fault_is_found_where_it_was(pieces: list[bytes], places: list[int], at: int, wrong: bytes) -> None:
    whole = chunked(pieces)
    place = len(HEAD) + at % (len(whole) - len(HEAD))
    reads = cut(whole[:place] + wrong + whole[place + len(wrong) :], places)
    assert heard(MergedChunks(Reads(reads)))[:2] == heard(Reads(reads))[:2]


@given(PIECES, PLACES, st.integers(0, 2000))
def test_a_connection_that_ends_early_is_noticed(pieces: list[bytes], places: list[int], at: int) -> None:
    whole = chunked(pieces)
    reads = cut(whole[: at % len(whole)], places)
    assert heard(MergedChunks(Reads(reads)))[:2] == heard(Reads(reads))[:2]


def test_many_chunks_of_a_read_are_one() -> None:
    assert heard(MergedChunks(Reads([chunked([b"data: x\n\n"] * 50)]))) == (
        b"data: x\n\n" * 50,
        "EndOfMessage",
        1,
    )


def test_an_interim_answer_comes_before_the_head() -> None:
    reads = [
        b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 100 Continue\r\n",
        b"\r\n" + chunked([b"a", b"b"]),
    ]
    assert heard(MergedChunks(Reads(reads))) == (b"ab", "EndOfMessage", 1)


def test_what_is_not_chunked_for_certain_stays_as_it_is() -> None:
    assert heard(MergedChunks(Reads([PLAIN + b"2\r\nab"]))) == (b"2\r\nab"[:5], "EndOfMessage", 1)
    for head in (
        HEAD.replace(b"1.1", b"1.0"),
        HEAD.replace(b"200", b"204"),
        HEAD.replace(b": chunked", b": gzip, chunked"),
        HEAD.replace(b"content-type: ", b"transfer-encoding: "),
        HEAD.replace(b"chunked\r\n", b"chunked\r\n x\r\n"),
    ):
        assert not is_chunked(head)
    assert is_chunked(HEAD)
