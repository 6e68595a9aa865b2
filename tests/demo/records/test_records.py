import json
import re
import zlib
from base64 import b64decode
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from generations.gateway.demo import stories, ulid
from generations.gateway.demo.faults import FAULTS
from generations.gateway.demo.records.audit_row import audit_row
from generations.gateway.demo.records.columns import COLUMNS
from generations.gateway.demo.records.io_log import legacy, scoped
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.replies import media
from generations.gateway.demo.server.settings import Settings
from generations.gateway.demo.shapes import Story

EPOCH = 1_795_300_000_000
ORDINARY = [story for story in stories.STORIES if story.raw is None]
# Rows whose point is that the lines do not make the cost, or are no lines.
UNBALANCED = {"wrong-sum", "may-row", "december", "odd-lines", "wrong-types", "all-null"}


def rows(story: Story) -> Rows:
    return Rows(story, stories.id_of(story, EPOCH))


def by_name(name: str) -> Story:
    return next(story for story in stories.STORIES if story.name == name)


def test_there_is_much_to_click_through() -> None:
    assert len(stories.catalogue()) == len(stories.STORIES) >= 70


def test_names_ids_and_titles_are_unique() -> None:
    for values in zip(*stories.catalogue(EPOCH), strict=True):
        assert len(set(values)) in (len(stories.STORIES), len({story.group for story in stories.STORIES}))
    assert len({story.name for story in stories.STORIES}) == len(stories.STORIES)


def test_the_example_ids_never_change() -> None:
    assert stories.EXAMPLE_IDS == {
        "chat": "G-01M0N8538G8F4T0W6X1Y2Z3A4B",
        "kept": "G-01M0N8A1Q8SEATSNXT14A2B3C4",
        "failed": "G-01M0N8D8ZGR5N8V3B2C1D0E9F8",
        "legacy": "G-01KQXWAW8GC2W5QAV9YJQW3Q7B",
    }
    assert all(stories.find(request_id) for request_id in stories.EXAMPLE_IDS.values())


@pytest.mark.parametrize("story", stories.STORIES, ids=lambda story: story.name)
def test_ids_of_any_run_are_found(story: Story) -> None:
    assert stories.find(stories.id_of(story, EPOCH)) is story
    assert stories.find(stories.id_of(story, EPOCH - 86_400_000)) is story


def test_other_ids_are_not_found() -> None:
    assert stories.find("G-01M0N8538GAAAAAAAAAAAAAAAA") is None
    assert stories.find("not an id") is None


@pytest.mark.parametrize(
    "story", [story for story in ORDINARY if story.name not in UNBALANCED], ids=lambda story: story.name
)
def test_the_lines_make_the_cost(story: Story) -> None:
    row = audit_row(rows(story))
    nanos = sum(line["line_nanos"] for line in row["pricing_lines"])
    assert (row["cost_nanos"] or 0) == nanos
    for line in row["pricing_lines"]:
        assert float(line["line_cost_usd"]) == pytest.approx(line["line_nanos"] / 1e9)


def test_a_row_has_the_99_columns_in_order() -> None:
    row = audit_row(rows(by_name("oslo-cancelled")))
    assert len(row) == 99
    assert tuple(row) == COLUMNS


def test_the_sample_record_has_the_figures_of_the_contract() -> None:
    row = audit_row(rows(by_name("oslo-cancelled")))
    names = (
        "latency_ms",
        "generation_ms",
        "gateway_ttft_ms",
        "cost_nanos",
        "tpot_ms",
        "itl_ms",
        "session_id",
    )
    assert [row[name] for name in names] == [
        412,
        1830,
        460,
        53300,
        11.165354330709,
        11.2881732,
        "support-4711",
    ]


@pytest.mark.parametrize(
    "story", [story for story in ORDINARY if "created_at" not in story.row], ids=lambda story: story.name
)
def test_a_record_is_written_after_its_request_began(story: Story) -> None:
    made = rows(story)
    began = ulid.made_at(made.request_id)
    assert began is None or made.created.timestamp() * 1000 >= began


@pytest.mark.parametrize(
    "story", [story for story in ORDINARY if story.timing is None], ids=lambda story: story.name
)
def test_times_are_plausible(story: Story) -> None:
    timing = rows(story).timing
    assert 0 < timing.first < timing.total < 120_000


def test_the_groups_of_failures_have_every_kind() -> None:
    codes = {
        audit_row(rows(story))["error_code"]
        for story in ORDINARY
        if story.group == "Failures" and story.failure
    }
    assert codes == {
        "upstream:upstream_error",
        "user:validation_error",
        "user:insufficient_funds",
        "user:key_limit_exceeded",
        "user:guardrail_blocked",
        "user:model_region_unavailable",
        "upstream:upstream_stream_failure",
        "gateway:google_empty_response",
        "gateway:pricing_not_configured",
        "user:unsupported_model_or_endpoint",
        "user:invalid_json",
        "gateway:pipeline_execution_error",
    }


def test_every_log_status_is_there() -> None:
    seen = {
        (log or {"status": None})["status"]
        for log in (scoped(rows(story), replay=True)["io_log"] for story in ORDINARY)
    }
    assert seen == {None, "not_enabled", "stored", "missing_bucket", "too_large", "error", "deleted"}


@pytest.mark.parametrize("story", ORDINARY, ids=lambda story: story.name)
def test_replay_is_supported_exactly_when_a_body_is_there(story: Story) -> None:
    shown = scoped(rows(story), replay=True)
    assert shown["replay_supported"] is bool(shown["replay_request"])
    assert shown["replay_supported"] is (story.io == "stored")
    hidden = scoped(rows(story), replay=False)
    assert list(hidden)[-3:] == ["replay_supported", "replay_request", "io_log"]
    assert [hidden[name] for name in list(hidden)[-3:]] == [False, None, None]


def test_the_documented_form_has_team_and_prompt_tokens_and_no_log() -> None:
    shown = legacy(rows(by_name("oslo-cancelled")))
    assert "workspace_id" not in shown
    assert "io_log" not in shown
    assert shown["team_id"]
    assert shown["usage"] == {
        "prompt_tokens": 42,
        "completion_tokens": 128,
        "total_tokens": 170,
        "requests": 1,
    }
    assert shown["replay_supported"] is True


def test_a_running_job_has_no_cost_yet() -> None:
    story = by_name("promo-running")
    request_id = stories.id_of(story, EPOCH)
    running, done = audit_row(Rows(story, request_id, settled=False)), audit_row(Rows(story, request_id))
    assert (running["cost_nanos"], running["usage"], running["pricing_lines"]) == (None, {}, [])
    assert (done["cost_nanos"], done["usage"]["output_video_seconds"]) == (900_000_000, 6)


def test_the_largest_log_is_just_under_5_mebibytes() -> None:
    shown = scoped(rows(by_name("five-mebibytes")), replay=True)
    assert 4.5 * 2**20 < shown["io_log"]["bytes"] <= 5 * 2**20


def test_the_long_conversation_has_about_300_kilobytes() -> None:
    body = by_name("long-context").make_body()
    assert 250_000 < len(json.dumps(body)) < 350_000
    assert len(body["messages"]) == 122


def test_damaged_rows_are_damaged() -> None:
    answers = {
        story.name: story.raw("G-01M0N8538GAAAAAAAAAAAAAAAA") for story in stories.STORIES if story.raw
    }
    bodies = {name: body for name, (_, _, body) in answers.items()}
    assert b"\\u0000" in bodies["odd-characters"]
    assert b"9" * 5000 in bodies["huge-number"]
    assert b"[" * 100_000 in bodies["deep"]
    assert json.loads(bodies["other-record"])["request_id"] != "G-01M0N8538GAAAAAAAAAAAAAAAA"
    assert bodies["number-text"].count(b'"top_p": 0.10') == 1
    with pytest.raises(UnicodeDecodeError):
        bodies["latin-1"].decode()
    with pytest.raises(json.JSONDecodeError):
        json.loads(bodies["cut-json"])
    assert answers["plain-500"] == (500, "text/plain;charset=UTF-8", b"Internal Server Error")
    assert json.loads(bodies["two-rows"])["error"] == "db_error"


def _scanlines(png: bytes) -> bytes:
    start = png.index(b"IDAT")
    return zlib.decompress(png[start + 4 : start + 4 + int.from_bytes(png[start - 4 : start])])


def test_pictures_are_real() -> None:
    png = b64decode(media.picture("suitcase", 40, 30))
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(_scanlines(png)) == 30 * (1 + 40 * 3)


def test_vectors_of_like_texts_are_near() -> None:
    def likeness(a: str, b: str) -> float:
        return sum(x * y for x, y in zip(media.vector(a, 128), media.vector(b, 128), strict=True))

    assert likeness("cats on planes", "cats on trains") > likeness("cats on planes", "hotel breakfast hours")


def test_a_multipart_record_lost_its_file() -> None:
    shown: dict[str, Any] = scoped(rows(by_name("voicemail")), replay=True)
    assert shown["replay_request"]["file"] == {}


@pytest.mark.parametrize("ms", [0, 1, EPOCH, 2**48 - 1])
def test_an_id_carries_its_time(ms: int) -> None:
    assert ulid.made_at(ulid.request_id(ms, "A" * 16)) == ms


def test_the_documentation_names_every_fault_setting_and_example() -> None:
    text = (Path(__file__).parents[3] / "docs" / "demo-gateway.md").read_text()
    documented = dict(re.findall(r"^\| `([\w-]+)` \| ([^|]+) \|$", text, re.MULTILINE))
    assert {name: documented.get(name) for name in FAULTS} == {
        name: fault.says for name, fault in FAULTS.items()
    }
    settings = re.findall(r"^\| `(\w+)` \| (?:`x-demo[\w-]+`)? ?\|", text, re.MULTILINE)
    assert set(settings) == {field.name for field in fields(Settings)} | {"mode"}
    assert set(re.findall(r"^\| `(G-\w{26})`", text, re.MULTILINE)) == set(stories.EXAMPLE_IDS.values())
