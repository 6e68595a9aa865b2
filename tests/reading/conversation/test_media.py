"""Media in a record: what a browser may be shown, and what it may only save."""

import base64

import pytest

from generations.reading.conversation import media

PNG = base64.b64encode(b"\x89PNG picture").decode()


@pytest.mark.parametrize(
    ("text", "mime", "expected"),
    [
        (f"data:image/png;base64,{PNG}", "", ("image/png", True, b"\x89PNG picture")),
        (f"data:image/jpg;base64,{PNG}", "text/html", ("image/jpeg", True, b"\x89PNG picture")),
        (PNG, "image/png", ("image/png", True, b"\x89PNG picture")),
        (PNG, "text/html", ("application/octet-stream", False, b"\x89PNG picture")),
        (f"data:image/svg+xml;base64,{PNG}", "", ("image/svg+xml", False, b"\x89PNG picture")),
        (
            f"data:text/html;base64,{PNG}",
            "image/png",
            ("application/octet-stream", False, b"\x89PNG picture"),
        ),
        (PNG.rstrip("="), "audio/mp3", ("audio/mpeg", True, b"\x89PNG picture")),
    ],
)
def test_only_the_allow_list_is_shown(text: str, mime: str, expected: tuple[str, bool, bytes]) -> None:
    found = media.decode(text, mime)
    assert found is not None
    assert (found.mime, found.inline, found.content) == expected


def test_sizes_are_those_of_the_bytes() -> None:
    assert media.decoded_size(PNG) == 12
    assert media.decoded_size(f"data:image/png;base64,{PNG}") == 12


@pytest.mark.parametrize("step", [64, 101, 5000])
def test_bytes_come_in_ranges_however_the_text_is_cut(step: int) -> None:
    content = bytes(range(256)) * 3
    plain = base64.b64encode(content).decode()
    text = f"data:audio/wav;base64,{plain[:90]}\n {plain[90:]}"
    found = media.find(lambda: [text[at : at + step] for at in range(0, len(text), step)])
    assert found is not None
    assert (found.mime, found.size, found.content) == ("audio/wav", 768, content)
    for start, end in [(0, 1), (10, 300), (767, 768), (5, 5)]:
        assert b"".join(found.pieces(start, end)) == content[start:end]


@pytest.mark.parametrize(
    ("text", "content"), [("QUJD", b"ABC"), ("QUI", b"AB"), ("QU==QUJD", b"A"), ("QUJDR", None)]
)
def test_padding_may_be_missing_and_ends_the_text(text: str, content: bytes | None) -> None:
    found = media.decode(text, "image/png")
    assert (found and found.content) == content
    assert found is None or content is None or found.size == len(content)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG", "WEBP"])
def test_a_small_picture_tells_its_size_before_it_is_loaded(kind: str) -> None:
    text = f"data:image/{kind.lower()};base64,{PICTURES[kind]}"
    assert media.dimensions(text) == (7, 5)
    assert media.dimensions(text[:30]) == (0, 0)


PICTURES = {  # 7 by 5 px, as a browser writes them
    "GIF": "R0lGODlhBwAFAIAAAA==",
    "PNG": (
        "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAYAAACJmvbYAAAAGklEQVR4AcTJMQ0AAACDsGX+ReOAl779RJEAAAD//7"
        "Srq7wAAAAGSURBVAMAA/cAC4OOeF0AAAAASUVORK5CYII="
    ),
    "WEBP": (
        "UklGRkgAAABXRUJQVlA4WAoAAAAQAAAABgAABAAAQUxQSAkAAAABBxAREYiI/gcAVlA4IBgAAAAwAQCdASoHAAUAB0"
        "CWJaQAA3AA/u+5AAA="
    ),
    "JPEG": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI//////////////////////"
        "//////////////////////////////2wBDAVVaWnhpeOuCguv/////////////////////////////////////////"
        "////////////////////////////////wAARCAAFAAcDASIAAhEBAxEB"
    ),
}
