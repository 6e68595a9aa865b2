"""Items that belong together, with bounded work."""

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from generations.reading.diff.alignment import Budget, Run, gaps, runs

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "\ud800", "", "long word"]), max_size=40)


def check(first: list[str], second: list[str], found: list[Run]) -> None:
    """Equal, rising, not touching, and with the gaps the whole of both."""
    for (i, j, length), (k, m, _) in pairwise(found):
        assert i + length <= k
        assert j + length <= m
        assert (i + length, j + length) != (k, m)
    assert all(length > 0 and first[i : i + length] == second[j : j + length] for i, j, length in found)
    kept = sum(length for _, _, length in found)
    between = list(gaps(found, len(first), len(second)))
    assert kept + sum(k - i for i, k, _, _ in between) == len(first)
    assert kept + sum(m - j for _, _, j, m in between) == len(second)


def longest(first: list[str], second: list[str]) -> int:
    """The length of a longest common subsequence, the slow way."""
    row = [0] * (len(second) + 1)
    for item in first:
        last = row[:]
        for j, other in enumerate(second):
            row[j + 1] = last[j] + 1 if item == other else max(last[j + 1], row[j])
    return row[-1]


@given(WORDS, WORDS)
def test_short_sequences_keep_as_much_as_possible(first: list[str], second: list[str]) -> None:
    found = runs(first, second)
    check(first, second, found)
    assert sum(length for _, _, length in found) == longest(first, second)


@given(st.integers(0, 10**6), st.integers(300, 600), st.sampled_from([3, 50, 2000]))
def test_long_sequences_stay_whole_and_repeatable(seed: int, size: int, variety: int) -> None:
    random = Random(seed)
    first = [str(random.randrange(variety)) for _ in range(size)]
    second = [item for item in first if random.random() < 0.8]
    second.insert(len(second) // 2, "new")
    found = runs(first, second)
    check(first, second, found)
    assert found == runs(first, second)


def test_an_item_put_in_front_moves_nothing() -> None:
    items = [str(at) for at in range(5000)]
    assert runs(items, ["new", *items]) == [(0, 1, 5000)]
    assert runs(items, items[2500:] + items[:2500]) in ([(0, 2500, 2500)], [(2500, 0, 2500)])


def test_what_the_budget_does_not_allow_is_counted() -> None:
    first, second = ["a", "b"] * 500, ["b", "a", "a"] * 400
    budget = Budget(cells=1000)
    assert runs(first, second, budget) == []
    assert (budget.cells, budget.missed) == (1000, 2200)
    assert runs(first, second, Budget()) != []
    spent = Budget(cells=100)
    assert runs(["x", "a", "b", "y"], ["z", "b", "a", "w"], spent) in ([(1, 2, 1)], [(2, 1, 1)])
    assert (spent.cells, spent.missed) == (96, 0)  # only what both sides have is looked at


def test_nothing() -> None:
    assert runs([], []) == []
    assert runs(["a"], []) == []
    assert list(gaps([], 0, 0)) == []
    assert list(gaps([], 1, 2)) == [(0, 1, 0, 2)]
