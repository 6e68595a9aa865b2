"""How the stream of a replay ended, as its own thread saw it: all that its end needs besides the bytes of the answer."""

import base64
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from django.utils import timezone

from generations.gateway.errors import GatewayError, NotGateway
from generations.gateway.rawjson.display import visible
from generations.replay.live.log import LiveLog

DETAIL = 1000  # characters


@dataclass(frozen=True, slots=True)
class StreamFault:
    """The error that ended a stream. `detail` is for people; the others are as in `GatewayError`."""

    detail: str
    status: int | None
    sent: bool
    is_foreign: bool
    reason: str
    generation_id: str | None
    retry_after: float | None

    @classmethod
    def of(cls, fault: GatewayError) -> Self:
        return cls(
            visible(f"{fault.title} {fault.advice}")[:DETAIL],
            fault.status,
            fault.sent,
            isinstance(fault, NotGateway),
            fault.reason,
            fault.generation_id,
            fault.retry_after,
        )


@dataclass(frozen=True, slots=True)
class Ending:
    """How a stream ended. Times in ms from the POST; `closed` is None where the answer did not end, else whether it was
    complete and why; `start` are the first bytes."""

    at: datetime
    stop_reason: str
    status: int | None
    content_type: str
    mime: str
    closed: tuple[bool, str] | None
    start: bytes
    received: int
    headers_ms: int | None
    first_token_ms: int | None
    total_ms: int | None
    fault: StreamFault | None

    @classmethod
    def of(cls, live_log: LiveLog, fault: GatewayError | None) -> Self:
        opened, closed = live_log.opened, live_log.closed
        return cls(
            timezone.now(),
            live_log.stop_reason,
            opened.status if opened else None,
            visible(opened.headers.get("content-type", ""))[:200] if opened else "",
            opened.content_type if opened else "",
            (closed.complete, closed.why) if closed else None,
            live_log.held.start,
            live_log.held.received,
            live_log.ms(live_log.headers_at),
            live_log.ms(live_log.first_token_at),
            live_log.ms(live_log.last_byte_at or live_log.clock()),
            StreamFault.of(fault) if fault else None,
        )

    def dump(self) -> dict[str, Any]:
        """JSON of it, for `load`."""
        return {
            **asdict(self),
            "at": self.at.isoformat(),
            "start": base64.b64encode(self.start).decode(),
        }

    @classmethod
    def load(cls, stored: dict[str, Any]) -> Self:
        """What `dump` made. Raises ValueError, KeyError, TypeError."""
        fault, closed = stored["fault"], stored["closed"]
        read = {
            "at": datetime.fromisoformat(stored["at"]),
            "start": base64.b64decode(stored["start"]),
            "closed": (bool(closed[0]), str(closed[1])) if closed else None,
            "fault": StreamFault(**fault) if fault else None,
        }
        return cls(**{**stored, **read})
