"""Parameters, tools, schema: everything of a request that is not conversation."""

from generations.gateway.jsontext import Value, loads
from generations.reading import conversation, parameters
from generations.reading.text import box


def body(text: str) -> dict[str, Value]:
    return box(loads(text))


def read(endpoint: str, wire: str, text: str) -> list[tuple[str, str, str, bool]]:
    readers = conversation.wire_of(endpoint)
    made = parameters.read(body(text), "", wire, readers.content | {readers.list_key})
    return [(one.name, one.value, one.usual, one.differs) for one in made]


def test_chat_parameters_and_their_usual_values() -> None:
    told = '{"model": "x", "messages": [], "temperature": 1.0, "top_p": 0.9, "stream": true, "seed": 7, "tools": []}'
    assert read("chat.completions", "chat", told) == [
        ("model", "x", "", True),
        ("temperature", "1.0", "1", False),
        ("top_p", "0.9", "1", True),
        ("stream", "true", "false", True),
        ("seed", "7", "", True),
    ]


def test_responses_keep_the_options_beside_the_format() -> None:
    told = '{"input": "hi", "store": false, "text": {"format": {"type": "text"}, "verbosity": "low"}}'
    assert read("responses", "responses", told) == [
        ("store", "false", "true", True),
        ("text.verbosity", "low", "", True),
    ]


def test_speech_keeps_its_format() -> None:
    told = '{"input": "hi", "voice": "alloy", "response_format": "mp3"}'
    assert read("audio.speech", "speech", told) == [
        ("voice", "alloy", "", True),
        ("response_format", "mp3", "mp3", False),
    ]


def test_tools_in_three_spellings() -> None:
    told = body(
        '{"tools": [{"type": "function", "function": {"name": "a", "description": "A", "parameters": {"type": "object"}}},'
        ' {"type": "function", "name": "b", "parameters": {}}, {"name": "c", "input_schema": {"x": 1}},'
        ' {"type": "web_search"}], "functions": [{"name": "d"}]}'
    )
    assert [(tool.name, tool.kind, tool.at) for tool in parameters.tools(told, "/r")] == [
        ("a", "function", "/r/tools/0"),
        ("b", "function", "/r/tools/1"),
        ("c", "function", "/r/tools/2"),
        ("web_search", "web_search", "/r/tools/3"),
        ("d", "function", "/r/functions/0"),
    ]
    assert parameters.tools(told, "")[0].schema == '{\n  "type": "object"\n}'


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
