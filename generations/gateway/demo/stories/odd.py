"""Answers that say one thing and mean another: what is easily lost, glued or taken for a success."""

from generations.gateway.demo import faults
from generations.gateway.demo.prices import line
from generations.gateway.demo.shapes import Json, ModelCall, Reply, Story, StoryTiming, StoryUsage
from generations.gateway.demo.stories.ways import HOUR, ask, chat, function, system, user

GROUP = "Odd answers"
_MS = 1795302000000
_SEARCH = function("find_hotel", "Find a hotel", city="string", nights="integer")


def _choice(body: Json, **more: object) -> Json:
    """The body with members of its first choice changed."""
    return body | {"choices": [body["choices"][0] | more]}


def _message(body: Json, **more: object) -> Json:
    """The body with members of its first message changed."""
    return _choice(body, message=body["choices"][0]["message"] | more)


def _choice_error(body: Json) -> Json:
    error = {"code": 502, "message": "Upstream connection lost.", "metadata": {"provider_name": "DeepSeek"}}
    return _choice(body, error=error, finish_reason="error", native_finish_reason="error")


def _network_error(body: Json) -> Json:
    return _choice(body, finish_reason="stop", native_finish_reason="network_error")


def _cited(body: Json) -> Json:
    cited = {
        "url": "https://ferries.example/timetable",
        "title": "Timetable",
        "start_index": 0,
        "end_index": 34,
    }
    return _message(body, annotations=[{"type": "url_citation", "url_citation": cited}])


def _same_index(body: Json) -> Json:
    calls = body["choices"][0]["message"]["tool_calls"]
    return _message(body, tool_calls=[call | {"index": 0} for call in calls])


def _signed(body: Json) -> Json:
    detail = {"type": "reasoning.encrypted", "data": "ZW5jcnlwdGVk", "id": "rs_1", "index": 1}
    summary = {"type": "reasoning.summary", "summary": "Compare both trains.", "index": 0}
    return _message(body, reasoning="Compare both trains.", reasoning_details=[summary, detail])


def _tools_of_others(body: Json) -> Json:
    listed = {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "rail", "tools": [{"name": "delays"}]}
    called = {"type": "mcp_call", "id": "mcp_1", "server_label": "rail", "name": "delays", "error": None}
    called |= {"arguments": '{"train": "IC 145"}', "output": "12 minutes"}
    custom = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_c1", "name": "ticket_sql"}
    custom |= {"input": "SELECT seat FROM tickets\nWHERE train = 'IC 145';"}
    return body | {"output": [listed, called, *body["output"], custom]}


def _quoted(body: Json) -> Json:
    cite = {"type": "char_location", "cited_text": "Dogs travel free.", "document_index": 0}
    cite |= {"document_title": "Rules", "start_char_index": 0, "end_char_index": 17}
    return body | {"content": [body["content"][0] | {"citations": [cite]}]}


def _failed_item(body: Json) -> Json:
    failed = {"type": "web_search_call", "id": "ws_1", "status": "failed", "action": {"type": "search"}}
    return body | {"output": [failed, *body["output"]]}


STORIES: list[Story] = [
    chat(
        "error-in-choice",
        "An error inside the choice, with status 200",
        GROUP,
        ago=0.4 * HOUR,
        model="deepseek/deepseek-v3.2",
        messages=[user("Which night trains leave Zürich?")],
        reply=Reply("From Zürich night trains leave for", finish="error", turn=_choice_error),
    ),
    chat(
        "network-error",
        "Finished as stop, but the provider's own word is network_error",
        GROUP,
        ago=0.5 * HOUR,
        model="mistral/mistral-large-3",
        messages=[user("Which ferries leave Bari?")],
        reply=Reply(turn=_network_error),
    ),
    chat(
        "silent-stream",
        "A stream without a word, and paid for",
        GROUP,
        ago=0.6 * HOUR,
        model="meta/llama-3.3-70b-instruct",
        messages=[user("Reply only if the bus is late. It is on time.")],
        more={"stream": True},
        reply=Reply(),
        usage=StoryUsage(14, 1),
    ),
    chat(
        "same-index",
        "Two tool calls under one index",
        GROUP,
        ago=0.7 * HOUR,
        model="mistral/mistral-large-3",
        messages=[system("You book hotels."), user("A night in Ghent and two in Bruges, please.")],
        more={"tools": [_SEARCH]},
        reply=Reply(
            calls=(
                ModelCall("find_hotel", '{"city": "Ghent", "nights": 1}'),
                ModelCall("find_hotel", '{"city": "Bruges", "nights": 2}'),
            ),
            finish="tool_calls",
            turn=_same_index,
        ),
    ),
    chat(
        "web-citations",
        "An answer with web citations",
        GROUP,
        ago=0.8 * HOUR,
        model="google/gemini-2.5-flash",
        messages=[user("When does the first ferry to Hvar leave?")],
        reply=Reply("The first ferry leaves at 05:30 h. It needs two hours.", turn=_cited),
    ),
    ask(
        "document-citations",
        "An answer that quotes a document",
        GROUP,
        "messages",
        ago=0.9 * HOUR,
        body={
            "model": "anthropic/claude-sonnet-4.5",
            "max_tokens": 200,
            "messages": [user("May my dog come along?")],
        },
        reply=Reply("Yes, dogs travel free.", turn=_quoted),
    ),
    chat(
        "reasoning-details",
        "Reasoning in details, one of them encrypted",
        GROUP,
        ago=1.0 * HOUR,
        model="meta/llama-3.3-70b-instruct",
        messages=[user("Is the 08:12 or the 08:40 to Linz faster?")],
        reply=Reply("The 08:40: it does not stop.", reasoning="Compare both trains.", turn=_signed),
    ),
    ask(
        "mcp-and-custom",
        "A tool of an MCP server and a custom tool",
        GROUP,
        "responses",
        ago=1.1 * HOUR,
        body={"model": "openai/gpt-5-mini", "input": "Is IC 145 late, and which seat is mine?"},
        reply=Reply("IC 145 is 12 minutes late.", turn=_tools_of_others),
    ),
    ask(
        "failed-item",
        "The search inside the answer failed",
        GROUP,
        "responses",
        ago=1.15 * HOUR,
        body={"model": "openai/gpt-5-mini", "input": "Is the Gotthard tunnel open?"},
        reply=Reply("I could not look it up. It was open yesterday.", turn=_failed_item),
    ),
    ask(
        "stream-incomplete",
        "The client had its text, the record says 502: the provider's answer stands in",
        GROUP,
        "responses",
        ago=1.2 * HOUR,
        body={
            "model": "openai/gpt-5-mini",
            "input": "Describe the road from Tromsø to Alta.",
            "stream": True,
            "max_output_tokens": 24,
        },
        provider="openai",
        reply=Reply("The road follows the fjords, climbs twice, and meets reindeer", finish="length"),
        failure=faults.BROKEN_STREAM,
        timing=StoryTiming(310, 820, 40),
    ),
    ask(
        "faked-end",
        "The provider broke off, the gateway made a good end",
        GROUP,
        "messages",
        ago=1.3 * HOUR,
        body={
            "model": "anthropic/claude-haiku-4.5",
            "max_tokens": 400,
            "stream": True,
            "messages": [user("Three lakes near Ljubljana?")],
        },
        reply=Reply("Bled, Bohinj and", finish="length"),
        usage=StoryUsage(),
        lines=(),
        again="truncated",
    ),
    chat(
        "numbers-changed",
        "Numbers and keys that the gateway's JavaScript has changed",
        GROUP,
        ago=1.4 * HOUR,
        model="openai/gpt-4o-mini",
        messages=[user("Say yes or no: is Malmö in Sweden?")],
        more={
            "seed": 9_007_199_254_740_993,
            "temperature": 1.0,
            "presence_penalty": -0.0,
            "logit_bias": {"x": 0, "9642": 5, "24": -5},
        },
        reply=Reply("yes"),
    ),
    chat(
        "tiny-cost",
        "It cost 28 nano-dollars",
        GROUP,
        ago=1.5 * HOUR,
        model="openai/gpt-5-nano",
        messages=[user("1")],
        reply=Reply("1"),
        usage=StoryUsage(28),
        lines=(line("cached_read_text_tokens", 28, 1_000_000, 10**6, _MS),),
    ),
    chat(
        "odd-times",
        "Times that cannot be: the first token after the last",
        GROUP,
        ago=1.6 * HOUR,
        model="openai/gpt-5-nano",
        messages=[user("What time is it in Suva?")],
        more={"stream": True},
        reply=Reply("I cannot know the time of this moment."),
        row={"latency_ms": 5400, "generation_ms": 1200, "created_at": "2026-11-20 10:00:00.5+00"},
    ),
    chat(
        "no-data-policy",
        "No provider keeps to the data policy",
        GROUP,
        ago=1.7 * HOUR,
        model="openai/gpt-5-mini",
        messages=[user("Summarise this medical note.")],
        failure=faults.DATA_POLICY,
        timing=StoryTiming(18, 18, 18),
        again="data-policy",
    ),
    chat(
        "filters-leave-nobody",
        "The provider filters leave nobody",
        GROUP,
        ago=1.8 * HOUR,
        model="openai/gpt-5-mini",
        messages=[user("Which gate?")],
        more={"provider": {"only": ["mistral"]}},
        failure=faults.NO_MATCH,
        timing=StoryTiming(14, 14, 14),
    ),
]
