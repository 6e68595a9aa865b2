"""A replay beside its original."""

from decimal import Decimal
from typing import Any

import pytest

from generations.models import Generation, Replay
from generations.reading import numbers
from generations.replay.compare import Delta, deltas, number, percent, why_no_diff, word


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (412, 380, "−8 %"),
        (128, 131, "+2 %"),
        (5, 5, "same"),
        (100, 500, "×5.0"),
        (0, 5, "was 0"),
        (Decimal("1.5"), Decimal("3"), "+100 %"),
    ],
)
def test_percent(before: Any, after: Any, shown: str) -> None:
    assert percent(before, after) == shown


def test_more_is_worse_and_less_is_better() -> None:
    assert number("Cost", 100, 200, numbers.count).tone == "up"
    assert number("Cost", 200, 100, numbers.count).tone == "down"
    assert number("Tokens", 100, 200, numbers.count, neutral=True).tone == "same"


@pytest.mark.parametrize(("before", "after"), [(None, 5), (5, None), (None, None)])
def test_what_is_unknown_has_no_change(before: int | None, after: int | None) -> None:
    delta = number("Cost", before, after, numbers.count)
    assert (delta.change, delta.tone) == ("", "")
    assert numbers.UNKNOWN in (delta.before, delta.after)


def test_two_clocks_are_not_compared() -> None:
    original = Generation(latency_ms=400, generation_ms=1000, cost_nanos=100)
    here = Replay(first_token_ms=500, total_ms=2000, cost_nanos=50)
    first, total, _, cost, *_ = deltas(original, here, None)
    assert first == Delta("First token", "400 ms", "500 ms", note="measured here")
    assert total.change == ""
    assert cost.change == "−50 %"
    recorded = Generation(latency_ms=200, generation_ms=1000)
    assert deltas(original, here, recorded)[0] == Delta("First token", "400 ms", "200 ms", "−50 %", "down")


def test_words_are_the_same_or_not() -> None:
    assert word("Finish", "stop", "stop").change == "same"
    assert word("Finish", "stop", "length").change == "changed"
    assert word("Finish", "stop", "").change == ""


@pytest.mark.parametrize(
    ("success", "before", "text", "told"),
    [
        (False, "x", "y", "The original failed"),
        (True, None, "y", "The original's answer was not kept"),
        (True, "", "", "Neither answer holds text"),
        (True, "x", "y", ""),
    ],
)
def test_why_there_is_no_diff(success: bool, before: str | None, text: str, told: str) -> None:
    why = why_no_diff(Replay(generation=Generation(success=success)), before, text)
    assert why.startswith(told) if told else why == ""
