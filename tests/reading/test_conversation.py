"""Request and answer as turns, for every wire format."""

import json
from typing import Any

import pytest

from generations.gateway import events
from generations.gateway.jsontext import loads
from generations.reading import conversation
from generations.reading.shapes import Part, Side, Turn
from generations.reading.text import box

Told = tuple[str, list[tuple[str, str]]]


def asked(endpoint: str, **body: Any) -> Side:
    return conversation.request(
        conversation.wire_of(endpoint), box(loads(json.dumps(body))), "/replay_request"
    )


def answered(endpoint: str, body: Any) -> Side:
    return conversation.answer(conversation.wire_of(endpoint), loads(json.dumps(body)), "/a")


def told(turns: list[Turn]) -> list[Told]:
    """Role, and kind and content of each part."""
    return [
        (turn.role, [(part.kind, part.html or part.head or part.name) for part in turn.parts])
        for turn in turns
    ]


def test_chat_messages() -> None:
    side = asked(
        "chat.completions",
        messages=[
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at": 1}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": '{"seen": "cat"}'},
            {"role": "assistant", "content": "A **cat**.", "weird": {"x": 1}},
        ],
    )
    assert told(side.turns) == [
        ("system", [("text", "Be brief.")]),
        ("user", [("text", "What is this?"), ("image", "")]),
        ("assistant", [("tool_call", '{"at": 1}')]),
        ("tool", [("tool_result", '{"seen": "cat"}')]),
        ("assistant", [("markdown", "<p>A <strong>cat</strong>.</p>\n"), ("unknown", '{\n  "x": 1\n}')]),
    ]
    assert (side.total, side.shown, side.list_at) == (5, 5, "/replay_request/messages")
    assert side.turns[1].parts[1].url == "https://x.example/a.png"
    assert side.turns[1].parts[0].at == "/replay_request/messages/1/content/0/text"


def test_calls_and_results_find_each_other() -> None:
    turns = [
        Turn("assistant", [Part("tool_call", call_id="c1", name="look")], anchor="q1"),
        Turn("tool", [Part("tool_result", call_id="c1")], anchor="q2"),
        Turn("tool", [Part("tool_result", call_id="other")], anchor="q3"),
    ]
    first, second, third = conversation.paired(turns, [])
    assert (first.parts[0].pair, second.parts[0].pair, third.parts[0].pair) == ("q2", "q1", "")
    assert (second.label, second.parts[0].name) == ("look", "look")


def test_chat_answers() -> None:
    message = {
        "role": "assistant",
        "content": "Hi!",
        "reasoning_content": "They greet.",
        "annotations": [{"type": "url_citation", "url_citation": {"url": "https://x.example", "title": "X"}}],
        "audio": {"data": "AAAA", "format": "mp3", "transcript": "Hi!"},
    }
    side = answered(
        "chat.completions", {"id": "G", "choices": [{"message": message, "finish_reason": "stop"}], "new": 1}
    )
    assert told(side.turns) == [
        (
            "assistant",
            [
                ("reasoning", "They greet."),
                ("markdown", "<p>Hi!</p>\n"),
                ("audio", ""),
                ("text", "Hi!"),
                ("citation", "X"),
            ],
        ),
        ("answer", [("rows", "")]),
    ]
    assert [(row.label, row.value) for row in side.turns[1].parts[0].rows] == [("new", "1")]


def test_several_choices_are_several_turns() -> None:
    choices = [
        {"index": at, "message": {"content": word}, "finish_reason": "stop"} for at, word in enumerate("ab")
    ]
    side = answered("chat.completions", {"choices": choices})
    assert [(turn.label, turn.anchor) for turn in side.turns] == [
        ("choice 0, finish stop", "a1"),
        ("choice 1, finish stop", "a2"),
    ]


def test_an_answer_in_json_is_shown_as_json() -> None:
    side = answered("chat.completions", {"choices": [{"message": {"content": '{"a":1}'}}]})
    assert told(side.turns) == [("assistant", [("json", '{"a": 1}')])]


def test_responses_items() -> None:
    side = asked(
        "responses",
        instructions="Be brief.",
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Hi"},
                    {"type": "input_file", "file_id": "file-1"},
                ],
            },
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Think."}]},
            {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "done"},
            {"type": "web_search_call", "id": "ws", "query": "x"},
        ],
    )
    assert told(side.turns) == [
        ("system", [("text", "Be brief.")]),
        ("user", [("text", "Hi"), ("file", "file-1")]),
        ("assistant", [("reasoning", "Think.")]),
        ("assistant", [("tool_call", "{}")]),
        ("tool", [("tool_result", "done")]),
        ("assistant", [("unknown", '{\n  "type": "web_search_call",\n  "id": "ws",\n  "query": "x"\n}')]),
    ]


def test_a_responses_input_may_be_a_text() -> None:
    assert told(asked("responses", input="hello").turns) == [("user", [("text", "hello")])]


def test_responses_answers() -> None:
    output = [
        {"type": "reasoning", "summary": [{"text": "Hm."}]},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
        },
    ]
    expected = [("assistant", [("reasoning", "Hm."), ("markdown", "<p>Hello</p>\n")])]
    assert told(answered("responses", {"object": "response", "output": output}).turns) == expected
    assert told(answered("responses", {"response": {"output": output}}).turns) == expected


def test_messages_blocks() -> None:
    side = asked(
        "messages",
        system=[{"type": "text", "text": "Rules.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        messages=[
            {"role": "user", "content": "Hi"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "s"},
                    {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": 1}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": "cat", "is_error": True},
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
                    },
                ],
            },
        ],
    )
    assert told(side.turns) == [
        ("system", [("text", "Rules.")]),
        ("user", [("text", "Hi")]),
        ("assistant", [("reasoning", "Hm."), ("tool_call", '{"at": 1}')]),
        ("tool", [("tool_result", "cat")]),
        ("user", [("image", "")]),
    ]
    assert side.turns[0].parts[0].note == "cache control: ephemeral, 1h"
    assert side.turns[3].parts[0].note == "the tool failed"
    image = side.turns[4].parts[0]
    assert (image.mime, image.embedded, image.at) == (
        "image/png",
        True,
        "/replay_request/messages/2/content/1/source/data",
    )


def test_messages_answers() -> None:
    side = answered(
        "messages",
        {"type": "message", "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn"},
    )
    assert told(side.turns) == [("assistant", [("markdown", "<p>Hello</p>\n")])]


@pytest.mark.parametrize(
    ("endpoint", "body", "rows"),
    [
        (
            "embeddings",
            {"data": [{"index": 0, "embedding": [0.5, 0.25]}]},
            [("vector 0", "0.5, 0.25", "2 numbers")],
        ),
        (
            "rerank",
            {"results": [{"index": 3, "relevance_score": 0.91, "document": {"text": "d"}}]},
            [("1. document 3", "0.91", "d")],
        ),
        (
            "moderations",
            {
                "results": [
                    {"flagged": True, "categories": {"hate": True}, "category_scores": {"hate": 0.875}}
                ]
            },
            [("hate", "0.88", "flagged")],
        ),
        (
            "audio.transcription",
            {"segments": [{"start": 0, "end": 1.5, "text": "Hello"}]},
            [("0 s to 1.5 s", "Hello", "")],
        ),
    ],
)
def test_answers_in_tables(endpoint: str, body: Any, rows: list[tuple[str, str, str]]) -> None:
    part = answered(endpoint, body).turns[0].parts[0]
    assert [(row.label, row.value, row.note) for row in part.rows] == rows


def test_images_speech_and_documents() -> None:
    picture = answered(
        "images.generations", {"data": [{"b64_json": "AAAA", "revised_prompt": "A fjord"}]}
    ).turns[0]
    assert [(part.kind, part.mime, part.at) for part in picture.parts] == [
        ("image", "image/png", "/a/data/0/b64_json"),
        ("text", "", "/a/data/0/revised_prompt"),
    ]
    sound = answered("audio.speech", {"audio_base64": "AAAA", "mime_type": "audio/wav"}).turns[0].parts[0]
    assert (sound.kind, sound.mime, sound.at) == ("audio", "audio/wav", "/a/audio_base64")
    page = answered("ocr", {"pages": [{"index": 0, "markdown": "# Bill"}]}).turns[0].parts[0]
    assert (page.kind, page.html, page.name) == ("markdown", "<h4>Bill</h4>\n", "page 0")


def test_an_upload_that_was_not_kept_says_so() -> None:
    part = asked("audio.transcription", file={}, model="x").turns[0].parts[0]
    assert (part.kind, part.note) == ("file", "an upload; the gateway keeps no files")


def test_an_unknown_endpoint_is_read_by_its_looks() -> None:
    assert told(answered("world.simulate", {"choices": [{"message": {"content": "Hi"}}]}).turns) == [
        ("assistant", [("markdown", "<p>Hi</p>\n")])
    ]
    assert told(asked("world.simulate", prompt="A sea").turns) == [("user", [("text", "A sea")])]


def test_long_texts_are_cut_with_their_size() -> None:
    part = asked("chat.completions", messages=[{"role": "user", "content": "x" * 5000}]).turns[0].parts[0]
    assert (len(part.head), part.size, part.more) == (2048, "5 KB", True)


def test_long_conversations_keep_their_first_turns() -> None:
    side = asked("chat.completions", messages=[{"role": "user", "content": "x" * 5000}] * 2000)
    assert (side.total, side.shown, side.left) == (2000, len(side.turns), 2000 - len(side.turns))
    assert 20 <= side.shown <= conversation.TURNS


def test_many_parts_of_one_turn_are_counted() -> None:
    content = [{"type": "text", "text": "x" * 2000}] * 500
    parts = asked("chat.completions", messages=[{"role": "user", "content": content}]).turns[0].parts
    assert len(parts) < 40
    assert parts[-1].note == f"{501 - len(parts)} more parts"


def test_a_page_of_further_turns() -> None:
    values = [(200, loads('{"role": "user", "content": "later"}'))]
    turns = conversation.page(conversation.wire_of("chat.completions"), values, "/replay_request/messages")
    assert [part.at for turn in turns for part in turn.parts] == ["/replay_request/messages/200/content"]


def test_answers_collected_from_a_stream() -> None:
    answer = events.Answer().collect(
        [
            events.Reasoning("Hm."),
            events.Text("Hel"),
            events.Text("lo"),
            events.ToolCall(0, "c1", "look", '{"at":1}'),
            events.Media("image", "image/png", data="AAAA"),
            events.Json('{"a": 1}', "scores"),
        ]
    )
    assert told(conversation.collected(answer)) == [
        (
            "assistant",
            [
                ("reasoning", "Hm."),
                ("markdown", "<p>Hello</p>\n"),
                ("tool_call", '{"at": 1}'),
                ("image", ""),
                ("json", '{\n  "a": 1\n}'),
            ],
        )
    ]
