"""What tests, benchmarks and people can set while the demo gateway runs."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from generations.gateway.demo.faults import FAULTS
from generations.gateway.demo.replies.stream_forms import form_named

FEEDBACK_FAULTS = ("no-answer", "lost", "silence", "html-502")
HEADERS = (
    "pace",
    "first_byte_ms",
    "frames",
    "frame_ms",
    "tokens_per_s",
    "fault",
    "record_ms",
    "forms",
    "silence_ms",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """`None` means: vary believably.

    All times are milliseconds and are multiplied by `pace` (0: do not wait).
    """

    pace: float = 1.0  # 1.0 as in life, 0.1 ten times faster, 0 without any waiting
    first_byte_ms: float | None = None  # POST: until the first byte; None: 200 to 600
    tokens_per_s: float | None = None  # None: 60 to 90
    frames: int | None = None  # streams: exactly so many text frames
    frame_ms: float | None = None  # streams: one frame each so many ms, by absolute deadlines
    delay_ms: float = 0  # GET: wait before answering; not touched by pace
    record_ms: float | None = None  # how late a new record appears; None: 1000 to 3000
    video_ms: float = 20_000  # how long a video job runs until its cost is known
    silence_ms: float = 120_000  # the fault "silence": how long the first byte takes
    fault: str | None = None  # every POST gets this fault
    forms: str | None = None  # stream forms for every POST, e.g. "done,snapshot"
    traffic: float = 12  # rows of the log per hour that belong to no story
    feedback: str | None = None  # what POST /v1/feedback does: one of FEEDBACK_FAULTS
    down: bool = False  # every request but /demo/* is answered 503 with HTML

    def changed(self, values: Mapping[str, Any]) -> "Settings":
        """A copy with new values. Raises ValueError for an unknown name or a wrong type."""
        known = {field.name for field in fields(self)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"unknown settings: {', '.join(unknown)}")
        return replace(self, **{name: _typed(name, value) for name, value in values.items()})

    def for_request(self, headers: Mapping[str, str]) -> "Settings":
        """A copy changed by the `x-demo-*` headers of one request, e.g. `x-demo-first-byte-ms: 50`."""
        values = {name: headers.get(f"x-demo-{name.replace('_', '-')}") for name in HEADERS}
        return self.changed({name: value for name, value in values.items() if value is not None})


def _typed(name: str, value: Any) -> Any:
    if value is None:
        return value
    if name == "fault" and value not in FAULTS:
        raise ValueError(f"unknown fault: {value}")
    if name == "forms":
        form_named(value)
    if name == "feedback" and value not in FEEDBACK_FAULTS:
        raise ValueError(f"unknown fault of feedback: {value}")
    if name in ("fault", "forms", "feedback"):
        return value
    if name == "down":
        return bool(value)
    return int(value) if name == "frames" else float(value)
