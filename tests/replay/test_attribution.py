"""How the gateway's logs tell our replays from production traffic: title, session; the body is as it was stored."""

import base64
from typing import Any
from uuid import uuid4

import pytest

from dashboard.models import GatewayConnection, Team, User
from generations.models import Batch
from generations.replay.order import orders
from generations.replay.worker import runner
from tests.support import rows
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.django_db(transaction=True)
REQUESTS = {
    "embeddings": {"model": "openai/text-embedding-3-small", "input": "hi"},
    "moderations": {"model": "openai/omni-moderation-latest", "input": "hi", "session_id": "production-7"},
    "rerank": {"model": "cohere/rerank-v3.5", "query": "hi", "documents": ["a", "b"]},
    "images.generations": {"model": "openai/gpt-image-1", "prompt": "a cat"},
    "audio.speech": {"model": "openai/gpt-4o-mini-tts", "input": "hi", "voice": "alloy"},
    "chat.completions": rows.CHAT,
    "responses": {"model": "openai/gpt-5-nano", "input": "hi"},
    "messages": {
        "model": "anthropic/claude-sonnet-4",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "hi"}],
    },
}
TEXT = {"chat.completions", "responses", "messages"}


def seen(gateway: DemoGateway) -> dict[str, Any]:
    (request,) = gateway.requests()
    return request


@pytest.mark.parametrize("endpoint", REQUESTS)
def test_a_replay_is_a_session_of_its_own_where_the_endpoint_reads_the_header(
    team: Team, ada: User, source: GatewayConnection, demo_gateway: DemoGateway, endpoint: str
) -> None:
    of = rows.generation(team, ada, source, endpoint=endpoint, replay_request=REQUESTS[endpoint])
    replay = rows.replay(of, ada)
    runner.run(replay.pk)
    headers = seen(demo_gateway)["headers"]
    expected = {"x-title": "Retake"} | ({} if endpoint in TEXT else {"x-session-id": f"retake-{replay.pk}"})
    assert {name: headers[name] for name in ("x-title", "x-session-id") if name in headers} == expected
    stored = orders.stored_body(of.records.get())
    assert base64.b64decode(seen(demo_gateway)["body"]) == stored


def test_the_members_of_a_batch_are_one_session(
    team: Team, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    of = rows.generation(team, ada, source, endpoint="embeddings", replay_request=REQUESTS["embeddings"])
    batch = Batch.objects.create(team=team, click=uuid4(), parallel=1, size=2)
    for place in range(2):
        runner.run(rows.replay(of, ada, batch=batch, place=place).pk)
    sessions = {request["headers"]["x-session-id"] for request in demo_gateway.requests()}
    assert sessions == {f"retake-{batch.pk}"}
