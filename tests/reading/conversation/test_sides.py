"""Request and answer as turns, for every wire format."""

import json
from typing import Any

import pytest

from generations.gateway.rawjson.values import loads
from generations.reading.conversation import sides
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.page_types.conversation import Part, Side, Turn
from generations.reading.text import box, compact

Summary = tuple[str, list[tuple[str, str]]]


def asked(endpoint: str, **body: Any) -> Side:
    return sides.request(sides.wire_of(endpoint), box(loads(json.dumps(body))), "/replay_request")


def answered(endpoint: str, body: Any) -> Side:
    return sides.answer(sides.wire_of(endpoint), loads(json.dumps(body)), "/a")


def summary(turns: list[Turn]) -> list[Summary]:
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
    assert summary(side.turns) == [
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
    first, second, third = sides.paired(turns, [])
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
    assert summary(side.turns) == [
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
    long = '{"a":"' + 90 * "x" + '"}'
    for said, shown in (('{"a":1}', '{"a":1}'), (long, f'{{\n  "a": "{90 * "x"}"\n}}')):
        side = answered("chat.completions", {"choices": [{"message": {"content": said}}]})
        assert summary(side.turns) == [("assistant", [("json", shown)])]


@pytest.mark.parametrize(
    "came", ['{"city":"Oslo"}', '{ "city" : "Oslo" }', '{"city": "Oslo"}', '{"n":1.0}', "{}"]
)
def test_a_short_line_of_arguments_is_shown_as_it_came(came: str) -> None:
    assert PartBuilder().json_text("/x", came, "tool_call", name="look").head == came


def test_longer_arguments_and_those_with_line_breaks_are_indented() -> None:
    for came in ('{"city":\n"Oslo"}', json.dumps({"city": "Oslo" * 30}, separators=(",", ":"))):
        shown = PartBuilder().json_text("/x", came, "tool_call", name="look").head
        assert shown == compact(json.loads(came))
        assert '"city": "Oslo' in shown


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
    assert summary(side.turns) == [
        ("system", [("text", "Be brief.")]),
        ("user", [("text", "Hi"), ("file", "file-1")]),
        ("assistant", [("reasoning", "Think.")]),
        ("assistant", [("tool_call", "{}")]),
        ("tool", [("tool_result", "done")]),
        ("assistant", [("unknown", '{\n  "type": "web_search_call",\n  "id": "ws",\n  "query": "x"\n}')]),
    ]


def test_a_responses_input_may_be_a_text() -> None:
    assert summary(asked("responses", input="hello").turns) == [("user", [("text", "hello")])]


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
    assert summary(answered("responses", {"object": "response", "output": output}).turns) == expected
    assert summary(answered("responses", {"response": {"output": output}}).turns) == expected


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
    assert summary(side.turns) == [
        ("system", [("text", "Rules.")]),
        ("user", [("text", "Hi")]),
        ("assistant", [("reasoning", "Hm."), ("reasoning", "s"), ("tool_call", '{"at": 1}')]),
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
    assert summary(side.turns) == [("assistant", [("markdown", "<p>Hello</p>\n")])]


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
    assert summary(answered("world.simulate", {"choices": [{"message": {"content": "Hi"}}]}).turns) == [
        ("assistant", [("markdown", "<p>Hi</p>\n")])
    ]
    assert summary(asked("world.simulate", prompt="A sea").turns) == [("user", [("text", "A sea")])]


def test_long_texts_are_cut_with_their_size() -> None:
    part = asked("chat.completions", messages=[{"role": "user", "content": "x" * 5000}]).turns[0].parts[0]
    assert (len(part.head), part.size, part.more) == (2048, "5 KB", True)


def test_long_conversations_keep_their_first_and_their_last_turns() -> None:
    side = asked("chat.completions", messages=[{"role": "user", "content": "x" * 5000}] * 2000)
    assert (side.total, side.shown, side.left) == (2000, len(side.turns), 1996 - len(side.turns))
    assert ([turn.anchor for turn in side.tail], side.last_anchor) == (["t1", "t2", "t3", "t4"], "t4")
    assert (side.late, len(side.early)) == (side.tail, side.shown)
    assert 20 <= side.shown <= sides.TURNS


def test_early_turns_are_folded_behind_the_system_turns() -> None:
    said = [{"role": "system", "content": "s"}, *[{"role": "user", "content": f"m{n}"} for n in range(9)]]
    side = asked("chat.completions", messages=said)
    assert [[turn.gist for turn in part] for part in (side.leading, side.early, side.late)] == [
        ["s"],
        ["m0", "m1", "m2", "m3", "m4"],
        ["m5", "m6", "m7", "m8"],
    ]
    assert not asked("chat.completions", messages=said[:8]).is_long
    marked = sides.marked(side, [f"{side.list_at}/3/content"])
    assert ([turn.gist for turn in marked.turns if turn.wrong], marked.is_early_wrong) == (["m2"], True)
    assert sides.turn_of(side, f"{side.list_at}/9/role") == side.last_anchor
    assert sides.marked(side, [side.list_at]) == side


def test_many_parts_of_one_turn_are_counted() -> None:
    content = [{"type": "text", "text": "x" * 2000}] * 500
    parts = asked("chat.completions", messages=[{"role": "user", "content": content}]).turns[0].parts
    assert len(parts) < 40
    assert parts[-1].note == f"{501 - len(parts)} more parts"


def test_a_page_of_further_turns() -> None:
    values = [(200, loads('{"role": "user", "content": "later"}'))]
    turns = sides.page(sides.wire_of("chat.completions"), values, "/replay_request/messages")
    assert [part.at for turn in turns for part in turn.parts] == ["/replay_request/messages/200/content"]


# --- nothing is lost ------------------------------------------------------------------------------------------


def said(turns: list[Turn]) -> list[tuple[str, str, str]]:
    """Kind, name, and rows or text of each part."""
    parts = [part for turn in turns for part in turn.parts]
    return [
        (part.kind, part.name, ", ".join(f"{row.label} {row.value}" for row in part.rows) or part.head)
        for part in parts
    ]


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"role": "user", "tool_call_id": "c1"}, [("rows", "", "tool_call_id c1")]),
        ({"role": "r" * 61}, [("rows", "", f"role {'r' * 61}")]),
        ({"role": "user", "name": 7}, [("rows", "", "name 7")]),
        ({"role": "assistant", "tool_calls": "none"}, [("text", "tool_calls", "none")]),
        ({"role": "assistant", "function_call": "auto"}, [("text", "function call", "auto")]),
        ({"role": "assistant", "audio": "gone"}, [("text", "audio", "gone")]),
        (
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "https://x.example", "detail": "high"}}
                ],
            },
            [("image", "", ""), ("rows", "", "detail high")],
        ),
        (
            {
                "role": "user",
                "content": [{"type": "input_audio", "input_audio": {"data": "[cut here]", "format": "wav"}}],
            },
            [("text", "audio", "[cut here]"), ("rows", "", "format wav")],
        ),
        (
            {"role": "user", "content": [{"type": "text", "cache_control": {"type": "ephemeral"}}]},
            [("unknown", "cache_control", '{\n  "type": "ephemeral"\n}')],
        ),
    ],
)
def test_odd_members_of_a_message_are_shown(
    message: dict[str, Any], parts: list[tuple[str, str, str]]
) -> None:
    assert said(asked("chat.completions", messages=[message]).turns) == parts


def test_a_result_in_parts_keeps_its_call() -> None:
    turns = asked(
        "chat.completions",
        messages=[
            {
                "role": "tool",
                "tool_call_id": "c1",
                "name": "look",
                "content": [{"type": "text", "text": "cat"}],
            }
        ],
    ).turns
    assert [(turn.role, turn.label, [part.call_id for part in turn.parts]) for turn in turns] == [
        ("tool", "look", ["c1", ""])
    ]
    output = asked(
        "responses",
        input=[
            {
                "type": "function_call_output",
                "call_id": "c1",
                "output": [{"type": "input_text", "text": "cat"}],
            }
        ],
    )
    assert [part.call_id for part in output.turns[0].parts] == ["c1", ""]


def test_a_citation_with_more_than_a_link_leads_to_it() -> None:
    cited = {"type": "url_citation", "url": "https://x.example", "title": "X"}
    blocks = [{"type": "text", "text": "Hi", "citations": [cited, {**cited, "cited_text": "Oslo"}]}]
    parts = answered("messages", {"type": "message", "content": blocks}).turns[0].parts
    assert [(part.kind, part.more) for part in parts] == [
        ("markdown", False),
        ("citation", False),
        ("citation", True),
    ]


@pytest.mark.parametrize(
    ("endpoint", "body", "parts"),
    [
        ("chat.completions", {"choices": "none"}, [("rows", "", "choices none")]),
        ("chat.completions", {"choices": [{"message": "Hi"}]}, [("text", "message", "Hi")]),
        (
            "chat.completions",
            {
                "choices": [{"finish_reason": "stop", "native_finish_reason": "end"}],
                "system_fingerprint": "fp",
            },
            [("rows", "", "native_finish_reason end"), ("rows", "", "system_fingerprint fp")],
        ),
        ("messages", {"type": "message", "stop_sequence": "END"}, [("rows", "", "stop_sequence END")]),
        ("responses", {"output": "Hi"}, [("text", "", "Hi")]),
        (
            "responses",
            {"output": [], "incomplete_details": {"reason": "max"}},
            [("unknown", "incomplete_details", '{\n  "reason": "max"\n}')],
        ),
        ("images.generations", {"data": "none"}, [("text", "data", "none")]),
        ("audio.speech", {"mime_type": "audio/mpeg"}, [("rows", "", "mime_type audio/mpeg")]),
        ("ocr", {"pages": ["a page"]}, [("text", "", "a page")]),
        ("moderations", {"results": "none"}, [("rows", "", "results none")]),
        (
            "video.generation",
            {"id": "v", "url": "u" * 300},
            [("rows", "", "id v"), ("unknown", "url", f'"{"u" * 300}"')],
        ),
    ],
)
def test_odd_answers_are_shown(endpoint: str, body: Any, parts: list[tuple[str, str, str]]) -> None:
    assert said(answered(endpoint, body).turns) == parts


@pytest.mark.parametrize(
    ("endpoint", "body", "at"),
    [
        ("embeddings", {"data": [{"embedding": list(range(9))}]}, "/a/data"),
        ("moderations", {"results": [{"category_scores": {"hate": 0.12345}}]}, "/a/results/0"),
        ("rerank", {"results": [{"relevance_score": 0.123456789}]}, "/a/results"),
        ("audio.transcription", {"segments": [{"tokens": [1]}]}, "/a/segments"),
    ],
)
def test_tables_lead_to_all_of_what_they_sum_up(endpoint: str, body: Any, at: str) -> None:
    part = answered(endpoint, body).turns[0].parts[0]
    assert (part.kind, part.at, part.more) == ("rows", at, True)


def test_output_that_does_not_fit_is_led_to() -> None:
    message = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "x" * 2000}],
    }
    last = answered("responses", {"output": [message] * 90}).turns[-1].parts[-1]
    assert (last.kind, last.at, last.more, last.note.endswith("more items")) == (
        "json",
        "/a/output",
        True,
        True,
    )


def test_a_key_that_stands_twice_in_arguments_is_shown() -> None:
    part = PartBuilder().json_text("/x", '{"pay": 9999, "pay": 10}', "tool_call", name="send")
    assert part.note == "the key pay stands 2 times; the last one counts"
    assert PartBuilder().json_text("/x", '{"pay": 10}', "tool_call", name="send").note == ""


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_results_of_tools_keep_their_pictures_and_say_when_there_is_nothing() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    blocks = [
        {
            "type": "tool_result",
            "tool_use_id": "t1",
            "is_error": True,
            "content": [image, {"type": "odd", "x": 1}],
        },
        {"type": "tool_result", "tool_use_id": "t2"},
        {"type": "tool_result", "tool_use_id": "t3", "content": []},
        {"type": "text", "text": "and a word"},
    ]
    tool, user = asked("messages", messages=[{"role": "user", "content": blocks}]).turns
    assert [(part.kind, part.call_id, part.note) for part in tool.parts] == [
        ("tool_result", "t1", "the tool failed"),
        ("image", "", ""),
        ("unknown", "", ""),
        ("tool_result", "t2", "no content"),
        ("tool_result", "t3", "no content"),
    ]
    assert (tool.role, user.role, [part.head for part in user.parts]) == ("tool", "user", ["and a word"])


@pytest.mark.parametrize("endpoint", ["chat.completions", "messages"])
def test_what_is_null_is_shown(endpoint: str) -> None:
    nothing, said_null = asked(
        endpoint, messages=[None, {"role": "user", "content": [{"type": "text", "text": None}]}]
    ).turns
    assert [part.head for part in nothing.parts] == ["null"]
    assert '"text": null' in said_null.parts[0].head


@pytest.mark.parametrize(
    ("source", "mime", "embedded"),
    [
        (f"data:image/png;base64,{PIXEL}", "image/png", True),
        (f"data:image/PNG;charset=utf-8;base64,{PIXEL}", "image/png", True),
        (PIXEL, "image/png", True),
        (PIXEL.replace("+", "-").replace("/", "_"), "image/png", True),
        ("/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP", "image/jpeg", True),
        ("iVBORw0KGgo not base64 at all, is it", "", False),
        ("file-1234567890abcdefghijklmnop", "", False),
    ],
)
def test_a_picture_is_known_by_its_bytes(source: str, mime: str, embedded: bool) -> None:
    for part in ({"image_url": {"url": source}}, {"image_url": source}, {"image": source}):
        content = [{"type": "image_url", **part}]
        found = asked("chat.completions", messages=[{"role": "user", "content": content}]).turns[0].parts[0]
        assert (found.mime, found.embedded) == (mime, embedded)
