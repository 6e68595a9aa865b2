"""Embeddings: their numbers, and how near two of them are."""

import base64
import struct
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.values import Value, loads
from generations.reading.diff.vectors import cosine, vector


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        (loads("[1, -0.5, 2e1]"), [1.0, -0.5, 20.0]),
        (packed(1.0, -0.5), [1.0, -0.5]),
        ([], None),
        ("", None),
        (None, None),
        (loads('["1"]'), None),
        (loads("[1, null]"), None),
        (loads("1"), None),
        ("AAA=", None),
        ("<script>", None),
        ("é\ud800", None),
    ],
)
def test_a_vector_is_a_list_of_numbers_or_packed_floats(value: Value, numbers: list[float] | None) -> None:
    assert vector(value) == numbers


@pytest.mark.parametrize(
    ("first", "second", "near"),
    [
        ([1.0, 0.0], [2.0, 0.0], 1.0),
        ([1.0, 0.0], [0.0, 3.0], 0.0),
        ([1.0, 1.0], [-1.0, -1.0], -1.0),
        ([1.0], [1.0, 2.0], None),
        ([0.0, 0.0], [1.0, 1.0], None),
        ([float("inf")], [1.0], None),
        ([float("nan")], [1.0], None),
        ([], [], None),
    ],
)
def test_cosine(first: list[float], second: list[float], near: float | None) -> None:
    similarity = cosine(first, second)
    assert (
        similarity is None
        if near is None
        else similarity is not None and isclose(similarity, near, abs_tol=1e-12)
    )


SPACE = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3)


@given(SPACE, SPACE)
def test_cosine_is_the_same_both_ways_and_between_minus_one_and_one(
    first: list[float], second: list[float]
) -> None:
    similarity = cosine(first, second)
    assert similarity == cosine(second, first)
    assert similarity is None or -1 <= similarity <= 1
