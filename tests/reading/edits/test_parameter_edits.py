"""Ready-made changes of a stored request."""

from typing import Any

import pytest

from generations.gateway.rawjson.values import Number, Value, dumps, loads
from generations.reading.edits.json_patch import apply
from generations.reading.edits.parameter_edits import VARIATIONS, build, offered
from generations.reading.edits.patch_ops import Body, VariationRefused

CHAT_TOOLS = '"tools":[{"type":"function","function":{"name":"find"}},{"type":"gateway:datetime"}]'
FLAT_TOOLS = '"tools":[{"type":"function","name":"find"},{"name":"look"},7,{"type":"gateway:datetime"}]'


def body(text: str) -> Body:
    value = loads(text)
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    ("wire", "name", "value", "before", "after"),
    [
        ("chat", "model", "a/b", '{"model": "x"}', '{"model": "a/b"}'),
        ("embeddings", "model", " a/b ", "{}", '{"model":"a/b"}'),
        (
            "chat",
            "model",
            "azure:a/b",
            '{"model":"x","provider":{"only":["y"]}}',
            '{"model":"azure:a/b","provider":{}}',
        ),
        (
            "chat",
            "provider",
            "azure",
            '{"provider":{}}',
            '{"provider":{"only":["azure"],"allow_fallbacks":false}}',
        ),
        ("chat", "temperature", "0.20", '{"temperature": 0.70}', '{"temperature": 0.20}'),
        ("chat", "temperature", "1e0", "{}", '{"temperature":1e0}'),
        ("chat", "temperature", "", '{"a":1,"temperature":1}', '{"a":1}'),
        ("responses", "top_p", "0", '{"top_p":1}', '{"top_p":0}'),
        ("chat", "seed", "-9223372036854775808", "{}", '{"seed":-9223372036854775808}'),
        ("responses", "seed", "1", '{"seed":2}', '{"seed":1}'),
        ("chat", "max_tokens", "9", "{}", '{"max_completion_tokens":9}'),
        ("chat", "max_tokens", "9", '{"max_tokens":1}', '{"max_tokens":9}'),
        (
            "chat",
            "max_tokens",
            "9",
            '{"max_tokens":1,"max_completion_tokens":9}',
            '{"max_tokens":9,"max_completion_tokens":9}',
        ),
        ("chat", "max_tokens", "", '{"max_tokens":1,"max_completion_tokens":9}', "{}"),
        ("responses", "max_tokens", "9", "{}", '{"max_output_tokens":9}'),
        ("messages", "max_tokens", "9", '{"max_tokens":1}', '{"max_tokens":9}'),
        ("chat", "reasoning_effort", "low", "{}", '{"reasoning":{"effort":"low"}}'),
        ("chat", "reasoning_effort", "low", '{"reasoning_effort":"high"}', '{"reasoning_effort":"low"}'),
        (
            "chat",
            "reasoning_effort",
            "low",
            '{"reasoning_effort":"high","reasoning":{"effort":"high"}}',
            '{"reasoning_effort":"low","reasoning":{"effort":"low"}}',
        ),
        (
            "responses",
            "reasoning_effort",
            "none",
            '{"reasoning":{"summary":"auto"}}',
            '{"reasoning":{"summary":"auto","effort":"none"}}',
        ),
        ("messages", "reasoning_effort", "", '{"reasoning":{"effort":"low"}}', '{"reasoning":{}}'),
        ("chat", "stream", "on", "{}", '{"stream":true}'),
        (
            "chat",
            "stream",
            "on",
            '{"stream":false,"stream_options":{}}',
            '{"stream":true,"stream_options":{}}',
        ),
        (
            "chat",
            "stream",
            "off",
            '{"stream":true,"stream_options":{"include_usage":true}}',
            '{"stream":false}',
        ),
        ("images", "stream", "off", '{"stream":true,"partial_images":2}', '{"stream":false}'),
        ("chat", "tool_choice", "auto", f"{{{CHAT_TOOLS}}}", f'{{{CHAT_TOOLS},"tool_choice":"auto"}}'),
        (
            "chat",
            "tool_choice",
            "find",
            f"{{{CHAT_TOOLS}}}",
            f'{{{CHAT_TOOLS},"tool_choice":{{"type":"function","function":{{"name":"find"}}}}}}',
        ),
        (
            "chat",
            "tool_choice",
            "gateway:datetime",
            f"{{{CHAT_TOOLS}}}",
            f'{{{CHAT_TOOLS},"tool_choice":"gateway:datetime"}}',
        ),
        (
            "responses",
            "tool_choice",
            "find",
            f"{{{FLAT_TOOLS}}}",
            f'{{{FLAT_TOOLS},"tool_choice":{{"type":"function","name":"find"}}}}',
        ),
        (
            "messages",
            "tool_choice",
            "required",
            f"{{{FLAT_TOOLS}}}",
            f'{{{FLAT_TOOLS},"tool_choice":{{"type":"any"}}}}',
        ),
        (
            "messages",
            "tool_choice",
            "look",
            f'{{{FLAT_TOOLS},"tool_choice":{{"type":"any","disable_parallel_tool_use":true}}}}',
            f'{{{FLAT_TOOLS},"tool_choice":{{"type":"tool","name":"look","disable_parallel_tool_use":true}}}}',
        ),
        ("messages", "tool_choice", "", '{"a":1,"tool_choice":{"type":"any"}}', '{"a":1}'),
        ("chat", "service_tier", "flex", '{"service_tier":"auto"}', '{"service_tier":"flex"}'),
    ],
)
def test_variations(wire: str, name: str, value: str, before: str, after: str) -> None:
    patch = build(name, body(before), wire, value)
    changed = apply(before.encode(), patch)
    assert changed.decode() == after
    assert build(name, body(after), wire, value) == ()
    shown = VARIATIONS[name].present(body(after), wire)
    assert shown == value.strip() or (name, value) == ("tool_choice", "")


@pytest.mark.parametrize("wire", ["chat", "responses", "messages"])
def test_what_is_so_already_is_no_change(wire: str) -> None:
    request = body(
        '{"temperature":0.70,"stream":null,"reasoning":{"effort":"low"},"top_p":1.0,"model":"a/b"}'
    )
    same = {"temperature": "0.7", "stream": "off", "reasoning_effort": "low", "top_p": "1", "model": "a/b"}
    assert [build(name, request, wire, value) for name, value in same.items()] == [()] * len(same)
    assert build("seed", body("{}"), "chat", "") == ()


NUMBER = "It must be a number from 0 to {}."


@pytest.mark.parametrize(
    ("wire", "name", "value", "sentence"),
    [
        ("chat", "temperature", "2.1", NUMBER.format(2)),
        ("messages", "temperature", "1.5", NUMBER.format(1)),
        ("chat", "temperature", "-0.1", NUMBER.format(2)),
        ("chat", "temperature", "0,7", "Use a decimal point: 0.7."),
        ("chat", "temperature", "NaN", NUMBER.format(2)),
        ("chat", "temperature", "01", NUMBER.format(2)),
        ("chat", "temperature", ".5", NUMBER.format(2)),
        ("chat", "temperature", "1e999", NUMBER.format(2)),
        ("chat", "temperature", "٣", NUMBER.format(2)),
        ("chat", "top_p", "1.01", NUMBER.format(1)),
        (
            "chat",
            "seed",
            "1.0",
            "It must be a whole number from -9,223,372,036,854,775,808 to 9,223,372,036,854,775,807.",
        ),
        (
            "chat",
            "seed",
            "9223372036854775808",
            "It must be a whole number from -9,223,372,036,854,775,808 to 9,223,372,036,854,775,807.",
        ),
        ("chat", "max_tokens", "0", "It must be a whole number from 1 to 1,000,000,000."),
        ("messages", "max_tokens", "", "The messages format requires an output token limit."),
        ("chat", "reasoning_effort", "extreme", "It must be one of none, minimal, low, medium, high, xhigh."),
        ("chat", "stream", "", "It must be one of on, off."),
        (
            "chat",
            "service_tier",
            "x",
            "It must be one of auto, default, standard, fast, priority, flex, batch.",
        ),
        (
            "chat",
            "model",
            "two words",
            "Use a model name like openai/gpt-5-nano, without spaces, up to 200 characters.",
        ),
        (
            "chat",
            "model",
            "",
            "Use a model name like openai/gpt-5-nano, without spaces, up to 200 characters.",
        ),
        (
            "chat",
            "model",
            "a\ud83d",
            "Use a model name like openai/gpt-5-nano, without spaces, up to 200 characters.",
        ),
        ("chat", "tool_choice", "auto", "The request offers no tools, so there is nothing to choose."),
        ("embeddings", "temperature", "1", "This endpoint has no temperature."),
        ("video", "model", "a/b", "This endpoint has no model."),
        ("chat", "colour", "red", "This endpoint has no such parameter."),
    ],
)
def test_what_is_not_possible_says_why(wire: str, name: str, value: str, sentence: str) -> None:
    with pytest.raises(VariationRefused) as caught:
        build(name, {"model": "x"}, wire, value)
    assert str(caught.value) == sentence


def test_only_tools_that_are_offered_can_be_chosen() -> None:
    with pytest.raises(
        VariationRefused, match=r"^It must be one of auto, none, required, find, gateway:datetime\.$"
    ):
        build("tool_choice", body(f"{{{CHAT_TOOLS}}}"), "chat", "other")


@pytest.mark.parametrize(
    ("wire", "text", "names"),
    [
        (
            "chat",
            "{}",
            "model provider temperature top_p seed max_tokens reasoning_effort stream tool_choice service_tier",
        ),
        (
            "responses",
            "{}",
            "model provider temperature top_p max_tokens reasoning_effort stream tool_choice service_tier",
        ),
        (
            "messages",
            '{"seed":1}',
            "model provider temperature top_p seed max_tokens reasoning_effort stream tool_choice service_tier",
        ),
        ("embeddings", "{}", "model provider"),
        ("images", '{"seed":1}', "model provider seed stream"),
        ("video", '{"model":"x"}', ""),
        ("batch", "{}", ""),
    ],
)
def test_each_endpoint_has_its_own(wire: str, text: str, names: str) -> None:
    assert [variation.name for variation in offered(body(text), wire)] == names.split()


@pytest.mark.parametrize("odd", [None, "text", [], [[]], {}, {"a": None}, Number("1e400"), True])
@pytest.mark.parametrize("wire", ["chat", "responses", "messages", "images"])
def test_odd_requests_are_changed_all_the_same(odd: Value, wire: str) -> None:
    keys = (
        "model",
        "provider",
        "routing",
        "reasoning",
        "tools",
        "tool_choice",
        "stream",
        "stream_options",
        "max_tokens",
    )
    request: Body = dict.fromkeys(keys, odd)
    values: dict[str, Any] = {
        "model": "a/b",
        "provider": "p",
        "temperature": "1",
        "max_tokens": "5",
        "reasoning_effort": "low",
        "stream": "off",
    }
    for variation in offered(request, wire):
        assert isinstance(variation.present(request, wire), str)
        if variation.name in values:
            apply(dumps(request).encode(), variation.build(request, wire, values[variation.name]))
