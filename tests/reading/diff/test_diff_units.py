"""Texts are compared by words, and by whole characters where a script writes no blanks."""

import re
import sys
import unicodedata
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.reading.diff import diff_units, text_diff
from generations.reading.diff.text_diff import Piece

EVERY = range(sys.maxunicode + 1)
ODD = [
    "a",
    "e",
    "\u0301",
    "\u200d",
    "\ufe0f",
    "\U0001f469",
    "\U0001f1f3",
    "\U0001f1f4",
    "\U0001f44d",
    "\U0001f3ff",
    "ดี",
    "中",
    "。",
    " ",
    "\n",
]
TEXTS = st.text(max_size=60) | st.lists(st.sampled_from(ODD), max_size=40).map("".join)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It is 3.5 °C.", ["It", " is", " 3", ".", "5", " °", "C", "."]),
        ("今天很好。Yes!", ["今", "天", "很", "好", "。", "Yes", "!"]),
        ("วันนี้ดี", ["วั", "น", "นี้", "ดี"]),
        ("ສະບາຍດີ", ["ສ", "ະ", "ບ", "າ", "ຍ", "ດີ"]),
        ("ភាសា", ["ភា", "សា"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("東京タワーへ", [*"東京タワーへ"]),
        ("हिन्दी भाषा", ["हिन्दी", " भाषा"]),
        ("שָׁלוֹם עולם", ["שָׁלוֹם", " עולם"]),
        ("cafe\u0301 ok", ["cafe\u0301", " ok"]),
        ("a 👩‍👩‍👧 b", ["a", " 👩‍👩‍👧", " b"]),
        ("🇳🇴🇳🇱 👍🏽❤️", ["🇳🇴", "🇳🇱", " 👍🏽", "❤️"]),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿1️⃣", ["🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert diff_units.words(text) == words


@given(TEXTS)
def test_units_are_the_text(text: str) -> None:
    assert "".join(diff_units.words(text)) == "".join(diff_units.sentences(text)) == text


@given(st.text(st.characters(max_codepoint=127)))
def test_the_quick_way_of_ascii_gives_the_same(text: str) -> None:
    assert diff_units.words(text) == diff_units.words(text + "\u4e2d")[:-1]
    assert diff_units.sentences(text) == diff_units._sentence().findall(text)


def test_every_mark_of_unicode_stays_with_its_letter() -> None:
    loose = [
        char
        for char in map(chr, EVERY)
        if unicodedata.category(char)[0] == "M" and diff_units.words("a" + char) != ["a" + char]
    ]
    assert loose == []


def test_every_character_that_is_not_composed_is_known() -> None:
    odd = re.compile(f"[{diff_units.uncomposed()}]")
    assert [
        char for char in map(chr, EVERY) if not unicodedata.is_normalized("NFC", char) and not odd.match(char)
    ] == []


@given(TEXTS, TEXTS)
def test_no_character_is_taken_apart(before: str, after: str) -> None:
    pieces = text_diff.texts(before, after).pieces
    for skipped, text in (("new", before), ("gone", after)):
        at = 0
        for piece in pieces:
            if piece.kind != skipped:
                at += len(piece.text)
                assert not diff_units.cuts(text, at)


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        (
            "วันนี้อากาศดีมากเราไปเที่ยว",
            "วันนี้อากาศแย่มากเราไปเที่ยว",
            [
                Piece("same", "วันนี้อากาศ"),
                Piece("gone", "ดี"),
                Piece("new", "แย่"),
                Piece("same", "มากเราไปเที่ยว"),
            ],
        ),
        (
            "我今天很高兴。明天见。",
            "我今天很难过。明天见。",
            [
                Piece("same", "我今天很"),
                Piece("gone", "高兴"),
                Piece("new", "难过"),
                Piece("same", "。明天见。"),
            ],
        ),
        (
            "the flag 🇳🇴 of them",
            "the flag 🇳🇱 of them",
            [Piece("same", "the flag "), Piece("gone", "🇳🇴"), Piece("new", "🇳🇱"), Piece("same", " of them")],
        ),
    ],
)
def test_what_differs_is_short(before: str, after: str, pieces: list[Piece]) -> None:
    assert text_diff.texts(before, after).pieces == pieces


def test_very_long_texts_are_not_cut_inside_a_character() -> None:
    before, after = ("👩‍👩‍👧" * 2_000_000, "👩‍👩‍👦" * 2_000_000)
    found = text_diff.texts(before, after).pieces
    assert [piece.kind for piece in found] == ["gone", "new"]


def test_the_time_of_long_texts_without_blanks_is_bounded() -> None:
    """200 KB in 0.2 s on an idle core; ten times that here, for busy machines."""
    before = "".join(chr(0x4E00 + (at * 7919) % 8000) for at in range(65_000))
    after = before.replace(before[500], "猫").replace(before[40_000], "犬")
    start = perf_counter()
    assert not text_diff.texts(before, after).equal
    assert perf_counter() - start < 2
