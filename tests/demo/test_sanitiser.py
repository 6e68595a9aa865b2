import pytest

from generations.gateway.demo.sanitiser import CIRCULAR, REDACTED, clean_text, sanitise


@pytest.mark.parametrize(
    "text",
    [
        "it broke\n    at main (a.js:1:2)",
        "lunch\nat noon",
        "lunch\r\n\tAt noon",
        "ValueError: bad",
        "error:x",
        "first line\nTypeERROR: second",
        "lunch\nat\nnoon",
        "lunch\nat ",
        "Error:\nx",
        "Error: ",
    ],
)
def test_what_looks_like_a_trace_is_lost(text: str) -> None:
    assert clean_text(text) == REDACTED


@pytest.mark.parametrize(
    "text",
    [
        "at noon",
        "lunch at noon",
        "lunch\nattend",
        "lunch\nat",
        "lunch\rat noon",
        "Error",
        "Error:",
        "errors: 3",
        "",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert clean_text(text) == text


def test_keys_that_name_a_stack_are_dropped_at_any_depth() -> None:
    value = {
        "a": [{"Stack": 1, "stack_trace": 2, "stack-Trace": 3, "stackTrace": 4, "stacks": 5}],
        "stacktrace": 6,
    }
    assert sanitise(value) == {"a": [{"stacks": 5}]}


def test_a_circle_is_named() -> None:
    value: dict[str, object] = {"a": 1}
    value["self"] = value
    assert sanitise(value) == {"a": 1, "self": CIRCULAR}


def test_the_same_object_twice_is_no_circle() -> None:
    part = {"a": 1}
    assert sanitise([part, part]) == [part, part]


def test_order_and_numbers_are_kept() -> None:
    value = {"b": 1.5, "a": [True, None, "x"], "c": 10**30}
    assert list(sanitise(value).items()) == list(value.items())
