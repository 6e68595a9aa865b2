"""Numbers as other languages write them."""

import pytest

from generations.reading.figures.spelling import spell, typed

TEXTS = {
    "$0.0000533": "$0,0000533",
    "-$1,204.00": "-$1.204,00",
    "1,234,567 tokens → 12.5": "1.234.567 tokens → 12,5",
    "2 min 5 s, then 1.83 s.": "2 min 5 s, then 1,83 s.",
    "openai/gpt-4.1 of 4.5.1, v2.0": "openai/gpt-4.1 of 4.5.1, v2.0",
    "unknown": "unknown",
}


def test_numbers_are_rewritten_and_names_are_not() -> None:
    assert {text: spell(text, ".", ",") for text in TEXTS} == TEXTS
    assert spell("1,234.5", "\N{RIGHT SINGLE QUOTATION MARK}", ".") == "1\N{RIGHT SINGLE QUOTATION MARK}234.5"
    assert all(spell(text, ",", ".") == text for text in TEXTS)


@pytest.mark.parametrize(
    ("text", "thousands", "number"),
    [
        ("1.234,5", ".", "1234.5"),
        ("0,05", ".", "0.05"),
        ("1.000", ".", "1000"),
        ("0.500", ".", "0.500"),  # no thousand begins with 0
        ("12.50", ".", "12.50"),
        ("1 234,5", "\N{NARROW NO-BREAK SPACE}", "1234.5"),
        ("1'234.5", "\N{RIGHT SINGLE QUOTATION MARK}", "1234.5"),
        ("1,234.5", ",", "1234.5"),
        ("0,5", ",", "0,5"),  # nobody guesses
        ("1.2.3", ".", "1.2.3"),
        ("", ".", ""),
    ],
)
def test_numbers_are_read_as_they_are_spelled(text: str, thousands: str, number: str) -> None:
    assert typed(text, thousands) == number
