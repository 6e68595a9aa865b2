"""Token counts in any spelling, and every key of the usage."""

import json
from typing import Any

import pytest

from generations.gateway.jsontext import loads
from generations.reading import usage
from generations.reading.shapes import Count
from generations.reading.usage import Tokens


@pytest.mark.parametrize(
    ("told", "tokens"),
    [
        ({}, Tokens()),
        ({"prompt_tokens": 12, "completion_tokens": 34}, Tokens(12, 34, 46)),
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
    ],
)
def test_tokens(told: dict[str, Any], tokens: Tokens) -> None:
    assert usage.tokens(loads(json.dumps(told))) == tokens


def test_parts_follow_their_whole_and_unknown_keys_stay() -> None:
    told = {
        "output_tokens": 128,
        "requests": 1,
        "output_tokens_details": {"reasoning_tokens": 64},
        "web_things": {"depth": 2},
        "empty": None,
    }
    assert usage.counts(loads(json.dumps(told))) == [
        Count("Output tokens", "output_tokens", "128"),
        Count("reasoning", "output_tokens_details.reasoning_tokens", "64", part=True, share="0.5"),
        Count("Requests", "requests", "1"),
        Count("web things, depth", "web_things.depth", "2", known=False),
    ]


def test_the_columns_stand_in_for_what_usage_does_not_tell() -> None:
    columns = {"usage_input_tokens": 42, "usage_output_tokens": 0, "usage_total_tokens": 42}
    told = usage.tokens({}, columns)
    assert (told.input, told.output, told.total) == (42, None, 42)
    assert usage.tokens({"input_tokens": 0}, columns).input == 0
