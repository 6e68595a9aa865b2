"""The usage that a record reports: less than the answer did, by leg and end (contract §0.2 and the recorded records)."""

from generations.gateway.demo.legs import Leg, leg
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.replies.response_bodies import is_incomplete
from generations.gateway.demo.shapes import Json, Reply, StoryUsage

TEXT = ("chat.completions", "responses", "messages")


def spent(rows: Rows) -> StoryUsage:
    """The counts; 0 where nothing came through. Reasoning does not come through every stream."""
    if not rows.answered and not rows.empty and not _reported_its_usage(rows):
        return StoryUsage()
    usage = rows.usage
    keeps = not rows.streamed or _over(rows) == "responses"
    reasoning = usage.reasoning if keeps else 0
    return StoryUsage(usage.input, usage.output, reasoning, usage.cached, usage.cache_write, usage.extra)


def _over(rows: Rows) -> Leg:
    return leg(rows.story.endpoint, rows.provider or "")


def _reported_its_usage(rows: Rows) -> bool:
    """Whether a Responses stream failed with its usage reported: it ended `incomplete` or `failed`."""
    served = rows.served
    if not rows.broke or (served.endpoint, served.leg) != ("responses", "responses"):
        return False
    return is_incomplete(served.reply) or rows.story.again == "mid-stream-error"


def usage(rows: Rows) -> Json:
    """The `usage` column of what reached a provider."""
    counts, over = spent(rows), _over(rows)
    names = _details(rows, counts, over)
    if rows.story.endpoint == "messages" and not rows.streamed and rows.answered:
        names |= {"cache_creation": None, "server_tool_use": None, "service_tier": None}
    if over == "messages" and not rows.streamed:
        names["cached_write_text_tokens"] = counts.cache_write
    elif rows.empty:
        names["cached_read_tokens_are_subset_of_input"] = True
    made = _counted(counts, rows.body, rows.story.reply if rows.answered else None, names)
    if rows.answered:
        return made
    why = "empty_response" if rows.empty else "incomplete_stream"
    return made | {"pricing": _SUPPRESSED | {"billing_suppression_reason": why}}


def _details(rows: Rows, counts: StoryUsage, over: Leg) -> Json:
    """Of a stream the parts come through by leg; of a whole answer all do."""
    cached = {"input_tokens_details": {"cached_tokens": counts.cached}}
    part = {"cached_tokens": counts.cache_write} if over == "messages" else None
    out = {"output_tokens_details": part or {"reasoning_tokens": counts.reasoning}}
    if not rows.streamed or rows.story.endpoint not in TEXT:
        return cached | out
    if not rows.answered and not _reported_its_usage(rows):
        return {}
    if rows.story.endpoint == "responses":
        return cached | (out if over == "responses" else {})
    if rows.story.endpoint == "messages":
        return {}
    return {"chat": cached, "responses": out, "messages": {}}[over]


_SUPPRESSED: Json = {
    "total_nanos": 0,
    "total_usd_str": "0.000000000",
    "total_cents": 0,
    "currency": "USD",
    "lines": [],
    "billing_suppressed": True,
}


def _counted(usage: StoryUsage, body: Json, reply: Reply | None, names: Json) -> Json:
    """The usage as a record keeps it. contract: input, output, total, requests, details and extras.

    `names`: the details that came through (`input_tokens_details` ...), each with its key and count.
    """
    shape: Json = {"requests": 1, "input_tokens": usage.input, "output_tokens": usage.output}
    shape |= {"total_tokens": usage.input + usage.output} | names
    if usage.cache_write:
        shape["cached_write_text_tokens"] = usage.cache_write
    return shape | _tools(body, reply) | usage.extra


def _tools(body: Json, reply: Reply | None) -> Json:
    tools, calls = body.get("tools"), reply.calls if reply else ()
    if not calls or not isinstance(tools, list):
        return {}
    functions = [tool.get("function", tool) for tool in tools if isinstance(tool, dict)]
    return {
        "tool_call_count": len(calls),
        "request_tool_count": len(tools),
        "request_tool_names": [function.get("name") for function in functions],
        "output_tool_call_count": len(calls),
        "output_tool_call_names": list(dict.fromkeys(call.name for call in calls)),
    }
