"""The repro bundle and what masking leaves of a record."""

import hashlib
import io
import json
import os
import re
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generations.gateway.rawjson.tokens import walk
from generations.gateway.record import Record
from generations.reading import outline
from generations.reading.export.bundle import Origin, write
from generations.reading.export.redaction import masked, without_bodies
from generations.reading.page_types.outline import Outline
from tests.reading.samples import demo_record, demo_records

ORIGIN = Origin("G-1", "https://gateway.test/v1", datetime(2026, 7, 20, 10, 30, 12, tzinfo=UTC))


def unpacked(raw: bytes, *, mask: bool = False) -> dict[str, bytes]:
    target = io.BytesIO()
    write(target, Record.read(raw), ORIGIN, mask=mask)
    with zipfile.ZipFile(target) as bundle:
        assert bundle.testzip() is None
        return {name: bundle.read(name) for name in bundle.namelist()}


def test_the_files_are_the_exact_bytes() -> None:
    raw = demo_record("oslo-cancelled")
    record, files = Record.read(raw), unpacked(raw)
    assert list(files) == [
        *("request.json", "answer.json", "provider_request.json", "record.json", "request.sh"),
        *("metadata.json", "README.md"),
    ]
    assert (files["request.json"], files["answer.json"], files["record.json"]) == (
        record.request_body,
        record.answer_body,
        raw,
    )
    metadata = json.loads(files["metadata.json"])
    assert metadata["sha256"] == {
        name: hashlib.sha256(files[name]).hexdigest()
        for name in ("request.json", "answer.json", "provider_request.json", "record.json")
    }
    assert (metadata["request_id"], metadata["masked"], metadata["fetched_at"]) == (
        "G-1",
        False,
        "2026-07-20T10:30:12+00:00",
    )


def test_what_is_not_there_is_left_out() -> None:
    assert list(unpacked(b'{"request_id": "G-1"}')) == ["record.json", "metadata.json", "README.md"]
    assert list(unpacked(b"not JSON")) == ["record.json", "metadata.json", "README.md"]


def test_the_readme_names_every_file_and_its_sum() -> None:
    files = unpacked(demo_record("oslo-cancelled"))
    readme = files["README.md"].decode()
    for name in set(files) - {"README.md"}:
        assert readme.count(f"- `{name}`") == 1
    assert hashlib.sha256(files["request.json"]).hexdigest() in readme
    assert "masked" not in readme
    assert "masked" in unpacked(demo_record("oslo-cancelled"), mask=True)["README.md"].decode()


def test_the_script_is_a_script(tmp_path: Path) -> None:
    target = tmp_path / "bundle.zip"
    with target.open("wb") as file:
        write(file, Record.read(demo_record("oslo-cancelled")), ORIGIN)
    with zipfile.ZipFile(target) as bundle:
        script = bundle.getinfo("request.sh")
        assert (script.external_attr >> 16, script.date_time) == (0o755, (2026, 7, 20, 10, 30, 12))
        bundle.extractall(tmp_path)
    curl = tmp_path / "bin" / "curl"
    curl.parent.mkdir()
    curl.write_text('#!/bin/sh\nfor argument in "$@"; do echo "$argument"; done\n')
    curl.chmod(0o755)
    env = {"PATH": f"{curl.parent}:{os.environ['PATH']}", "GATEWAY_API_KEY": "the-key"}
    shown = subprocess.run(
        ["sh", "request.sh"], cwd=tmp_path, env=env, capture_output=True, check=True
    ).stdout
    assert shown.decode().splitlines()[-5:] == [
        *(
            "Authorization: Bearer the-key",
            "-H",
            "Content-Type: application/json",
            "--data-binary",
            "@request.json",
        )
    ]


@pytest.mark.heavy
def test_every_demo_record_can_be_bundled_and_masked() -> None:
    for name, _, raw in demo_records():
        assert unpacked(raw)["record.json"] == raw, name
        files = unpacked(raw, mask=True)
        if Record.read(raw).unreadable is None:
            for file in [file for file in files if file.endswith(".json")]:
                assert list(walk(files[file])) != [], (
                    name,
                    file,
                )  # the deepest one is too deep for Python's json


SECRET = "a secret sentence"
RECORD: dict[str, Any] = {
    "request_id": "G-1",
    "endpoint": "chat.completions",
    "model_id": "openai/gpt-5-nano",
    "key_id": "b7b6f9de-5d0a",
    "end_user_id": "person-7",
    "session_id": "session-7",
    "workspace_id": "workspace-7",
    "error_message": SECRET,
    "error_code": "rate_limited",
    "latency_ms": 412,
    "usage": {"total_tokens": 170, "kind": "exact"},
    "pricing_lines": [{"meter": "input_text_tokens", "note": SECRET, "quantity": "42"}],
    "provider_attempts": [{"provider": "openai", "outcome": "success", "key_id": "k-7", "error": SECRET}],
    "surprise": {SECRET: SECRET},
    "replay_request": {
        "model": "openai/gpt-5-nano",
        "temperature": 0.10,
        "messages": [{"role": "user", "content": SECRET, "card": 4111},
                     {"role": SECRET, "content": [{"type": "text", "text": SECRET}]}],
        "user": "person-7",
    },
    "io_log": {
        "status": "stored",
        "payload": {
            "request_payload": {"model": "m", "input": [[1, 2], SECRET]},
            "gateway_response": {"id": "chatcmpl-1", "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": SECRET}}]},
        },
    },
}  # fmt: skip


def test_a_masked_record_keeps_the_shape_and_the_technical_values() -> None:
    redacted = json.loads(b"".join(masked(json.dumps(RECORD).encode(), "record")))
    gone, seven = "(17 bytes)", "(8 bytes)"
    assert redacted == {
        **RECORD,
        "key_id": "(13 bytes)",
        "end_user_id": seven,
        "session_id": "(9 bytes)",
        "workspace_id": "(11 bytes)",
        "error_message": gone,
        "pricing_lines": [{"meter": "input_text_tokens", "note": gone, "quantity": "42"}],
        "provider_attempts": [{"provider": "openai", "outcome": "success", "key_id": "(3 bytes)", "error": gone}],
        "surprise": {gone: gone},
        "replay_request": {
            "model": "(17 bytes)",
            "temperature": 0,
            "messages": [{"role": "user", "content": gone, "(4 bytes)": 0},
                         {"role": gone, "content": [{"type": "text", "text": gone}]}],
            "user": seven,
        },
        "io_log": {
            "status": "stored",
            "payload": {
                "request_payload": {"model": "(1 bytes)", "input": [[0, 0], gone]},
                "gateway_response": {"id": "(10 bytes)", "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": gone}}]},
            },
        },
    }  # fmt: skip


def test_a_masked_bundle_holds_no_secret() -> None:
    files = unpacked(json.dumps(RECORD).encode(), mask=True)
    for name, content in files.items():
        for secret in (SECRET, "person-7", "session-7", "workspace-7", "b7b6f9de", "4111"):
            assert (name, secret, secret.encode() in content) == (name, secret, False)


def test_masking_ends_where_the_json_is_damaged() -> None:
    assert b"".join(masked(b'{"user": "secret", "input": "sec', "request")) == (
        b'{"user": "(6 bytes)", "input" "(damaged from here on)"'
    )


NAMED = [
    "model",
    "messages",
    "role",
    "content",
    "tools",
    "parameters",
    "metadata",
    "input",
    "choices",
    "logit_bias",
]
# What only content holds: texts, numbers, names of members.
THEIRS = st.integers(10**6, 10**9).map("zq{}".format)
LEAVES = (
    THEIRS | THEIRS.map('it says {}, "quoted"'.format) | st.integers(10**6, 10**9) | st.booleans() | st.none()
)
BODIES = st.dictionaries(
    THEIRS | st.sampled_from(NAMED),
    st.recursive(
        LEAVES,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(THEIRS | st.sampled_from(NAMED), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=5,
)


def secrets(value: Any) -> set[str]:
    """The distinctive texts, numbers and names in a body."""
    return set(re.findall(r"zq\d+|\d{7,}", json.dumps(value)))


@given(BODIES, BODIES)
def test_no_value_of_request_or_answer_stands_in_a_masked_bundle(request: Any, answer: Any) -> None:
    quoted = f"400 for {json.dumps(request)}: {json.dumps(answer)}"
    attempt = {
        "upstream_url": f"https://up.test/?{quoted}",
        "upstream_payload_preview": quoted,
        "status": 400,
    }
    names = sorted(secrets(request))
    record = RECORD | {
        "replay_request": request,
        "error_message": quoted,
        "error_payload": {"message": quoted, "upstream": answer, **request},
        "trace_data": [request, {"file": quoted}],
        "detail_metadata": {"request": {"headers": request, "url": quoted}},
        "provider_attempts": [
            attempt | {"upstream_error_message": quoted, "upstream_error_param": names[:1]}
        ],
        "usage": {"total_tokens": 170, "request_tool_names": names, "output_tool_call_names": names},
        "io_log": {
            "status": "stored",
            "error": quoted,
            **request,
            "payload": {
                "metadata": answer,
                "request_payload": request,
                "gateway_response": answer,
                "provider_request": json.dumps(request),
                "provider_response": answer,
                **answer,
            },
        },
    }
    files = unpacked(json.dumps(record).encode(), mask=True)
    assert json.loads(files["record.json"])["usage"]["total_tokens"] == 170
    everything = b"\n".join([*map(str.encode, files), *files.values()])
    assert [secret for secret in secrets(request) | secrets(answer) if secret.encode() in everything] == []


def test_a_column_that_holds_a_sentence_is_masked_in_the_figures_too() -> None:
    files = unpacked(json.dumps(RECORD | {"error_code": SECRET, "finish_reason": SECRET}).encode(), mask=True)
    assert [name for name, content in files.items() if SECRET.encode() in content] == []


def test_the_words_of_the_formats_stay() -> None:
    body = {
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.test/a"}}]}],
        "tools": [{"type": "function", "function": {"name": "pay", "parameters": {"properties": {"a": {"type": "null"}}}}}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    }  # fmt: skip
    assert json.loads(b"".join(masked(json.dumps(body).encode(), "request"))) == {
        "messages": [
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "(16 bytes)"}}]}
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "(3 bytes)",
                    "parameters": {"(10 bytes)": {"(1 bytes)": {"(4 bytes)": "(4 bytes)"}}},
                },
            }
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "(1 bytes)", "schema": {"(4 bytes)": "(6 bytes)"}},
        },
    }


@pytest.mark.heavy
def test_without_bodies_figures_of_every_demo_record_stay() -> None:
    for name, _, raw in demo_records():
        before, after = (
            outline.make(Record.read(data)) for data in (raw, without_bodies(raw, "expired_here"))
        )
        assert (name, after.cost, figures(after)) == (name, before.cost, figures(before))


def figures(made: Outline) -> list[Any]:
    """The usage without the names of tools, which are the request's and go with it, and without a text in its place."""
    return [row for row in made.usage if row.key != "usage" and not str(row.key).endswith("_names")]


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.sampled_from(["request", "answer", "record"]))
def test_masking_keeps_the_shape_of_any_json(value: Any, kind: str) -> None:
    redacted = json.loads(b"".join(masked(json.dumps(value).encode(), kind)), object_pairs_hook=pairs)
    assert shape_of(redacted) == shape_of(json.loads(json.dumps(value), object_pairs_hook=pairs))


def pairs(members: list[tuple[str, Any]]) -> list[Any]:
    return ["object", *(value for _, value in members)]


def shape_of(value: Any) -> Any:
    if isinstance(value, list):
        return [shape_of(item) for item in value]
    return value if value is None or isinstance(value, bool) else isinstance(value, str)


@given(st.binary(max_size=60) | st.text('{}[],:"\\se1 ', max_size=30).map(str.encode))
def test_masking_never_fails(raw: bytes) -> None:
    b"".join(masked(raw, "record"))
    without_bodies(raw, "gone")


def test_without_bodies_figures_stay() -> None:
    raw = demo_record("oslo-cancelled")
    left = without_bodies(raw, "expired_here")
    before, after = outline.make(Record.read(raw)), outline.make(Record.read(left))
    assert (after.cost, after.timing.main, after.usage, after.status) == (
        *(before.cost, before.timing.main, before.usage, before.status),
    )
    assert (after.request.turns, after.answer.turns, after.replayable) == ([], [], False)
    assert [cause.code for cause in after.request.missing] == ["expired_here"]
    assert b"Oslo" not in left


@pytest.mark.parametrize("raw", [b"", b"garbage", b"[1]", b'{"a'])
def test_without_bodies_of_what_is_no_record(raw: bytes) -> None:
    assert json.loads(without_bodies(raw, "gone")) == {"io_log": {"status": "gone"}}


@pytest.mark.parametrize("as_text", [False, True])
def test_what_went_to_the_provider_is_a_file_of_its_own(as_text: bool) -> None:
    body = {"model": "gpt-5-nano", "input": SECRET, "temperature": 1}
    sent = json.dumps(body) if as_text else body
    log = {"status": "stored", "payload": {"request_payload": {"model": "m"}, "provider_request": sent}}
    raw = json.dumps({"request_id": "G-1", "endpoint": "chat.completions", "io_log": log}).encode()
    files = unpacked(raw)
    assert json.loads(files["provider_request.json"]) == body
    assert "`provider_request.json`: what the gateway sent to the provider" in files["README.md"].decode()
    hidden = unpacked(raw, mask=True)
    masked_body = {"model": "(10 bytes)", "input": "(17 bytes)", "temperature": 0}
    assert json.loads(hidden["provider_request.json"]) == masked_body
    assert all(SECRET.encode() not in file for file in hidden.values())
    assert SECRET.encode() not in without_bodies(raw, "expired_here")
