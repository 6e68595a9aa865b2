"""Rows that the replay tests share."""

import json
import uuid
from typing import Any

from dashboard.models import GatewayConnection, Team, User
from generations.gateway.record import Record
from generations.models import Generation, Replay, ReplayAnswer, ReplayPart
from generations.models.replay import State
from generations.records import store
from generations.replay import derived_answer
from generations.replay.raw_answer import Excerpt

CHAT = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "Say hi"}], "stream": True}


def generation(team: Team, user: User, connection: GatewayConnection, **record: Any) -> Generation:
    """A stored generation whose record is a plain chat, changed by `record`."""
    request_id = record.pop("request_id", "G-01M0N8538G8F4T0W6X1Y2Z3A4B")
    fields = {
        "request_id": request_id,
        "endpoint": "chat.completions",
        "model_id": "openai/gpt-5-nano",
        "status_code": 200,
        "success": True,
        "replay_supported": True,
        "replay_request": CHAT,
        **record,
    }
    raw = json.dumps(fields, indent=2).encode()
    return store.store(team, request_id, user, Record.read(raw, asked_id=request_id), connection.pk)


def replay(of: Generation, user: User, **columns: Any) -> Replay:
    """A replay row, queued unless `columns` say otherwise."""
    source = of.team.connections.first()
    columns = {"click": uuid.uuid4(), "body_sha256": "0" * 64, "connection": source, **columns}
    if columns.get("state") == State.RUNNING:
        columns.setdefault("claim", uuid.uuid4())
    return Replay.objects.create(
        team=of.team, generation=of, record=of.records.get(), requested_by=user, **columns
    )


def answer(of: Replay, wire: bytes, content_type: str | None = None) -> ReplayAnswer:
    """The stored answer of a replay, read from its bytes as the engine does."""
    kind = of.content_type if content_type is None else content_type
    raw = Excerpt.of(wire)
    row = derived_answer.read(of.generation.endpoint, kind, raw).row(of.pk, raw)
    row.save()
    return row


def part(of: Replay, first: int, *texts: str) -> ReplayPart:
    """A checkpoint whose entries are texts, numbered from `first`."""
    entries = [(first + place, "text", text) for place, text in enumerate(texts)]
    return ReplayPart.objects.create(
        replay=of, first_seq=first, last_seq=entries[-1][0], entries=json.dumps(entries), wire=b""
    )
