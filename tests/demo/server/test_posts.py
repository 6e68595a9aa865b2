"""POST endpoints and the records they leave."""

import base64
import json
import re
from typing import Any

import pytest

from generations.gateway.demo import keys, stories
from generations.gateway.demo.faults import FAULTS
from tests.demo.peer import Peer, object_schema

KEPT = stories.EXAMPLE_IDS["kept"]
HELLO = [{"role": "user", "content": "hello"}]


def test_a_post_leaves_a_record(peer: Peer) -> None:
    peer.settle(record_ms=0)
    answer = peer.chat(session_id="s-1", provider={"only": ["azure"]}).json()
    record = peer.recorded(answer["id"])
    named = ("request_id", "session_id", "provider", "cost_nanos", "status_code", "auth_method")
    assert [record[name] for name in named] == [
        answer["id"],
        "s-1",
        "azure",
        answer["cost_nanos"],
        200,
        "oauth",
    ]
    assert record["replay_request"]["provider"] == {"only": ["azure"]}
    [kept], [said] = record["io_log"]["payload"]["gateway_response"]["choices"], answer["choices"]
    assert kept["message"] == {name: said["message"][name] for name in ("role", "content")}


def test_a_record_comes_late(peer: Peer) -> None:
    peer.settle(record_ms=60_000)
    answer = peer.chat().json()
    assert peer.generation(answer["id"]).status_code == 404
    assert re.fullmatch(r"G-[0-9A-HJKMNP-TV-Z]{26}", answer["id"])


def test_a_qualified_model_pins_its_provider(peer: Peer) -> None:
    peer.settle(record_ms=0)
    answer = peer.chat("google-vertex:anthropic/claude-sonnet-4.5").json()
    record = peer.recorded(answer["id"])
    assert (record["provider"], record["model_id"]) == ("google-vertex", "anthropic/claude-sonnet-4.5")
    assert record["canonical_model_id"] == "google-vertex:anthropic/claude-sonnet-4.5"


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (
            {"model": "azure:openai/gpt-5", "provider": {"only": ["azure"]}},
            "validation_error",
        ),
        ({"provider": {"data_collection": "deny"}}, "unsupported_routing_filter"),
        ({"model": "nobody/nothing"}, "unsupported_model_or_endpoint"),
        ({"model": " "}, "model_required"),
        ({"messages": "hello"}, "validation_error"),
        (
            {"provider": {"only": ["azure"]}, "routing": {"only": ["mistral"]}},
            "validation_error",
        ),
    ],
)
def test_requests_that_cannot_be_served(peer: Peer, more: dict[str, Any], error: str) -> None:
    answer = peer.chat(**more)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("more", "keyword"),
    [
        (
            {"model": "azure:openai/gpt-5", "provider": {"only": ["azure"]}},
            "provider_qualified_model_conflict",
        ),
        ({"provider": {"only": ["mistral"]}}, "request_provider_filter_no_match"),
        ({"messages": "hello"}, "invalid_type"),
        ({"temperature": -1}, "too_small"),
    ],
)
def test_what_is_wrong_stands_in_the_details(peer: Peer, more: dict[str, Any], keyword: str) -> None:
    [detail] = peer.chat(**more).json()["details"]
    assert (detail["keyword"], detail["params"]) == (keyword, {})


def test_a_body_comes_back_as_javascript_leaves_it(peer: Peer) -> None:
    peer.settle(record_ms=0)
    body = b'{"model":"openai/gpt-5-nano","messages":[{"role":"user","content":"x"}],"seed":9007199254740993,'
    body += b'"n":1.0,"top_p":-0.0,"logit_bias":{"b":1,"20":2,"3":3},"__proto__":{"a":1},"big":1e400}'
    kept = peer.recorded(peer.post("/v1/chat/completions", body).json()["id"])["replay_request"]
    assert (kept["seed"], str(kept["n"]), str(kept["top_p"])) == (9007199254740992, "1", "0")
    assert [*kept["logit_bias"]] == ["3", "20", "b"]
    assert kept["big"] is None
    assert "__proto__" not in kept


def test_a_validation_error_has_details_and_a_record(peer: Peer) -> None:
    peer.settle(record_ms=0)
    body = peer.chat(temperature=3).json()
    assert body["details"] == [
        {
            "message": "Too big: expected number to be <=2",
            "path": ["temperature"],
            "keyword": "too_big",
            "params": {},
        }
    ]
    record = peer.recorded(body["generation_id"])
    named = ("success", "provider", "cost_nanos", "error_code", "status_code")
    assert [record[name] for name in named] == [False, None, None, "user:validation_error", 400]
    assert record["error_payload"] == body


def test_invalid_json_is_kept_as_a_hint(peer: Peer) -> None:
    peer.settle(record_ms=0)
    answer = peer.post("/v1/chat/completions", b'{"model": ')
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
    kept = peer.recorded(answer.json()["generation_id"])["replay_request"]
    assert kept["_invalid_json"] is True


def test_a_body_over_16_mebibytes_is_refused(peer: Peer) -> None:
    answer = peer.post("/v1/chat/completions", b'{"a":"' + b"x" * 2**24 + b'"}')
    assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")


FLAT = {name: fault.failure for name, fault in FAULTS.items() if fault.failure}


@pytest.mark.parametrize("name", FLAT)
def test_flat_errors(peer: Peer, name: str) -> None:
    failure = FLAT[name]
    assert failure is not None
    answer = peer.chat(f"demo/{name}", stream=True)
    body = answer.json()
    assert (answer.status_code, body["status_code"], body["error"]) == (
        failure.status,
        failure.status,
        failure.error,
    )
    assert {"generation_id", "error_type", "error_origin", "description"} <= set(body)
    assert answer.headers["x-gateway-error-origin"] == failure.origin


def test_odd_answers(peer: Peer) -> None:
    html = peer.chat("demo/html-502")
    assert (html.status_code, html.text[:15]) == (502, "<!DOCTYPE html>")
    assert peer.chat("demo/normalization").json()["error"] == "normalization_failed"
    assert peer.chat("demo/redirect").status_code == 307
    with pytest.raises(json.JSONDecodeError):
        peer.chat("demo/bad-json").json()


@pytest.mark.parametrize("key", [keys.MANAGEMENT_KEY, keys.ACCESS_TOKEN, keys.EXPIRED_KEY])
def test_posts_with_other_credentials(peer: Peer, key: str) -> None:
    reasons = {
        keys.MANAGEMENT_KEY: "management_key_not_valid_for_gateway",
        keys.ACCESS_TOKEN: "oauth_delegated_key_required",
        keys.EXPIRED_KEY: "key_expired",
    }
    answer = peer.post("/v1/chat/completions", {"model": "x"}, key=key)
    assert (answer.status_code, answer.json()["description"]) == (401, reasons[key])
    assert "reason" not in answer.json()


def test_a_tool_is_called_and_its_result_answered(peer: Peer) -> None:
    tool = {"type": "function", "function": {"name": "weather", "parameters": object_schema(city="string")}}
    called = peer.chat(tools=[tool]).json()["choices"][0]
    assert called["finish_reason"] == "tool_calls"
    call = called["message"]["tool_calls"][0]
    assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == (
        "weather",
        {"city": "Oslo"},
    )
    result = {"role": "tool", "tool_call_id": call["id"], "content": "cold"}
    answered = peer.chat(tools=[tool], messages=[*HELLO, called["message"], result]).json()["choices"][0]
    assert answered["finish_reason"] == "stop"


def test_json_of_a_schema(peer: Peer) -> None:
    schema = {
        "name": "trip",
        "schema": object_schema(city="string", days="integer", price="number", ok="boolean"),
    }
    text = peer.chat(response_format={"type": "json_schema", "json_schema": schema}).json()["choices"][0]
    kinds = {name: type(value) for name, value in json.loads(text["message"]["content"]).items()}
    assert kinds == {"city": str, "days": int, "price": float, "ok": bool}


def test_a_replay_is_like_the_original_but_not_equal(peer: Peer) -> None:
    stored = peer.generation(KEPT).json()
    before = stored["io_log"]["payload"]["gateway_response"]["choices"][0]["message"]
    body = stored["replay_request"]
    texts = {
        peer.post("/v1/chat/completions", body).json()["choices"][0]["message"]["content"] for _ in range(7)
    }
    assert len(texts) > 1
    assert all("extra-legroom" in text and "14B" in text for text in texts)
    assert any(text != before["content"] for text in texts)


def test_embeddings(peer: Peer) -> None:
    body = {"model": "openai/text-embedding-3-small", "input": ["a", "b"], "dimensions": 32}
    answer = peer.post("/v1/embeddings", body).json()
    assert answer["requestId"].startswith("G-")
    assert not answer["id"].startswith("G-")
    assert [len(item["embedding"]) for item in answer["data"]] == [32, 32]


def test_speech_is_binary_unless_json_is_asked_for(peer: Peer) -> None:
    body = {"model": "openai/gpt-4o-mini-tts", "input": "now boarding", "voice": "alloy"}
    sound = peer.post("/v1/audio/speech", body)
    assert (sound.headers["content-type"], sound.content[:2]) == ("audio/mpeg", b"\xff\xfb")
    wave = peer.post("/v1/audio/speech", body | {"response_format": "wav"})
    assert (wave.headers["content-type"], wave.content[:4]) == ("audio/wav", b"RIFF")
    as_json = peer.post("/v1/audio/speech", body, accept="application/json").json()
    assert (as_json["object"], base64.b64decode(as_json["audio_base64"])) == ("audio.speech", sound.content)
    assert not [name for name in sound.headers if "id" in name.split("-")]


def test_images_and_partial_images(peer: Peer) -> None:
    body = {"model": "openai/gpt-image-1", "prompt": "a fjord", "n": 2}
    answer = peer.post("/v1/images/generations", body).json()
    assert [base64.b64decode(item["b64_json"])[1:4] for item in answer["data"]] == [b"PNG", b"PNG"]
    frames = peer.frames("/v1/images/generations", body | {"stream": True, "partial_images": 2})
    partial, completed = "image_generation.partial_image", "image_generation.completed"
    assert [name for name, _ in frames] == [partial, partial, completed]


def test_moderation_rerank_and_ocr(peer: Peer) -> None:
    verdict = peer.post(
        "/v1/moderations", {"model": "openai/omni-moderation", "input": "I will punch him"}
    ).json()
    assert (verdict["id"][:2], verdict["results"][0]["categories"]["violence"]) == ("G-", True)
    texts = ["trains and ferries", "cats in the cabin"]
    body = {"model": "cohere/rerank-v3.5", "query": "may my cats fly in the cabin", "documents": texts}
    ranked = peer.post("/v1/rerank", body).json()
    assert ranked["results"][0]["index"] == 1
    assert ranked["id"] == ranked["nativeResponseId"]
    assert "G-" not in str(ranked)
    pages = peer.post("/v1/ocr", {"model": "mistral/ocr-3", "document": {"type": "document_url"}}).json()
    assert (pages["requestId"][:2], pages["pages"][0]["index"]) == ("G-", 0)


def test_a_form_keeps_its_fields_and_loses_its_file(peer: Peer) -> None:
    peer.settle(record_ms=0)
    form = {"model": "openai/gpt-4o-transcribe", "language": "en"}
    files = {"file": ("call.mp3", b"\xff\xfb")}
    answer = peer.http.post("/v1/audio/transcriptions", data=form, files=files, headers=peer.headers(None))
    assert answer.json()["text"]
    assert peer.recorded(answer.json()["requestId"])["replay_request"] == form | {"file": {}}


def test_a_video_is_priced_later(peer: Peer) -> None:
    peer.settle(record_ms=0, video_ms=60_000, pace=1, first_byte_ms=0)
    body = {"model": "google/veo-3.1-fast", "prompt": "a ferry", "duration_seconds": 4}
    asked = peer.post("/v1/videos", body).json()["requestId"]
    assert (peer.recorded(asked)["cost_nanos"], peer.recorded(asked)["usage"]) == (None, {})
    peer.settle(video_ms=0)
    assert (peer.recorded(asked)["cost_nanos"], peer.recorded(asked)["usage"]["output_video_seconds"]) == (
        600_000_000,
        4,
    )


def test_music_is_off(peer: Peer) -> None:
    answer = peer.post("/v1/music/generate", {"model": "elevenlabs/music-v1", "prompt": "a jingle"})
    assert (answer.status_code, answer.json()["reason"]) == (501, "feature_temporarily_disabled")
