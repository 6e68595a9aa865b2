"""No text that people or gateways send makes a pattern slow: each takes time linear in the text."""

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.test import Client

from dashboard.middleware import LONGEST_PATH
from tests.support import patterns
from tests.support.patterns import Pattern, Slow

pytestmark = pytest.mark.heavy

# Characters, and the seconds that a text of so many may take: a linear pattern needs microseconds, and milliseconds. What
# is not linear exceeds them all: its time grows by 100 or more from the first to the second, and by 25 to the last.
SUSPICIOUS = ((2_000, 0.0008), (20_000, 0.06))
LARGE, MOST_S = 100_000, 0.7

# Patterns that are made while the program runs, as they may look. A new one must be put here.
MADE: dict[str, "re.Pattern[Any]"] = {
    "generations.reading.explorer.search: re.escape(text)": re.compile(re.escape("a.*(b"), re.IGNORECASE),
    "generations.gateway.demo.replies.answers: f'\\\\b{re.escape(old)}(?!\\\\w)'": re.compile(
        r"\bgreen\ tea(?!\w)"
    ),
}

SOURCE, OPEN_ENDS = patterns.in_python()
SCRIPTS, MADE_IN_SCRIPTS = patterns.in_scripts()
ALL = [*SOURCE, *(Pattern(place, pattern) for place, pattern in MADE.items()), *SCRIPTS]


def slow(pattern: Pattern, large: int = LARGE) -> str:
    """A text that makes the pattern slow, in short, or ""."""
    for run, attack in product(pattern.runs(), patterns.attacks(pattern.compiled)):
        sizes = [*((size, most) for size, most in SUSPICIOUS if size < large), (large, MOST_S)]
        if all(_exceeds(run, attack.text(size), most) for size, most in sizes):
            return repr(attack)
    return ""


def _exceeds(run: Callable[[Any], object], text: Any, most: float) -> bool:
    try:
        return patterns.seconds(run, text, MOST_S) > most
    except Slow:
        return True


def test_patterns_made_at_run_time_are_listed() -> None:
    assert sorted(OPEN_ENDS) == sorted(MADE)
    assert MADE_IN_SCRIPTS == []


def test_the_list_is_complete() -> None:
    assert not [
        name for name, text in patterns.sources().items() if re.search("from re import|import re as", text)
    ]
    assert len(SOURCE) + len(OPEN_ENDS) == len(list(patterns.calls()))
    assert {"errors.js", "json.js", "title.js"} <= {pattern.place.partition(":")[0] for pattern in SCRIPTS}


@pytest.mark.parametrize("pattern", ALL, ids=lambda pattern: pattern.place)
def test_a_pattern_is_linear(pattern: Pattern) -> None:
    assert slow(pattern) == ""


def test_addresses_do_not_freeze() -> None:
    """Django's own admin has one that is not linear: what bounds it is the length of a path."""
    assert [pattern.place for pattern in patterns.in_addresses() if slow(pattern, LONGEST_PATH)] == []


@pytest.mark.parametrize(
    "careless",
    [
        r"(?:(?:event|id|retry):[^\n]*\s+)*data:|event: ?\S+\s",  # what stood in ids.py: "id: " * 23
        r"[<>* ]*HTTP/\d|(?:[<> ]*[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+: ?[^:\n]*\s+){2}",  # "a-b:", 1,500 blanks
        r"[\r\n]\s*at",
    ],
)
def test_a_careless_pattern_is_caught(careless: str) -> None:
    assert slow(Pattern("careless", re.compile(careless), frozenset({"search"})))


@pytest.mark.django_db
def test_an_endless_address_is_refused(client: Client) -> None:
    assert client.get("/" + "a/" * LONGEST_PATH).status_code == 414
    assert client.get("/" + "a" * (LONGEST_PATH - 1)).status_code == 404
