"""The demo gateway is as unkind as the real one: what it writes of a request has the form that was recorded of it.

For every recorded answer a story of the same surface, provider, kind and case is made; its record must have the same keys
in the same order with values of the same types, at every depth. What differs is in one literal table.
"""

import json
from typing import Any

import pytest

from generations.gateway.demo import faults
from generations.gateway.demo.records.io_log import scoped
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.replies.pieces import pieces
from generations.gateway.demo.replies.stream_forms import usual_form
from generations.gateway.demo.replies.streams import frames
from generations.gateway.demo.replies.wire import whole_answer
from generations.gateway.demo.shapes import FlatError, Json, ModelCall, Reply, Story, StoryTiming, StoryUsage
from tests.test_recorded import archive

TEXT = "Hello from the provider."
USAGE = StoryUsage(12, 7, 2, 3)
REPLIES = {
    "plain": Reply(TEXT),
    "emoji": Reply("Hello from the provider 👍"),
    "reasoning": Reply(TEXT, reasoning="Let me think"),
    "tool": Reply(calls=(ModelCall("get_weather", '{"city":"Oslo","unit":"c"}'),), finish="tool_calls"),
    "length": Reply("Hello from the provider", finish="length"),
    "empty": Reply(),
    "cut": Reply("Hello from the"),
    "midError": Reply(TEXT),
}
STATUSES = {"http400": 400, "http429": 429, "http500": 500}
RECORDED = sorted(name.removesuffix(".record.json") for name in archive() if name.endswith(".record.json"))
# Where the demo's record differs by nature: where it ran, and what its stub providers said of themselves.
OTHER = {
    "location",
    "itl_ms",
    "retention_until",
    "tools",  # the demo echoes none
    "stickyRouting",  # the second request of a kind sticks to the provider of the first
    "retry_delay_ms",
    "output_speed_tps",
    "tpot_ms",
}


def record(name: str) -> Json:
    return dict(json.loads(archive()[f"{name}.record.json"]))


def refused(status: int, provider: str) -> FlatError:
    sample = {"provider": provider, "type": "upstream_non_2xx", "status": status, "retryable": None}
    sample |= {"upstream_error_code": "c", "upstream_error_message": "m", "upstream_error_type": "t"}
    sample |= {"upstream_error_param": None, "upstream_error_description": None}
    if status == 400:
        sample |= {"upstream_error_param": "p", "upstream_error_description": "d"}
    words = {word: sample[f"upstream_error_{word}"] for word in ("code", "message", "description", "param")}
    more: Json = {"reason": "all_candidates_failed", "attempt_count": 1, "failed_providers": [provider]}
    more |= {"failed_statuses": [status], "upstream_error": words}
    more |= {"failure_sample": [sample | {"upstream_payload_preview": "{}"}]}
    if status != 400:
        more |= {"provider_failure_diagnostics": {"category": "c", "hint": "h", "provider": provider}}
    return FlatError(502, "upstream_error", "It failed.", more=more)


def failure(case: str, shown: Json) -> FlatError | None:
    if case in STATUSES:
        return refused(STATUSES[case], shown["provider"])
    if shown["error_code"] == "gateway:google_empty_response":
        return faults.EMPTY
    return faults.BROKEN_STREAM if shown["error_code"] else None


def rows(name: str) -> Rows:
    """The demo's record of the same request with the same end."""
    shown, case = record(name), name.rpartition("-")[2]
    usage, lines, reply = USAGE, None, REPLIES.get(case)
    if shown["endpoint"] == "messages" and shown["stream"] and case in ("cut", "midError"):
        usage, lines = StoryUsage(), ()
    story = Story(
        name,
        name,
        "Recorded",
        0,
        shown["endpoint"],
        shown["model_id"],
        lambda: shown["replay_request"],
        None if case in STATUSES else shown["provider"],
        reply,
        failure(case, shown),
        usage,
        StoryTiming(44, 68, 30),
        lines,
        again="mid-stream-error" if case == "midError" else None,
        agent="Python-urllib/3.11",
    )
    return Rows(story, shown["request_id"])


def form(value: Any) -> Any:
    """Keys in their order, and the types of the leaves; of a list its first item."""
    if isinstance(value, dict):
        return {name: "other" if name in OTHER else form(item) for name, item in value.items()}
    if isinstance(value, list):
        return [form(value[0])] if value else "list"
    if isinstance(value, bool) or value is None:
        return str(value)
    return "number" if isinstance(value, int | float) else "text"


def differences(ours: Any, theirs: Any, at: str = "") -> list[str]:
    """Where two forms differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if [*ours] != [*theirs]:
            return [f"{at}: {[*ours]} is not {[*theirs]}"]
        return [line for name in theirs for line in differences(ours[name], theirs[name], f"{at}/{name}")]
    if isinstance(ours, list) and isinstance(theirs, list):
        return differences(ours[0], theirs[0], f"{at}/0")
    return [] if ours == theirs else [f"{at}: {ours} is not {theirs}"]


SAID = ("gateway_response", "provider_response", "provider_request")


def split(shown: Json) -> tuple[Json, Json]:
    """The record without its bodies, and the bodies."""
    payload = shown["io_log"]["payload"]
    bodies = {name: payload.pop(name) for name in SAID}
    return shown, bodies


@pytest.mark.parametrize("name", RECORDED)
def test_a_record_has_the_form_that_was_recorded(name: str) -> None:
    theirs, _ = split(record(name))
    ours, _ = split(scoped(rows(name), replay=True))
    assert differences(form(ours), form(theirs)) == []


@pytest.mark.parametrize("name", RECORDED)
def test_the_log_keeps_what_was_recorded_and_no_more(name: str) -> None:
    _, theirs = split(record(name))
    _, ours = split(scoped(rows(name), replay=True))
    for body in ("gateway_response", "provider_response"):
        assert differences(form(ours[body]), form(theirs[body]), body) == []
    assert type(ours["provider_request"]) is type(theirs["provider_request"])
    if theirs["provider_request"]:
        assert set(json.loads(ours["provider_request"])) == set(json.loads(theirs["provider_request"]))


WHOLE = [
    name.removesuffix(".json")
    for name in sorted(archive())
    if name.endswith(".json") and name.count(".") == 1 and "-whole-" in name and "answers" not in name
]


@pytest.mark.parametrize("name", [name for name in WHOLE if name in RECORDED])
def test_a_whole_answer_has_the_form_that_was_recorded(name: str) -> None:
    theirs, made = json.loads(archive()[f"{name}.json"]), rows(name)
    ours = made.error() if not made.answered else whole_answer(made.served)
    if "meta" in theirs:
        theirs.pop("meta")  # the demo's only when it is asked for
    assert differences(form(ours), form(theirs)) == []


STREAMS = [name for name in RECORDED if "-stream-" in name and record(name)["success"]]


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_has_the_frames_that_were_recorded(name: str) -> None:
    if name.endswith(("cut", "midError", "empty")):
        return
    served = rows(name).served
    made = frames(
        served.endpoint, served, usual_form(served.endpoint, served.provider), pieces(served.reply.text)
    )
    assert kinds(b"".join(made)) == kinds(archive()[f"{name}.sse"])


def kinds(raw: bytes) -> list[Any]:
    """The forms of the frames, each once in the order in which they come."""
    seen: list[Any] = []
    for block in raw.decode().split("\n\n"):
        event, _, data = block.rpartition("data: ")
        if block and (shown := (event, data if data == "[DONE]" else form(json.loads(data)))) not in seen:
            seen.append(shown)
    return seen
