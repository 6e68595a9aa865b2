"""What an older Retake derived is made again: when a page reads it, and by the clock, the newest first."""

import json
import uuid
import zlib
from datetime import timedelta
from typing import Any

import psutil
import pytest
from django.utils import timezone

from dashboard.models import Team, User
from generations.gateway.streams import assemble_chat, frame_reader
from generations.models import FirstWords, Generation, Replay, ReplayAnswer, StoredRecord
from generations.models.replay import State
from generations.reading import outline
from generations.reading.answer import answer_facts, replayed
from generations.records import rebuild, retention
from generations.replay import derived_answer, raw_answer
from generations.replay.raw_answer import Excerpt, RawAnswer
from tests.support import people, rows
from tests.support.memory import growth

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ANSWER = {
    "id": "G-9",
    "model": "gpt-5-nano",
    "provider": "openai",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 4, "completion_tokens": 2},
    "cost_nanos": 53300,
}
WIRE = json.dumps(ANSWER).encode()
CURRENT = {"finish_reason": "stop", "input_tokens": 4, "output_tokens": 2, "model_id": "openai/gpt-5-nano"}


@pytest.fixture
def chat(team: Team, ada: User) -> Generation:
    body = {
        "choices": [{"message": {"role": "assistant", "content": "Hello there"}, "finish_reason": "stop"}]
    }
    log = {"status": "stored", "payload": {"gateway_response": body}}
    return rows.generation(team, ada, people.connection(team), io_log=log, finish_reason="stop")


def old(of: Generation, ada: User, minutes: int = 0, wire: bytes = WIRE, **columns: Any) -> Replay:
    """A replay as a Retake without versions left it."""
    made = rows.replay(
        of,
        ada,
        state=State.SUCCEEDED,
        content_type="application/json",
        finished_at=NOW - timedelta(minutes=minutes),
        **{"text_key": "old", "calls_key": "old", "finish_reason": "old", **columns},
    )
    ReplayAnswer.objects.create(
        replay=made, packed=zlib.compress(wire), size=len(wire), text="old", outline='{"turns": []}'
    )
    return made


def facts(replay: Replay, *names: str) -> dict[str, Any]:
    found = Replay.objects.filter(pk=replay.pk).values(*names).get()
    return dict(found)


# --- answers ----------------------------------------------------------------------------------------------------


def test_an_old_answer_is_made_again_when_its_page_is_read(ada: User, chat: Generation) -> None:
    replay = old(chat, ada)
    page = people.browser(ada).get(replay.get_absolute_url()).content.decode()
    assert "<p>Hi</p>" in page
    row = ReplayAnswer.objects.get()
    assert (row.version, row.text, row.packed == zlib.compress(WIRE)) == (derived_answer.VERSION, "Hi", True)
    assert facts(replay, *CURRENT) == CURRENT
    assert facts(replay, "derived") == {"derived": derived_answer.VERSION}


def test_one_part_of_an_old_answer_is_read_as_today(ada: User, chat: Generation) -> None:
    replay = old(chat, ada)
    answer = people.browser(ada).get(f"{replay.get_absolute_url()}/parts/raw", {"at": "/answer/cost_nanos"})
    assert answer.getvalue() == b"53300"
    assert ReplayAnswer.objects.get().version == derived_answer.VERSION


def test_the_clock_makes_the_newest_first_and_no_more_than_a_few(
    ada: User, chat: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "ROWS", 2)
    replays = [old(chat, ada, minutes) for minutes in (30, 10, 20)]
    made: list[Any] = []
    for _ in range(3):
        assert rebuild.tick()["answers"] == min(2, 3 - len(made))
        made = list(Replay.objects.filter(derived=derived_answer.VERSION).values_list("pk", flat=True))
        assert replays[1].pk in made
    assert len(made) == 3
    assert rebuild.tick() == {"answers": 0, "generations": 0}


def test_the_bytes_of_one_step_are_bounded_and_the_first_is_always_read(
    ada: User, chat: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "BYTES", 1)
    for minutes in range(3):
        old(chat, ada, minutes)
    assert [rebuild.tick()["answers"] for _ in range(4)] == [1, 1, 1, 0]


def test_what_the_record_said_since_stays(ada: User, chat: Generation) -> None:
    silent = b'{"choices": [{"message": {"content": "Hi"}}]}'
    replay = old(chat, ada, wire=silent, cost_nanos=7, provider="azure", model_id="m")
    rebuild.tick()
    assert facts(replay, "cost_nanos", "provider", "model_id") == {
        "cost_nanos": 7,
        "provider": "azure",
        "model_id": "m",
    }


def test_equal_answers_have_equal_keys_whoever_read_them_first(ada: User, chat: Generation) -> None:
    before, after = old(chat, ada), rows.replay(chat, ada, state=State.SUCCEEDED)
    made = derived_answer.read("chat.completions", "application/json", Excerpt.of(WIRE))
    Replay.objects.filter(pk=after.pk).update(**made.columns)
    rebuild.tick()
    names = ("text_key", "calls_key", "derived")
    assert facts(before, *names) == facts(after, *names)


def test_an_answer_that_cannot_be_read_is_tried_once(ada: User, chat: Generation) -> None:
    replay = old(chat, ada)
    ReplayAnswer.objects.update(packed=b"damaged")
    assert [rebuild.tick()["answers"] for _ in range(2)] == [1, 0]
    assert facts(replay, "finish_reason") == {"finish_reason": "old"}


def test_an_answer_that_was_forgotten_meanwhile_stays_forgotten(ada: User, chat: Generation) -> None:
    replay = old(chat, ada)
    row = ReplayAnswer.objects.get()
    retention.forget(chat, ada)
    derived_answer.current(row, "chat.completions", "application/json")
    assert (ReplayAnswer.objects.count(), Replay.objects.filter(pk=replay.pk).count()) == (0, 0)


def test_keys_of_content_that_has_expired_do_not_come_back(
    ada: User, chat: Generation, settings: Any
) -> None:
    settings.BODY_RETENTION_DAYS = 30
    replay = old(chat, ada)
    row = ReplayAnswer.objects.get()
    retention.expire(NOW + timedelta(days=31))
    derived_answer.current(row, "chat.completions", "application/json")
    assert facts(replay, "text_key", "calls_key") == {"text_key": "", "calls_key": ""}
    assert ReplayAnswer.objects.count() == 0


# --- generations ------------------------------------------------------------------------------------------------


def test_columns_and_outlines_of_generations_are_made_again(chat: Generation) -> None:
    Generation.objects.update(derived=0, finish_reason="old", success=None)
    StoredRecord.objects.update(outline='{"version": 1}', has_answer=False)
    FirstWords.objects.all().delete()
    assert rebuild.tick()["generations"] == 1
    row = Generation.objects.get()
    assert (row.derived, row.finish_reason, row.success) == (outline.VERSION, "stop", True)
    record = StoredRecord.objects.get()
    assert (outline.load(record.outline).version, record.has_answer) == (outline.VERSION, True)
    assert Generation.objects.matching_text("there").count() == 1


def test_a_new_generation_is_not_made_again(chat: Generation) -> None:
    assert Generation.objects.get().derived == outline.VERSION
    assert rebuild.tick()["generations"] == 0


def test_expired_content_does_not_come_back(ada: User, chat: Generation, settings: Any) -> None:
    settings.BODY_RETENTION_DAYS = 30
    retention.expire(NOW + timedelta(days=31))
    Generation.objects.update(derived=0)
    assert rebuild.tick()["generations"] == 1
    assert FirstWords.objects.count() == 0
    record = StoredRecord.objects.get()
    assert (record.has_answer, record.replayable, Generation.objects.get().replayable) == (
        False,
        False,
        False,
    )
    assert "Hello there" not in record.outline


def test_a_record_that_cannot_be_read_is_tried_once(chat: Generation) -> None:
    Generation.objects.update(derived=0)
    StoredRecord.objects.update(packed=b"damaged")
    assert [rebuild.tick()["generations"] for _ in range(2)] == [1, 0]


# --- what is kept -----------------------------------------------------------------------------------------------


def test_the_document_of_json_is_its_bytes_and_of_a_stream_its_body(ada: User, chat: Generation) -> None:
    whole = rows.answer(rows.replay(chat, ada), b'{"a": 1.50}', "application/json")
    assert (bytes(whole.assembled), derived_answer.document_of(whole)) == (
        b"",
        b'{"answer":{"a": 1.50},"other_events":[]}',
    )
    frames = (
        b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )
    streamed = rows.answer(rows.replay(chat, ada), frames, "text/event-stream")
    kept = json.loads(derived_answer.document_of(ReplayAnswer.objects.readable().get(pk=streamed.pk)))
    assert kept["answer"]["choices"][0]["message"]["content"] == "Hi"
    assert replayed.load(streamed.outline).side.note == "finish stop"


def test_of_a_very_long_stream_the_beginning_and_the_end_are_read(
    ada: User, chat: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derived_answer, "PARSED_UP_TO", 5_000)
    monkeypatch.setattr(derived_answer, "TAIL", 500)
    frame = b'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
    last = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":{"completion_tokens":9}}\n\n'
    wire = frame * 200 + last + b"data: [DONE]\n\n"
    made = derived_answer.read("chat.completions", "text/event-stream", Excerpt.of(wire))
    assert made.facts.text == "word " * (5_000 // len(frame))
    assert (made.columns["finish_reason"], made.columns["output_tokens"]) == ("length", 9)
    assert (made.columns["text_key"], made.columns["calls_key"]) == ("", "")
    assert made.unread == len(wire) - len(frame) * (5_000 // len(frame)) + 2
    assert "were not read" in made.shown.side.note


def test_a_long_stream_with_both_line_ends_is_read_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived_answer, "PARSED_UP_TO", 5_000)
    monkeypatch.setattr(derived_answer, "TAIL", 500)
    frame = b'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\r\n\r\n'
    last = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":{"completion_tokens":9}}\n\n'
    made = derived_answer.read("chat.completions", "text/event-stream", Excerpt.of(frame * 200 + last))
    assert (made.columns["finish_reason"], made.columns["output_tokens"]) == ("length", 9)


LONG = {
    "stream": b'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\n\n' * 200
    + b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":{"completion_tokens":9}}\n\n',
    "exactly the bound": b'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'.ljust(
        5_000, b"\n"
    ),
    "one frame": b"data: " + b"x" * 9_000,
    "json": b' {"choices":[{"message":{"content":"' + b"word " * 2_000 + b'"},"finish_reason":"stop"}]}',
    "short": WIRE,
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("step", [1, 700])
def test_an_excerpt_says_the_same_as_the_whole(name: str, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long stream only the beginning and the end are ever together in memory."""
    monkeypatch.setattr(derived_answer, "PARSED_UP_TO", 5_000)
    monkeypatch.setattr(derived_answer, "TAIL", 500)
    wire = LONG[name]
    kind = "application/json" if name in ("json", "short") else "text/event-stream"
    pieces = tuple(wire[at : at + step] for at in range(0, len(wire), step))
    found = derived_answer.excerpt(RawAnswer(uuid.uuid4(), len(wire), pieces))
    assert (found.size, len(found.start) > 5_000) == (len(wire), name == "json")
    made, other = (derived_answer.read("chat.completions", kind, raw) for raw in (found, Excerpt.of(wire)))
    assert (made.derived, made.columns, made.unread) == (other.derived, other.columns, other.unread)
    assert bool(made.unread) == (name in ("stream", "one frame"))
    assert b"".join(raw_answer.pack(pieces)) == zlib.compress(wire, 3)


@pytest.mark.slow
def test_tiny_frames_of_words_take_little_memory() -> None:
    """16 MiB of them took 357 MiB while all parsed frames were kept."""
    frame = b'data: {"created":%d,"choices":[{"delta":{"content":"w"}}]}\n\n'
    wire = b"".join(frame % at for at in range(390_000))
    with growth([psutil.Process()]) as grown:
        made = derived_answer.read("chat.completions", "text/event-stream", Excerpt.of(wire))
    assert made.unread
    assert grown.mib is None or grown.mib < 150


ODD_FRAMES = {
    "unknown": '{"a":%d}',
    "choices": '{"choices":[{"index":%d,"delta":{"content":"a"}}]}',
    "calls": '{"choices":[{"delta":{"tool_calls":[{"index":%d,"function":{"name":"f"}}]}}]}',
    "repeated keys": '{"choices":[],"a":1,"a":%d}',
    "whole answers": '{"object":"chat.completion","choices":[{"index":%d,"message":{"content":"a"}}]}',
    "errors": '{"error":{"a":%d}}',
    "items": '{"type":"response.output_item.added","output_index":%d,"item":{"type":"function_call"}}',
    "blocks": '{"type":"content_block_start","index":%d,"content_block":{"type":"text"}}',
    "lists": "[[],[],%d]",
    "texts": "x%d",
}


@pytest.mark.heavy
@pytest.mark.parametrize("frame", ODD_FRAMES.values(), ids=ODD_FRAMES)
def test_a_stream_of_odd_frames_is_read_to_a_bound_and_says_so(
    frame: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_reader, "MOST_FRAMES", 3_000)
    last = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":{"completion_tokens":9}}\n\n'
    wire = b"".join(f"data: {frame % at}\n\n".encode() for at in range(12_000)) + last
    made = derived_answer.read("chat.completions", "text/event-stream", Excerpt.of(wire))
    assert len(wire) * 0.3 < made.unread < len(wire)
    assert "were not read" in made.shown.side.note
    assert (made.columns["text_key"], made.columns["calls_key"]) == ("", "")
    assert len(made.facts.choices) <= assemble_chat.MOST_CHOICES
    assert made.row(None, Excerpt.of(wire)).wire == wire
    assert len(made.strays) < 8_000


def test_ordinary_frames_are_read_beyond_that_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_reader, "MOST_FRAMES", 10)
    frame = b'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
    made = derived_answer.read("chat.completions", "text/event-stream", Excerpt.of(frame * 20_000))
    assert (made.unread, made.facts.text) == (0, "word " * 20_000)


def test_a_reader_that_fails_leaves_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(answer_facts, "read", broken)
    made = derived_answer.read("chat.completions", "application/json", Excerpt.of(WIRE))
    assert (made.complete, made.unread) == (False, len(WIRE))
    assert "download it" in made.shown.side.turns[0].parts[0].note
    assert made.row(None, Excerpt.of(WIRE)).wire == WIRE


def test_old_rows_learn_how_their_words_begin(ada: User, chat: Generation) -> None:
    Generation.objects.update(derived=0, prompt_start=None, answer_start=None)
    replay = old(chat, ada)
    rebuild.tick()
    chat.refresh_from_db()
    assert (chat.prompt_start, chat.answer_start) == ("Say hi", "Hello there")
    assert facts(replay, "answer_start") == {"answer_start": "Hi"}


def test_key_and_app_of_old_generations_are_filled_by_the_clock_in_bounded_bites(
    team: Team, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that were stored before their key was a column of the list: a few at each tick, the newest first."""
    source = people.connection(team)
    made = [
        rows.generation(team, ada, source, request_id=f"G-{number}", key_id=f"k{number}", app_id=f"a{number}")
        for number in range(5)
    ]
    Generation.objects.update(key_id="", app_id="", derived=outline.VERSION - 1)
    monkeypatch.setattr(rebuild, "ROWS", 2)
    filled = []
    while rebuild.tick()["generations"]:
        filled.append(
            list(Generation.objects.exclude(key_id="").order_by("pk").values_list("key_id", flat=True))
        )
        assert Generation.objects.exclude(app_id="").count() == len(filled[-1])
    assert filled == [["k3", "k4"], ["k1", "k2", "k3", "k4"], [f"k{number}" for number in range(len(made))]]
