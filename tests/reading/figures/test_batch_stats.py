"""The statistics of a batch."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.reading.answer import tool_calls
from generations.reading.answer.tool_calls import NamedCall
from generations.reading.figures.batch_stats import (
    Agreement,
    BatchItem,
    Bin,
    Tally,
    figures,
    histogram,
    output_key,
    summarize,
)

OSLO, PARIS = (NamedCall("weather", '{"city":"Oslo"}'),), (NamedCall("weather", '{"city":"Paris"}'),)


def good(text: str | None = "Hi", latency_ms: int | None = 100, **more: object) -> BatchItem:
    return BatchItem("succeeded", latency_ms=latency_ms, text=text, calls=(), finish_reason="stop", **more)  # type: ignore[arg-type]


def test_nothing_known() -> None:
    empty = summarize([])
    assert (empty.total, empty.states, empty.latency, empty.cost, empty.requests, empty.agreement) == (
        0,
        [],
        None,
        None,
        [],
        None,
    )
    queued = summarize([BatchItem("queued"), BatchItem("running")])
    assert (queued.latency, queued.tokens, queued.unknown_outputs, queued.agreement) == (None, None, 0, None)
    unread = summarize([BatchItem("succeeded"), BatchItem("succeeded")])
    assert (unread.has_outputs, unread.unknown_outputs, unread.agreement) == (False, 2, None)
    assert unread.finishes == [Tally("unknown", 2, "1")]


def test_counts_and_causes() -> None:
    stats = summarize(
        [
            good(),
            good(),
            BatchItem("failed", "rate_limited", latency_ms=5, cost_nanos=0),
            BatchItem("failed", "rate_limited"),
            BatchItem("failed"),
            BatchItem("interrupted", "worker_lost"),
            BatchItem("cancelled", "asked"),
        ]
    )
    assert stats.states == [
        Tally("failed", 3, "0.429"),
        Tally("succeeded", 2, "0.286"),
        Tally("cancelled", 1, "0.143"),
        Tally("interrupted", 1, "0.143"),
    ]
    assert stats.failures == [
        Tally("rate_limited", 2, "0.5", "failed"),
        Tally("unknown", 1, "0.25", "failed"),
        Tally("worker_lost", 1, "0.25", "interrupted"),
    ]
    assert stats.latency is not None
    assert (stats.latency.known, stats.latency.most) == (2, 100)
    assert stats.cost is not None
    assert (stats.cost.known, stats.cost.unknown, stats.cost.total) == (1, 6, 0)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([7], (1, 0, 7, 7, 7, 7, 7)),
        ([3, None, 1], (2, 1, 1, Decimal(2), 3, 3, 4)),
        ([4, 1, 2, 3], (4, 0, 1, Decimal("2.5"), 4, 4, 10)),
        (list(range(1, 101)), (100, 0, 1, Decimal("50.5"), 95, 100, 5050)),
        (list(range(1, 22)), (21, 0, 1, 11, 20, 21, 231)),
        ([0, 0], (2, 0, 0, 0, 0, 0, 0)),
        ([2**70, 2**70 + 2], (2, 0, 2**70, Decimal(2**70 + 1), 2**70 + 2, 2**70 + 2, 2**71 + 2)),
    ],
)
def test_figures(values: list[int | None], shown: tuple[object, ...]) -> None:
    found = figures(values)
    assert found is not None
    assert (
        found.known,
        found.unknown,
        found.least,
        found.median,
        found.p95,
        found.most,
        found.total,
    ) == shown


def test_no_figures_without_values() -> None:
    assert figures([None, None]) is None
    assert figures([]) is None


def test_a_histogram_is_ready_to_be_drawn() -> None:
    assert histogram([0, 1, 1, 10]) == (
        Bin(Decimal(0), Decimal(5), 3, "0", "0", "50", "100"),
        Bin(Decimal(5), Decimal(10), 1, "50", "66.67", "50", "33.33"),
    )
    assert histogram([5, 5, 5]) == (Bin(Decimal(5), Decimal(5), 3, "0", "0", "100", "100"),)


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=600))
def test_every_value_is_in_its_bar(values: list[int]) -> None:
    bars = histogram(values)
    assert sum(bar.number for bar in bars) == len(values)
    assert max(bar.height for bar in bars if bar.y == "0") == "100"
    assert len(bars) <= 20
    assert (bars[0].low, bars[-1].high) == (min(values), max(values))
    rounding = Decimal("0.000001")
    for bar in bars:
        inner = sum(bar.low + rounding < value < bar.high - rounding for value in values)
        outer = sum(bar.low - rounding <= value <= bar.high + rounding for value in values)
        assert inner <= bar.number <= outer


def test_outputs_are_grouped_by_what_they_mean() -> None:
    texts = [
        "Hi  there\n",
        '{"a":1,"b":[2]}',
        "Hi there",
        '{ "b": [2.0], "a": 1 }',
        "hi there",
        None,
        "Hi there",
    ]
    stats = summarize([good(text) for text in texts])
    assert [(output.text, output.members, output.share) for output in stats.requests[0].outputs] == [
        ("Hi  there\n", (0, 2, 6), "0.5"),
        ('{"a":1,"b":[2]}', (1, 3), "0.333"),
        ("hi there", (4,), "0.167"),
    ]
    assert stats.unknown_outputs == 1


def test_stored_keys_stand_for_texts_that_were_not_loaded() -> None:
    stats = summarize(
        [good("Hi there"), good("Hi th", text_key=output_key("Hi\nthere")), good(None, text_key="other")]
    )
    assert [output.members for output in stats.requests[0].outputs] == [(0, 1), (2,)]


def test_answers_to_different_requests_are_not_compared() -> None:
    """Three questions: the first is answered twice alike, the second in two ways, the third once and once unknown."""
    asked = (
        (1, "Yes", OSLO),
        (2, "Yes", PARIS),
        (1, "Yes", OSLO),
        (2, "No", OSLO),
        (3, "4", PARIS),
        (3, None, None),
    )
    stats = summarize(
        [BatchItem("succeeded", text=text, calls=calls, request=request) for request, text, calls in asked]
    )
    found = [
        (each.request, [output.members for output in each.outputs], each.unknown) for each in stats.requests
    ]
    assert found == [(1, [(0, 2)], 0), (2, [(1,), (3,)], 0), (3, [(4,)], 1)]
    assert [output.share for each in stats.requests for output in each.outputs] == ["1", "0.5", "0.5", "1"]
    assert [each.request for each in stats.repeated] == [1, 2]
    assert [each.request for each in stats.differing] == [2]
    assert stats.unknown_outputs == 1
    assert stats.agreement == Agreement(3, 4, (0, 1, 2))  # the third question has one known answer


def test_agreement_of_tool_calls() -> None:
    def made(calls: tuple[NamedCall, ...] | None, key: str | None = None) -> BatchItem:
        return BatchItem("succeeded", calls=calls, calls_key=key)

    spaced = (NamedCall("weather", '{ "city" : "Oslo" }'),)
    stats = summarize(
        [made(PARIS), made(OSLO), made(spaced), made(()), made(None), BatchItem("failed", calls=OSLO)]
    )
    assert stats.agreement is not None
    assert (stats.agreement.agreeing, stats.agreement.known, stats.agreement.members) == (2, 4, (1, 2))
    stored = summarize([made(None, tool_calls.key(OSLO)), made(OSLO), made(PARIS)]).agreement
    assert stored is not None
    assert (stored.agreeing, stored.known) == (2, 3)
    assert summarize([made(()), made(())]).agreement is None


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_has_an_output_key(text: str) -> None:
    assert output_key(text) == output_key(f"\n {text}  ")
