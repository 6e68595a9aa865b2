"""The worker: claim, send, finish.

One click is one row (`order/start.py`), one row is claimed once (`claims.take`), one claim makes at most one POST (`run`).
No step repeats a POST; a message may come twice, the claim lets one through.
"""

import logging
import threading
import time
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from dashboard.connections import clients
from dashboard.consents import keys
from dashboard.telemetry import request_ids
from generations.gateway import endpoints
from generations.gateway.client import Client
from generations.gateway.endpoints import Endpoint
from generations.gateway.errors import Garbled, GatewayError
from generations.models import Replay
from generations.replay.live import publisher
from generations.replay.live.log import Deadlines, LiveLog
from generations.replay.order import orders
from generations.replay.worker import claims, finishing
from generations.replay.worker.heartbeat import heartbeat

log = logging.getLogger(__name__)

starts = threading.BoundedSemaphore(3)
"""Threads that start at the same moment only get into each other's way."""


@dataclass(frozen=True, slots=True)
class PreparedPost:
    """Everything a replay needs for its POST."""

    client: Client
    endpoint: Endpoint
    body: bytes
    headers: dict[str, str]


def run(replay_id: UUID) -> Replay | None:
    """Run one queued replay to its end. None, and nothing is done, when another caller has claimed it."""
    replay, sending = claimed(replay_id)
    if replay is None or sending is None:
        return replay
    assert replay.claim is not None
    live_log = LiveLog(replay.pk, replay.claim, deadlines())
    live_log.append("state", "running")
    with heartbeat.beating(live_log):
        fault = perform(sending, live_log)
        is_stored = finishing.finish(replay, live_log, fault)
    if is_stored:
        finishing.tell(replay, live_log)
    return replay


KEY_PAUSE_S, KEY_WAIT_S = 0.2, 40


def claimed(replay_id: UUID) -> tuple[Replay | None, PreparedPost | None]:
    """The claimed replay and what it sends. Waits while a consent of its connection is exchanged for a new key."""
    end = time.monotonic() + KEY_WAIT_S
    while True:
        with starts:
            replay = claims.take(replay_id)
            sending = ready(replay) if replay else None
            waits = replay is None and claims.waits_for_key(replay_id)
            connection.close()
        if not waits or time.monotonic() > end:
            return replay, sending
        time.sleep(KEY_PAUSE_S)


def ready(replay: Replay) -> PreparedPost | None:
    """What a claimed replay sends. None when nothing can be sent: the replay has ended then."""
    try:
        return prepare(replay)
    except orders.ReplayRefused as refused:
        replay.refuse(str(refused))
        publisher.notify(replay.pk)
        return None


def deadlines() -> Deadlines:
    """The deadlines of the settings, in seconds, and the bytes that an answer may have."""
    return Deadlines(
        settings.FIRST_BYTE_SECONDS,
        settings.IDLE_SECONDS,
        settings.TOTAL_SECONDS,
        settings.MAX_ANSWER_MB * 2**20,
    )


def prepare(replay: Replay) -> PreparedPost:
    """Client, endpoint and exact body of a claimed replay. Raises `orders.ReplayRefused`: nothing has been sent then."""
    source = replay.connection
    if source is None:
        raise orders.ReplayRefused("The gateway connection was removed before the replay started.")
    endpoint = endpoints.find(replay.generation.endpoint)
    stored = orders.stored_body(replay.record)
    if endpoint is None or endpoint.path is None or stored is None:
        raise orders.ReplayRefused("The stored request is no longer there.")
    pasted = keys.pasted_for_sending(source)
    key = replay.consent.key if replay.consent else pasted[0].key if pasted else None
    if key is None:
        raise orders.ReplayRefused(keys.NO_KEY)
    try:
        client = clients.client(source.base_url, key)
        headers = session_of(replay, endpoint) | request_id()
        return PreparedPost(client, endpoint, orders.patched(stored, replay.patch), headers)
    except ValueError as error:
        raise orders.ReplayRefused(str(error)) from None


TEXT_WIRES = ("chat", "responses", "messages")


def session_of(replay: Replay, endpoint: Endpoint) -> dict[str, str]:
    """The header that separates our replays from production in the gateway's logs: one session a batch or single replay.

    contract: text endpoints read a session only from the body, which is not ours to change; the others read
    `x-session-id`, up to 128 characters, where the body names none.
    """
    return {} if endpoint.wire in TEXT_WIRES else {"x-session-id": f"retake-{replay.batch_id or replay.pk}"}


def request_id() -> dict[str, str]:
    """The header that ties our log lines to those of whatever stands between us and the gateway, which ignores it."""
    current = request_ids.current.get()
    return {request_ids.HEADER: current} if current else {}


def perform(sending: PreparedPost, live_log: LiveLog) -> GatewayError | None:
    """The one POST. Fills the live log; returns the error that ended it, None when the answer ended by itself."""
    try:
        for event in sending.client.send(
            sending.endpoint, sending.body, stop=live_log.stop, headers=sending.headers
        ):
            live_log.take(event)
    except GatewayError as error:
        return error
    except Exception:  # what came up to here was paid for
        log.exception("The answer of replay %s could not be read to its end", live_log.replay_id)
        return Garbled(sent=live_log.stop.sent)
    finally:
        live_log.is_over = True
        live_log.stop.rest()
    return None
