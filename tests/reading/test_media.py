"""Media in a record: what a browser may be shown, and what it may only save."""

import base64

import pytest

from generations.reading import media

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
