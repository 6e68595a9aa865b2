"""All recorded answers of the real gateway, against literals that no reader of ours has made."""

import hashlib
import json
import re
import tarfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from generations.gateway.rawjson.values import dumps, loads
from generations.gateway.streams import reader
from generations.gateway.streams.assemble import Assembled, assemble
from generations.reading.answer import answer_facts
from generations.reading.answer.answer_facts import Facts
from generations.reading.diagnosis import verdict
from generations.replay import derived_answer
from generations.replay.raw_answer import Excerpt

HERE = Path(__file__).parent / "recorded"
SHA256 = "a1f13267fdb75231f6c6986f26cbd750b5eb78703b8885f0ce96518a842f7374"
WIRES = {"chat_completions": "chat", "responses": "responses", "messages": "messages"}
EXPECTED: dict[str, dict[str, Any]] = json.loads((HERE / "answers.json").read_text("utf-8"))


class Recording(NamedTuple):
    wire: str
    content_type: str
    raw: bytes
    record: bytes | None


@cache
def archive() -> dict[str, bytes]:
    with tarfile.open(HERE / "recorded.tar.gz") as packed:
        return {
            member.name.partition("/")[2]: taken.read()
            for member in packed.getmembers()
            if (taken := packed.extractfile(member))
        }


def recording(name: str) -> Recording:
    files = archive()
    raw = next(files[f"{name}.{end}"] for end in ("sse", "json", "bin") if f"{name}.{end}" in files)
    meta = json.loads(files[f"{name}.meta.json"])
    return Recording(WIRES[name.split("-")[0]], meta["content_type"], raw, files.get(f"{name}.record.json"))


def read(wire: str, content_type: str, raw: bytes) -> tuple[Assembled, Facts]:
    made = assemble(wire, content_type, raw)
    return made, answer_facts.read(made.wire, made.body, made.strays)


def payload_of(name: str, raw: bytes | None = None) -> dict[str, Any]:
    """What we read in an answer, in the form of the literals."""
    taken = recording(name)
    made, facts = read(taken.wire, taken.content_type, taken.raw if raw is None else raw)
    choice = facts.choices[0] if facts.choices else answer_facts.Choice()
    return {
        "text": choice.text,
        "reasoning": choice.reasoning,
        "calls": [[call.name, json.loads(call.arguments)] for call in choice.calls],
        "finish": choice.finish or None,
        "cost": facts.cost_nanos,
        "end": made.why,
    }


def test_the_archive_is_unchanged() -> None:
    assert hashlib.sha256((HERE / "recorded.tar.gz").read_bytes()).hexdigest() == SHA256
    assert {name.removesuffix(".meta.json") for name in archive() if name.endswith(".meta.json")} == set(
        EXPECTED
    )
    assert len(EXPECTED) == 186


@pytest.mark.parametrize("name", EXPECTED)
def test_an_answer_is_read_as_it_was_given(name: str) -> None:
    expected = EXPECTED[name]
    assert payload_of(name) == {
        key: expected[key] for key in ("text", "reasoning", "calls", "finish", "cost", "end")
    }
    assert json.loads(archive()[f"{name}.meta.json"])["status"] == expected["status"]


@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name]["error"]])
def test_an_error_is_found(name: str) -> None:
    taken = recording(name)
    _, facts = read(taken.wire, taken.content_type, taken.raw)
    words = [word for fault in facts.errors for word in (fault.message, fault.code)]
    assert EXPECTED[name]["error"] in words


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_stands_next_to_a_body_of_the_gateway(name: str) -> None:
    taken = recording(name)
    assert assemble(taken.wire, taken.content_type, taken.raw).strays == []


@pytest.mark.parametrize("name", EXPECTED)
def test_what_streams_live_ends_like_the_body(name: str) -> None:
    taken = recording(name)
    live = reader(taken.wire, taken.content_type)
    closed: Any = (live.feed(taken.raw) + live.end())[-1]
    made = assemble(taken.wire, taken.content_type, taken.raw)
    assert (closed.complete, closed.why) == (made.complete, made.why)


RECORDED = [name for name in EXPECTED if EXPECTED[name]["record"]]


def test_a_replay_names_its_model_as_records_do() -> None:
    """Of every wire, streamed or whole: frames hold the provider's slug, which stays in the answer's facts."""
    slugs = 0
    for name in RECORDED:
        taken = recording(name)
        full = str(json.loads(taken.record or b"{}")["model_id"])
        patch = json.dumps([{"op": "replace", "path": "/model", "value": f"openai:{full}"}])
        made = derived_answer.read(taken.wire, taken.content_type, Excerpt.of(taken.raw))
        expected = full if made.facts.model else ""
        asked = [(patch, "another/model"), ("", full), ("[]", full)]
        assert {made.columns_of(*pair)["model_id"] for pair in asked} == {expected}, name
        slugs += made.facts.model not in ("", full)
    assert slugs > 40


@pytest.mark.parametrize("name", RECORDED)
def test_a_record_has_its_verdict(name: str) -> None:
    fields: Any = loads(recording(name).record or b"")
    made, expected = verdict.read(fields), EXPECTED[name]
    assert [made.word, made.rule] == expected["verdict"]
    assert (
        json.loads(dumps([fields[key] for key in ("status_code", "finish_reason", "cost_nanos")]))
        == expected["record"]
    )


def test_seventeen_answers_have_no_record() -> None:
    without = [name for name in EXPECTED if recording(name).record is None]
    assert len(without) == 17
    assert all(name.startswith("messages-") and "-stream-" in name for name in without)
    assert not any(EXPECTED[name]["record"] or EXPECTED[name]["verdict"] for name in without)


# -- a fixture that lies is found out ------------------------------------------------------------------------

# Part -> what of the raw bytes is changed into what.
MUTATIONS = {
    "text": (b"Hel", b"Hal"),
    "reasoning": (b"think", b"thank"),
    "calls": (b"Oslo", b"Rome"),
    "finish": (rb'"(finish_reason|stop_reason|status|reason)":"\w+"', rb'"\1":"odd"'),
    "cost": (rb'_nanos":\d', b'_nanos":9'),
}


@pytest.mark.parametrize("part", MUTATIONS)
def test_a_changed_answer_is_not_read_as_it_was_given(part: str) -> None:
    names = [name for name in EXPECTED if EXPECTED[name][part] and EXPECTED[name]["end"] != "error"]
    assert len(names) > 10
    for name in names:
        mutated = payload_of(name, re.sub(*MUTATIONS[part], recording(name).raw))
        assert mutated[part] != EXPECTED[name][part], name
        others = {key for key in mutated if mutated[key] != EXPECTED[name][key]} - {part}
        assert not others, name


# -- the same case, streamed and whole -----------------------------------------------------------------------

PAIRS = [name for name in EXPECTED if "-stream-" in name and name.replace("-stream-", "-whole-") in EXPECTED]
SAME = [
    name
    for name in PAIRS
    if EXPECTED[name]["status"] == EXPECTED[name.replace("-stream-", "-whole-")]["status"]
]
EMPTY = [name for name in PAIRS if name.endswith("-empty")]

# What the gateway itself tells differently when it streams: (streamed, whole).
REPORTED_DIFFERENTLY: dict[tuple[str, str], tuple[str, str]] = {
    ("chat_completions-openai-stream-reasoning", "reasoning"): ("Let me think", ""),
    ("chat_completions-anthropic-stream-reasoning", "reasoning"): ("Let me think", ""),
    ("responses-anthropic-stream-reasoning", "reasoning"): ("Let me think", ""),
    ("chat_completions-groq-stream-length", "finish"): ("", "length"),
    ("responses-anthropic-stream-length", "finish"): ("length", "incomplete"),
}

# Members that differ by nature: which IDs, when, how it is billed, and what only a whole answer repeats.
BY_NATURE = {
    "chat": {
        *("/id", "/created", "/model", "/nativeResponseId", "/provider", "/provider_id"),
        *("/cost_nanos", "/cost_cents", "/currency", "/pricing_lines", "/usage"),
        *("/choices/*/logprobs", "/choices/*/message/annotations", "/choices/*/message/refusal"),
        *("/choices/*/message/tool_calls", "/choices/*/message/reasoning_details/*/id"),
    },
    "messages": {
        *("/id", "/model", "/cost_nanos", "/cost_cents", "/currency", "/pricing_lines", "/usage"),
        *("/content/*/citations", "/content/*/signature"),
    },
    "responses": {
        *("/id", "/created_at", "/completed_at", "/model", "/provider", "/provider_id", "/meta", "/output/*/id"),
        *("/cost_nanos", "/cost_cents", "/currency", "/pricing_lines", "/usage", "/finish_reason"),
        *("/background", "/frequency_penalty", "/instructions", "/max_output_tokens", "/max_tool_calls"),
        *("/metadata", "/parallel_tool_calls", "/presence_penalty", "/previous_response_id", "/prompt_cache_key"),
        *("/reasoning", "/safety_identifier", "/service_tier", "/store", "/temperature", "/text", "/tool_choice"),
        *("/tools", "/top_logprobs", "/top_p", "/truncation", "/user", "/error", "/incomplete_details"),
    },
}  # fmt: skip


def facts_of(name: str) -> Facts:
    taken = recording(name)
    return read(taken.wire, taken.content_type, taken.raw)[1]


@pytest.mark.parametrize("name", SAME)
def test_streamed_and_whole_are_the_same(name: str) -> None:
    streamed, whole = (_reported(facts_of(each)) for each in (name, name.replace("-stream-", "-whole-")))
    for part in streamed:
        expected = REPORTED_DIFFERENTLY.get((name, part), (streamed[part], streamed[part]))
        assert (streamed[part], whole[part]) == expected


def _reported(facts: Facts) -> dict[str, Any]:
    choice = facts.choices[0] if facts.choices else answer_facts.Choice()
    errors = [fault.message for fault in facts.errors]
    return {
        "text": choice.text,
        "calls": choice.calls,
        "reasoning": choice.reasoning,
        "finish": choice.finish_word,
        "errors": [message.partition(" for endpoint")[0] for message in errors],
    }


def test_every_pair_is_there() -> None:
    assert (len(PAIRS), len(SAME), len(EMPTY)) == (84, 75, 9)


REPORTED_ALIKE = [
    name
    for name in SAME
    if EXPECTED[name]["status"] == 200
    and not any((name, part) in REPORTED_DIFFERENTLY for part in EXPECTED[name])
]


@pytest.mark.parametrize("name", REPORTED_ALIKE)
def test_what_differs_by_nature_stands_in_one_table(name: str) -> None:
    bodies = [_body(each) for each in (name, name.replace("-stream-", "-whole-"))]
    assert set(_differences(*bodies)) <= BY_NATURE[recording(name).wire]


def _body(name: str) -> Any:
    taken = recording(name)
    return json.loads(dumps(assemble(taken.wire, taken.content_type, taken.raw).body))


def _differences(before: Any, after: Any, at: str = "") -> list[str]:
    """Where two bodies differ: pointers, `*` for any element."""
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict) and at != "/usage":
        pairs = [(key, before.get(key), after.get(key)) for key in {**before, **after}]
        return [found for key, value, other in pairs for found in _at(value, other, f"{at}/{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [
            found
            for value, other in zip(before, after, strict=True)
            for found in _differences(value, other, f"{at}/*")
        ]
    return [at]


def _at(value: Any, other: Any, at: str) -> list[str]:
    return (
        _differences(value, other, at) if value is not None and other is not None else [at] * (value != other)
    )


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_answer_is_a_stream_that_ended_and_a_whole_that_failed(name: str) -> None:
    streamed, whole = name, name.replace("-stream-", "-whole-")
    assert (EXPECTED[streamed]["status"], EXPECTED[whole]["status"]) == (200, 502)
    first, other = facts_of(streamed), facts_of(whole)
    assert first.is_empty
    assert first.finish_word == "stop"
    assert not first.errors
    assert [fault.code or fault.message for fault in other.errors] == ["google_empty_response"]
    assert not other.choices
