"""What differs between two texts, word by word."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.reading.diff import text_diff
from generations.reading.diff.text_diff import Piece, TextDiff, folded, rows, texts, words


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
    assert words("x" * text_diff.LONGEST, "y") is None
    assert words("x" * (text_diff.LONGEST - 1), "y") is not None


def read_off(found: TextDiff) -> tuple[str, str]:
    sides = [
        [piece.text for piece in found.pieces if piece.kind in ("same", kind)] for kind in ("gone", "new")
    ]
    return "".join(sides[0]), "".join(sides[1])


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        (
            "a cat sat",
            "a cow sat",
            [Piece("same", "a "), Piece("gone", "cat"), Piece("new", "cow"), Piece("same", " sat")],
        ),
        ("p \nq", "r\nq", [Piece("gone", "p "), Piece("new", "r"), Piece("same", "\nq")]),
        ("aaa, bbb", "ccc, ddd", [Piece("gone", "aaa, bbb"), Piece("new", "ccc, ddd")]),
        ("red cold rain", "blue warm snow", [Piece("gone", "red cold rain"), Piece("new", "blue warm snow")]),
        (
            "a\nb\n",
            "a\nc\n",
            [Piece("same", "a\n"), Piece("gone", "b"), Piece("new", "c"), Piece("same", "\n")],
        ),
        (
            "One. Two.",
            "One. New one. Two.",
            [Piece("same", "One. "), Piece("new", "New one. "), Piece("same", "Two.")],
        ),
    ],
)
def test_small_islands_between_changes_are_not_shown(before: str, after: str, pieces: list[Piece]) -> None:
    assert texts(before, after).pieces == pieces


def story(seed: int, size: int) -> list[str]:
    random = Random(seed)
    return ["".join(random.choices("etaoinshr", k=random.randint(2, 9))) for _ in range(size // 6)]


def edited(sentences: list[str], share: float) -> str:
    random = Random(share)
    return " ".join(f"X{word}" if random.random() < share else word for word in sentences)


def test_a_long_text_is_compared_by_words() -> None:
    sentences = story(1, 200_000)
    before, after = " ".join(sentences), edited(sentences, 0.02)
    found = texts(before, after)
    assert read_off(found) == (before, after)
    assert (found.coarse, found.note, found.equal) == (0, "", False)
    gone = sum(len(piece.text) for piece in found.pieces if piece.kind == "gone")
    assert gone < 0.1 * len(before)


def test_what_is_too_different_is_shown_whole_and_says_so() -> None:
    before, after = "!?." * 50_000, "?!." * 50_000
    found = texts(before, after)
    assert read_off(found) == (before, after)
    assert found.coarse == 299_998
    assert found.note == (
        "299,998 characters are too long or too different to compare word by word; "
        "they are shown as whole passages."
    )


@pytest.mark.heavy
def test_texts_of_megabytes() -> None:
    text = ". ".join(story(2, 2_000_000))
    before, after = text * 5, text * 4 + "changed" + text
    found = texts(before, after)
    assert found.pieces == [Piece("same", text * 4), Piece("new", "changed"), Piece("same", text)]
    odd = texts("x" * 9_000_000, "x" * 4 + "y" * 9_000_000)
    assert [(piece.kind, len(piece.text)) for piece in odd.pieces] == [
        ("same", 4),
        ("gone", 8_999_996),
        ("new", 9_000_000),
    ]
    assert odd.coarse == 17_999_996


# -- ways to show them


def test_folded_shows_changes_with_what_is_around_them() -> None:
    pieces = texts("a" * 100 + " b " + "c" * 100, "a" * 100 + " B " + "c" * 100).pieces
    assert folded(pieces, around=3) == [
        Piece("skip", "98 characters are the same"),
        Piece("same", "aa "),
        Piece("gone", "b"),
        Piece("new", "B"),
        Piece("same", " cc"),
        Piece("skip", "98 characters are the same"),
    ]
    assert folded(pieces, around=90) == pieces


def test_folded_is_bounded() -> None:
    pieces = [
        Piece("gone", "x" * 1000),
        Piece("new", "y" * 1000),
        Piece("same", "z" * 70),
        Piece("new", "w" * 9),
    ]
    assert folded(pieces, around=5, longest=100, most=200) == [
        Piece("gone", "x" * 100),
        Piece("skip", "900 more characters"),
        Piece("new", "y" * 100),
        Piece("skip", "900 more characters"),
        Piece("skip", "79 more characters"),
    ]


def side(pieces: list[Piece] | None) -> str | None:
    marks = {"same": "{}", "gone": "-{}-", "new": "+{}+"}
    return None if pieces is None else "".join(marks[piece.kind].format(piece.text) for piece in pieces)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("", "", []),
        ("a\nb", "a\nb", [("a", "a", False), ("b", "b", False)]),
        ("a\nb\n", "a\nc\n", [("a", "a", False), ("-b-", "+c+", True)]),
        ("a\nb\nc", "a\nc", [("a", "a", False), ("-b-", None, True), ("c", "c", False)]),
        ("a", "a\nb\nc", [("a", "a", False), (None, "+b+", True), (None, "+c+", True)]),
        ("one two", "one\ntwo", [("one- two-", "one", True), (None, "+two+", True)]),
        ("x y z", "x q z", [("x -y- z", "x +q+ z", True)]),
    ],
)
def test_rows(before: str, after: str, shown: list[tuple[str | None, str | None, bool]]) -> None:
    made = rows(texts(before, after).pieces)
    assert [(side(row.before), side(row.after), row.changed) for row in made] == shown


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off_the_rows(before: str, after: str) -> None:
    made = rows(texts(before, after).pieces)
    sides = [row.before for row in made], [row.after for row in made]
    for side_of, text in zip(sides, (before, after), strict=True):
        lines = ["".join(piece.text for piece in line) for line in side_of if line is not None]
        assert "\n".join(lines).rstrip("\n") == text.rstrip("\n")
    assert any(row.changed for row in made) or before.rstrip("\n") == after.rstrip("\n")


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 3))
def test_rows_around_changes_count_what_they_leave_out(head: int, tail: int, around: int) -> None:
    before = "a\n" * head + "old\n" + "b\n" * tail
    pieces = texts(before, before.replace("old", "new")).pieces
    made = rows(pieces, around)
    shown = [row for row in made if not row.skipped]
    assert len(shown) + sum(row.skipped for row in made) in (head + 1 + tail, head + 2 + tail)
    assert [side(row.before) for row in made if row.changed] == ["-old-"]
    hidden = head - around if head - around > 1 else 0  # a single line is not worth leaving out
    assert hidden == sum(row.skipped for row in made[:1])


def test_rows_are_bounded() -> None:
    for pieces in (
        [Piece("same", "\n" * 10_000)],
        [Piece("gone", "\n" * 10_000), Piece("new", "\n" * 10_000)],
    ):
        made = rows(pieces, most=100)
        assert len(made) <= 105
        assert made[-1].skipped >= 9_890
