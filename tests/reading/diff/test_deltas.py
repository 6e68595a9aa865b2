"""Figures before and after."""

from decimal import Decimal

import pytest

from generations.reading.diff.deltas import Delta, figure, percent, word
from generations.reading.figures import formatting
from generations.reading.figures.formatting import Amount


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (412, 380, "\u22128%"),
        (100, 150, "+50%"),
        (1000, 1003, "+0.3%"),
        (100_000, 100_001, "+<0.1%"),
        (100, 300, "×3.0"),
        (1, 12_345, "×12,345.0"),
        (100, 0, "\u2212100%"),
        (0, 5, "was 0"),
        (7, 7, "same"),
        (0, 0, "same"),
        (Decimal("0.5"), Decimal("0.25"), "\u221250%"),
        (-5, 5, ""),
        (5, -5, ""),
    ],
)
def test_percent(before: Amount, after: Amount, shown: str) -> None:
    assert percent(before, after) == shown


def test_figures() -> None:
    assert figure("First token", 412, 380, formatting.duration) == Delta(
        "First token", "412 ms", "380 ms", "\u221232 ms", "\u22128%", "down"
    )
    assert figure("Cost", 53_300, 54_500, formatting.dollars) == Delta(
        "Cost", "$0.0000533", "$0.0000545", "+$0.0000012", "+2%", "up"
    )
    assert figure("Speed", 70, 35, formatting.rate, more_is_better=True).tone == "up"
    assert figure("Tokens", 3, 4, formatting.count, neutral=True) == Delta(
        "Tokens", "3", "4", "+1", "+33%", "same"
    )
    assert figure("Tokens", 3, 3, formatting.count) == Delta("Tokens", "3", "3", "", "same", "same")


def test_what_is_unknown_or_measured_by_two_clocks_has_no_change() -> None:
    assert figure("Cost", None, 5, formatting.dollars).before == "unknown"
    for made in (
        figure("x", None, 5, formatting.count),
        figure("x", 5, None, formatting.count),
        figure("x", 5, 9, formatting.count, fair=False, note="measured here"),
    ):
        assert (made.difference, made.change, made.tone) == ("", "", "")


def test_words() -> None:
    assert word("Finish", "stop", "stop") == Delta("Finish", "stop", "stop", "", "same", "same")
    assert word("Finish", "stop", "length") == Delta("Finish", "stop", "length", "", "changed", "")
    assert word("Status", 200, None) == Delta("Status", "200", "unknown")
    assert word("Status", 0, 0).change == "same"
    assert word("Provider", "", "openai") == Delta("Provider", "unknown", "openai")
