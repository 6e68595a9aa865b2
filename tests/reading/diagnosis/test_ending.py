"""An answer with an error in it, or with nothing, is never a plain success."""

from typing import Any

import pytest

from generations.reading import outline
from generations.reading.page_types.outline import Verdict
from tests.reading.answer.test_stored import CHUNK, logged
from tests.reading.samples import record

STOP = {"index": 0, "finish_reason": "stop"}


def verdict(answer: Any, endpoint: str = "chat.completions", **fields: Any) -> Verdict:
    return outline.build(logged(answer, endpoint, **fields)).verdict


def chat(content: Any = "", **choice: Any) -> dict[str, Any]:
    return {"object": "chat.completion", "choices": [{**STOP, "message": {"content": content}, **choice}]}


EMPTY: dict[str, tuple[Any, str]] = {
    "no words": (chat(), "chat.completions"),
    "null": (chat(None), "chat.completions"),
    "blanks": (chat(" \n"), "chat.completions"),
    "no choices": ({"object": "chat.completion", "choices": []}, "chat.completions"),
    "an empty object": ({}, "chat.completions"),
    "no message": ({"choices": [{"finish_reason": "stop"}]}, "chat.completions"),
    "no items": ({"object": "response", "status": "completed", "output": []}, "responses"),
    "no blocks": ({"type": "message", "content": [], "stop_reason": "end_turn"}, "messages"),
    "a stored stream without words": (
        [{"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": ""}}]}] * 3,
        "chat.completions",
    ),
}
ERRORS: dict[str, tuple[Any, str]] = {
    "in a choice": (chat("Half", error={"code": 504, "message": "it broke"}), "chat.completions"),
    "as finish": (chat("Half", finish_reason="error"), "chat.completions"),
    "in the body": ({"error": {"message": "it broke"}}, "chat.completions"),
    "in the last frame": ({**CHUNK, "error": {"message": "it broke"}}, "chat.completions"),
    "a failed response": (
        {"object": "response", "status": "failed", "output": [], "error": {"message": "it broke"}},
        "responses",
    ),
    "a failed item": (
        {
            "object": "response",
            "output": [{"type": "message", "status": "failed", "error": {"message": "it broke"}}],
        },
        "responses",
    ),
    "of messages": (
        {"type": "error", "error": {"type": "overloaded_error", "message": "it broke"}},
        "messages",
    ),
}


@pytest.mark.parametrize(("answer", "endpoint"), EMPTY.values(), ids=EMPTY)
def test_an_empty_answer_is_no_plain_success(answer: Any, endpoint: str) -> None:
    found = verdict(answer, endpoint)
    assert (found.tone, found.word, found.title, found.rule) == (
        *("warn", "No answer", "Ended without an answer."),
        "empty_answer",
    )


def test_the_reason_is_shown_where_there_is_one() -> None:
    assert "network_error" in verdict(chat(native_finish_reason="network_error")).story
    assert "length limit" in verdict(chat(finish_reason="length"), finish_reason="length").story
    thought = {"choices": [{**STOP, "message": {"content": "", "reasoning_content": "Hm."}}]}
    assert "There is reasoning" in verdict(thought).story


@pytest.mark.parametrize(("answer", "endpoint"), ERRORS.values(), ids=ERRORS)
def test_an_error_in_the_answer_is_a_failure(answer: Any, endpoint: str) -> None:
    found = verdict(answer, endpoint)
    assert (found.tone, found.word, found.rule) == ("bad", "Failed", "error_finish")
    assert "it broke" in found.quotes[0].value or "finish reason error" in found.quotes[0].value


@pytest.mark.parametrize(
    ("answer", "endpoint"),
    [
        (chat("Hello"), "chat.completions"),
        ("Hello", "chat.completions"),
        (
            chat(None, message={"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}),
            "chat.completions",
        ),
        ({"data": [{"embedding": [0.1]}]}, "embeddings"),
        ({"results": [{"flagged": False}]}, "moderations"),
        ({"data": [{"b64_json": "aGk="}]}, "images.generations"),
        ({"text": "Hello"}, "audio.transcription"),
        (CHUNK, "chat.completions"),
        (None, "audio.speech"),
    ],
)
def test_other_answers_stay_what_they_are(answer: Any, endpoint: str) -> None:
    found = verdict(answer, endpoint)
    assert (found.tone, found.word, found.title) == ("good", "Succeeded", "")


def test_null_in_the_answers_place_is_shown() -> None:
    found = verdict(None)
    assert (found.tone, found.title, found.rule) == ("warn", "The gateway kept no answer.", "answer_not_kept")
    plain = outline.build(record(endpoint="chat.completions", success=True, status_code=200, io_log=None))
    assert (plain.verdict.tone, plain.verdict.title) == ("good", "")


def test_a_record_that_failed_keeps_its_own_verdict() -> None:
    found = verdict(chat(), success=False, status_code=502, error_code="upstream:upstream_error")
    assert (found.tone, found.title == "Ended without an answer.") == ("bad", False)


def test_a_record_that_was_not_read_claims_nothing() -> None:
    made = outline._bare(record(endpoint="chat.completions", replay_request={"model": "m"}))
    assert [cause.code for side in (made.request, made.answer) for cause in side.missing] == [
        "unread",
        "unread",
    ]
    assert (made.unread, [cause.code for cause in made.refusals]) == (True, ["unread"])


def test_a_request_that_is_shown_is_not_said_to_be_missing() -> None:
    made = outline.build(logged(CHUNK, replay_supported=False, replay_request=None))
    assert made.request.missing == []
    assert [cause.code for cause in made.refusals] == ["not_offered"]
