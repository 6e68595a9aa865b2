"""The lookup, the other read endpoints and the control API, over real HTTP."""

import base64
import json
import re
import socket
from typing import Any

import pytest

from generations.gateway.demo import keys, stories
from tests.demo.peer import Peer

CHAT = stories.EXAMPLE_IDS["chat"]


# --- the lookup ---------------------------------------------------------------------------------------------


def test_health_is_open(peer: Peer) -> None:
    answer = peer.get("/v1/health", key="")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("query", ["", "?id=", "?other=1", "?id=&id=x"])
def test_a_missing_id_is_said_before_the_key_is_asked_for(peer: Peer, query: str) -> None:
    answer = peer.http.get("/v1/generations" + query)
    assert (answer.status_code, answer.json()) == (400, {"ok": False, "error": "missing_id"})


REASONS = {
    "": "missing_or_invalid_authorization_header",
    keys.MALFORMED_KEY: "invalid_key_format",
    keys.MANAGEMENT_KEY: "management_key_not_valid_for_gateway",
    keys.REVOKED_KEY: "key_not_found_or_revoked",
    keys.EXPIRED_KEY: "key_expired",
    keys.WRONG_SECRET_KEY: "invalid_secret",
    keys.MANAGED_INVALID_KEY: "oauth_managed_key_invalid",
    keys.UNLINKED_KEY: "oauth_authorization_revoked",
    keys.NO_GATEWAY_KEY: "oauth_gateway_scope_required",
    keys.RESOURCE_TOKEN: "oauth_resource_token_not_valid_for_api",
    keys.UNCONFIGURED_TOKEN: "oauth_not_configured",
    keys.BROKEN_TOKEN: "invalid_jwt_format",
    keys.INVALID_TOKEN: "invalid_oauth_token",
    keys.FAILED_TOKEN: "oauth_authentication_failed",
    keys.DATABASE_DOWN_KEY: "db_error",
    keys.NO_PEPPER_KEY: "server_misconfig_missing_pepper",
    keys.NO_KEYS_TOKEN: "oauth_jwks_unavailable",
}


@pytest.mark.parametrize(("key", "reason"), REASONS.items(), ids=REASONS.values())
def test_each_refusal_of_a_credential_can_be_had(peer: Peer, key: str, reason: str) -> None:
    answer = peer.generation("no-such-id", key)
    assert (answer.status_code, answer.json()) == (
        401,
        {"ok": False, "error": "unauthorised", "reason": reason},
    )


@pytest.mark.parametrize("credential", [keys.RETIRED_KEY, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.x"])
def test_retired_keys_and_foreign_tokens_have_no_key_format(peer: Peer, credential: str) -> None:
    assert peer.generation(CHAT, credential).json()["reason"] == "invalid_key_format"


def test_two_blanks_after_bearer_are_accepted(peer: Peer) -> None:
    header = {"authorization": f"Bearer  {keys.PLAIN_KEY}"}
    assert peer.http.get("/v1/generations", params={"id": CHAT}, headers=header).status_code == 200


def test_odd_ids_are_answered_as_recorded(peer: Peer) -> None:
    header = peer.headers(None)
    blank = peer.http.get("/v1/generations?id=%20", headers=header)
    assert (blank.status_code, blank.json()["error"]) == (404, "not_found")
    nul = peer.http.get("/v1/generations?id=a%00", headers=header)
    assert (nul.status_code, nul.json()["error"]) == (500, "db_error")
    twice = peer.http.get(f"/v1/generations?id={CHAT}&id=other", headers=header)
    assert twice.json()["request_id"] == CHAT
    slash = peer.http.get(f"/v1/generations/?id={CHAT}", headers=header)
    assert (slash.status_code, slash.text) == (404, "404 Not Found")


@pytest.mark.parametrize(("path", "key"), [("/v1/health", ""), ("/v1/models", keys.EXPIRED_KEY)])
def test_health_and_guards_answer_on_one_line_and_may_be_cached(peer: Peer, path: str, key: str) -> None:
    answer = peer.get(path, key=key)
    assert "cache-control" not in answer.headers
    assert answer.text.startswith('{"')
    assert " " not in answer.text


@pytest.mark.parametrize("header", [f"bearer {keys.PLAIN_KEY}", keys.PLAIN_KEY])
def test_the_header_begins_with_bearer_and_a_space(peer: Peer, header: str) -> None:
    answer = peer.http.get("/v1/generations", params={"id": CHAT}, headers={"authorization": header})
    assert answer.json()["reason"] == "missing_or_invalid_authorization_header"


def test_the_scope_is_asked_before_the_row(peer: Peer) -> None:
    answer = peer.generation("no-such-id", keys.UNSCOPED_KEY)
    body = {"error": "insufficient_scope", "message": "Token requires generations:read"}
    assert (answer.status_code, answer.json()) == (403, body)


@pytest.mark.parametrize("key", [keys.PLAIN_KEY, keys.LEGACY_KEY, keys.SCOPED_KEY, keys.ACCESS_TOKEN])
def test_an_unknown_id_is_not_found(peer: Peer, key: str) -> None:
    answer = peer.generation("G-01M0N8538GAAAAAAAAAAAAAAAA", key)
    assert (answer.status_code, answer.json()) == (404, {"ok": False, "error": "not_found"})


def test_an_id_of_another_workspace_is_not_found(peer: Peer) -> None:
    assert peer.generation(CHAT, keys.OTHER_TEAM_KEY).status_code == 404


def test_the_old_path_is_plain_text(peer: Peer) -> None:
    answer = peer.get("/v1/generation", id=CHAT)
    assert (answer.status_code, answer.text) == (404, "404 Not Found")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("key", [keys.PLAIN_KEY, keys.LEGACY_KEY])
def test_a_plain_key_sees_the_row_but_no_replay(peer: Peer, key: str) -> None:
    body = peer.generation(CHAT, key).json()
    assert body["request_id"] == CHAT
    assert [body[name] for name in ("replay_supported", "replay_request", "io_log")] == [False, None, None]


@pytest.mark.parametrize("key", [keys.SCOPED_KEY, keys.FULL_KEY, keys.ACCESS_TOKEN])
def test_a_scoped_credential_sees_everything(peer: Peer, key: str) -> None:
    body = peer.generation(CHAT, key).json()
    assert body["replay_supported"] is True
    assert body["replay_request"] == body["io_log"]["payload"]["request_payload"]
    assert body["io_log"]["status"] == "stored"
    assert list(body)[-3:] == ["replay_supported", "replay_request", "io_log"]


@pytest.mark.parametrize("key", [keys.PLAIN_KEY, keys.UNSCOPED_KEY, keys.SCOPED_KEY])
def test_in_the_documented_mode_any_key_sees_the_replay(peer: Peer, key: str) -> None:
    peer.settle(mode="legacy")
    body = peer.generation(CHAT, key).json()
    peer.settle(mode="scoped")
    assert body["replay_supported"] is True
    assert body["replay_request"]["model"] == "openai/gpt-5-nano"
    assert "io_log" not in body


def test_a_record_is_pretty_printed_and_not_cached(peer: Peer) -> None:
    answer = peer.generation(CHAT)
    assert answer.text.startswith('{\n  "id": "')
    assert '"billable_units": 0.000042,' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "server-timing" not in answer.headers
    timing = peer.chat().headers["server-timing"]
    assert re.fullmatch(r"\w+;dur=[\d.]+(, \w+;dur=[\d.]+)*", timing)
    assert not [name for name in answer.headers if "request-id" in name or "ratelimit" in name]


def test_the_sanitiser_damages_the_stored_prompt(peer: Peer) -> None:
    asked = _ids(peer)["A stack trace in the prompt: the gateway hid it"]
    body = peer.generation(asked).json()
    assert body["replay_request"]["messages"][-1] == {"role": "user", "content": "[redacted]"}
    assert body["io_log"]["payload"]["request_payload"]["messages"][-1]["content"] == "[redacted]"


def test_the_sanitiser_drops_a_parameter_named_stack(peer: Peer) -> None:
    asked = _ids(peer)["A tool parameter named stack was dropped"]
    tool = peer.generation(asked).json()["replay_request"]["tools"][0]["function"]
    assert list(tool["parameters"]["properties"]) == ["service"]
    assert tool["parameters"]["required"] == ["service", "stack", "stack_trace"]


def _ids(peer: Peer) -> dict[str, str]:
    rows = peer.http.get("/demo/catalogue").json()["records"]
    return {row["title"]: row["request_id"] for row in rows}


@pytest.mark.heavy
def test_every_record_of_the_catalogue_answers(peer: Peer) -> None:
    answers = {title: peer.generation(asked).status_code for title, asked in _ids(peer).items()}
    other = {title: status for title, status in answers.items() if status != 200}
    assert other == {
        "The database found two rows: 500": 500,
        "The gateway crashed: plain text 500": 500,
        "A proxy in front answered with HTML": 502,
    }


# --- other read endpoints -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/key", "/v1/models", "/v1/providers", "/v1/endpoints"])
def test_guarded_routes_refuse_in_their_own_form(peer: Peer, path: str) -> None:
    body = peer.get(path, key=keys.EXPIRED_KEY).json()
    assert body.pop("request_id") == body.pop("generation_id")
    origin = {"status_code": 401, "error_type": "user", "error_origin": "user"}
    assert body == {"error": "unauthorised", "reason": "key_expired"} | origin


def test_the_key_tells_about_itself(peer: Peer) -> None:
    data = peer.get("/v1/key", key=keys.PLAIN_KEY).json()["data"]
    assert (data["name"], data["status"], data["workspace_id"]) == ("Support chat", "active", keys.WORKSPACE)
    assert peer.get("/v1/key", key=keys.FULL_KEY).json()["data"]["name"] == "Operations"


def test_the_key_route_wants_its_scope(peer: Peer) -> None:
    assert peer.get("/v1/key", key=keys.SCOPED_KEY).json()["message"] == "Token requires keys:read"
    assert peer.get("/v1/key", key=keys.ACCESS_TOKEN).json()["reason"] == "oauth_delegated_key_required"


def test_models_and_providers_are_paged(peer: Peer) -> None:
    models = peer.get("/v1/models", limit="2", offset="1").json()
    assert (models["limit"], models["offset"], len(models["models"])) == (2, 1, 2)
    assert peer.get("/v1/models", limit="many").json()["limit"] == 100
    assert peer.get("/v1/providers", limit="1").json()["providers"][0]["api_provider_id"] == "alibaba"
    served = peer.get("/v1/models/openai/gpt-5-nano/endpoints").json()["endpoints"]
    assert {row["provider"] for row in served} == {"openai", "azure"}


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (keys.PLAIN_KEY, "management_key_required"),
        (keys.BARE_MANAGEMENT_KEY, "management_key_scopes_required"),
        (keys.BLOCKED_KEY, "key_soft_blocked"),
        ("", "missing_or_invalid_authorization_header"),
    ],
)
def test_logs_refuse_other_keys(peer: Peer, key: str, reason: str) -> None:
    answer = peer.get("/v1/logs", key=key)
    assert (answer.status_code, answer.json()["reason"]) == (401, reason)


def test_logs_want_their_scope(peer: Peer) -> None:
    answer = peer.get("/v1/logs", key=keys.UNSCOPED_KEY)
    assert (answer.status_code, answer.json()["message"]) == (403, "Token requires activity:read")


def test_logs_hide_what_is_older_than_a_day(peer: Peer) -> None:
    assert peer.get("/v1/logs", request_id=CHAT).json()["total"] == 0
    found = peer.get("/v1/logs", request_id=CHAT, **{"from": "2026-08-22", "to": "2026-08-23"}).json()
    assert [row["request_id"] for row in found["data"]] == [CHAT]
    assert {"error_message", "session_id"} & set(found["data"][0]) == set()


@pytest.mark.parametrize(
    ("query", "field", "values"),
    [
        ({"provider": "deepseek"}, "provider", {"deepseek"}),
        ({"model": "openai/gpt-5"}, "model_id", {"openai/gpt-5"}),
        ({"endpoint": "embeddings"}, "endpoint", {"embeddings"}),
        ({"status": "error", "error_code": "upstream:upstream_stream_failure"}, "status_code", {502}),
        ({"status": "success"}, "success", {True}),
        ({"status": "4xx"}, "status_code", {400, 402, 403, 429}),
        ({"status": "429"}, "status_code", {429}),
    ],
)
def test_logs_filter(peer: Peer, query: dict[str, str], field: str, values: set[Any]) -> None:
    found = peer.get("/v1/logs", since="30d", limit="200", **query).json()
    assert {row[field] for row in found["data"] if row["created_at"]} == values


def test_logs_are_newest_first_and_paged(peer: Peer) -> None:
    whole = peer.get("/v1/logs", since="90d", limit="200").json()
    times = [row["created_at"] for row in whole["data"]]
    assert times == sorted(times, reverse=True)
    part = peer.get("/v1/logs", since="90d", limit="3", offset="2").json()
    assert [row["request_id"] for row in part["data"]] == [row["request_id"] for row in whole["data"][2:5]]
    assert (part["limit"], part["offset"], part["total"]) == (3, 2, whole["total"])


@pytest.mark.parametrize(
    "query",
    [
        {"since": "91d"},
        {"since": "soon"},
        {"since": "1h", "from": "2026-08-22"},
        {"from": "x"},
        {"status": "bad"},
    ],
)
def test_logs_say_what_is_wrong_with_a_filter(peer: Peer, query: dict[str, str]) -> None:
    answer = peer.get("/v1/logs", **query)
    assert (answer.status_code, answer.json()["ok"], answer.json()["error"]) == (400, False, "bad_request")


def test_one_log_row(peer: Peer) -> None:
    assert peer.get(f"/v1/logs/{CHAT}").json()["data"]["cost_nanos"] == 53300
    assert peer.get("/v1/logs/unknown").json() == {"ok": False, "error": "not_found"}


def test_activity_and_credits(peer: Peer) -> None:
    activity = peer.get("/v1/activity", key=keys.MANAGEMENT_KEY, limit="5").json()
    assert (activity["period_days"], len(activity["activity"])) == (30, 5)
    assert peer.get("/v1/credits", key=keys.MANAGEMENT_KEY).json()["ok"] is True


# --- control API --------------------------------------------------------------------------------------------


def test_every_post_is_seen_exactly_and_without_its_key(peer: Peer) -> None:
    body = b'{ "model":"openai/gpt-5-nano", "messages":[], "top_p": 0.10 }'
    peer.post("/v1/chat/completions", body, x_title="Retake")
    [seen] = peer.received()
    assert base64.b64decode(seen["body"]) == body
    assert (seen["order"], seen["path"], seen["headers"]["x-title"]) == (1, "/v1/chat/completions", "Retake")
    assert keys.SCOPED_KEY not in json.dumps(seen)


def test_settings_are_checked_and_reset(peer: Peer) -> None:
    assert peer.settle(frames=3)["frames"] == 3
    assert "unknown settings: speed" in peer.http.post("/demo/settings", json={"speed": 1}).json()["error"]
    peer.reset()
    assert peer.http.get("/demo/settings").json()["frames"] is None


@pytest.mark.parametrize("header", ["x_demo_fault", "x_demo_forms"])
def test_an_unknown_fault_or_form_is_said(peer: Peer, header: str) -> None:
    answer = peer.post("/v1/chat/completions", {}, **{header: "nonsense"})
    assert (answer.status_code, answer.json()["error"]) == (400, "demo_header")
    assert peer.received() == []


def test_down_means_everything(peer: Peer) -> None:
    peer.settle(down=True)
    assert (peer.get("/v1/health").status_code, peer.chat().status_code) == (503, 503)
    peer.settle(down=False)
    assert peer.get("/v1/health").status_code == 200


def test_only_loopback_is_listened_on(running: int) -> None:
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", running))
