"""Token counts in any spelling, and every key of the usage."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.gateway.rawjson.values import Number, loads
from generations.reading.figures import usage
from generations.reading.figures.usage import Tokens
from generations.reading.page_types.figures import UsageCount


@pytest.mark.parametrize(
    ("raw_usage", "tokens"),
    [
        ({}, Tokens()),
        ({"prompt_tokens": 12, "completion_tokens": 34}, Tokens(12, 34)),
        (
            {"input_tokens": 12, "prompt_tokens": 99, "output_tokens": 34, "total_tokens": 50},
            Tokens(12, 34, 50),
        ),
        ({"input_tokens": None, "prompt_tokens": 7}, Tokens(7)),
        ({"input_tokens": 5, "input_tokens_details": {"cached_tokens": 4}}, Tokens(5, cached=4)),
        (
            {"prompt_tokens_details": {"cached_tokens": 3}, "reasoning_tokens": 2},
            Tokens(cached=3, reasoning=2),
        ),
        ({"output_tokens_details": {"reasoning_tokens": 0}}, Tokens(reasoning=0)),
        ({"input_tokens": "many"}, Tokens()),
        ({"input_tokens": -3, "total_tokens": "17"}, Tokens(total=17)),
        ({"cache_read_input_tokens": 9, "cache_creation_input_tokens": 2}, Tokens(cached=9, written=2)),
    ],
)
def test_tokens(raw_usage: dict[str, Any], tokens: Tokens) -> None:
    assert usage.tokens(loads(json.dumps(raw_usage))) == tokens


def test_parts_follow_their_whole_and_unknown_keys_stay() -> None:
    raw_usage = {
        "output_tokens": 128,
        "requests": 1,
        "output_tokens_details": {"reasoning_tokens": 64},
        "web_things": {"depth": 2},
        "empty": None,
    }
    assert usage.counts(loads(json.dumps(raw_usage))) == [
        UsageCount("Output tokens", "output_tokens", "128"),
        UsageCount("reasoning", "output_tokens_details.reasoning_tokens", "64", part=True, share="0.5"),
        UsageCount("Requests", "requests", "1"),
        UsageCount("web things, depth", "web_things.depth", "2", known=False),
    ]


def test_the_columns_stand_in_for_what_usage_does_not_tell() -> None:
    columns = {"usage_input_tokens": 42, "usage_output_tokens": 0, "usage_total_tokens": 42}
    tokens = usage.tokens({}, columns)
    assert (tokens.input, tokens.output, tokens.total) == (42, None, 42)
    assert usage.tokens({"input_tokens": 0}, columns).input == 0


def test_a_count_below_0_is_none_even_where_the_column_has_one() -> None:
    assert usage.tokens({"total_tokens": Number("-1")}, {"usage_total_tokens": 19}).total is None


# --- parts and wholes -------------------------------------------------------------------------------------------


def record(raw_usage: dict[str, Any], **columns: Any) -> dict[str, Any]:
    made = loads(json.dumps({"usage": raw_usage, **columns}))
    assert isinstance(made, dict)
    return made


def details(cached: int = 0, reasoning: int = 0) -> dict[str, Any]:
    return {
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens_details": {"reasoning_tokens": reasoning},
    }


@pytest.mark.parametrize(
    ("raw_usage", "columns", "said"),
    [
        ({"input_tokens": 10, "output_tokens": 500, **details(0, 480)}, {}, ["480 of them reasoning"]),
        (
            {"input_tokens": 10, "output_tokens": 20, "total_tokens": 510, **details(0, 480)},
            {},
            ["480 more reasoning", "510 in total"],
        ),
        # It would fit, but the total says that it stands on top.
        (
            {"input_tokens": 10, "output_tokens": 500, "total_tokens": 990, **details(0, 480)},
            {},
            ["480 more reasoning", "990 in total"],
        ),
        (
            {"input_tokens": 10, "output_tokens": 9, "total_tokens": 24, **details(0, 4)},
            {},
            ["4 reasoning", "24 in total"],
        ),
        (
            {"input_tokens": 10, "output_tokens": 500, **details(0, 480)},
            {"provider": "google-ai-studio"},
            ["480 reasoning"],
        ),
        ({"input_tokens": 100, "output_tokens": 5, **details(60)}, {}, ["60 of them from the cache"]),
        (
            {"input_tokens": 100, "output_tokens": 5, **details(60)},
            {"provider": "anthropic"},
            ["60 more from the cache"],
        ),
        # A total of input and output does not hold what stands on top, so it is not named with it.
        (
            {"input_tokens": 100, "output_tokens": 5, "total_tokens": 105, **details(60)},
            {"provider": "anthropic"},
            ["60 more from the cache"],
        ),
        (
            {"input_tokens": 100, "cached_read_tokens_are_subset_of_input": False, **details(60)},
            {},
            ["60 more from the cache"],
        ),
        (
            {"input_tokens": 100, "output_tokens": 5, **details(60)},
            {"provider": "other", "model_id": "anthropic/claude-haiku-4.5"},
            ["60 from the cache"],
        ),
        (
            {"input_tokens": 5, "cache_read_input_tokens": 128955, "cache_creation_input_tokens": 1253},
            {},
            ["128,955 more from the cache", "1,253 written to the cache"],
        ),
        (
            {"prompt_tokens": 1204, "prompt_cache_hit_tokens": 1024, "prompt_cache_miss_tokens": 180},
            {},
            ["1,024 of them from the cache", "180 not in the cache"],
        ),
    ],
)
def test_what_a_part_is_called(raw_usage: dict[str, Any], columns: dict[str, Any], said: list[str]) -> None:
    assert usage.notes(record(raw_usage, **columns)) == said


def test_rows_stand_in_an_order_of_their_own() -> None:
    raw_usage = {"pricing": {"total_nanos": 0}, "x": 1, "requests": 1, "total_tokens": 19, "output_tokens": 7}
    raw_usage |= details(3, 2) | {"input_tokens": 12}
    assert [(count.key, count.part) for count in usage.counts(loads(json.dumps(raw_usage)))] == [
        ("input_tokens", False),
        ("input_tokens_details.cached_tokens", True),
        ("output_tokens", False),
        ("output_tokens_details.reasoning_tokens", True),
        ("total_tokens", False),
        ("requests", False),
        ("x", False),
        ("pricing.total_nanos", False),
    ]


COUNTS = st.none() | st.integers(-3, 60) | st.integers(0, 60).map(str) | st.floats(0, 60)
PARTS = sorted(key for key, (_, part, _) in usage.NAMES.items() if part)
WHOLES = st.fixed_dictionaries(dict.fromkeys(sorted({usage.NAMES[key][2] for key in PARTS}), COUNTS))
PROVIDERS = st.sampled_from(["openai", "anthropic", "google-ai-studio", None])


@settings(deadline=None, max_examples=300)
@given(WHOLES, st.dictionaries(st.sampled_from(PARTS), COUNTS, min_size=1, max_size=8), PROVIDERS)
def test_no_part_exceeds_its_whole(
    raw_usage: dict[str, Any], flat: dict[str, Any], provider: str | None
) -> None:
    for path, value in flat.items():
        box, dot, key = path.partition(".")
        if dot:
            raw_usage[box] = {**(raw_usage[box] if isinstance(raw_usage.get(box), dict) else {}), key: value}
        else:
            raw_usage.setdefault(box, value)
    made = record(raw_usage, provider=provider)
    shown = usage.counts(made["usage"], made)
    numbers = {count.key: Decimal(count.value.replace(",", "")) for count in shown}
    for count in shown:
        if count.part:
            assert 0 <= numbers[count.key] <= numbers[usage.NAMES[count.key][2]]
            assert 0 <= Decimal(count.share or 0) <= 1
    keys = [count.key for count in shown]
    assert keys == sorted(keys, key=lambda key: (key.split(".")[0] in usage.PRICES, usage.ORDER[key]))


def test_usage_that_is_no_object_is_shown() -> None:
    assert [(count.key, "31" in count.value) for count in usage.counts(loads('[{"input_tokens": 31}]'))] == [
        ("usage", True)
    ]
    assert usage.counts(None) == []
