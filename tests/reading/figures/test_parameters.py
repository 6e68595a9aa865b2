"""Parameters, tools, schema: everything of a request that is not conversation."""

import json

import pytest

from generations.gateway.rawjson.values import Value, loads
from generations.reading.conversation import sides
from generations.reading.figures import parameters
from generations.reading.text import box


def body(text: str) -> dict[str, Value]:
    return box(loads(text))


def read(endpoint: str, wire: str, text: str) -> list[tuple[str, str, str, bool]]:
    readers = sides.wire_of(endpoint)
    made = parameters.read(body(text), "", wire, readers.content | {readers.list_key})
    return [(parameter.name, parameter.value, parameter.usual, parameter.differs) for parameter in made]


def test_chat_parameters_and_their_usual_values() -> None:
    text = '{"model": "x", "messages": [], "temperature": 1.0, "top_p": 0.9, "stream": true, "seed": 7, "tools": []}'
    assert read("chat.completions", "chat", text) == [
        ("model", "x", "", True),
        ("temperature", "1.0", "1", False),
        ("top_p", "0.9", "1", True),
        ("stream", "true", "false", True),
        ("seed", "7", "", True),
    ]


def test_responses_keep_the_options_next_to_the_format() -> None:
    text = '{"input": "hi", "store": false, "text": {"format": {"type": "text"}, "verbosity": "low"}}'
    assert read("responses", "responses", text) == [
        ("store", "false", "true", True),
        ("text.format", '{"type":"text"}', '{"type":"text"}', False),
        ("text.verbosity", "low", "", True),
    ]


def test_speech_keeps_its_format() -> None:
    text = '{"input": "hi", "voice": "alloy", "response_format": "mp3"}'
    assert read("audio.speech", "speech", text) == [
        ("voice", "alloy", "", True),
        ("response_format", "mp3", "mp3", False),
    ]


def test_tools_in_three_spellings() -> None:
    request = body(
        '{"tools": [{"type": "function", "function": {"name": "a", "description": "A", "parameters": {"type": "object"}}},'
        ' {"type": "function", "name": "b", "parameters": {}}, {"name": "c", "input_schema": {"x": 1}},'
        ' {"type": "web_search"}], "functions": [{"name": "d"}]}'
    )
    assert [(tool.name, tool.kind, tool.at) for tool in parameters.tools(request, "/r")] == [
        ("a", "function", "/r/tools/0"),
        ("b", "function", "/r/tools/1"),
        ("c", "function", "/r/tools/2"),
        ("web_search", "web_search", "/r/tools/3"),
        ("d", "function", "/r/functions/0"),
    ]
    assert parameters.tools(request, "")[0].schema == '{\n  "type": "object"\n}'


def test_the_output_schema() -> None:
    chat = parameters.schema(
        body('{"response_format": {"type": "json_schema", "json_schema": {"name": "offers"}}}'), "", "chat"
    )
    responses = parameters.schema(body('{"text": {"format": {"type": "json_object"}}}'), "", "responses")
    assert chat is not None
    assert responses is not None
    assert (chat.name, chat.at) == ("offers", "/response_format")
    assert (responses.name, responses.at) == ("json_object", "/text/format")
    assert parameters.schema(body('{"response_format": {"type": "text"}}'), "", "chat") is None


def test_nothing_of_a_request_is_left_out() -> None:
    many = body(json.dumps({f"p{number}": number for number in range(151)}))
    last = parameters.read(many, "/r", "chat", frozenset())[-1]
    assert (last.value, last.at, last.more) == ("1 more", "/r", True)
    odd = body('{"tools": "none", "functions": {}, "response_format": {"type": "text"}, "text": "x"}')
    assert [parameter.name for parameter in parameters.read(odd, "", "chat", frozenset())] == [
        "tools",
        "functions",
        "response_format",
        "text",
    ]
    assert [parameter.name for parameter in parameters.read(odd, "", "responses", frozenset())] == [
        "tools",
        "functions",
        "response_format",
        "text",
    ]
    tools = parameters.tools(body(json.dumps({"tools": [{"name": "t"}] * 151})), "/r")
    assert (tools[-1].name, tools[-1].at, tools[-1].more) == ("1 more", "/r/tools", True)


@pytest.mark.parametrize(
    ("tool", "more"),
    [
        ({"name": "a", "description": "d" * 600}, False),
        ({"name": "a", "description": "d" * 601}, True),
        ({"name": "a", "parameters": {"x": 1}}, False),
        ({"name": "a", "parameters": {"x": 1}, "strict": True}, True),
        ({"type": "function", "function": {"name": "a"}, "cache_control": {}}, True),
        ({"name": "a", "parameters": {"x": "漢" * 2100}}, True),
    ],
)
def test_a_tool_leads_to_what_is_not_shown(tool: dict[str, Value], more: bool) -> None:
    assert parameters.tools(body(json.dumps({"tools": [tool]})), "")[0].more == more
