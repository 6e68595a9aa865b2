"""The demo gateway's feedback against what the real one answered (contract §15.1)."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from generations.gateway.demo import keys
from generations.gateway.demo.stories import EXAMPLE_IDS
from tests.demo.peer import Peer

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "feedback_answers.json").read_text())
KEYS = {
    "full": keys.FULL_KEY,
    "management": keys.MANAGEMENT_KEY,
    "plain": keys.PLAIN_KEY,
    "scoped": keys.SCOPED_KEY,
}
PATH, CHAT = "/v1/feedback", EXAMPLE_IDS["chat"]
VARIES = ("id", "created_at", "workspace_id", "created_by_user_id")


def give(peer: Peer, key: str = keys.FULL_KEY, **body: Any) -> httpx.Response:
    return peer.post(PATH, {"request_id": CHAT, **body}, key)


def listed(peer: Peer, **query: str) -> list[dict[str, Any]]:
    return list(peer.get(PATH, keys.FULL_KEY, **query).json()["data"])


@pytest.mark.parametrize("name", RECORDED)
def test_an_answer_is_the_real_gateways(peer: Peer, name: str) -> None:
    recorded = RECORDED[name]
    answer = peer.post(PATH, recorded["body"].replace("{id}", CHAT).encode(), KEYS[recorded["key"]])
    assert answer.status_code == recorded["status"], answer.text
    body, expected = answer.json(), json.loads(json.dumps(recorded["answer"]).replace("{id}", CHAT))
    shown = body["data"] if answer.status_code == 201 else body
    for key in (*VARIES, *(("request_id", "generation_id") if answer.status_code == 401 else ())):
        shown.pop(key, None), expected.pop(key, None)
    assert list(shown.items()) == list(expected.items())


def test_the_same_twice_is_two_rows_and_long_values_are_cut_in_silence(peer: Peer) -> None:
    long: dict[str, Any] = {
        "comment": "c" * 3000,
        "reason": "r" * 200,
        "reason_tags": [f"t{place}" for place in range(30)],
    }
    first, second = (give(peer, rating="thumbs_up", **long).json()["data"] for _ in range(2))
    assert first["id"] != second["id"]
    assert [len(first[name]) for name in ("comment", "reason", "reason_tags")] == [2048, 128, 20]
    large = give(peer, metadata={"x": "y" * 40_000}).json()["data"]["metadata"]
    assert large == {"_truncated": True, "_original_size_bytes": 40_008}
    assert [row["id"] for row in listed(peer, request_id=CHAT)][1:] == [second["id"], first["id"]]
    assert len(listed(peer, rating="unrated")) == 1
    assert listed(peer, offset="5000") == listed(peer, request_id="G-none") == []
    assert peer.get(PATH, keys.FULL_KEY, since="x").json()["message"] == "Invalid date filter"


def test_a_record_that_is_late_or_of_others_is_a_404_and_a_duplicate_a_500(peer: Peer) -> None:
    peer.settle(record_ms=60_000)
    peer.chat()
    late = peer.received()[-1]["request_id"]
    missing = {"error": "not_found", "message": "Request not found in this workspace"}
    assert give(peer, request_id=late, rating="correct").json() == missing
    assert give(peer, keys.OTHER_TEAM_KEY).status_code == 403
    assert peer.get(PATH, keys.SCOPED_KEY).json()["message"] == "Token requires feedback:read"
    twice = next(
        row["request_id"]
        for row in peer.http.get("/demo/catalogue").json()["records"]
        if peer.generation(row["request_id"]).status_code == 500
    )
    assert give(peer, request_id=twice).json()["error"] == "failed"


def test_faults_are_as_named(peer: Peer) -> None:
    for fault, kept in (("no-answer", 1), ("lost", 1), ("html-502", 2)):
        peer.settle(feedback=fault)
        if fault == "html-502":
            assert give(peer).status_code == 502
        else:
            with pytest.raises(httpx.RemoteProtocolError):
                give(peer)
        assert len(listed(peer)) == kept
    assert len([seen for seen in peer.received() if seen["path"] == PATH]) == 3
