"""The facts of one answer out of its whole body, whatever wire format it is of."""

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.gateway.rawjson.values import Value, dumps, loads
from generations.reading.answer import vocabulary
from generations.reading.answer.answer_facts import AnswerError, Choice, Facts, read
from generations.reading.answer.tool_calls import NamedCall


class Stray(NamedTuple):
    name: str
    data: Value


def facts(body: Any, wire: str = "chat", *strays: Stray) -> Facts:
    return read(wire, loads(dumps(body)), strays)


def chat(finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}]}


def response(*output: Any, **more: Any) -> dict[str, Any]:
    return {"object": "response", "status": "completed", "output": list(output), **more}


def message(*content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "message", "content": list(content), "stop_reason": "end_turn", **more}


# --- words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "wire", "texts"),
    [
        (chat(content="Hi", refusal="No", reasoning="Hm"), "chat", ("Hi", "No", "Hm")),
        (chat(reasoning="Hm", reasoning_content="Hm"), "chat", ("", "", "Hm")),
        (chat(reasoning="Hm", reasoning_details=[{"text": "Hm"}]), "chat", ("", "", "Hm")),
        (chat(reasoning_details=[{"text": "a"}, {"summary": "b"}, {"data": "X"}]), "chat", ("", "", "ab")),
        (
            chat(
                content=[
                    {"type": "thinking", "thinking": [{"type": "text", "text": "weigh"}]},
                    {"text": "Blue"},
                ]
            ),
            "chat",
            ("Blue", "", "weigh"),
        ),
        (chat(audio={"data": "UklG", "transcript": "Spoken"}), "chat", ("Spoken", "", "")),
        ({"choices": [{"text": "legacy"}]}, "chat", ("legacy", "", "")),
        (
            response(
                {"type": "reasoning", "summary": [{"text": "one"}, {"text": "two"}]},
                {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]},
                {"type": "message", "content": [{"type": "refusal", "refusal": "No"}]},
            ),
            "responses",
            ("Hi", "No", "one\n\ntwo"),
        ),
        (response(output_text="Only here"), "responses", ("Only here", "", "")),
        ({"response": response(output_text="Wrapped")}, "responses", ("Wrapped", "", "")),
        (
            message({"type": "thinking", "thinking": "Hm", "signature": "S"}, {"type": "text", "text": "Hi"}),
            "messages",
            ("Hi", "", "Hm"),
        ),
        ({"text": "heard"}, "transcription", ("heard", "", "")),
        ("plain words", "transcription", ("plain words", "", "")),
        (response(output_text="relayed"), "chat", ("relayed", "", "")),
    ],
)
def test_words_of_every_wire_format(body: Any, wire: str, texts: tuple[str, str, str]) -> None:
    found = facts(body, wire).choices[0]
    assert (found.text, found.refusal, found.reasoning) == texts


def test_choices_keep_their_numbers_and_ends() -> None:
    first, second = chat(content="A")["choices"][0], chat("length", content="B")["choices"][0]
    found = facts({"choices": [{**second, "index": 1}, first]})
    assert [(choice.index, choice.text, choice.finish, choice.at) for choice in found.choices] == [
        (1, "B", "length", "/choices/0"),
        (0, "A", "stop", "/choices/1"),
    ]


# --- tool calls -------------------------------------------------------------------------------------------------


def test_every_kind_of_tool_call() -> None:
    calls = [
        {"id": "1", "type": "function", "function": {"name": "pay", "arguments": '{"n": 10}'}},
        {"id": "2", "type": "function", "function": {"name": "pay", "arguments": {"n": 9999}}},
        {"id": "3", "type": "custom", "custom": {"name": "patch", "input": "+ x"}},
        {"id": "4", "type": "function", "function": {"name": "a", "arguments": "1"}, "custom": {}},
    ]
    assert facts(chat(tool_calls=calls)).choices[0].calls == (
        NamedCall("pay", '{"n": 10}'),
        NamedCall("pay", '{"n":9999}'),
        NamedCall("patch", "+ x", "custom"),
        NamedCall("a", "1"),
    )
    assert facts(chat(function_call={"name": "old", "arguments": "{}"})).choices[0].calls == (
        NamedCall("old", "{}"),
    )
    output = [
        {"type": "function_call", "name": "pay", "arguments": "{}", "call_id": "c"},
        {"type": "custom_tool_call", "name": "patch", "input": "+ x"},
        {"type": "mcp_call", "name": "find", "server_label": "crm", "arguments": "{}", "output": "found"},
        {"type": "mcp_approval_request", "name": "drop", "server_label": "crm", "arguments": "{}"},
        {"type": "web_search_call", "id": "w", "status": "completed", "action": {"query": "oslo"}},
    ]
    assert facts(response(*output), "responses").choices[0].calls == (
        NamedCall("pay", "{}"),
        NamedCall("patch", "+ x", "custom"),
        NamedCall("find", "{}", "MCP crm"),
        NamedCall("drop", "{}", "MCP crm, to be approved"),
        NamedCall("web_search", '{"action":{"query":"oslo"}}', "at the provider"),
    )
    blocks = [
        {"type": "tool_use", "id": "t", "name": "pay", "input": {"n": 1}},
        {"type": "server_tool_use", "name": "web_search", "input": {"q": "x"}},
        {"type": "mcp_tool_use", "name": "find", "server_name": "crm", "input": {}},
    ]
    assert facts(message(*blocks), "messages").choices[0].calls == (
        NamedCall("pay", '{"n":1}'),
        NamedCall("web_search", '{"q":"x"}', "at the provider"),
        NamedCall("find", "{}", "MCP crm"),
    )


def test_numbers_in_arguments_stay_exact() -> None:
    raw = b'{"choices":[{"message":{"tool_calls":[{"function":{"name":"pay","arguments":{"n":12345678901234567890.10}}}]}}]}'
    assert read("chat", loads(raw)).choices[0].calls == (NamedCall("pay", '{"n":12345678901234567890.10}'),)


# --- the end ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("STOP", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("max_output_tokens", "length"),
        ("SAFETY", "content_filter"),
        ("pause_turn", "pause_turn"),
        ("", ""),
    ],
)
def test_finish_words_in_one_vocabulary(reason: str, word: str) -> None:
    assert facts(message(stop_reason=reason), "messages").choices[0].finish_word == word
    assert vocabulary.finish(reason) == word


def test_what_completed_means_depends_on_the_calls() -> None:
    called = response({"type": "function_call", "name": "pay", "arguments": "{}"})
    searched = response({"type": "web_search_call"}, {"type": "message", "content": "Rain"})
    assert (facts(called).finish, facts(called).finish_word) == ("completed", "tool_calls")
    assert facts(searched).finish_word == "stop"
    cut = response(status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    assert (facts(cut).finish, facts(cut).finish_word) == ("max_output_tokens", "length")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("end_turn", "stop", True),
        ("completed", "tool_calls", True),
        ("completed", "length", False),
        ("stop", "length", False),
        ("pause_turn", "pause_turn", True),
    ],
)
def test_ends_that_mean_the_same(first: str, second: str, *, same: bool) -> None:
    assert vocabulary.same_finish(first, second) is vocabulary.same_finish(second, first) is same


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("openai/gpt-5-nano", "gpt-5-nano", True),
        ("openai/gpt-5-nano", "azure/gpt-5-nano", False),
        ("gpt-5", "gpt-5-nano", False),
        ("openai/gpt-5", "gpt-5-nano", False),
    ],
)
def test_a_slug_is_of_its_full_name(first: str, second: str, *, same: bool) -> None:
    assert vocabulary.same_model(first, second) is vocabulary.same_model(second, first) is same


def test_a_slug_is_named_in_full_where_that_name_is_known() -> None:
    known = ("", "phaseo/free", "a:openai/gpt-5", "other/gpt-5-nano:free", "gpt-4")
    full = {
        "gpt-5": "openai/gpt-5",
        "gpt-5-nano:free": "other/gpt-5-nano:free",
        "OpenAI/GPT-5": "openai/gpt-5",
    }
    assert {answered: vocabulary.full_model(answered, known) for answered in full} == full
    assert [vocabulary.full_model(name, known) for name in ("", "gpt-6", "x/gpt-5")] == [
        "",
        "gpt-6",
        "x/gpt-5",
    ]


# --- who, and what it cost --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "wire", "ids"),
    [
        ({**chat(), "id": "G-1", "nativeResponseId": "n"}, "chat", ("G-1", "n")),
        ({**chat(), "id": "x"}, "chat", ("x", "")),
        ({**chat(), "id": "n", "nativeResponseId": "n"}, "chat", ("", "n")),
        ({"id": "n", "nativeResponseId": "n", "results": [1]}, "rerank", ("", "n")),
        ({"id": "n", "requestId": "G-2", "results": [1]}, "rerank", ("G-2", "n")),
        (message(id="msg_1"), "messages", ("", "msg_1")),
        (message(id="G-3", nativeResponseId="msg_1"), "messages", ("G-3", "msg_1")),
        ({"id": "G-4", "response": response(id="resp_1")}, "responses", ("G-4", "resp_1")),
    ],
)
def test_whose_an_id_is(body: Any, wire: str, ids: tuple[str, str]) -> None:
    found = facts(body, wire)
    assert (found.request_id, found.native_id) == ids


@pytest.mark.parametrize(
    ("more", "cost"),
    [
        ({"cost_nanos": 12}, 12),
        ({"usage": {"pricing": {"total_nanos": 1234.0}}}, 1234),
        ({"usage": {"pricing_breakdown": {"total_nanos": "7"}}}, 7),
        ({"cost_nanos": None, "usage": {"pricing": {"total_nanos": 0}}}, 0),
        ({"usage": {"cost": 0.1}}, None),
    ],
)
def test_where_the_cost_stands(more: dict[str, Any], cost: int | None) -> None:
    assert facts({**chat(content="Hi"), **more}).cost_nanos == cost


def test_provider_and_model() -> None:
    routed = {"meta": {"routing": {"selected_provider": "azure"}}, "model": "gpt-5"}
    found = facts({**chat(), **routed})
    assert (found.model, found.provider) == ("gpt-5", "azure")
    assert facts({**chat(), "provider_id": "openai"}).provider == "openai"


# --- errors and empty answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "wire", "expected"),
    [
        ({"error": {"message": "full", "code": 502}}, "chat", [("full", "502", "/error")]),
        (
            {"error": "upstream_error", "description": "refused"},
            "chat",
            [("refused", "upstream_error", "/error")],
        ),
        ({"object": "error", "message": "stream_error"}, "chat", [("stream_error", "", "")]),
        ({"type": "error", "error": {"type": "overloaded_error"}}, "messages", None),
        (
            {"choices": [{"message": {"content": "Half"}, "error": {"message": "timed out", "code": 504}}]},
            "chat",
            [("timed out", "504", "/choices/0/error")],
        ),
        (
            chat("error", content="Half"),
            "chat",
            [("The answer ended with the finish reason error.", "error", "/choices/0")],
        ),
        (response(status="failed", error={"code": "server_error", "message": "fault"}), "responses", None),
        (response(status="failed"), "responses", [("The response failed without a reason.", "failed", "")]),
        (
            response({"type": "image_generation_call", "status": "failed"}),
            "responses",
            [("The item image_generation_call failed.", "", "/output/0")],
        ),
        (
            response(
                {"type": "mcp_call", "status": "failed", "error": "no"}, {"type": "message", "content": "Ok"}
            ),
            "responses",
            [],
        ),
        ({**chat(content="Hi"), "error": None}, "chat", []),
        (chat(content="Hi"), "chat", []),
    ],
)
def test_errors_that_an_answer_carries(
    body: Any, wire: str, expected: list[tuple[str, str, str]] | None
) -> None:
    found = facts(body, wire).errors
    if expected is None:
        assert len(found) == 1
        return
    assert [(error.message, error.code, error.at) for error in found] == expected


def test_an_error_among_the_events() -> None:
    stray = Stray("error", {"message": "Too many tokens", "code": "rate"})
    assert facts(chat("stop", content="Hi"), "chat", stray, Stray("ping", {})).errors == (
        AnswerError("Too many tokens", "rate"),
    )


@pytest.mark.parametrize(
    ("body", "wire", "reason"),
    [
        ({}, "chat", ""),
        (None, "chat", ""),
        ({"id": "x", "choices": [], "usage": {"prompt_tokens": 4}}, "chat", ""),
        (chat(content=""), "chat", ""),
        (chat("content_filter", content=" \n"), "chat", "content_filter"),
        (chat(reasoning="only thoughts"), "chat", ""),
        (
            {
                "choices": [
                    {
                        "message": {"content": ""},
                        "finish_reason": "stop",
                        "native_finish_reason": "network_error",
                    }
                ]
            },
            "chat",
            "network_error",
        ),
        (
            response(status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "responses",
            "max_output_tokens",
        ),
        (message(), "messages", ""),
        ({"data": []}, "images", ""),
    ],
)
def test_an_empty_answer_and_its_reason(body: Any, wire: str, reason: str) -> None:
    found = facts(body, wire)
    assert (found.is_empty, found.empty_reason) == (True, reason)


@pytest.mark.parametrize(
    ("body", "wire"),
    [
        (chat(content="Hi"), "chat"),
        (chat(refusal="No"), "chat"),
        (chat(images=[{"image_url": {"url": "data:"}}]), "chat"),
        (chat(tool_calls=[{"function": {"name": "ping"}}]), "chat"),
        (chat(content=[{"type": "image_url", "image_url": {"url": "https://x.example"}}]), "chat"),
        (chat(content=[{"type": "brand_new", "value": 1}]), "chat"),
        (response({"type": "image_generation_call", "result": "iVBO"}), "responses"),
        ({"data": [{"embedding": [1]}]}, "embeddings"),
        ({"data": [{"b64_json": "iVBO"}]}, "images"),
        ({"audio_base64": "UklG"}, "speech"),
        ({"status": "queued", "id": "v"}, "video"),
        ({"anything": "else"}, "chat"),
        ([{"a": 1}], "chat"),
        ("words", "chat"),
    ],
)
def test_what_holds_anything_is_not_empty(body: Any, wire: str) -> None:
    found = facts(body, wire)
    assert (found.is_empty, found.empty_reason) == (False, "")


# --- any body ---------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        *(
            "choices",
            "message",
            "content",
            "tool_calls",
            "function",
            "arguments",
            "text",
            "type",
            "output",
            "error",
        ),
        *(
            "reasoning",
            "usage",
            "response",
            "status",
            "failed",
            "message",
            "tool_use",
            "thinking",
            "id",
            "audio",
        ),
    ]
)
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(BODIES, st.sampled_from(["chat", "responses", "messages", "images", "rerank", "transcription"]))
def test_any_body_is_read(body: Any, wire: str) -> None:
    found = facts(body, wire, Stray("error", loads(dumps(body))))
    assert isinstance(found.is_empty, bool)
    assert all(isinstance(choice, Choice) for choice in found.choices)
    assert all(pointer == "" or pointer.startswith("/") for pointer in found.read)


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        ({"detail": "engine off"}, "engine off", ""),
        ({"code": 20015, "message": "too long"}, "too long", "20015"),
        ({"success": False, "message": "not allowed"}, "not allowed", ""),
        ({"errors": [{"message": "unknown field"}], "data": None}, "unknown field", ""),
        ({"base_resp": {"status_code": 1008, "status_msg": "no balance"}}, "no balance", "1008"),
        ({"error": {"detail": "worker died"}}, "worker died", ""),
    ],
)
def test_an_error_without_the_member_error_is_read(body: Any, message: str, code: str) -> None:
    assert [(error.message, error.code) for error in facts(body).errors] == [(message, code)]


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"index": 0, "message": {"content": "x"}, "usage": {"prompt_tokens": 7}}]},
        {"choices": [{"index": 0, "message": {"content": "x"}}], "x_groq": {"usage": {"prompt_tokens": 7}}},
        {"choices": [{"usage": {"prompt_tokens": 1}}], "usage": {"prompt_tokens": 7}},
    ],
)
def test_usage_is_found_where_servers_put_it(body: Any) -> None:
    assert facts(body).usage == loads('{"prompt_tokens": 7}')
