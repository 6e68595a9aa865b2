"""What differs between two texts, word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.reading import diff
from generations.reading.diff import Piece, words


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "", []),
        ("same words", "same words", [Piece("same", "same words")]),
        ("", "new", [Piece("new", "new")]),
        ("gone", "", [Piece("gone", "gone")]),
        (
            "It is cold in Oslo.",
            "It is warm in Oslo.",
            [
                Piece("same", "It is "),
                Piece("gone", "cold"),
                Piece("new", "warm"),
                Piece("same", " in Oslo."),
            ],
        ),
    ],
)
def test_pieces(before: str, after: str, pieces: list[Piece]) -> None:
    assert words(before, after) == pieces


TEXTS = st.text(max_size=200) | st.lists(
    st.sampled_from(["a", "b ", "\n", "é", "😀", "\ud800", "cat", ". "])
).map("".join)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off_the_pieces(before: str, after: str) -> None:
    pieces = words(before, after)
    assert pieces is not None
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == after


def test_very_long_texts_are_not_compared_while_a_page_waits() -> None:
    assert words("x" * diff.LONGEST, "y") is None
    assert words(" ".join(map(str, range(diff.DISTINCT))), "") is None
