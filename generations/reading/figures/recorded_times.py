"""What the two times of a record mean. Their meaning changed; pages say which one was used.

contract: today `latency_ms` is the time to the first token (of streams; otherwise to the first frame) and
`generation_ms` runs from dispatch to the last frame, the first token included. Before 23 July 2026 `generation_ms`
was the time after the first token, in December 2025 `latency_ms` was the whole request. When every provider failed,
`latency_ms` is the whole wait and `generation_ms` what the providers took of it. So the two are never added up.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from generations.gateway.rawjson.values import Value
from generations.reading.figures import attempts
from generations.reading.figures.attempts import duration
from generations.reading.text import decimal, whole

Meaning = Literal["whole", "after", "end_to_end", "failed", "open", "unknown"]
CHANGED = datetime(2026, 7, 23, tzinfo=UTC)  # generation_ms began to include the first token
SPLIT = datetime(2026, 2, 1, tzinfo=UTC)  # latency_ms stopped being the whole request, some day before
KNOWN = (
    datetime(2025, 6, 1, tzinfo=UTC),
    datetime(2100, 1, 1, tzinfo=UTC),
)  # no gateway wrote before, or will after
OPEN = 102  # contract: the status of a realtime session that has not ended
NEW_COLUMNS = (
    "provider_ttft_ms",
    "gateway_ttft_ms",
    "tpot_ms",
    "itl_ms",
    "output_speed_tps",
    "phaseo_overhead_ms",
)


@dataclass(frozen=True, slots=True)
class Times:
    """What the record says, in ms, under the meaning that was used: `first` token, `total` from dispatch to the last
    frame (of failures: until they failed), the time `after` the first token, the `overhead` of the gateway.

    `latency` and `generation` are the two times as recorded where nothing says what they mean.
    """

    meaning: Meaning
    first: Decimal | None = None
    total: Decimal | None = None
    after: Decimal | None = None
    overhead: Decimal | None = None
    latency: Decimal | None = None
    generation: Decimal | None = None
    streamed: bool = True

    @property
    def end_to_end(self) -> Decimal | None:
        """The whole request, where the record's one time is that."""
        return self.total if self.meaning == "end_to_end" else None


def is_open(fields: dict[str, Value]) -> bool:
    """Whether this is a realtime session that had not ended when its record was written."""
    return whole(fields.get("status_code")) == OPEN


def meaning(fields: dict[str, Value], made: datetime | None) -> Meaning:
    """Which meaning the record's `latency_ms` and `generation_ms` have."""
    if is_open(fields):
        return "open"
    latency, generation = duration(fields.get("latency_ms")), duration(fields.get("generation_ms"))
    if fields.get("success") is False and _failed(fields, latency, generation):
        return "failed"
    firsts = (latency, duration(fields.get("provider_ttft_ms")))
    crossed = generation is not None and any(first is not None and generation < first for first in firsts)
    if any(decimal(fields.get(key)) is not None for key in NEW_COLUMNS):
        return "unknown" if crossed else "whole"
    if made is None or not KNOWN[0] <= made < KNOWN[1]:
        return "unknown"
    if made >= CHANGED:
        return "unknown" if crossed else "whole"
    return "after" if made >= SPLIT else "end_to_end"


def _failed(fields: dict[str, Value], latency: Decimal | None, generation: Decimal | None) -> bool:
    """Whether no provider answered. A stream that broke was answered, so its times are those of an answer."""
    if generation is None:
        return True
    tries = attempts.read(fields)
    if any(attempt.answered for attempt in tries):
        return False
    return any(attempt.failed for attempt in tries) or (latency is not None and latency >= generation)


def read(fields: dict[str, Value], made: datetime | None) -> Times:
    """The times of a record; nothing is added up that the meaning does not allow."""
    used = meaning(fields, made)
    latency, generation = duration(fields.get("latency_ms")), duration(fields.get("generation_ms"))
    overhead = duration(fields.get("phaseo_overhead_ms"))
    streamed = fields.get("stream") is not False
    if used == "whole":
        ttft = duration(fields.get("provider_ttft_ms"))
        first = ttft if ttft is not None else latency
        return Times(used, first if streamed else None, generation, None, overhead, streamed=streamed)
    if used == "after":
        return Times(used, latency, None, generation, streamed=streamed)
    if used == "end_to_end":
        return Times(used, total=latency)
    if used == "failed":
        return Times(used, total=latency if latency is not None else generation)
    return Times(used, latency=latency, generation=generation) if used == "unknown" else Times(used)
