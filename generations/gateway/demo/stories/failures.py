"""Everything that failed, with what was tried."""

from dataclasses import replace

from generations.gateway.demo import faults
from generations.gateway.demo.shapes import FlatError, Json, Reply, Story, StoryTiming, StoryUsage
from generations.gateway.demo.stories.ways import DAY, HOUR, ask, attempt, chat, function, system, user

GROUP = "Failures"


def _all_failed(providers: list[str], statuses: list[int], category: str, hint: str, model: str) -> FlatError:
    listed = ", ".join(f"{name} ({status})" for name, status in zip(providers, statuses, strict=True))
    sample = [
        {"provider": name, "type": "upstream_non_2xx", "status": status, "retryable": status >= 429}
        for name, status in zip(providers[:3], statuses, strict=False)
    ]
    more: Json = {
        "reason": "all_candidates_failed",
        "attempt_count": len(providers),
        "failed_providers": providers,
        "failed_statuses": statuses,
        "provider_failure_diagnostics": {"category": category, "hint": hint, "provider": providers[-1]},
        "failure_sample": sample,
    }
    return FlatError(502, "upstream_error", f'All providers of "{model}" failed: {listed}.', more=more)


STORIES: list[Story] = [
    chat(
        "fallback-saved",
        "The first provider failed, the second answered",
        GROUP,
        ago=0.3 * HOUR,
        model="anthropic/claude-sonnet-4.5",
        provider="amazon-bedrock",
        messages=[user("Name three quiet beaches near Split.")],
        more={"stream": True},
        reply=Reply(
            "Try Bačvice early in the morning, Kašjuni below the Marjan hill, and Proizd, an island with "
            "white stones."
        ),
        attempts=(
            attempt(
                "anthropic",
                529,
                1204,
                upstream_error_code="overloaded_error",
                upstream_error_message="Overloaded",
            ),
            attempt("amazon-bedrock", 200, 744, response_kind="stream"),
        ),
    ),
    chat(
        "three-attempts",
        "Third time lucky: rate limit, time-out, then Vertex",
        GROUP,
        ago=6.1 * HOUR,
        model="anthropic/claude-sonnet-4.5",
        provider="google-vertex",
        messages=[user("Is the night train from Vienna to Rome running?")],
        reply=Reply(
            "Yes, it runs every night. It leaves Vienna main station at 19:18 and reaches Roma Termini at "
            "09:08."
        ),
        attempts=(
            attempt("anthropic", 429, 212, upstream_error_code="rate_limit_error", retry_delay_ms=400),
            attempt("amazon-bedrock", 504, 10_020, upstream_error_message="Gateway time-out"),
            attempt("google-vertex", 200, 1830, response_kind="completed"),
        ),
    ),
    chat(
        "nobody-left",
        "All three providers failed",
        GROUP,
        ago=2.9 * HOUR,
        model="deepseek/deepseek-v3.2",
        messages=[user("List the visa rules for Georgia.")],
        more={"stream": True, "session_id": "support-4692"},
        failure=_all_failed(
            ["deepseek", "novitaai", "fireworks"],
            [503, 429, 500],
            "server_error",
            "The providers have trouble. Wait a minute, or choose another model.",
            "deepseek/deepseek-v3.2",
        ),
        timing=StoryTiming(4120, 4120, 77),
        attempts=(
            attempt("deepseek", 503, 1402, upstream_error_message="Service is too busy"),
            attempt("novitaai", 429, 266, upstream_error_code="rate_limit_exceeded"),
            attempt("fireworks", 500, 2299, upstream_error_message="[redacted]"),
        ),
    ),
    chat(
        "rate-limited",
        "The provider limits the account; a replay hits it again",
        GROUP,
        ago=3.6 * HOUR,
        model="openai/gpt-5",
        messages=[user("Draft a newsletter about winter in Lapland.")],
        more={"provider": {"only": ["openai"], "allow_fallbacks": False}},
        failure=faults.RATE_LIMITED,
        timing=StoryTiming(388, 388, 60),
        attempts=(
            attempt("openai", 429, 301, upstream_error_code="rate_limit_exceeded", fallback_attempted=False),
        ),
        again="rate-limited",
    ),
    chat(
        "bad-temperature",
        "Not valid: temperature 3 and messages as text",
        GROUP,
        ago=4.4 * HOUR,
        model="openai/gpt-5-nano",
        messages=[],
        more={"messages": "hello", "temperature": 3},
        failure=faults.VALIDATION,
        timing=StoryTiming(9, 9, 9),
        again="validation",
    ),
    chat(
        "no-credit",
        "The balance was below one dollar",
        GROUP,
        ago=26 * HOUR,
        model="anthropic/claude-sonnet-4.5",
        messages=[user("Rewrite the cancellation policy in plain words.")],
        failure=faults.NO_FUNDS,
        timing=StoryTiming(31, 31, 31),
    ),
    chat(
        "key-limit",
        "The key had reached its daily limit",
        GROUP,
        ago=27 * HOUR,
        model="openai/gpt-5-mini",
        messages=[user("Translate the menu of the ferry.")],
        failure=faults.KEY_LIMIT,
        timing=StoryTiming(24, 24, 24),
        again="key-limit",
    ),
    chat(
        "card-number",
        "A guardrail stopped a card number",
        GROUP,
        ago=28 * HOUR,
        model="openai/gpt-5-mini",
        messages=[user("Please charge my card [CARD_NUMBER] for the upgrade.")],
        more={"session_id": "support-4577"},
        failure=faults.GUARDRAIL,
        timing=StoryTiming(44, 44, 44),
        again="guardrail",
    ),
    chat(
        "eu-only",
        "No provider in the required region",
        GROUP,
        ago=2 * DAY + 3 * HOUR,
        model="meta/llama-3.3-70b-instruct",
        messages=[user("Summarise this passenger complaint.")],
        more={"provider": {"required_execution_region": "eu"}},
        failure=faults.REGION,
        timing=StoryTiming(37, 37, 37),
        again="region",
    ),
    chat(
        "stream-broke",
        "The stream broke in the middle; nothing was billed",
        GROUP,
        ago=5.2 * HOUR,
        model="qwen/qwen3-coder",
        messages=[user("Write a regular expression for European flight numbers.")],
        more={"stream": True},
        reply=Reply(
            "A European flight number has two letters for the airline and up to four", finish="error"
        ),
        provider="alibaba",
        failure=faults.BROKEN_STREAM,
        timing=StoryTiming(402, 1402, 51),
        again="truncated",
    ),
    chat(
        "mid-stream",
        "An error sent in the middle of the stream",
        GROUP,
        ago=5.3 * HOUR,
        model="meta/llama-3.3-70b-instruct",
        messages=[user("Compare three airports in London.")],
        more={"stream": True},
        provider="groq",
        failure=faults.BROKEN_STREAM,
        timing=StoryTiming(288, 1288, 47),
        again="mid-stream-error",
    ),
    ask(
        "empty-gemini",
        "The provider answered nothing",
        GROUP,
        "responses",
        ago=15 * HOUR,
        body={"model": "google/gemini-2.5-pro", "input": "Write a haiku about a delayed train."},
        provider="google-ai-studio",
        failure=faults.EMPTY,
        usage=StoryUsage(9, 7, 2),
        timing=StoryTiming(2140, 2201, 58),
    ),
    chat(
        "no-price",
        "No price is set for the model",
        GROUP,
        ago=3 * DAY + 1 * HOUR,
        model="deepseek/deepseek-v3.2",
        messages=[user("Which documents does a dog need for Norway?")],
        more={"provider": {"only": ["novitaai"]}},
        failure=faults.NO_PRICE,
        timing=StoryTiming(40, 40, 40),
        attempts=(
            {
                "provider": "novitaai",
                "outcome": "no_pricing",
                "duration_ms": 0,
                "retryable": False,
                "type": "pricing",
            },
        ),
        again="pricing-missing",
    ),
    ask(
        "no-such-model",
        "The model does not exist here",
        GROUP,
        "chat.completions",
        ago=3 * DAY + 2 * HOUR,
        body={"model": "openai/gpt-7-ultra", "messages": [user("hello")]},
        resolved="unknown",
        failure=replace(
            faults.UNSUPPORTED,
            description='Model "openai/gpt-7-ultra" is not available at endpoint "chat.completions".',
        ),
        timing=StoryTiming(12, 12, 12),
    ),
    ask(
        "not-json",
        "The body was not JSON",
        GROUP,
        "chat.completions",
        ago=3 * DAY + 2.5 * HOUR,
        body={
            "_content_type": "application/json",
            "_invalid_json": True,
            "_body_length_chars": 97,
            "_model_hint": "openai/gpt-5-nano",
        },
        resolved="unknown",
        failure=faults.INVALID_JSON,
        timing=StoryTiming(3, 3, 3),
    ),
    chat(
        "crashed",
        "The gateway itself failed",
        GROUP,
        ago=4 * DAY + 2 * HOUR,
        model="mistral/mistral-large-3",
        messages=[system("Answer with a table."), user("Ferries between Ancona and Split.")],
        more={"tools": [function("timetable", line="string")]},
        failure=faults.PIPELINE,
        timing=StoryTiming(5120, 5120, 4020),
        attempts=(attempt("mistral", 200, 1080, response_kind="completed"),),
        row={"provider": "mistral"},
    ),
    chat(
        "no-key-at-provider",
        "The provider's key was refused",
        GROUP,
        ago=5 * DAY,
        model="google/gemini-2.5-flash",
        messages=[user("Suggest a hotel with a sauna in Tampere.")],
        failure=_all_failed(
            ["google-ai-studio", "google-vertex"],
            [401, 403],
            "credentials_invalid_or_forbidden",
            "Check the provider keys of the workspace.",
            "google/gemini-2.5-flash",
        ),
        timing=StoryTiming(702, 702, 60),
        attempts=(
            attempt("google-ai-studio", 401, 210, upstream_error_code="UNAUTHENTICATED"),
            attempt("google-vertex", 403, 388, upstream_error_code="PERMISSION_DENIED"),
        ),
    ),
    chat(
        "silent-minutes",
        "Slow to begin: replay it and wait",
        GROUP,
        ago=6 * DAY,
        model="openai/gpt-5",
        messages=[user("Plan a round-the-world trip with 14 stops under 6,000 euros.")],
        more={"stream": True, "reasoning_effort": "high"},
        reply=Reply(
            "Start in Istanbul, go east, and let the fares decide: fourteen stops are possible for about "
            "5,700 euros when you cross the Pacific on a Tuesday in February.",
            reasoning="I need cheap long legs first. " * 30,
        ),
        timing=StoryTiming(97_400, 104_900, 52),
        again="slow-first-byte",
    ),
]
