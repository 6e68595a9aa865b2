"""After "forget" nothing of the content is anywhere: every column of every table and all of Redis is looked through."""

import json
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.db import connection
from django.utils import timezone

from dashboard.models import Team, User
from generations.models import Batch, Feedback, Generation, PastedAnswer, Replay
from generations.models.forgetting import UNDO_TIME
from generations.models.replay import State
from generations.reading.large import index
from generations.records import forgetting, retention
from generations.replay.live import publisher
from generations.views.generation import drawn_parts
from tests.support import people, rows

pytestmark = pytest.mark.django_db
MARK = "xyzzyplugh"
SAID = [{"role": "user", "content": MARK}]
ANSWER = {"choices": [{"message": {"role": "assistant", "content": MARK}, "finish_reason": "stop"}]}
BODIES: dict[str, Any] = {
    "replay_request": {"model": "openai/gpt-5-nano", "messages": SAID},
    "error_message": MARK,
    "error_payload": {"message": MARK},
    "io_log": {
        "status": "stored",
        "payload": {"request_payload": {"messages": SAID}, "gateway_response": ANSWER},
    },
}
EVERYWHERE: dict[str, Any] = {
    **BODIES,
    **dict.fromkeys(("session_id", "end_user_id", "native_response_id", "error_code"), MARK),
    "detail_metadata": {"note": MARK},
    "provider_attempts": [{"provider": "openai", "reason": MARK}],
    MARK: MARK,
}


@pytest.fixture
def team(broker: "redis.Redis") -> Team:
    return people.team()


def places_of(broker: "redis.Redis") -> set[str]:
    """The tables and Redis keys that hold the mark, plain, in hexadecimal or compressed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        found = {name for name in tables if any(map(holds, texts_of(cursor, name)))}
    return found | {
        key.decode().partition(":")[0] for key in broker.scan_iter() if holds(value_of(broker, key))
    }


def texts_of(cursor: Any, table: str) -> Iterator[str]:
    cursor.execute(f'SELECT t::text FROM "{table}" t')
    return (text for (text,) in cursor.fetchall())


def holds(text: str) -> bool:
    blobs = [bytes.fromhex(found) for found in re.findall(r"\\x((?:[0-9a-f]{2})+)", text)]
    inflated = [zlib.decompress(blob) for blob in blobs if blob[:1] == b"\x78"]
    return MARK in text.lower() or any(MARK.encode() in blob for blob in blobs + inflated)


def value_of(broker: "redis.Redis", key: bytes) -> str:
    """Everything under a key."""
    read: dict[bytes | str, Callable[[bytes], Any]] = {
        b"string": broker.get,
        b"stream": broker.xrange,
        b"hash": broker.hgetall,
        b"set": broker.smembers,
        b"list": lambda name: broker.lrange(name, 0, -1),
        b"zset": lambda name: broker.zrange(name, 0, -1, withscores=True),
    }
    return repr(read[broker.type(key)](key))


def made(team: Team, ada: User, broker: "redis.Redis", payload: dict[str, Any]) -> Generation:
    """A generation that was opened, searched and replayed, with another one made by that replay; itself made by one."""
    source = people.connection(team)
    chat = rows.generation(team, ada, source, **{"error_code": "", **payload, "request_id": "G-1"})
    second = rows.generation(team, ada, source, **{"error_code": "", **payload, "request_id": "G-2"})
    ended = {"state": State.SUCCEEDED, "finished_at": timezone.now(), "status_code": 200, "detail": MARK}
    asked = dict.fromkeys(("text_key", "calls_key", "why", "answer_start"), MARK)
    asked["patch"] = json.dumps([{"op": "add", "path": "/user", "value": MARK}])
    replay = rows.replay(chat, ada, new_generation=second, new_request_id="G-2", **ended, **asked)
    earlier = rows.generation(team, ada, source, request_id="G-0", replay_request=None)
    rows.replay(earlier, ada, new_generation=chat, new_request_id="G-1", **ended, **asked)
    rows.part(replay, 1, MARK)
    Batch.objects.create(team=team, click=uuid4(), parallel=1, size=1, left_out=[["G-1", MARK]])
    row = rows.answer(
        replay, b"event: odd\ndata: {}\n\ndata: " + json.dumps(ANSWER).encode(), "text/event-stream"
    )
    kept = [
        row.text,
        row.outline,
        zlib.decompress(row.packed).decode(),
        zlib.decompress(row.assembled).decode(),
    ]
    assert all(MARK in text for text in kept)
    PastedAnswer.objects.create(
        generation=chat, team=team, kind="text", size=len(MARK), packed=PastedAnswer.pack(MARK)
    )
    said = {"team": team, "comment": MARK, "tags": [MARK], "detail": MARK, "state": "sent"}
    said["ended_at"] = timezone.now()
    Feedback.objects.create(generation=chat, request_id="G-1", click=uuid4(), **said)
    Feedback.objects.create(replay=replay, request_id="G-2", click=uuid4(), **said)
    broker.xadd(publisher.key_of(replay.pk), {"k": "text", "t": MARK})
    browser, base = people.browser(ada), chat.get_absolute_url()
    for path in (base, f"{base}/json?find={MARK}", f"{base}/parameters", f"{base}/copy", f"{base}/forget"):
        assert browser.get(path).status_code == 200
    return chat


TABLES = {
    "batch",
    "feedback",
    "generation",
    "pastedanswer",
    "replay",
    "replayanswer",
    "replaypart",
    "firstwords",
    "storedrecord",
}


@pytest.mark.parametrize("large", [False, True])
def test_forget_leaves_no_trace(team: Team, ada: User, broker: "redis.Redis", large: bool) -> None:
    padding = {"padding": MARK * (2 * index.SMALL // len(MARK))} if large else {}
    chat = made(team, ada, broker, {**EVERYWHERE, **padding})
    held = {*TABLES, *({"recordchunk"} if large else ())}
    assert places_of(broker) == {f"generations_{name}" for name in held} | {"retake"}
    people.browser(ada).post(f"{chat.get_absolute_url()}/forget")
    assert len(drawn_parts.drawn) == 0
    forgetting.finish_due(timezone.now() + UNDO_TIME)
    assert places_of(broker) == set()


def test_expiry_leaves_no_content(team: Team, ada: User, broker: "redis.Redis", settings: Any) -> None:
    settings.BODY_RETENTION_DAYS = 30
    chat = made(team, ada, broker, BODIES)
    assert places_of(broker) == {f"generations_{name}" for name in TABLES} | {"retake"}
    retention.expire(timezone.now() + timedelta(days=31))
    assert places_of(broker) == set()
    assert (Generation.objects.count(), Replay.objects.count(), chat.records.count()) == (3, 2, 1)
