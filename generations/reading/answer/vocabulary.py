"""One word for what providers call differently: why an answer ended, and which model gave it."""

from collections.abc import Iterable

FINISH = {
    "stop": ("stop", "end_turn", "stop_sequence", "eos", "end", "complete", "finished"),
    "tool_calls": ("tool_calls", "tool_use", "function_call", "tool_call"),
    "length": ("length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"),
    "content_filter": ("content_filter", "safety", "recitation", "blocklist", "prohibited_content", "spii"),
    "error": ("error", "failed"),
    "cancel": ("cancel", "cancelled", "canceled"),
}
"""The gateway's word, and the words of the providers that mean the same. What is not listed stands for itself."""

_WORDS = {word: ours for ours, words in FINISH.items() for word in words}
COMPLETED = "completed"
"""A response's word for an end that is `stop` or, where it calls tools, `tool_calls`."""


def finish(reason: str, *, calls: bool = False) -> str:
    """The gateway's word for why an answer ended. `calls`: it calls tools of the client."""
    word = reason.strip().lower()
    if word == COMPLETED:
        return "tool_calls" if calls else "stop"
    return _WORDS.get(word, word)


def same_finish(first: str, second: str) -> bool:
    """Whether two words mean the same end. What `completed` means depends on the calls, so it agrees with both."""
    if COMPLETED in (first.lower(), second.lower()):
        return {finish(first), finish(second)} <= {"stop", "tool_calls"}
    return finish(first) == finish(second)


def full_model(answered: str, known: Iterable[str]) -> str:
    """The gateway's name of the model that an answer names: the first of `known` that may be the same, else as it came.

    contract: frames carry the provider's slug (`gpt-5-nano`), records the full name (`openai/gpt-5-nano`). A request may
    name a provider before it (`openai:openai/gpt-5-nano`), which is no part of the name.
    """
    names = (_without_provider(name) for name in known)
    return next((name for name in names if answered and same_model(answered, name)), answered)


def _without_provider(model: str) -> str:
    provider, colon, name = model.partition(":")
    return name if colon and "/" not in provider and "/" in name else model


def same_model(model: str, other: str) -> bool:
    """Whether two names may be of one model: `gpt-5-nano` is `openai/gpt-5-nano`."""
    first, second = (name.strip().lower() for name in (model, other))
    if ("/" in first) == ("/" in second):
        return first == second
    return first.rpartition("/")[2] == second.rpartition("/")[2]
