"""After the last byte: answer and end of a replay are stored in one step, however long the database is unavailable."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, DataError, InterfaceError, connection, transaction
from django.utils import timezone

from dashboard.consents import keys
from dashboard.processes import allocator
from dashboard.telemetry import logs
from generations.gateway.errors import GatewayError
from generations.gateway.rawjson.display import visible
from generations.models import Replay
from generations.replay import derived_answer
from generations.replay.derived_answer import DerivedAnswer
from generations.replay.failures import reproduces
from generations.replay.live import publisher
from generations.replay.live.log import LiveLog
from generations.replay.raw_answer import LARGE, SMALL, Excerpt, RawAnswer, put_packed
from generations.replay.worker import claims
from generations.replay.worker.ending import Ending
from generations.replay.worker.heartbeat import heartbeat
from generations.replay.worker.outcome import outcome_of

log = logging.getLogger(__name__)

endings = threading.BoundedSemaphore(2)
"""Threads that end at the same moment only get into each other's way."""
_large_ones = threading.Lock()

PAUSES_S = (0.2, 0.5, 1, 2, 5)
LOOK_S = 0.1
EVENT_STREAM = "text/event-stream"
"""Any other answer is read when it is there: its first token would be its end."""
RECORD_AFTER = timedelta(seconds=2)
"""The gateway writes the record of a generation after its answer."""


@contextmanager
def alone() -> Iterator[None]:
    """Held while a large answer is read: a process reads one such at a time."""
    with _large_ones:
        try:
            yield
        finally:
            allocator.trim()


def finish(replay: Replay, live_log: LiveLog, fault: GatewayError | None) -> bool:
    """Store the whole answer and the end of the replay; what came is checkpointed meanwhile.

    Tries until it is stored: True. When this process is to end before, all of it goes to the spool, for the next
    worker: False.
    """
    ending, tries = Ending.of(live_log, fault), 0
    try:
        while not _try(replay, live_log, ending):
            if _wait(PAUSES_S[min(tries, len(PAUSES_S) - 1)]):
                _spool(live_log, ending)
                return False
            tries += 1
    except Exception:  # what was paid for outlives what we do not foresee
        log.exception("The answer of replay %s cannot be stored", replay.pk)
        _spool(live_log, ending)
        return False
    return True


def tell(replay: Replay, live_log: LiveLog) -> None:
    """Tell the open pages that the replay has ended."""
    live_log.append("end", replay.state)
    publisher.publish([live_log])


def _try(replay: Replay, live_log: LiveLog, ending: Ending) -> bool:
    """Whether the end is stored now."""
    if not heartbeat.saver.works.is_set():
        return False
    is_small = live_log.held.kept <= SMALL
    try:
        with nullcontext() if is_small else alone(), endings, live_log.storing:
            if not is_small and heartbeat.saver.is_spooled(live_log):
                return False  # its checkpoints first
            store(replay, ending, live_log.held.wire(replay.pk))
            live_log.is_stored = True
            heartbeat.saver.discard(live_log)
    except DataError:
        raise  # another try would end the same
    except (DatabaseError, InterfaceError):
        log.warning(
            "The database is unavailable; the answer of replay %s is saved when it is back",
            replay.pk,
            extra=logs.DATABASE,
        )
        return False
    finally:
        connection.close()
    return True


def _wait(seconds: float) -> bool:
    """Wait so long, and as long as the saver finds the database unavailable. True when this process is to end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until or not heartbeat.saver.works.is_set():
        if heartbeat.is_time_up:
            return True
        time.sleep(LOOK_S)
    return heartbeat.is_time_up


def _spool(live_log: LiveLog, ending: Ending) -> None:
    """Leave what could not be stored to the next worker."""
    live_log.number()
    with live_log.storing:
        if heartbeat.saver.spool(live_log, ending):
            log.warning("The answer of replay %s is in the spool, for the next worker", live_log.replay_id)
        else:
            log.error("The answer of replay %s did not fit into the spool", live_log.replay_id)
        heartbeat.saver.leave_to_next(live_log)
        live_log.is_stored = True


def store(replay: Replay, ending: Ending, wire: RawAnswer) -> bool:
    """The end of a replay, its answer and what they say. False when the replay is no more, or ended elsewhere.

    Raises DatabaseError, InterfaceError.
    """
    with unjoined(replay) if wire.stored else nullcontext():
        raw = derived_answer.excerpt(wire)
    reading = read(replay, ending, raw)
    ended = outcome_of(ending, reading)
    state = {"state": ended.state, "reason": ended.reason, "detail": ended.detail, "sent": ended.sent}
    facts = {**state, "finished_at": ending.at, **facts_of(replay, ending, reading, raw)}
    facts["record_due_at"] = timezone.now() + RECORD_AFTER if facts["new_request_id"] else None
    row, is_large = reading.row(replay.pk, raw), raw.size > LARGE
    del reading, raw  # the statement takes several times the size of the text
    if not is_large:
        stored = claims.save_result(replay, facts, row)
    else:
        with unjoined(replay):
            put_packed(wire)
            stored = claims.save_result(replay, facts, row)
            transaction.set_rollback(not stored)
    if stored:
        replay.log_end()
    if ending.fault is not None and ending.fault.status == 401:
        keys.refuse(replay.consent_id, ending.fault.reason)
    return stored


@contextmanager
def unjoined(replay: Replay) -> Iterator[None]:
    """A transaction in which the sweep joins no checkpoints of this replay: what is read then misses none of them."""
    with transaction.atomic():
        list(Replay.rows.select_for_update().filter(pk=replay.pk).values_list("pk"))
        yield


def read(replay: Replay, ending: Ending, raw: Excerpt) -> DerivedAnswer:
    """What the answer says. Where not all of it is parsed, how it ended is known from reading it while it came."""
    reading = derived_answer.read(replay.generation.endpoint, ending.content_type, raw)
    if reading.unread and ending.closed is not None:
        return replace(reading, complete=ending.closed[0], why=ending.closed[1])
    return reading


ERROR_BYTES = 4 * 2**20


def facts_of(replay: Replay, ending: Ending, reading: DerivedAnswer, raw: Excerpt) -> dict[str, Any]:
    """The columns of what was measured here and what the answer said."""
    fault = ending.fault
    return {
        "headers_ms": ending.headers_ms,
        "first_token_ms": ending.first_token_ms if ending.mime.lower() == EVENT_STREAM else None,
        "total_ms": ending.total_ms,
        "status_code": ending.status,
        "content_type": ending.content_type,
        "received_bytes": ending.received,
        "new_request_id": visible(reading.facts.request_id or (fault and fault.generation_id) or "")[:256],
        "retry_after_s": round(fault.retry_after) if fault and fault.retry_after is not None else None,
        "reproduced": fault is not None
        and reproduces(replay, fault.status, ending.mime, raw.start[:ERROR_BYTES]),
        **reading.columns_of(replay.patch, replay.generation.model_id),
    }
