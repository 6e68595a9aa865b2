"""Two hundred replays at once: the chats they replay, how they are started, and whether anything was lost."""

import json
import time
import uuid
from uuid import UUID

from django.db import transaction

from bench import story
from dashboard.models import GatewayConnection, User
from generations.gateway.record import Record
from generations.models import Generation, Replay, ReplayAnswer
from generations.models.replay import OPEN_STATES, State
from generations.records import store
from generations.replay.order import orders, start

CROWD = 200
FRAMES, FRAME_MS = 150, 20  # 3 s at 50 frames/s
REQUEST_ID = "G-01M0N8538GBENCH0CR0WD0000A"
BODY = {
    "model": "openai/gpt-5-mini",
    "messages": [{"role": "user", "content": "Tell me about the fjords."}],
    "temperature": 0,  # the demo gateway then answers in the same words each time
    "stream": True,
}


def chat() -> Generation:
    """A stored generation of BODY."""
    payload = {
        "request_id": REQUEST_ID,
        "endpoint": "chat.completions",
        "replay_supported": True,
        "replay_request": BODY,
    }
    raw = json.dumps({**payload, "status_code": 200, "success": True}).encode()
    return store.store(story.team(), REQUEST_ID, story.owner(), Record.read(raw), story.source().pk)


def click_at_once(generation: Generation, owner: User, source: GatewayConnection) -> tuple[list[UUID], float]:
    """Click CROWD times at once: all rows in one transaction, at whose end the messages are sent.

    Gives the replays and the moment, by the monotonic clock, before the first message: `start_replay` enqueues a
    replay when its row is committed.
    """
    with transaction.atomic():
        replays = [
            start.start_replay(orders.order(generation, source), owner, uuid.uuid4()).pk for _ in range(CROWD)
        ]
        begun = time.monotonic()
    return replays, begun


def open_ones(replays: list[UUID]) -> int:
    """How many have not ended."""
    return Replay.objects.filter(pk__in=replays, state__in=OPEN_STATES).count()


def texts(replays: list[UUID]) -> list[str]:
    """The answers' texts of those that succeeded."""
    rows = ReplayAnswer.objects.filter(replay__in=replays, replay__state=State.SUCCEEDED)
    return list(rows.values_list("text", flat=True))


def forget(replays: list[UUID]) -> None:
    """Delete them, so that the sweep does not ask for their records while the next figure is measured."""
    Replay.objects.filter(pk__in=replays).delete()


def pace(first_byte_ms: float = 0) -> dict[str, float]:
    """The demo gateway's settings for it. New records are held back, so that nothing asks for them meanwhile."""
    every = {"pace": 1, "frames": FRAMES, "frame_ms": FRAME_MS, "record_ms": 3_600_000}
    return {**every, "first_byte_ms": first_byte_ms}
