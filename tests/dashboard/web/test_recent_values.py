"""The cache of drawn parts: made once for a key, the oldest goes, nothing is left after a clear."""

from dashboard.web.recent_values import RecentValues


def test_a_value_is_made_once_and_the_least_used_goes() -> None:
    made: list[str] = []
    cache: RecentValues[str] = RecentValues(2)

    def get(key: str) -> str:
        return cache.get(key, lambda: made.append(key) or key.upper())  # type: ignore[func-returns-value]

    assert [get(key) for key in "abaca"] == list("ABACA")
    assert (made, len(cache)) == (["a", "b", "c"], 2)
    assert (get("b"), made) == ("B", ["a", "b", "c", "b"])
    cache.clear()
    assert len(cache) == 0
