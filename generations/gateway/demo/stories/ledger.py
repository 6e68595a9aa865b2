"""Billing: own provider keys, discounts, suppressed bills, sums that do not add up. And a code agent."""

from generations.gateway.demo.prices import line
from generations.gateway.demo.shapes import Json, ModelCall, Reply, Story, StoryUsage
from generations.gateway.demo.stories.ways import (
    DAY,
    HOUR,
    ask,
    assistant,
    attempt,
    chat,
    function,
    parameters,
    system,
    user,
)

BILLING, AGENT = "Billing", "Code agent"
_MS = 1794960000000


def _byok(fee: int, reference: int) -> Json:
    return {
        "byok_billing": {
            "monthly_request_count": 1_204_331 if fee else 48_212,
            "monthly_free_request_limit": 1_000_000,
            "free_requests_remaining": 0 if fee else 951_788,
            "fee_rate": 0.025,
            "fee_applied": bool(fee),
            "fee_nanos": fee,
            "charged_nanos": fee,
            "provider_reference_nanos": reference,
            "month_start_utc": "2026-11-01T00:00:00.000Z",
            "counter_source": "kv",
            "counter_failure_mode": None,
        }
    }


def _discounted(dimension: str, quantity: int, price: int) -> Json:
    full = line(dimension, quantity, price, 10**6, _MS)
    cheap = line(dimension, quantity, price * 9 // 10, 10**6, _MS)
    base = {"base_line_nanos": full["line_nanos"], "base_line_cost_usd": full["line_cost_usd"]}
    saved = full["line_nanos"] - cheap["line_nanos"]
    return (
        cheap
        | base
        | {"base_unit_price_usd": full["unit_price_usd"], "data_contribution_discount_nanos": saved}
    )


_OWN_KEY = {
    "key_source": "byok",
    "byok_key_id": "2c7d4f10-88aa-4b1e-9c3d-5e6f70819203",
    "credential_phase": "priority_byok",
}
_TRACE = (
    'Traceback (most recent call last):\n  File "fares.py", line 88, in cheapest\n    return min(fares)\n'
    "ValueError: min() arg is an empty sequence"
)
_NODE_TRACE = "TypeError happened\n    at cheapest (fares.js:88:12)\n    at main (fares.js:12:3)"
_EDIT = {
    "name": "edit_file",
    "description": "Replace text in a file",
    "input_schema": parameters(path="string", old="string", new="string"),
}

STORIES: list[Story] = [
    chat(
        "own-key-free",
        "Own provider key, below a million requests: free",
        BILLING,
        ago=16 * HOUR,
        model="openai/gpt-5-mini",
        messages=[user("Write a subject line for the December newsletter.")],
        reply=Reply("Snow, saunas and seats from 49 euros"),
        usage=StoryUsage(12, 10, extra=_byok(0, 23_000)),
        lines=(),
        attempts=(attempt("openai", 200, 612, response_kind="completed", **_OWN_KEY),),
        row={"byok": True},
    ),
    chat(
        "own-key-fee",
        "Own provider key, above a million: one fee line",
        BILLING,
        ago=17 * HOUR,
        model="openai/gpt-5",
        messages=[user("Write the whole December newsletter.")],
        more={"stream": True},
        reply=Reply("December is the month of short days and long evenings. " * 6),
        usage=StoryUsage(11, 1998, extra=_byok(499_843, 19_993_750)),
        lines=(line("requests", 1, 499_843, 1, _MS, meter="byok_service_fee"),),
        attempts=(attempt("openai", 200, 902, response_kind="stream", **_OWN_KEY),),
        row={"byok": True},
    ),
    chat(
        "discounted",
        "Ten per cent off for contributed data",
        BILLING,
        ago=18 * HOUR,
        model="openai/gpt-4o-mini",
        messages=[user("Classify: 'my seat was wet'. One of seat, food, delay.")],
        reply=Reply("seat"),
        usage=StoryUsage(2000, 1000),
        lines=(
            _discounted("input_text_tokens", 2000, 150_000_000),
            _discounted("output_text_tokens", 1000, 600_000_000),
        ),
    ),
    chat(
        "web-search",
        "With web search: one more line",
        BILLING,
        ago=19 * HOUR,
        model="google/gemini-2.5-flash",
        messages=[user("Is the ferry to Bornholm sailing today?")],
        more={"plugins": [{"id": "web", "max_results": 3}]},
        reply=Reply(
            "Yes. Both ferries from Ystad sail today; the morning one was twenty minutes late because of "
            "wind."
        ),
        usage=StoryUsage(
            1410,
            26,
            extra={
                "server_tool_use": {"web_search_requests": 1, "web_search_results": 3},
                "output_citation_count": 2,
                "citation_count": 2,
            },
        ),
        lines=(
            line("input_text_tokens", 1410, 300_000_000, 10**6, _MS),
            line("output_text_tokens", 26, 2_500_000_000, 10**6, _MS),
            line("server_tool_web_search_requests", 1, 10_000_000, 1, _MS),
        ),
    ),
    chat(
        "said-nothing",
        "The model said nothing, so nothing is billed",
        BILLING,
        ago=20 * HOUR,
        model="meta/llama-3.3-70b-instruct",
        messages=[user("Reply only if the flight is late. It is on time.")],
        more={"stream": True},
        reply=Reply(""),
        usage=StoryUsage(14, 0),
        lines=(),
    ),
    chat(
        "wrong-sum",
        "The lines do not add up to the cost",
        BILLING,
        ago=2 * DAY + 8 * HOUR,
        model="openai/gpt-5-mini",
        messages=[user("Shorten: 'We regret to inform you that your flight has been delayed.'")],
        reply=Reply("Sorry, your flight is delayed."),
        usage=StoryUsage(22, 8),
        row={"cost_nanos": 31_500},
    ),
    chat(
        "flex-tier",
        "Half price on the flex tier",
        BILLING,
        ago=2 * DAY + 9 * HOUR,
        model="openai/gpt-5",
        messages=[user("Write alt texts for twelve hotel photos.")],
        more={"service_tier": "flex"},
        reply=Reply(
            "1. A lobby with a green sofa. 2. A pool at dusk. 3. A breakfast room with a view of the sea."
        ),
        usage=StoryUsage(12, 1800, extra={"service_tier": "flex", "serviceTier": "flex"}),
        lines=(
            line("input_text_tokens", 12, 625_000_000, 10**6, _MS, service_tier="flex"),
            line("output_text_tokens", 1800, 5_000_000_000, 10**6, _MS, service_tier="flex"),
        ),
    ),
    ask(
        "agent-edit",
        "The agent edits a file",
        AGENT,
        "messages",
        ago=1.1 * HOUR,
        body={
            "model": "anthropic/claude-sonnet-4.5",
            "max_tokens": 4096,
            "stream": True,
            "system": "You are a careful coding agent.",
            "tools": [_EDIT],
            "messages": [{"role": "user", "content": "cheapest() fails on an empty list. Fix it."}],
        },
        reply=Reply(
            "I make it return nothing for an empty list.",
            calls=(
                ModelCall(
                    "edit_file",
                    '{"path": "fares.py", "old": "return min(fares)", "new": "return min(fares, '
                    'default=None)"}',
                ),
            ),
            finish="tool_calls",
        ),
    ),
    ask(
        "agent-result",
        "The agent continues after the tool's result",
        AGENT,
        "messages",
        ago=1.09 * HOUR,
        body={
            "model": "anthropic/claude-sonnet-4.5",
            "max_tokens": 4096,
            "tools": [_EDIT],
            "messages": [
                {"role": "user", "content": "cheapest() fails on an empty list. Fix it."},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "text", "text": "I make it return nothing for an empty list."},
                        {
                            "type": "tool_use",
                            "id": "toolu_1",
                            "name": "edit_file",
                            "input": {"path": "fares.py"},
                        },
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "1 line changed"}
                    ],
                },
            ],
        },
        reply=Reply(
            "Done: `cheapest()` now returns `None` for an empty list. One line changed in `fares.py`."
        ),
    ),
    chat(
        "trace-in-prompt",
        "A stack trace in the prompt: the gateway hid it",
        AGENT,
        ago=4.8 * HOUR,
        model="qwen/qwen3-coder",
        messages=[system("Explain errors."), user("What went wrong here?\n\n" + _TRACE)],
        more={"stream": True},
        reply=Reply("`min()` was called with an empty list. Pass `default=None`, or check the list before."),
    ),
    chat(
        "trace-in-tool",
        "A tool's result was hidden, the rest is whole",
        AGENT,
        ago=4.9 * HOUR,
        model="qwen/qwen3-coder",
        messages=[
            user("Run the tests."),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_t",
                        "type": "function",
                        "function": {"name": "run_tests", "arguments": '{"path": "."}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_t", "content": _NODE_TRACE},
            assistant("One test fails."),
            user("Which one?"),
        ],
        more={"tools": [function("run_tests", path="string")]},
        reply=Reply("The test of `cheapest` fails, because it is called with an empty list."),
    ),
    chat(
        "stack-parameter",
        "A tool parameter named stack was dropped",
        AGENT,
        ago=2 * DAY + 2 * HOUR,
        model="openai/gpt-5-nano",
        messages=[user("Deploy the booking service to the test stack.")],
        more={
            "tools": [
                function(
                    "deploy", "Deploy a service", service="string", stack="string", stack_trace="boolean"
                )
            ]
        },
        reply=Reply(
            calls=(ModelCall("deploy", '{"service": "booking", "stack": "test"}'),), finish="tool_calls"
        ),
    ),
]
