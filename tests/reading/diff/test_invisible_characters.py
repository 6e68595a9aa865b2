"""What cannot be seen in a text is marked and counted."""

import re
import sys
import unicodedata
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.display import visible
from generations.reading.diff import invisible_characters

MARK = re.compile(r'<small class="unseen" title="[^"<>]*">[^<>]*</small>')
EVERY = map(chr, range(sys.maxunicode + 1))
UNSEEN = [char for char in EVERY if unicodedata.category(char) in {"Cf", "Zs", "Zl", "Zp"} and char != " "]


def marks(text: str) -> list[str]:
    return re.findall(r'class="unseen" title="[^"]*">([^<]*)<', invisible_characters.marked(text))


@pytest.mark.parametrize("char", [*UNSEEN, *"\t\r\u0085\ufe0e\ufe0f\U000e0100\u3164\u2800"])
def test_every_character_without_a_picture_is_marked(char: str) -> None:
    assert len(marks(f"a{char}b")) == 1
    assert f"U+{ord(char):04X}" in invisible_characters.marked(f"a{char}b")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain words, and 中文 שלום 👩‍👩‍👧", []),
        ("cafe\u0301", ["NFD"]),
        ("caf\u00e9", []),
        ("\u212b", ["U+212B"]),
        ("a  b", ["SP×2"]),
        ("a ", ["SP"]),
        ("a \nb", ["SP"]),
        ("    ", ["SP×4"]),
        ("\n", ["LF"]),
        ("a\nb\n", ["LF"]),
        ("a\r\n", ["CR", "LF"]),
        ("\tx", ["TAB"]),
        ("❤️", ["VS16"]),
        ("p\u0430ypal", ["Cyrillic"]),
        ("\u0445\u0441ode \u041c\u043e\u0441\u043a\u0432\u0430", ["Cyrillic"]),
        ("\u0391pple", ["Greek"]),
    ],
)
def test_marks(text: str, found: list[str]) -> None:
    assert marks(text) == found


@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from("<&\"'a é\u0301\u200d👩\u202e\u2066 \t\r\n\u00a0中")).map("".join)
)
def test_without_its_marks_the_text_is_there(text: str) -> None:
    """Characters that turn the order around, and carriage returns that HTML would take for line breaks, are marks only."""
    text = visible(text)
    for shown, gone in (
        (invisible_characters.marked(text), rf"[{invisible_characters.BIDI}]|\r"),
        (invisible_characters.with_order_marks(text), rf"[{invisible_characters.BIDI}]"),
    ):
        assert unescape(MARK.sub("", shown)).replace("\r", "") == re.sub(gone, "", text).replace("\r", "")
        assert not re.search(rf"[{invisible_characters.BIDI}]", shown)
        assert "<" not in MARK.sub("", shown)


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        ("same", "same", ""),
        ("a", "b", ""),
        (
            "cop",
            "\u0441\u043e\u0440",
            "The texts look the same but differ: letters that look Latin but are not: 0 → 3.",
        ),
        ("\u0441\u043e\u0440", "\u0440\u0430\u0441", ""),
        (
            "pay him",
            "p\u0430y her",
            "Invisible differences: letters that look Latin but are not: 0 → 1.",
        ),
        ("cat", "dog\u00a0", "Invisible differences: no-break space, U+00A0: 0 → 1."),
        (
            "caf\u00e9",
            "cafe\u0301",
            "The texts look the same but differ: letters written in parts (NFD): 0 → 1.",
        ),
        ("a\r\nb", "a\nb", "The texts look the same but differ: CR LF at line ends: 1 → 0."),
        ("a\rb", "a\nb", "The texts look the same but differ: carriage returns alone: 1 → 0."),
        ("a\n", "a", "The texts look the same but differ: line breaks at the end: 1 → 0."),
        (
            "pay\u200bload",
            "payload",
            "The texts look the same but differ: zero width space, U+200B: 1 → 0.",
        ),
        ("\tx", "    x", "The texts look the same but differ: tab, U+0009: 1 → 0."),
    ],
)
def test_notes(before: str, after: str, note: str) -> None:
    assert invisible_characters.note(before, after) == note
    assert invisible_characters.note(after, after) == ""
