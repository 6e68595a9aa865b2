"""How replays end: errors inside a 200, empty answers, failures that repeat, and what pages say of them."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

from dashboard.models import Team, User
from generations.models import Generation, Replay, ReplayAnswer
from generations.models.replay import State
from generations.replay import batches
from generations.replay.worker import runner
from tests.gateway.peer import Call, Peer
from tests.support import people, rows

pytestmark = pytest.mark.django_db(transaction=True)
JSON, SSE, HTML = "application/json", "text/event-stream", "text/html"


class ScriptedPeer(Peer):
    """Answers every POST with what the test sets."""

    answer: tuple[int, str, bytes, dict[str, str]]


@pytest.fixture
def peer(settings: Settings) -> Iterator[ScriptedPeer]:
    def script(call: Call) -> None:
        status, kind, body, headers = scripted.answer
        call.answer(status, body, kind, **headers)

    scripted = ScriptedPeer(script)
    settings.GATEWAY_URLS = [scripted.url]
    try:
        yield scripted
    finally:
        scripted.close()


def replayed(team: Team, ada: User, peer: ScriptedPeer, **record: Any) -> Replay:
    source = team.connections.first() or people.connection(team, peer.url)
    of = Generation.objects.filter(team=team).first() or rows.generation(team, ada, source, **record)
    replay = rows.replay(of, ada)
    runner.run(replay.pk)
    return Replay.objects.get(pk=replay.pk)


def says(peer: ScriptedPeer, body: Any, status: int = 200, kind: str = JSON, **headers: str) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    peer.answer = (status, kind, raw, headers)


def frames(*values: Any, done: bool = True) -> bytes:
    lines = [f"data: {json.dumps(value)}\n\n" for value in values]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def delta(text: str = "", finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish, **more}
    return {"id": "G-1", "object": "chat.completion.chunk", "choices": [choice]}


def whole(content: str | None, finish: str = "stop", **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {"id": "G-1", "choices": [{"index": 0, "message": message, "finish_reason": finish, **more}]}


ERROR = {"message": "provider timed out", "code": 504}
LOST = {"message": None, "type": "server_error", "code": 500}

# status, content type, body -> reason, words on the page
FINISH, LATE = "error_finish", "provider timed out"
NATIVE = {"native_finish_reason": "network_error"}
PING = {"id": "c", "type": "function", "function": {"name": "ping", "arguments": "{}"}}
CALLS = {"choices": [{"message": {"tool_calls": [PING]}, "finish_reason": "tool_calls"}]}
PAGE = b"<!doctype html><title>Just a moment...</title>"
FINDINGS = {"detail": [{"loc": ["body", "n"], "msg": "field required"}]}
HALF = delta("Half")
ENDS: dict[str, tuple[int, str, Any, str, str]] = {
    "error in a choice, streamed": (200, SSE, frames(HALF, delta(finish="error", error=ERROR)), FINISH, LATE),
    "error in a choice, then stop": (200, SSE, frames(HALF, delta(error=ERROR), delta(finish="stop")), FINISH, LATE),
    "error in a choice, whole": (200, JSON, whole("", "error", error=ERROR), FINISH, LATE),
    "finish error without words": (200, JSON, whole("Half", "error"), FINISH, "Half"),
    "error member": (200, JSON, {"error": {"message": "It returned an error", "code": 502}}, FINISH, "It returned an error"),
    "error mid-stream": (200, SSE, frames(HALF, {"error": ERROR}, done=False), FINISH, LATE),
    "error in a text": (200, SSE, frames(HALF, {"error": json.dumps(ERROR)}, done=False), FINISH, LATE),
    "error without words": (200, SSE, frames(HALF, {"error": LOST}, done=False), FINISH, "server_error"),
    "error event": (200, SSE, b"event: error\n" + frames({"error": "peer closed it"}, done=False), FINISH, "peer closed it"),
    "native finish": (200, SSE, frames(delta(), delta(finish="stop", **NATIVE)), "empty_answer", "network_error"),
    "no choices": (200, JSON, {"id": "x", "choices": []}, "empty_answer", "Finished without an answer"),
    "empty words": (200, JSON, whole(""), "empty_answer", "Finished without an answer"),
    "null": (200, JSON, b"null", "no_answer", "The gateway sent no answer."),
    "no body": (200, JSON, b"", "no_answer", "The gateway sent no answer."),
    "no content": (204, "", b"", "no_answer", "HTTP 204 without a body"),
    "only the end": (200, SSE, b"data: [DONE]\n\n", "no_answer", "The gateway sent no answer."),
    "web page": (200, HTML, PAGE, "gateway_error", "Just a moment..."),
    "list of findings": (422, JSON, FINDINGS, "gateway_error", "field required"),
    "text": (504, "text/plain", b"upstream request timeout", "gateway_error", "upstream request timeout"),
    "good": (200, JSON, whole("Hello"), "", "Hello"),
    "calls alone": (200, JSON, CALLS, "", "ping"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_every_end_has_its_state_and_its_words(team: Team, ada: User, peer: ScriptedPeer, name: str) -> None:
    status, kind, body, reason, words = ENDS[name]
    state = State.SUCCEEDED if reason in ("", "empty_answer") else State.FAILED
    says(peer, body, status, kind)
    replay = replayed(team, ada, peer)
    assert (replay.state, replay.reason) == (state, reason)
    assert kind == SSE or replay.first_token_ms is None  # its first token would be its end
    page = people.browser(ada).get(replay.get_absolute_url()).content.decode()
    assert words in page
    plain = "<title>Succeeded" in page
    assert plain is (reason == "" and state == State.SUCCEEDED)
    assert len(peer.calls) == 1


def test_the_wait_that_was_asked_for_is_kept(team: Team, ada: User, peer: ScriptedPeer) -> None:
    says(peer, {"error": {"message": "Slow down"}}, 429, retry_after="360")
    replay = replayed(team, ada, peer)
    assert replay.retry_after_s == 360
    assert "Retry after: 6 min" in people.browser(ada).get(replay.get_absolute_url()).content.decode()


FAILED = {"success": False, "status_code": 502, "error_code": "upstream:upstream_error"}
PAYLOAD = {
    "error": "upstream_error",
    "reason": "all_candidates_failed",
    "description": "All failed.",
    "failed_providers": ["azure"],
    "failed_statuses": [429],
}


def test_two_equal_failures_stand_side_by_side(team: Team, ada: User, peer: ScriptedPeer) -> None:
    says(peer, {**PAYLOAD, "generation_id": "G-2"}, 502)
    replay = replayed(team, ada, peer, **FAILED, error_payload=PAYLOAD)
    assert replay.reproduced
    page = people.browser(ada).get(replay.get_absolute_url()).content.decode()
    assert page.count("Most likely: azure rate-limited the request.") == 2
    assert page.count("What to do</dt>") == 1  # for the replay; whether one helps was just seen
    assert "Reproduced." in page
    assert "What differs between the errors" in page
    assert "generation_id" in page
    assert "unknown" not in page


def test_another_cause_is_another_failure(team: Team, ada: User, peer: ScriptedPeer) -> None:
    says(peer, {**PAYLOAD, "failed_statuses": [500]}, 502)
    replay = replayed(team, ada, peer, **FAILED, error_payload=PAYLOAD)
    assert not replay.reproduced
    page = people.browser(ada).get(replay.get_absolute_url()).content.decode()
    assert "Failed again, differently." in page
    assert "Reproduced" not in page
    assert "<del>429</del> → <ins>500</ins>" in page


@pytest.mark.parametrize(
    ("status", "headline"), [(502, "Reproduced."), (504, "Failed again, differently."), (200, "")]
)
def test_the_comparison_explains_failures_and_has_no_row_of_unknown(
    team: Team, ada: User, peer: ScriptedPeer, status: int, headline: str
) -> None:
    says(peer, whole("hello") if status == 200 else PAYLOAD, status)
    replay = replayed(team, ada, peer, **FAILED, error_payload=PAYLOAD)
    query = {"a": replay.generation.slug, "b": str(replay.pk)}
    page = people.browser(ada).get(reverse("compare", args=[team.slug]), query).content.decode()
    assert headline in page
    assert ("Failure of A" in page, "Failure of B" in page) == (True, status != 200)
    assert "nothing to compare" not in page
    assert "unknown" not in page.partition("Figures</h2>")[2].partition("</section>")[0]
    assert ("What differs between the errors" in page) is (status != 200)


def test_failures_of_two_requests_are_not_called_reproduced(
    team: Team, ada: User, peer: ScriptedPeer
) -> None:
    source = people.connection(team, peer.url)
    for name in ("G-one", "G-two"):
        rows.generation(team, ada, source, request_id=name, **FAILED, error_payload=PAYLOAD)
    page = people.browser(ada).get(reverse("compare", args=[team.slug]), {"a": "G-one", "b": "G-two"})
    assert "Both failed the same way." in page.content.decode()
    assert "Reproduced" not in page.content.decode()


def test_an_unknown_cause_is_not_called_the_same(team: Team, ada: User, peer: ScriptedPeer) -> None:
    says(peer, PAYLOAD, 502)
    replay = replayed(team, ada, peer, **FAILED)
    assert not replay.reproduced
    page = people.html(people.browser(ada).get(replay.get_absolute_url()))
    assert "Failed again; it is unknown whether the cause is the same." in page


def test_words_of_errors_are_forgotten_with_the_content(team: Team, ada: User, peer: ScriptedPeer) -> None:
    says(peer, {"error": {"message": "I will not say: secret prompt"}})
    replay = replayed(team, ada, peer)
    assert "secret prompt" in replay.detail
    Replay.objects.filter(pk=replay.pk).drop_words()
    ReplayAnswer.objects.filter(pk=replay.pk).delete()
    replay.refresh_from_db()
    assert replay.detail == ""
    page = people.browser(ada).get(replay.get_absolute_url()).content.decode()
    assert "The answer ended with an error." in page


def test_a_batch_counts_errors_and_empty_answers_apart(team: Team, ada: User, peer: ScriptedPeer) -> None:
    of = rows.generation(team, ada, people.connection(team, peer.url))
    batch = batches.start_batch(team, ada, uuid.uuid4(), "Three", batches.plan_batch([of], times=3), 1)
    ends = [(State.SUCCEEDED, ""), (State.SUCCEEDED, "empty_answer"), (State.FAILED, "error_finish")]
    for place, (state, reason) in enumerate(ends):
        batch.replays.filter(place=place).update(state=state, reason=reason)
    answer = people.browser(ada).get(batch.get_absolute_url())
    found = answer.context["spread"]
    assert {state.name: state.number for state in found.states} == {"succeeded": 1, "empty": 1, "failed": 1}
    assert [(failure.name, failure.number) for failure in found.failures] == [(FINISH, 1)]
    assert "Finished without an answer" in answer.content.decode()


def test_ids_and_the_order_of_members_do_not_make_errors_differ(
    team: Team, ada: User, peer: ScriptedPeer
) -> None:
    says(peer, dict(reversed([*PAYLOAD.items(), ("generation_id", "G-2")])), 502)
    replay = replayed(team, ada, peer, **FAILED, error_payload={"generation_id": "G-1", **PAYLOAD})
    page = people.browser(ada).get(replay.get_absolute_url()).content.decode()
    assert "Only IDs and the order of members." in page
    assert "another order" not in page


def test_an_unknown_error_inside_an_answer_is_not_called_a_failed_request(
    team: Team, ada: User, peer: ScriptedPeer
) -> None:
    says(peer, frames(HALF, {"error": {"message": "It broke", "type": "odd_error"}}, done=False), kind=SSE)
    page = people.browser(ada).get(replayed(team, ada, peer).get_absolute_url()).content.decode()
    assert "The answer ended with an error." in page
    assert "It broke" in page
