"""What is read of the log's answers."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from generations.gateway import errors
from generations.gateway.client import Client
from generations.gateway.log import (
    MOST_ROWS,
    LogPage,
    LogRow,
    as_page,
    page_bytes,
    read_page,
    recent_ids,
    row_bytes,
)
from tests.gateway.peer import Peer, serving

KEY = "phaseo_v1_sk_abcdefghijkl_SECRETsecretSECRETsecretSECRETsecretSECRETse"
ROW = {
    "request_id": "G-01M8FPP5KRZ8CV95WSZW5X47XA",
    "created_at": "2026-11-27T23:50:42.209898+00:00",
    "endpoint": "chat.completions",
    "model_id": "openai/gpt-5-nano",
    "provider": "openai",
    "status_code": 200,
    "success": True,
    "error_code": None,
    "latency_ms": 2,
    "generation_ms": 27,
    "usage": {"requests": 1, "input_tokens": 12, "total_tokens": 19, "output_tokens": 7},
    "cost_nanos": 3250,
    "currency": "USD",
    "key_id": "b7b6f9de-5d0a-4f1e-8c5e-3f1c2d7a9e11",
    "stream": False,
    "byok": False,
    "finish_reason": "stop",
}


def body(data: Any, **more: Any) -> bytes:
    answer = {
        "ok": True,
        "data": data,
        "total": 3,
        "limit": 50,
        "offset": 0,
        "from": "2026-11-26T23:50:40.473Z",
    }
    return json.dumps(answer | more, indent=2).encode()


def test_a_row_is_read() -> None:
    page = read_page(body([ROW]))
    assert page is not None
    assert (page.total, page.since) == (3, datetime(2026, 11, 26, 23, 50, 40, 473000, tzinfo=UTC))
    assert page.rows == (
        LogRow(
            "G-01M8FPP5KRZ8CV95WSZW5X47XA",
            datetime(2026, 11, 27, 23, 50, 42, 209898, tzinfo=UTC),
            "chat.completions",
            "openai/gpt-5-nano",
            "openai",
            200,
            True,
            "",
            "stop",
            2,
            27,
            12,
            7,
            3250,
            "USD",
            "b7b6f9de-5d0a-4f1e-8c5e-3f1c2d7a9e11",
            False,
            False,
        ),
    )


def test_a_failure_has_nothing_to_count() -> None:
    failed = ROW | {
        "success": False,
        "status_code": 502,
        "usage": {},
        "cost_nanos": None,
        "generation_ms": None,
    }
    page = read_page(body([failed]))
    assert page is not None
    assert (page.rows[0].input_tokens, page.rows[0].cost_nanos, page.rows[0].total_ms) == (None, None, 2)


def test_older_spellings_of_tokens_are_read() -> None:
    page = read_page(as_page(body(ROW | {"usage": {"prompt_tokens": 3, "completion_tokens": 4}})))
    assert page is not None
    assert (page.rows[0].input_tokens, page.rows[0].output_tokens) == (3, 4)


def test_one_row_is_a_page() -> None:
    assert read_page(as_page(None)) == LogPage((), 0)
    assert read_page(as_page(b"<html>")) == LogPage((), 0)


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"[]", b"{}", b'{"data": null}', b'{"data": {}}', b'{"data": [', b'{"data": "x"}']
)
def test_what_is_no_page_is_none(raw: bytes) -> None:
    assert read_page(raw) is None


def test_damage_inside_costs_no_more_than_its_row() -> None:
    odd = [None, 5, "x", {}, {"request_id": None}, {"request_id": " "}, {"request_id": "a b"}]
    page = read_page(body([*odd, ROW | {"cost_nanos": "much", "created_at": "yesterday", "usage": []}]))
    assert page is not None
    assert [found.request_id for found in page.rows] == [ROW["request_id"]]
    assert (page.rows[0].cost_nanos, page.rows[0].created_at) == (None, None)


def test_a_page_has_a_bound() -> None:
    page = read_page(body([ROW] * (MOST_ROWS + 9), total="many"))
    assert page is not None
    assert (len(page.rows), page.total) == (MOST_ROWS, None)


@pytest.fixture
def asked() -> list[str]:
    return []


def peer(asked: list[str], status: int, raw: bytes) -> Any:
    def script(call: Any) -> None:
        asked.append(call.target)
        call.answer(status, raw)

    return serving(script)


def client(of: Peer) -> Client:
    return Client(of.url, KEY)


def test_ids_are_quoted_in_the_path(asked: list[str]) -> None:
    with peer(asked, 200, body(ROW)) as gateway:
        assert row_bytes(client(gateway), "realtime:a/b?c") == body(ROW)
    assert asked == ["/v1/logs/realtime%3Aa%2Fb%3Fc"]


def test_an_id_that_cannot_be_one_is_not_asked_for(asked: list[str]) -> None:
    with peer(asked, 200, body(ROW)) as gateway, pytest.raises(errors.InvalidId):
        row_bytes(client(gateway), "a b")
    assert asked == []


def test_a_row_that_the_log_does_not_know_is_not_found(asked: list[str]) -> None:
    with peer(asked, 404, b'{"ok": false, "error": "not_found"}') as gateway:
        with pytest.raises(errors.RecordNotFound):
            row_bytes(client(gateway), "G-1")
        with pytest.raises(errors.GatewayError):
            page_bytes(client(gateway), {})


def test_the_newest_successes_are_asked_for(asked: list[str]) -> None:
    with peer(asked, 200, body([ROW, ROW | {"request_id": "G-2"}])) as gateway:
        assert recent_ids(client(gateway), 1) == [ROW["request_id"]]
    assert asked == ["/v1/logs?limit=1&status=success"]
