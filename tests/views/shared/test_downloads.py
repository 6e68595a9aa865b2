"""Remote bytes for a browser: whole, in pieces, and one range of them."""

from collections.abc import Iterator

import pytest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import RequestFactory

from generations.views.shared.downloads import AT_ONCE, download, part_of

CONTENT = bytes(range(200))


def ask(**headers: str) -> HttpResponseBase:
    request = RequestFactory().get("/", headers=headers)
    pieces = lambda start, end: iter([CONTENT[start:end][:50], CONTENT[start:end][50:]])  # noqa: E731
    return part_of(request, pieces, len(CONTENT), "audio/wav", "a.wav", inline=True)


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-", (0, 200)),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 20)),
        ("bytes=190-", (190, 200)),
        ("bytes=190-999", (190, 200)),
        ("bytes=-5", (195, 200)),
        ("bytes=-999", (0, 200)),
    ],
)
def test_one_range_is_answered_by_itself(asked: str, span: tuple[int, int]) -> None:
    answer, (start, end) = ask(Range=asked), span
    assert isinstance(answer, HttpResponse)
    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert (answer["Content-Range"], answer["Accept-Ranges"]) == (f"bytes {start}-{end - 1}/200", "bytes")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("audio/wav", "nosniff")


@pytest.mark.parametrize("asked", ["bytes=200-", "bytes=999-1000", "bytes=-0"])
def test_a_range_that_is_not_there_is_416(asked: str) -> None:
    answer = ask(Range=asked)
    assert (answer.status_code, answer["Content-Range"]) == (416, "bytes */200")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Range": "bytes=0-1,5-6"},
        {"Range": "bytes=9-3"},
        {"Range": "bytes=-"},
        {"Range": "lines=0-1"},
        {"Range": "bytes=a-b"},
        {"Range": "bytes=0-1", "If-Range": '"x"'},
    ],
)
def test_everything_else_is_answered_in_full(headers: dict[str, str]) -> None:
    answer = ask(**headers)
    assert isinstance(answer, HttpResponse)
    assert (answer.status_code, answer.content, answer["Accept-Ranges"]) == (200, CONTENT, "bytes")


def test_an_empty_medium_has_no_ranges() -> None:
    request = RequestFactory().get("/", headers={"Range": "bytes=0-"})
    assert part_of(request, lambda start, end: iter([]), 0, "audio/wav", "a", inline=True).status_code == 416


def test_what_is_large_is_sent_while_it_is_read() -> None:
    read = []

    def pieces() -> Iterator[bytes]:
        for number in range(10):
            read.append(number)
            yield bytes([number]) * AT_ONCE

    answer = download(pieces(), "application/json", "../a b.json", size=10 * AT_ONCE)
    assert isinstance(answer, StreamingHttpResponse)
    assert read == [0, 1]
    assert answer.getvalue() == b"".join(bytes([number]) * AT_ONCE for number in range(10))
    assert (answer["Content-Length"], answer["Content-Disposition"]) == (
        str(10 * AT_ONCE),
        'attachment; filename=".._a_b.json"',
    )
