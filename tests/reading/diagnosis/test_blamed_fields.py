"""The field in error is found in the request, whoever names it and however."""

import json
from typing import Any

import pytest

from generations.gateway.rawjson.values import loads
from generations.reading.diagnosis import blamed_fields
from generations.reading.page_types.outline import BlamedField

AT = "/replay_request"
CHAT = {
    "model": "openai/gpt-5-nano",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": "x"}}],
        },
    ],
    "max_tokens": 9,
    "temperature": 9,
    "stop": ["a"],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
}
RESPONSES = {"model": "m", "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]}


def found(error: Any, body: Any = CHAT, **members: Any) -> list[BlamedField]:
    fields = loads(json.dumps({"success": False, "error_payload": error, **members}))
    assert isinstance(fields, dict)
    return blamed_fields.find(fields, loads(json.dumps(body)), AT)


OPENAI = [
    (
        {
            "error": {
                "param": "messages[3].content[1].image_url",
                "message": "Invalid.",
                "code": "invalid_value",
            }
        },
        "messages/3/content/1/image_url",
    ),
    ({"error": {"param": "messages.[2].content", "message": "Invalid."}}, "messages/2/content"),
    (
        {"error": {"message": "Unsupported value: 'temperature' does not support 9 with this model."}},
        "temperature",
    ),
    (
        {"error": {"message": "Unsupported parameter: 'max_completion_tokens' is not supported."}},
        "max_tokens",
    ),
    (
        {"error": {"param": "tools[0].function.parameters", "message": "Invalid schema."}},
        "tools/0/function/parameters",
    ),
]
ANTHROPIC = [
    ("max_tokens: 9 > 4, which is the maximum allowed", "max_tokens", True),
    ("messages.1.content: text content blocks must be non-empty", "messages/2/content", False),
    ("tools.0.custom.input_schema: Field required", "tools/0", True),
    ("stop_sequences: each must contain non-whitespace", "stop", False),
]
GEMINI = [
    ("Invalid value at 'contents[2].parts[1]' (oneof), oneof field is set", "messages/3/content/1"),
    ("* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.", "messages/1/content"),
    ("Invalid value at 'generationConfig.maxOutputTokens' (TYPE_INT32), \"many\"", "max_tokens"),
]
GATEWAY = [
    (
        [{"path": ["messages", 2, "content"], "message": "Required", "keyword": "required"}],
        "messages/2/content",
    ),
    ([{"path": "/temperature", "message": "must be <= 2", "keyword": "maximum"}], "temperature"),
    ([{"loc": ["body", "messages", 1, "user", "content"], "msg": "field required"}], "messages/1/content"),
    ([{"instancePath": "/tools/0/function", "message": "must have required property"}], "tools/0/function"),
]


def places(blamed: list[BlamedField]) -> list[str]:
    return [field.at.removeprefix(f"{AT}/") for field in blamed]


@pytest.mark.parametrize(("error", "place"), OPENAI)
def test_openai(error: Any, place: str) -> None:
    assert places(found(error)) == [place]


@pytest.mark.parametrize(("message", "place", "sure"), ANTHROPIC)
def test_anthropic_whose_messages_hold_no_system_message(message: str, place: str, sure: bool) -> None:
    upstream = {
        "error": "upstream_error",
        "upstream_error": {"code": "invalid_request_error", "message": message},
    }
    assert [(*places([field]), field.sure) for field in found(upstream)] == [(place, sure)]


@pytest.mark.parametrize(("message", "place"), GEMINI)
def test_gemini_in_words_and_in_its_field_violations(message: str, place: str) -> None:
    attempts = [{"provider": "google-ai-studio", "outcome": "error", "upstream_error_message": message}]
    assert places(found(None, provider_attempts=attempts)) == [place]
    path = message.split("'")[1] if "'" in message else "contents[0].parts"
    violation = {
        "error": {
            "code": 400,
            "details": [{"@type": "x", "fieldViolations": [{"field": path, "description": "?"}]}],
        }
    }
    assert places(found(violation)) == [place]


@pytest.mark.parametrize(("details", "place"), GATEWAY)
def test_the_gateways_validation(details: Any, place: str) -> None:
    blamed = found({"error": "validation_error", "description": "Invalid request", "details": details})
    assert (places(blamed), blamed[0].sure, bool(blamed[0].words)) == ([place], True, True)


def test_what_the_request_lacks_is_named_and_what_only_sounds_like_a_field_is_not() -> None:
    missing = found({"error": {"param": "audio.voice", "message": "Missing required parameter."}})
    assert [(field.at, field.path) for field in missing] == [("", "audio.voice")]
    assert found({"error": {"message": "The model 'gpt-9' does not exist. Note: try again."}}) == []
    assert found({"error": {"param": None, "message": None}}) == found(None) == []


def test_the_most_exact_place_stands_for_all_and_another_wire_is_only_likely() -> None:
    both = {
        "details": [
            {"path": ["messages"], "message": "a"},
            {"path": ["messages", 1, "content"], "message": "b"},
        ]
    }
    assert places(found({"error": "validation_error", **both})) == ["messages/1/content"]
    blamed = found({"error": {"param": "messages[0].content[0]", "message": "?"}}, RESPONSES)
    assert (places(blamed), blamed[0].sure) == (["input/0/content/0"], False)
    assert '"input_text"' in blamed[0].value
