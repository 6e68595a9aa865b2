"""Every cause of a missing request, distinguished."""

from typing import Any

import pytest

from generations.gateway.rawjson.values import Value, loads
from generations.gateway.record import Record
from generations.reading.diagnosis import replayability
from generations.reading.page_types.base import Cause
from generations.reading.page_types.conversation import Side
from generations.reading.page_types.outline import Outline, Verdict
from tests.reading.samples import record

CHAT = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "hi"}]}
NEW, OLD = "2026-08-22T17:26:36+00:00", "2026-07-04T10:00:00+00:00"


def causes(body: Value = None, **fields: Any) -> list[tuple[str, bool]]:
    made = replayability.refusals(record(**{"endpoint": "chat.completions", **fields}), body)
    return [(cause.code, cause.sure) for cause in made]


def test_a_stored_request_can_be_replayed() -> None:
    assert causes(loads('{"model": "x"}'), replay_supported=True, replay_request=CHAT) == []


@pytest.mark.parametrize("status", replayability.STATUSES)
def test_each_state_of_the_log(status: str) -> None:
    assert causes(replay_supported=False, replay_request=None, io_log={"status": status}) == [(status, True)]


def test_a_deleted_log_tells_until_when_it_was_kept() -> None:
    gone = record(io_log={"status": "deleted", "retention_until": "2026-11-20"}, replay_supported=False)
    assert replayability.missing(gone)[0].what.endswith("It was to be kept until 2026-11-20.")


@pytest.mark.parametrize(
    ("log", "code"),
    [
        ({"status": "stored", "payload": None}, "unreadable_log"),
        ({"status": "stored", "payload": {"request_payload": {}}}, "empty"),
        ({"status": "stored", "payload": {"request_payload": "text"}}, "empty"),
        ({"status": "brand_new"}, "unknown_status"),
    ],
)
def test_logs_that_hold_no_request(log: dict[str, Any], code: str) -> None:
    assert causes(replay_supported=False, io_log=log) == [(code, True)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"io_log": None, "replay_supported": False, "created_at": NEW},
            [("no_scope", False), ("not_kept", False)],
        ),
        (
            {
                "io_log": None,
                "replay_supported": False,
                "created_at": NEW,
                "detail_metadata": {"replay_supported": False},
            },
            [("not_kept", False), ("no_scope", False)],
        ),
        ({"io_log": None, "replay_supported": False, "created_at": OLD}, [("older", False)]),
        ({"replay_supported": False, "created_at": OLD}, [("not_kept", False)]),
        ({"created_at": OLD}, [("old_gateway", False)]),
    ],
)
def test_without_a_log_it_is_a_guess(fields: dict[str, Any], expected: list[tuple[str, bool]]) -> None:
    assert causes(**fields) == expected


def test_endpoints_that_cannot_be_replayed() -> None:
    body = loads('{"model": "x"}')
    members = {"replay_supported": True, "replay_request": CHAT}
    assert causes(body, **members | {"endpoint": "video.generation"}) == [("endpoint", True)]
    assert causes(body, **members | {"endpoint": "new.endpoint"}) == [("endpoint", True)]
    assert causes(loads('{"_invalid_json": true}'), **members) == [("endpoint", True)]


def test_damage_comes_first() -> None:
    assert [cause.code for cause in replayability.refusals(Record.read(b"{"), None)] == ["unreadable"]
    other = Record.read(b'{"request_id": "G-2"}', asked_id="G-1")
    assert [cause.code for cause in replayability.refusals(other, None)] == ["wrong_id"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"success": False, "io_log": None, "replay_supported": True}, "failed"),
        (
            {"success": True, "io_log": {"status": "stored", "payload": {"request_payload": CHAT}}},
            "answer_not_kept",
        ),
        ({"success": False, "io_log": {"status": "stored", "payload": {}}}, "failed"),
        ({"success": True, "replay_supported": True}, "era"),
        ({"success": True, "io_log": {"status": "too_large"}}, "too_large"),
    ],
)
def test_why_there_is_no_answer(fields: dict[str, Any], code: str) -> None:
    assert [cause.code for cause in replayability.no_answer(record(**fields))] == [code]


def test_what_may_have_gone_stale() -> None:
    warnings = replayability.warnings(loads('{"model": "fast", "previous_response_id": "resp_1"}'))
    assert warnings == [
        "It continues an earlier response, which the provider may have forgotten since.",
        "The model fast is an alias or a preset, which the gateway resolves again.",
    ]
    assert replayability.warnings(loads('{"model": "openai/gpt-5"}')) == []


@pytest.mark.parametrize("hint", [True, False])
def test_the_likelier_cause_is_shown_first(hint: bool) -> None:
    causes = replayability.refusals(
        record(
            endpoint="chat.completions",
            io_log=None,
            replay_supported=False,
            detail_metadata={"replay_supported": hint},
            created_at="2026-10-01T00:00:00Z",
        ),
        None,
    )
    assert [cause.what.partition(" ")[0] for cause in causes] == ["Most", "Or"]
    assert [cause.code for cause in causes] == (
        ["no_scope", "not_kept"] if hint else ["not_kept", "no_scope"]
    )


def test_a_key_that_has_read_stored_requests_is_not_accused() -> None:
    causes = [replayability.NO_SCOPE, replayability.NOT_KEPT]
    side = Side(missing=causes)
    outline = Outline(1, "G-1", False, Verdict("none", "x"), refusals=causes, request=side, answer=side)
    assert replayability.blames_scope(outline)
    fair = replayability.without_scope_cause(outline)
    assert not replayability.blames_scope(fair)
    for found in (fair.refusals, fair.request.missing, fair.answer.missing):
        assert [(cause.code, cause.what) for cause in found] == [("not_kept", replayability.NOT_KEPT_LIKELY)]
    other = Cause("older", "It is older.", "")
    kept = replayability.without_scope_cause(Outline(1, "G-1", False, Verdict("none", "x"), refusals=[other]))
    assert kept.refusals == [other]
