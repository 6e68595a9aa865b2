"""Cost lines, their sum, and what is shown with them."""

import json
from decimal import Decimal
from typing import Any

import pytest

from generations.gateway.rawjson.values import Value, loads
from generations.reading.answer import answer_facts
from generations.reading.figures import costs, tiles
from tests.reading.samples import demo_records


def fields(**members: Any) -> dict[str, Value]:
    made = loads(json.dumps(members))
    assert isinstance(made, dict)
    return made


def line(**members: Any) -> dict[str, Any]:
    return {
        "dimension": "input_text_tokens",
        "quantity": 42,
        "billable_units": 0.000042,
        "unit_size": 1000000,
        "unit_price_usd": "0.050000000",
        "line_cost_usd": "0.000002100",
        "line_nanos": 2100,
        **members,
    }


def test_lines_that_add_up() -> None:
    output = line(
        dimension="output_text_tokens", quantity=128, line_nanos=51200, unit_price_usd="0.400000000"
    )
    cost = costs.read(
        fields(
            cost_nanos=53300, currency="USD", pricing_lines=[line(), output | {"billable_units": 0.000128}]
        )
    )
    assert (cost.total, cost.exact, cost.sum, cost.check) == (
        "$0.0000533",
        "53,300 nanos",
        "$0.0000533",
        "equal",
    )
    first = cost.lines[0]
    assert (first.name, first.quantity, first.unit_price, first.line) == (
        "Input text tokens",
        "42",
        "$0.05 / 1M",
        "$0.0000021",
    )
    assert first.note == ""


def test_a_difference_is_shown() -> None:
    cost = costs.read(fields(cost_nanos=2500, pricing_lines=[line()]))
    assert (cost.check, cost.difference) == ("differs", "$0.0000004")


def test_null_cost_is_unknown_and_says_why() -> None:
    cost = costs.read(fields(cost_nanos=None, success=False, pricing_lines=[]))
    assert (cost.total, cost.check) == ("unknown", "none")
    assert cost.notes == ["No cost recorded: the gateway records none for failed requests."]


def test_a_job_is_priced_when_it_is_finished() -> None:
    cost = costs.read(fields(cost_nanos=None, success=True, endpoint="video.generation"))
    assert cost.notes == ["No cost recorded yet: the gateway sets it when the job finishes."]


def test_a_line_without_nanos_makes_the_sum_unknown() -> None:
    cost = costs.read(fields(cost_nanos=2100, pricing_lines=[line(line_nanos=None, line_cost_usd=None)]))
    assert (cost.check, cost.sum, cost.lines[0].line) == ("unknown", "unknown", "unknown")


def test_dollars_stand_in_for_missing_nanos() -> None:
    assert costs.line_nanos(fields(line_cost_usd="0.000002100")) == 2100


def test_included_units_are_shown() -> None:
    images = line(
        dimension="input_image", quantity=7, billable_units=2, unit_size=1, unit_price_usd="0.040000000"
    )
    shown = costs.line(fields(**images | {"line_nanos": 80000000}), "USD")
    assert (shown.units, shown.unit_price, shown.note) == ("5 of 7 included", "$0.04 each", "")


def test_a_line_that_is_not_units_times_price_says_so() -> None:
    assert costs.line(fields(**line(line_nanos=9999)), "USD").note == "units x price would be $0.0000021"


def test_discounts_and_windows() -> None:
    priced = line(
        line_nanos=1900,
        base_line_nanos=2100,
        data_contribution_discount_nanos=200,
        pricing_time_window={
            "label": "off-peak",
            "timezone": "UTC",
            "start_time": "16:30",
            "end_time": "00:30",
        },
    )
    assert costs.line(fields(**priced), "USD").note == (
        "$0.0000002 off from $0.0000021 for contributing data; time window: off-peak 16:30 to 00:30 UTC"
    )


def test_the_fee_for_an_own_key() -> None:
    fee = line(dimension="requests", meter="byok_service_fee", quantity=1, billable_units=1, unit_size=1)
    fee |= {"unit_price_usd": "0.050000000", "line_nanos": 50000000}
    usage = {
        "byok_billing": {
            "fee_rate": 0.025,
            "fee_applied": True,
            "provider_reference_nanos": 2000000000,
            "monthly_request_count": 1000001,
            "monthly_free_request_limit": 1000000,
        }
    }
    cost = costs.read(fields(byok=True, cost_nanos=50000000, pricing_lines=[fee], usage=usage))
    assert (cost.check, cost.lines[0].name) == ("equal", "Fee for using your own key")
    assert cost.notes == [
        "At the gateway's list price the call would have cost $2.00.",
        "Fee for using your own key: 2.5% of the list price.",
        "Requests with your own keys this month: 1,000,001; 1,000,000 of them without a fee.",
    ]


def test_no_charge_says_why() -> None:
    assert costs.read(fields(byok=True, cost_nanos=0)).notes == [
        "No charge by the gateway: your own provider key was used."
    ]


def test_only_the_wrong_sum_of_the_demo_differs() -> None:
    checks: dict[str, str] = {}
    for name, _, raw in demo_records():
        try:
            record = loads(raw)
        except ValueError:
            continue
        if isinstance(record, dict):
            checks[name] = costs.read(record).check
    assert sorted(name for name, check in checks.items() if check == "differs") == ["wrong-sum"]


# --- amounts in any form ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recorded", "shown", "exact"),
    [
        (1, "$0.000000001", "1 nano"),
        ("53300", "$0.0000533", "53,300 nanos"),
        ("53300.0", "$0.0000533", "53,300 nanos"),
        (5.33e4, "$0.0000533", "53,300 nanos"),
        ("5.33e4", "$0.0000533", "53,300 nanos"),
        (280.5, "$0.0000002805", "280.5 nanos"),
        (1234567890123, "$1,234.567890123", "1,234,567,890,123 nanos"),
        (-53300, "-$0.0000533", "-53,300 nanos"),
        (0, "$0.00", "0 nanos"),
        (None, "unknown", "unknown"),
        ("free", "unreadable", "unknown"),
        ("", "unreadable", "unknown"),
        (True, "unreadable", "unknown"),
        ({"usd": 1}, "unreadable", "unknown"),
        (10**24, "$1,000,000,000,000,000.00", f"{10**24:,} nanos"),
        (10**27, f"{10**27} nanos", "unknown"),
    ],
)
def test_a_recorded_cost_is_shown_and_called_unreadable_where_it_is_no_number(
    recorded: Any, shown: str, exact: str
) -> None:
    cost = costs.read(fields(cost_nanos=recorded))
    assert (cost.total, cost.exact) == (shown, exact)
    unused = recorded is not None and exact == "unknown"
    assert unused == any("not a usable number" in note for note in cost.notes)


def test_a_cost_in_cents_is_read_where_there_is_none_in_nanos() -> None:
    cents = fields(cost_cents=0.00533)
    assert (costs.read(cents).total, tile(cents)) == ("$0.0000533", ("$", "0.0000533"))
    assert costs.read(fields(cost_cents=9, cost_nanos=53300)).total == "$0.0000533"
    assert tile(fields(cost_cents=10**30)) == ("", f"{10**30} cents")
    assert answer_facts.read("chat", {"usage": {}, **cents}).cost_nanos == 53300


def tile(record: dict[str, Any]) -> tuple[str, str]:
    made = tiles.tiles(record, None)[-1]
    return made.before, made.number


def test_dollars_that_javascript_wrote_are_read() -> None:
    assert costs.line_nanos(fields(line_cost_usd="2.8e-7")) == 280
    assert costs.line_nanos(fields(line_cost_usd="2.85e-10")) == Decimal("0.285")


def test_dollars_are_no_amount_in_another_currency() -> None:
    cost = costs.read(fields(currency="EUR", cost_nanos=2100, pricing_lines=[line(), line(line_nanos=None)]))
    assert (cost.total, cost.sum, cost.lines[0].line, cost.lines[0].unit_price) == (
        "EUR 0.0000021",
        "unknown",
        "EUR 0.0000021",
        "$0.05 / 1M",
    )


def test_a_cost_of_0_with_lines_that_are_not_is_not_called_free() -> None:
    cost = costs.read(fields(cost_nanos=0, byok=True, pricing_lines=[line()]))
    assert (cost.check, cost.difference) == ("differs", "$0.0000021")
    assert cost.notes == ["The recorded cost is 0, but its lines are not."]


def test_a_broken_stream_says_that_it_was_not_billed() -> None:
    pricing = {
        "total_nanos": 0,
        "billing_suppressed": True,
        "billing_suppression_reason": "incomplete_stream",
    }
    cost = costs.read(fields(success=False, cost_nanos=None, usage={"pricing": pricing}))
    assert cost.total == "unknown"
    assert cost.notes == [
        "No cost recorded: the gateway records none for failed requests.",
        "The gateway did not bill this request: incomplete stream.",
    ]


def test_an_open_session_has_no_cost_yet() -> None:
    cost = costs.read(fields(status_code=102, success=False))
    assert cost.notes == ["No cost recorded yet: the session is still open."]


def test_the_price_at_the_provider_is_shown_for_an_own_key() -> None:
    usage = {"cost_details": {"upstream_inference_cost": 0.0360795}}
    assert costs.provider_cost(fields(byok=True, usage=usage)) == "$0.0360795"
    assert costs.provider_cost(fields(byok=False, usage=usage)) == ""


def test_pricing_lines_that_are_no_list_are_not_called_missing() -> None:
    assert len(costs.read(fields(cost_nanos=1, pricing_lines={"input": "0.1"})).lines) == 1
    assert costs.read(fields(cost_nanos=1, pricing_lines={})).lines == []


@pytest.mark.parametrize("odd", [{"total": 5}, "text", 7, None, {"meter": "x", "count": 3, "amount": "0.5"}])
def test_a_line_of_another_form_is_shown_as_recorded(odd: Value) -> None:
    cost = costs.read(fields(cost_nanos=1, pricing_lines=[odd, {"dimension": "requests", "line_nanos": "1"}]))
    first, second = cost.lines
    assert first.name == "A line in another form"
    assert first.note == "recorded as " + (
        odd if isinstance(odd, str) else json.dumps(odd, separators=(",", ":"))
    )
    assert (second.name, second.note, cost.check) == ("Requests", "", "unknown")
