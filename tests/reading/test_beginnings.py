"""How a question and an answer begin, as lists show it."""

import json
from typing import Any

import pytest

from generations.gateway.record import Record
from generations.reading import beginnings, outline
from generations.reading.page_types.outline import Outline


def made(messages: list[Any], answer: Any = None, **record: Any) -> Outline:
    body = {"choices": [{"message": {"role": "assistant", **(answer or {})}, "finish_reason": "stop"}]}
    log = {"status": "stored", "payload": {"gateway_response": body}} if answer else None
    fields = {"request_id": "G-1", "endpoint": "chat.completions", "success": True, "io_log": log, **record}
    fields.setdefault("replay_request", {"model": "m", "messages": messages})
    return outline.make(Record.read(json.dumps(fields).encode()))


def test_the_last_message_of_the_user_is_found_behind_any_number_of_others() -> None:
    turn = [{"role": "user", "content": "early"}, {"role": "assistant", "content": "yes"}]
    last = [{"role": "user", "content": " How do\nI  reset it? "}, {"role": "tool", "content": "{}"}]
    assert made([*turn * 150, *last]).question == "How do I reset it?"
    assert made([{"role": "user", "content": "x" * 60_000}] * 30 + last).question == "How do I reset it?"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"content": "**Hi** & <welcome>"}, "Hi & <welcome>"),
        ({"content": '{"city": "Oslo"}'}, '{"city": "Oslo"}'),
        (
            {"content": None, "tool_calls": [{"id": "c", "function": {"name": "look", "arguments": "{}"}}]},
            "look({})",
        ),
        ({"content": "", "reasoning_content": "hm"}, ""),
        (None, ""),
    ],
)
def test_an_answer_begins_with_its_words_or_its_call(answer: Any, words: str) -> None:
    assert made([{"role": "user", "content": "x"}], answer).reply == words


def test_an_error_is_no_answer_and_a_prompt_without_a_role_is_a_question() -> None:
    failed = made([], success=False, error_payload={"message": "no"}, endpoint="embeddings")
    assert failed.reply == ""
    shown = made([], endpoint="embeddings", replay_request={"model": "m", "input": ["a fjord", "a bag"]})
    assert shown.question.startswith("a fjord")


@pytest.mark.parametrize("text", ["", " \n", "x" * 5000, "\0\ud800" * 3000, "🏔" * 300])
def test_a_beginning_fits_its_column(text: str) -> None:
    words = beginnings.of_text(text)
    assert len(words) <= beginnings.LENGTH
    words.encode()
    assert "\0" not in words
