"""The demo gateway's log against what the real one answered (contract §15.1)."""

import json
from pathlib import Path
from typing import Any

import pytest

from generations.gateway.demo import keys
from tests.demo.peer import Peer

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "log_answers.json").read_text())
MOMENT = "2026-02-27T15:50:24"


@pytest.fixture
def quiet(peer: Peer) -> Peer:
    """Without the traffic that passes by."""
    peer.settle(traffic=0)
    return peer


def arrive(peer: Peer, *fractions: str) -> list[str]:
    """One row at each fraction of that second; their IDs."""
    return [arrive_at(peer, f"{MOMENT}.{fraction}+00:00")[0] for fraction in fractions]


def arrive_at(peer: Peer, at: str, rows: int = 1, step_us: int = 0) -> list[str]:
    fields = {"rows": rows, "at": at, "step_us": step_us}
    return list(peer.http.post("/demo/log", json=fields).json()["ids"])


def ids(peer: Peer, **query: str) -> list[str]:
    return [row["request_id"] for row in peer.get("/v1/logs", **query).json()["data"]]


@pytest.mark.parametrize("name", RECORDED)
def test_a_refusal_is_the_real_gateways(quiet: Peer, name: str) -> None:
    recorded = RECORDED[name]
    arrive(quiet, "000")
    answer = quiet.http.get(recorded["path"], headers=quiet.headers(None))
    body = answer.json() if isinstance(recorded["body"], dict) else answer.text
    assert (answer.status_code, body) == (recorded["status"], recorded["body"])


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("24.123Z", "24.123Z", ["123000"]),
        ("24.123456Z", "24.123456Z", ["123000"]),
        ("24.000Z", "24.123999Z", ["123000"]),
        ("24.123Z", "24.124Z", ["124000", "123900", "123456", "123000"]),
        ("24.123900Z", "24.500Z", ["500000", "124000", "123900", "123456", "123000"]),
        ("24.124Z", "24.500Z", ["500000", "124000"]),
    ],
)
def test_bounds_are_inclusive_and_cut_to_milliseconds(
    quiet: Peer, since: str, until: str, found: list[str]
) -> None:
    fractions = ["123456", "123900", "123000", "124000", "500000"]
    names = dict(zip(arrive(quiet, *fractions), fractions, strict=True))
    listed = ids(quiet, **{"from": f"{MOMENT[:-2]}{since}", "to": f"{MOMENT[:-2]}{until}"})
    assert [names[request_id] for request_id in listed] == found


def test_ties_have_no_order(quiet: Peer) -> None:
    made = arrive_at(quiet, f"{MOMENT}+00:00", rows=40)
    window = {"from": f"{MOMENT}Z", "to": f"{MOMENT}Z"}
    orders = [ids(quiet, **window) for _ in range(5)]
    assert all(sorted(order) == sorted(made) for order in orders)
    assert len({tuple(order) for order in orders}) > 1


def test_to_alone_means_the_day_before_it_and_since_counts_back_from_to(quiet: Peer) -> None:
    [made] = arrive(quiet, "000")
    assert made in ids(quiet, to="2026-02-28T15:50:24Z", limit="200")
    assert made not in ids(quiet, to="2026-02-28T15:50:25Z", limit="200")
    assert ids(quiet, to=f"{MOMENT}.600Z", since="1h") == [made]


def test_an_offset_at_the_end_is_an_empty_page(quiet: Peer) -> None:
    arrive(quiet, "000")
    window = {"from": f"{MOMENT}Z", "to": f"{MOMENT}Z"}
    assert quiet.get("/v1/logs", offset="1", **window).json()["data"] == []
    assert quiet.get("/v1/logs", offset="2", **window).status_code == 500


def test_one_row_is_found_whatever_its_age(quiet: Peer) -> None:
    [made] = arrive_at(quiet, "2026-01-02T03:04:05.678901+00:00")
    data = quiet.get(f"/v1/logs/{made}").json()["data"]
    assert quiet.generation(made).json()["created_at"] == "2026-01-02T03:04:05.678901+00:00"
    assert data["request_id"] == made
    assert "session_id" not in data
    assert ids(quiet, request_id=made) == []


def test_the_role_is_asked(quiet: Peer) -> None:
    answer = quiet.get("/v1/logs", workspace_id="x")
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert quiet.get("/v1/logs", key=keys.OTHER_TEAM_KEY).json()["total"] == 0


def test_rows_pass_by_that_no_story_tells_and_their_records_can_be_read(peer: Peer) -> None:
    records = peer.http.get("/demo/catalogue").json()["records"]
    stories = {record["request_id"] for record in records}
    passing = [request_id for request_id in ids(peer, limit="200") if request_id not in stories]
    assert len(passing) > 50
    record = peer.generation(passing[0]).json()
    assert (record["request_id"], record["replay_supported"]) == (passing[0], True)


def test_time_that_was_moved_moves_the_log(quiet: Peer) -> None:
    before = quiet.get("/v1/logs", since="1h").json()["from"]
    quiet.http.post("/demo/oauth", json={"ahead": 7 * 86_400})
    after = quiet.get("/v1/logs", since="1h").json()["from"]
    assert after[:10] > before[:10]
