"""When two answers are one output, and when they make the same calls."""

from typing import Any

import pytest

from generations.gateway.rawjson.values import dumps, loads
from generations.reading.answer import answer_facts, other_members
from generations.reading.answer.other_members import BY_NATURE, BY_NATURE_OUTSIDE


def output(body: Any, wire: str = "chat") -> str:
    data = loads(dumps(body))
    return other_members.output_key(data, answer_facts.read(wire, data))


def calls(body: Any, wire: str = "chat") -> str:
    data = loads(dumps(body))
    return other_members.calls_key(answer_facts.read(wire, data))


def chat(finish: str = "stop", more: Any = None, **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {"choices": [{**choice, **(more or {})}]}


def call(arguments: Any, name: str = "pay", call_id: str = "1") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


SAME = chat(content="Oslo is cold.")


@pytest.mark.parametrize(
    "other",
    [
        chat(content=" Oslo  is\ncold."),
        chat(content="Oslo is cold.", refusal=None, annotations=[]),
        chat("end_turn", content="Oslo is cold."),
        chat(content=[{"type": "text", "text": "Oslo is cold."}]),
        chat(content="Oslo is cold.", reasoning="Hm.", reasoning_details=[{"text": "Hm."}]),
        chat(content="Oslo is cold.", more={"logprobs": {"content": [1]}}),
        {**SAME, "id": "G-1", "created": 1, "system_fingerprint": "x", "usage": {"n": 1}, "cost_nanos": 2},
        {**SAME, "model": "a", "provider": "b", "service_tier": "flex", "meta": {"a": 1}},
        {**SAME, "usage": {"pricing": {"total_nanos": 1}}},
    ],
)
def test_one_output(other: dict[str, Any]) -> None:
    assert output(SAME) == output(other)


@pytest.mark.parametrize(
    "other",
    [
        chat(content="Oslo is warm."),
        chat("length", content="Oslo is cold."),
        chat(refusal="Oslo is cold."),
        chat(content="Oslo is cold.", refusal="No."),
        chat(content="Oslo is cold.", annotations=[{"url_citation": {"url": "https://a.example"}}]),
        chat(content="Oslo is cold.", images=[{"image_url": {"url": "data:image/png;base64,AAAA"}}]),
        {**SAME, "citations": ["https://a.example"]},
        {"choices": [*SAME["choices"], *chat(content="Oslo is cold.")["choices"]]},
    ],
)
def test_another_output(other: dict[str, Any]) -> None:
    assert output(SAME) != output(other)


def test_answers_that_are_no_words() -> None:
    vectors = [{"data": [{"embedding": [number]}]} for number in (1, 2)]
    assert output(vectors[0], "embeddings") != output(vectors[1], "embeddings")
    assert output(vectors[0], "embeddings") == output(
        {**vectors[0], "id": "x", "usage": {"n": 1}}, "embeddings"
    )


def test_a_tool_that_ran_at_the_provider_is_a_call_and_no_output() -> None:
    def searched(query: str) -> dict[str, Any]:
        search = {"type": "web_search_call", "id": query, "action": {"query": query}, "results": [query]}
        said = {"type": "message", "content": [{"type": "output_text", "text": "Rain."}]}
        return {"object": "response", "status": "completed", "output": [search, said]}

    assert output(searched("oslo"), "responses") == output(searched("rome"), "responses")
    assert calls(searched("oslo"), "responses") != calls(searched("rome"), "responses")


def test_calls_of_all_choices() -> None:
    first, second = chat(tool_calls=[call({"n": 1})]), chat(tool_calls=[call({"n": 2})])
    assert calls(first) == calls(chat(tool_calls=[call('{ "n": 1.0 }', call_id="2")]))
    assert calls(first) != calls(second)
    both = {"choices": [*SAME["choices"], {**first["choices"][0], "index": 1}]}
    changed = {"choices": [*SAME["choices"], {**second["choices"][0], "index": 1}]}
    assert calls(both) != calls(changed)
    assert calls(SAME) == calls({"choices": [*SAME["choices"], {**SAME["choices"][0], "index": 1}]})


def test_an_empty_answer_has_no_keys() -> None:
    assert (output({"choices": []}), calls({"choices": []})) == ("", "")
    assert (output({}), calls({})) == ("", "")


def test_what_differs_by_nature_is_one_table() -> None:
    """Cost, finish, logprobs and annotations are compared; whoever changes the table changes this list."""
    assert sorted(BY_NATURE | BY_NATURE_OUTSIDE) == [
        *(
            "call_id",
            "completed_at",
            "created",
            "created_at",
            "expires_at",
            "fingerprint",
            "generation_id",
            "id",
        ),
        *("item_id", "meta", "nativeResponseId", "obfuscation", "requestId", "request_id", "response_id"),
        *("sequence_number", "started_at", "system_fingerprint", "timestamp", "tool_call_id", "tool_use_id"),
        *("updated_at",),
    ]
