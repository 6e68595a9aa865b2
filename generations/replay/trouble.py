"""Why an open replay does not move: said on its page, and noticed here when nobody else does."""

import logging
import threading
import time

from django.db import connection
from django.utils import timezone

from dashboard.processes import presence
from dashboard.readiness import broker
from generations.models import Batch, Replay
from generations.models.replay import RESEND_SOON, State
from generations.replay import batches
from generations.replay.worker import recovery

QUIET_SECONDS = 5  # that a queued replay may wait, and three times that a running one may be silent
SWEEP_SECONDS = 10.0
NO_WORKER = "No worker is running: nothing was sent. The replay starts by itself when a worker runs."
NO_BROKER = "Redis cannot be reached: nothing was sent. The replay starts by itself when it is back."
log = logging.getLogger(__name__)


def of_replay(replay: Replay) -> str:
    """What holds an open replay up, as a sentence; "" when nothing seems to."""
    if replay.state == State.RUNNING:
        return _of_running(replay)
    now = timezone.now()
    if replay.state == State.QUEUED and (now - replay.queued_at).total_seconds() > QUIET_SECONDS:
        return of_queue()
    return ""


def _of_running(replay: Replay) -> str:
    beaten = replay.heartbeat_at or replay.claimed_at
    silent = int((timezone.now() - beaten).total_seconds()) if beaten else 0
    if silent <= 2 * QUIET_SECONDS:
        return ""
    return f"Its worker has been silent for {silent} s; the request may have been charged."


def of_queue() -> str:
    """Why no queued replay starts; "" when a worker lives and can be reached."""
    if "worker" not in presence.alive():
        return NO_WORKER
    return NO_BROKER if broker() else ""


def of_batch(batch: Batch) -> str:
    """What holds the members of a batch up that are under way: the one queued longest, or silent longest."""
    members = batch.replays.under_way()
    longest = [
        members.queued().order_by("queued_at").first(),
        members.running().order_by("heartbeat_at").first(),
    ]
    found = [replay for replay in longest if replay is not None]
    notice(*found)
    return next(filter(None, map(of_replay, found)), "")


class _Sweeper:
    """At most one sweep at a time, and one in SWEEP_SECONDS, of this web process."""

    turn = threading.Lock()
    next_at = 0.0


def notice(*shown: Replay) -> None:
    """Somebody looks at these replays: where one is stale, sweep as beat would, without holding the page up.

    The sweep is harmless next to the one of beat: it ends and sends again only what still needs it.
    """
    if not any(_is_stale(replay) for replay in shown) or time.monotonic() < _Sweeper.next_at:
        return
    if _Sweeper.turn.acquire(blocking=False):
        _Sweeper.next_at = time.monotonic() + SWEEP_SECONDS
        threading.Thread(target=_sweep, name="sweep", daemon=True).start()


def _is_stale(replay: Replay) -> bool:
    """Whether a sweep may find something to do: whether messages wait in the broker, it sees for itself."""
    rows, now = Replay.objects.filter(pk=replay.pk), timezone.now()
    if replay.state == State.QUEUED and (now - replay.message_sent_at).total_seconds() > QUIET_SECONDS:
        return rows.unsent(now, RESEND_SOON).exists()
    if replay.state == State.RUNNING and _of_running(replay):
        return rows.silent(now).exists()
    return False


def _sweep() -> None:
    try:
        recovery.sweep()
        batches.release_members()
    except Exception:
        log.exception("What is stale could not be swept")
    finally:
        connection.close()
        _Sweeper.turn.release()
