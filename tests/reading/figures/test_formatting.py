"""Numbers for people."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from generations.reading.figures import formatting

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (None, "unknown"),
        (0, "0 ms"),
        (Decimal("3.217"), "3.2 ms"),
        (412, "412 ms"),
        (999, "999 ms"),
        (Decimal("999.6"), "1.00 s"),
        (1200, "1.20 s"),
        (1830, "1.83 s"),
        (Decimal("9994.9"), "9.99 s"),
        (9995, "10 s"),
        (59_940, "59.9 s"),
        (125_000, "2 min 5 s"),
        (3_780_000, "1 h 3 min"),
        (-5, "-5 ms"),
    ],
)
def test_durations_have_their_unit(ms: int | Decimal | None, shown: str) -> None:
    assert formatting.duration(ms) == shown


@pytest.mark.parametrize(
    ("nanos", "shown", "exact"),
    [
        (None, "unknown", "unknown"),
        (0, "$0.00", "$0.00"),
        (53_300, "$0.0000533", "$0.0000533"),
        (53_312, "$0.0000533", "$0.000053312"),
        (134_400_000, "$0.134", "$0.1344"),
        (999_900_000, "$1.00", "$0.9999"),
        (1_500_000_000, "$1.50", "$1.50"),
        (1_204_000_000_001, "$1,204.00", "$1,204.000000001"),
    ],
)
def test_money_is_exact_to_the_nano(nanos: int | None, shown: str, exact: str) -> None:
    assert (formatting.dollars(nanos), formatting.exact_dollars(nanos)) == (shown, exact)


def test_another_currency_is_named() -> None:
    assert formatting.dollars(1_500_000_000, "EUR") == "EUR 1.50"


@pytest.mark.parametrize(
    ("size", "shown"),
    [(None, "unknown"), (0, "0 B"), (312, "312 B"), (1893, "1.9 KB"), (1_200_000, "1.2 MB")],
)
def test_sizes(size: int | None, shown: str) -> None:
    assert formatting.size(size) == shown


def test_rates_and_tokens() -> None:
    assert formatting.rate(Decimal("69.94535519125683")) == "70 tok/s"
    assert formatting.rate(Decimal("8.44")) == "8.4 tok/s"
    assert formatting.rate(None) == "unknown"
    assert formatting.tokens(42, 128) == "42 → 128"
    assert formatting.tokens(1042, None) == "1,042 → unknown"


def test_shares_stay_between_0_and_1() -> None:
    assert [formatting.share(64, 128), formatting.share(3, 1), formatting.share(1, 0)] == ["0.5", "1", ""]


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=2), "2 hours ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=30), "2026-10-02"),
    ],
)
def test_ages(age: timedelta, shown: str) -> None:
    assert formatting.ago(NOW - age, NOW) == shown


def test_times_are_utc() -> None:
    assert formatting.utc(datetime(2026, 8, 22, 17, 26, 36, tzinfo=UTC)) == "2026-08-22T17:26:36Z"
