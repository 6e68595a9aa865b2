"""Embeddings, moderations and rankings side by side."""

import json
from typing import Any

import pytest

from generations.gateway.rawjson.values import loads
from generations.reading.diff.result_tables import INPUTS, SHOWN, Table, TableRow, kind_of, tables


def compared(before: Any, after: Any) -> list[Table]:
    return tables(loads(json.dumps(before)), loads(json.dumps(after)))


def lines(before: Any, after: Any) -> list[TableRow]:
    return [line for table in compared(before, after) for line in table.lines]


def vectors(*members: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"embedding": member} for member in members]}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (vectors([1, 2]), "embeddings"),
        ({"results": [{"flagged": True}]}, "moderations"),
        ({"results": [{"category_scores": {}}]}, "moderations"),
        ({"results": [{"relevance_score": 1}]}, "ranking"),
        ({"data": [{"score": 1}]}, "ranking"),
        ({"data": []}, ""),
        ({"data": "x"}, ""),
        ({"results": ["x"]}, ""),
        ([1], ""),
        (None, ""),
    ],
)
def test_what_an_answer_is_shows_in_its_shape(answer: Any, kind: str) -> None:
    assert kind_of(loads(json.dumps(answer))) == kind


def test_two_kinds_are_not_compared() -> None:
    assert compared(vectors([1]), {"results": [{"flagged": True}]}) == []


def test_vectors_have_dimensions_and_a_cosine() -> None:
    assert lines(
        vectors([1, 0], [1, 0], [1, 0], [1, 0], "what", [0, 0]),
        vectors([1, 0], [3, 4], [-1, 0], [1, 0, 0], "what"),
    ) == [
        TableRow("vector 0", "2 dimensions", "2 dimensions", "same"),
        TableRow("vector 1", "2 dimensions", "2 dimensions", "cosine 0.600000"),
        TableRow("vector 2", "2 dimensions", "2 dimensions", "cosine −1.000000"),
        TableRow("vector 3", "2 dimensions", "3 dimensions", "different lengths have no cosine"),
        TableRow("vector 4", "unknown", "unknown"),
        TableRow("vector 5", "2 dimensions", "not in it"),
    ]


def test_a_vector_without_direction_has_no_cosine() -> None:
    assert lines(vectors([0, 0]), vectors([1, 1]))[0].change == "no cosine: a vector without direction"


def test_moderations_stand_side_by_side_the_highest_score_first() -> None:
    before = {"results": [{"flagged": True, "category_scores": {"hate": 0.1, "violence": 0.9, "old": 0}}]}
    after = {"results": [{"flagged": False, "category_scores": {"hate": 0.1, "violence": 0.4}}]}
    assert compared(before, after) == [
        Table(
            "Input 1",
            [
                TableRow("flagged", "yes", "no", "changed"),
                TableRow("violence", "0.9", "0.4", "−0.5", "0.9", "0.4"),
                TableRow("hate", "0.1", "0.1", "same", "0.1", "0.1"),
                TableRow("old", "0", "not in it", "", "0", ""),
            ],
            4,
        )
    ]


@pytest.mark.parametrize(("flag", "shown"), [(None, "unknown"), ([], "unknown"), ("yes", "unknown")])
def test_a_flag_that_is_none_is_unknown(flag: Any, shown: str) -> None:
    answer = {"results": [{"flagged": flag}]}
    assert lines(answer, answer) == [TableRow("flagged", shown, shown, "same")]


def test_an_input_of_one_side_only() -> None:
    before = {"results": [{"flagged": True}]}
    after = {"results": [{"flagged": True}, {"flagged": False}]}
    assert lines(before, after)[1] == TableRow("flagged", "not in it", "no")


def test_rankings_tell_who_climbed() -> None:
    before = {"results": [{"index": 2, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.5}]}
    after = {
        "results": [
            {"index": 0, "relevance_score": 0.95},
            {"index": 2, "relevance_score": 0.9},
            {"index": 7, "relevance_score": None},
        ]
    }
    assert lines(before, after) == [
        TableRow("document 2", "1. with 0.9", "2. with 0.9", "1 place down", "0.9", "0.9"),
        TableRow("document 0", "2. with 0.5", "1. with 0.95", "1 place up", "0.5", "0.95"),
        TableRow("document 7", "not in it", "3. with unknown"),
    ]


def test_a_rank_that_stays_tells_its_score() -> None:
    before, after = ({"results": [{"index": 0, "relevance_score": score}]} for score in (0.5, 0.25))
    assert lines(before, after)[0].change == "−0.25"
    assert lines(before, before)[0].change == "same"


def test_long_tables_say_how_much_is_left() -> None:
    many = vectors(*([1, 2] for _ in range(SHOWN + 7)))
    assert (len(compared(many, many)[0].lines), compared(many, many)[0].left) == (SHOWN, 7)
    inputs = {"results": [{"flagged": False}] * (INPUTS + 3)}
    assert (len(compared(inputs, inputs)), compared(inputs, inputs)[-1].left) == (INPUTS + 1, 3)
