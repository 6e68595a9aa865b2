"""What `make test-quick` runs: a minute of what a change breaks first, for the edit loop. `make test` runs everything."""

from collections import Counter
from collections.abc import Sequence

import pytest

LEFT_OUT = ("slow", "heavy", "browser")
CASES = 3  # of each test with parameters: in a random order they are others each time


def sampled(items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The items to run, in their order, and those left out."""
    cases: Counter[str] = Counter()
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        test = item.nodeid.partition("[")[0]
        cases[test] += 1
        is_left = cases[test] > CASES or any(item.get_closest_marker(name) for name in LEFT_OUT)
        (left if is_left else kept).append(item)
    return kept, left
