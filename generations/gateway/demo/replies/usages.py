"""Usage and cost as each surface shows them, live and in the log."""

from generations.gateway.demo.prices import cents, priced, total
from generations.gateway.demo.replies.served_reply import ServedReply
from generations.gateway.demo.shapes import Json


def counts(served: ServedReply) -> Json:
    """Input, output and total."""
    usage = served.usage
    names = ("input_tokens", "output_tokens", "total_tokens")
    return dict(zip(names, (usage.input, usage.output, usage.input + usage.output), strict=True))


def details(served: ServedReply) -> Json:
    """The parts; of Anthropic's output the gateway reports what was written to the cache."""
    usage = served.usage
    out = (
        {"cached_tokens": usage.cache_write}
        if served.leg == "messages"
        else {"reasoning_tokens": usage.reasoning}
    )
    return {"input_tokens_details": {"cached_tokens": usage.cached}, "output_tokens_details": out}


def chat(served: ServedReply, *, whole: bool = True) -> Json:
    """contract: chat answers use prompt_tokens, completion_tokens, total_tokens, details and pricing."""
    usage = served.usage
    made: Json = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
    }
    if whole or served.leg == "chat":
        made["prompt_tokens_details"] = {"cached_tokens": usage.cached}
    if whole or served.leg == "responses":
        made["completion_tokens_details"] = details(served)["output_tokens_details"]
    return made | {"pricing": priced(served.lines)}


def responses(served: ServedReply, *, whole: bool = True) -> Json:
    """contract: responses answers use input_tokens, output_tokens, total_tokens, details, pricing_breakdown."""
    parts = details(served)
    if not whole and served.leg == "messages":
        del parts["output_tokens_details"]
    return counts(served) | parts | {"pricing_breakdown": priced(served.lines)}


_UNKNOWN = ("cache_creation", "cache_creation_input_tokens", "cache_read_input_tokens")


def messages(served: ServedReply, *, whole: bool = False) -> Json:
    """contract §0.2: the last frame says nothing of the cache; a whole body has `total_tokens` and prices."""
    usage = served.usage
    made: Json = dict.fromkeys(_UNKNOWN)
    made |= {"input_tokens": usage.input, "output_tokens": usage.output}
    made |= {"server_tool_use": None, "service_tier": None}
    if not whole:
        return made
    first = {"total_tokens": usage.input + usage.output}
    return first | details(served) | {"pricing_breakdown": priced(served.lines)} | made


def logged(served: ServedReply) -> Json:
    """The usage inside a stored answer: in the gateway's own words whatever the surface."""
    made: Json = {"requests": 1}
    if served.leg == "messages":
        made["cached_write_text_tokens"] = served.usage.cache_write
    if served.endpoint == "messages":
        made |= {"cache_creation": None, "server_tool_use": None, "service_tier": None}
    return made | {"pricing": priced(served.lines)} | counts(served) | details(served)


def cost_keys(lines: list[Json]) -> Json:
    """The four keys at the top of a priced non-stream body."""
    nanos = total(lines)
    return {"cost_nanos": nanos, "cost_cents": cents(nanos), "currency": "USD", "pricing_lines": lines}
