from generations.gateway.blocks import Block, Media
from generations.gateway.events import (
    ChargedCost,
    Closed,
    Finish,
    Identity,
    Json,
    LiveAnswer,
    Opened,
    Other,
    Reasoning,
    Received,
    Refusal,
    Snapshot,
    StreamError,
    Text,
    ToolCall,
    Usage,
)
from generations.gateway.rawjson.values import Number


def test_words_of_one_kind_become_one_block() -> None:
    answer = LiveAnswer().collect(
        [Reasoning("a"), Reasoning("b"), Text("c"), Text("d"), Refusal("e"), Text("f")]
    )
    assert answer.blocks == [
        Block("reasoning", "ab"),
        Block("text", "cd"),
        Block("refusal", "e"),
        Block("text", "f"),
    ]
    assert answer.text() == "cdf"


def test_choices_and_parts_stay_apart() -> None:
    answer = LiveAnswer().collect([Text("a"), Text("b", 1), Text("c"), Text("d", 1), Text("e", 0, 2)])
    assert answer.blocks == [Block("text", "ac"), Block("text", "bd", choice=1), Block("text", "e")]


def test_tool_calls_are_appended_or_replaced() -> None:
    answer = LiveAnswer().collect(
        [
            ToolCall(0, "call_1", "look", '{"a'),
            ToolCall(1, "call_2", "find", ""),
            ToolCall(0, None, None, '"}'),
            ToolCall(1, None, None, '{"b": 1}', True),
            ToolCall(1, None, None, '{"b": 2}', True),
        ]
    )
    assert answer.blocks == [
        Block("tool_call", '{"a"}', "look", "call_1"),
        Block("tool_call", '{"b": 2}', "find", "call_2"),
    ]


def test_facts() -> None:
    fault = StreamError("it broke", None, "{}")
    answer = LiveAnswer().collect(
        [
            Opened(200, {}, "text/event-stream"),
            Received(b"x"),
            Identity("G-1", None, "m"),
            Usage({"input_tokens": Number("1")}),
            Usage({"output_tokens": Number("2")}),
            ChargedCost(5, "USD"),
            ChargedCost(6),
            Identity(None, "n-1", None, "openai"),
            Finish("stop"),
            fault,
            Other("x", "y"),
            Json("{}", "search"),
            Closed(True, "done"),
        ]
    )
    assert answer == LiveAnswer(
        [Block("json", "{}", "search")],
        {"input_tokens": Number("1"), "output_tokens": Number("2")},
        cost_nanos=6,
        currency="USD",
        finish_reason="stop",
        request_id="G-1",
        native_id="n-1",
        model="m",
        provider="openai",
        faults=[fault],
    )


def test_a_snapshot_replaces_the_kinds_that_it_holds() -> None:
    answer = LiveAnswer().collect(
        [Reasoning("why"), Text("Hel"), ToolCall(0, "call_1", "look", "{"), ChargedCost(5, "USD")]
    )
    answer.apply(Snapshot(LiveAnswer().collect([Text("Hello"), Finish("stop"), Identity("G-1")])))
    assert answer.blocks == [
        Block("reasoning", "why"),
        Block("tool_call", "{", "look", "call_1"),
        Block("text", "Hello"),
    ]
    assert (answer.finish_reason, answer.request_id, answer.cost_nanos) == ("stop", "G-1", 5)


def test_what_comes_after_a_snapshot_goes_on() -> None:
    call = ToolCall(0, "call_1", "look", "{")
    answer = LiveAnswer().collect([Text("Hel"), call, Snapshot(LiveAnswer().collect([Text("Hello"), call]))])
    answer.collect([ToolCall(0, None, None, "}"), Text("!")])
    assert answer.blocks == [
        Block("text", "Hello"),
        Block("tool_call", "{}", "look", "call_1"),
        Block("text", "!"),
    ]


def test_a_snapshot_without_content_replaces_nothing() -> None:
    assert LiveAnswer().collect([Text("Hello"), Snapshot(LiveAnswer())]).blocks == [Block("text", "Hello")]


def test_applying_a_snapshot_leaves_it_as_it_was() -> None:
    snapshot = Snapshot(LiveAnswer().collect([Text("Hello")]))
    LiveAnswer().collect([snapshot, Text(" again")])
    assert snapshot.answer.text() == "Hello"


def test_a_partial_picture_is_replaced_and_others_are_kept() -> None:
    sound, early, late = (
        Media("audio", data="YQ=="),
        Media("image", data="YQ==", partial=True),
        Media("image", data="Yg=="),
    )
    answer = LiveAnswer().collect([sound, early, late, late])
    assert [block.media for block in answer.blocks] == [sound, late, late]


def test_a_long_answer_is_joined_once() -> None:
    answer = LiveAnswer().collect([Text("ab")] * 10_000)
    assert answer.text() == "ab" * 10_000
    assert len(answer.blocks[0]._pieces) == 1
    answer.apply(Text("c"))
    assert answer.blocks[0].text == "ab" * 10_000 + "c"


def test_a_block_shows_its_head_only() -> None:
    assert repr(Block("text", "x" * 100)) == f"Block('text', {'x' * 60!r}, name=None, choice=0)"
    assert Block("text", "a") != Block("reasoning", "a")
    assert Block("text", "a") != "a"
