"""The saver: one thread per worker process that alone waits for the database while replays run.

Each second it says that they are alive and reads who asked them to stop (one UPDATE), then saves what came since the last
checkpoint. No statement waits longer than its limit. While the database is unavailable, locked or read-only, checkpoints
go to the spool; they are brought to the database, in order, when it is back.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError, connection
from django.utils import timezone

from dashboard.processes.spool import SpoolDamaged, SpoolFile, SpoolUnusable
from dashboard.telemetry import logs
from generations.models import Replay, ReplayPart
from generations.replay.live.log import LiveLog
from generations.replay.worker import spooling
from generations.replay.worker.ending import Ending
from generations.replay.worker.own_connection import limited, use_own_connection
from generations.replay.worker.spooling import Owner, SpoolPart

log = logging.getLogger(__name__)

BEAT_S, SHORTEST_PAUSE_S = 1.0, 0.05
LOCK_S, EACH_LOCK_S = 2, 0.2
BEAT_STATEMENT_S, SAVE_STATEMENT_S = 3, 15
SAVING_S = 2.0  # of one tick; then it beats again
MOST_SAVED = 2 * 2**20  # bytes in one INSERT

# A row that somebody else has locked keeps no other one back.
BEAT = """
UPDATE generations_replay AS replay SET heartbeat_at = %s
FROM (
    SELECT id FROM generations_replay WHERE id = ANY(%s) AND state = 'running' FOR NO KEY UPDATE SKIP LOCKED
) AS seen
WHERE replay.id = seen.id RETURNING replay.id, replay.cancel_asked_at IS NOT NULL
"""


class Saver:
    """Saves the replays that `running` gives, until there are none."""

    def __init__(self, running: Callable[[], list[LiveLog]]) -> None:
        self._running = running
        self._work = threading.Event()
        self._sooner = threading.Event()
        self.works = threading.Event()
        """Set while the database takes what it is given."""
        self.works.set()
        self._spooled: dict[LiveLog, SpoolFile] = {}
        self._reported: set[str] = set()
        self._thread: threading.Thread | None = None
        self._next_beat = 0.0

    def wake(self) -> None:
        """There is something to save."""
        self._work.set()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="saver", daemon=True)
            self._thread.start()

    def hurry(self) -> None:
        """Some replay has received much since its last checkpoint."""
        self._sooner.set()

    def _run(self) -> None:
        use_own_connection()
        while True:
            self._work.wait()
            begun = time.monotonic()
            live_logs = self._running()
            if live_logs:
                self.tick(live_logs, begun)
            else:
                self._rest()
            time.sleep(SHORTEST_PAUSE_S)
            if self.works.is_set():
                self._sooner.wait(max(0.0, begun + BEAT_S - time.monotonic()))
            else:
                time.sleep(max(0.0, begun + BEAT_S - time.monotonic()))
            self._sooner.clear()

    def _rest(self) -> None:
        """Nothing runs: the connection is given back. Who begins meanwhile wakes the saver again."""
        self._work.clear()
        if self._running():
            self._work.set()
        self._disconnect()

    def tick(self, live_logs: list[LiveLog], now: float) -> None:
        """Beat where that is due, and save. Never raises."""
        due = now >= self._next_beat
        try:
            if due:
                self._next_beat = now + BEAT_S
                beat(live_logs)
            full = [live_log for live_log in live_logs if live_log.held.is_worth_saving]
            self.save(live_logs if due else full, until=now + SAVING_S)
            self._is_back()
        except (DatabaseError, InterfaceError) as error:
            self._is_unavailable(error)
            self._spool(live_logs)
        except Exception:
            log.exception("Checkpoints could not be saved; they are tried again")
            self._disconnect()  # a transaction that is still open would keep its locks

    def _is_back(self) -> None:
        if not self.works.is_set():
            log.warning("The database is back")
            self.works.set()

    def _is_unavailable(self, error: Exception) -> None:
        if self.works.is_set():
            log.warning(
                "The database is unavailable (%s); replays go on and are saved when it is back",
                type(error.__cause__ or error).__name__,
                extra=logs.DATABASE,
            )
        self.works.clear()
        self._disconnect()

    def _disconnect(self) -> None:
        with suppress(DatabaseError, InterfaceError):
            connection.close()

    # --- to the database ------------------------------------------------------------------------------------------

    def save(self, live_logs: Iterable[LiveLog], until: float) -> None:
        """Save checkpoints: one INSERT for all, more where there is much. Raises DatabaseError, InterfaceError."""
        left = list(live_logs)
        while left and time.monotonic() < until:
            taken = self._take(left)
            try:
                self._save(taken)
            finally:
                for live_log, _ in taken:
                    live_log.storing.release()
            again = [live_log for live_log, _ in taken if self._has_more(live_log)]
            left = [*left, *again]

    def _take(self, left: list[LiveLog]) -> list[tuple[LiveLog, SpoolPart]]:
        """The next checkpoints of the first of `left`, as many as fit into one INSERT; their `storing` is held."""
        taken: list[tuple[LiveLog, SpoolPart]] = []
        size = 0
        while left and size < MOST_SAVED:
            live_log = left.pop(0)
            if not live_log.storing.acquire(blocking=False):
                continue  # its end is being stored
            part = None if live_log.is_stored else self._next(live_log)
            if part is None:
                live_log.storing.release()
                continue
            taken.append((live_log, part))
            size += len(part.wire) + len(part.entries)
        return taken

    def _save(self, taken: list[tuple[LiveLog, SpoolPart]]) -> None:
        try:
            insert([(live_log.replay_id, part) for live_log, part in taken])
        except (IntegrityError, DataError, OperationalError) as error:
            if len(taken) < 2 and not isinstance(error, IntegrityError):
                raise
            self._save_each(taken)
        else:
            for live_log, _ in taken:
                self._mark_saved(live_log)

    def _save_each(self, taken: list[tuple[LiveLog, SpoolPart]]) -> None:
        """One that cannot be stored keeps no other one back. Raises OperationalError when none could be."""
        fault: OperationalError | None = None
        for live_log, part in taken:
            try:
                insert([(live_log.replay_id, part)], lock_s=EACH_LOCK_S)
                self._mark_saved(live_log)
            except IntegrityError:
                self._drop_forgotten(live_log)
            except DataError:
                log.exception("A checkpoint of replay %s cannot be stored", live_log.replay_id)
            except OperationalError as error:
                if connection.connection is None or connection.connection.closed:
                    raise
                fault = error
            else:
                continue
        if fault is not None and len(taken) == 1:
            raise fault

    def _has_more(self, live_log: LiveLog) -> bool:
        return live_log in self._spooled or live_log.held.is_worth_saving

    def _next(self, live_log: LiveLog) -> SpoolPart | None:
        """The oldest checkpoint that the database does not hold: out of the spool, then out of memory."""
        file = self._spooled.get(live_log)
        if file is not None and file.has_more:
            try:
                piece = spooling.read(file.peek() or b"")[1]
            except SpoolDamaged as error:
                log.error("What the spool holds of replay %s is kept there: %s", live_log.replay_id, error)
                self.leave_to_next(live_log)
                return None
            if isinstance(piece, SpoolPart):
                return piece
            self.discard(live_log)  # all parts have been read; the end is stored by the thread of the replay
        checkpoint = live_log.checkpoint()
        return SpoolPart.of(checkpoint) if checkpoint else None

    def _mark_saved(self, live_log: LiveLog) -> None:
        file = self._spooled.get(live_log)
        if file is None:
            live_log.mark_saved()
            return
        file.step()
        if not file.has_more:
            self.discard(live_log)

    def _drop_forgotten(self, live_log: LiveLog) -> None:
        """Its generation was forgotten while its worker was taken for lost: nothing of the answer is kept."""
        if not Replay.rows.filter(pk=live_log.replay_id).exists():
            live_log.forget()
            self.discard(live_log)

    # --- to the spool ---------------------------------------------------------------------------------------------

    def _spool(self, live_logs: list[LiveLog]) -> None:
        for live_log in live_logs:
            if not live_log.storing.acquire(blocking=False):
                continue  # its end is being stored
            try:
                if not live_log.is_stored:
                    self.spool(live_log)
            except Exception:  # one keeps no other back, and does not end this thread
                log.exception("Replay %s could not be put into the spool", live_log.replay_id)
            finally:
                live_log.storing.release()

    def spool(self, live_log: LiveLog, ending: Ending | None = None) -> bool:
        """Put what memory holds, and how it ended, into the spool. False when not all of it fitted. Hold `storing`."""
        owner, fits = Owner(live_log.replay_id, live_log.claim), True
        try:
            file = self._spooled.get(live_log)
            while fits and (checkpoint := live_log.checkpoint()) is not None:
                file = self._spooled[live_log] = file or spooling.create(owner)
                if fits := spooling.put_part(file, owner, SpoolPart.of(checkpoint)):
                    live_log.mark_saved()
            if fits and ending is not None:
                file = self._spooled[live_log] = file or spooling.create(owner)
                fits = spooling.put_ending(file, owner, ending)
        except SpoolUnusable as error:
            if str(error) not in self._reported:
                self._reported.add(str(error))
                log.warning("%s Answers wait in memory", error)
            return False
        if file is not None and not file.has_more:
            self.discard(live_log)
        return fits

    def is_spooled(self, live_log: LiveLog) -> bool:
        """Whether the spool holds what the database has yet to get."""
        return live_log in self._spooled

    def discard(self, live_log: LiveLog) -> None:
        """Delete what the spool holds of a replay."""
        if (file := self._spooled.pop(live_log, None)) is not None:
            file.remove()

    def leave_to_next(self, live_log: LiveLog) -> None:
        """Let go of the file of a replay, so that it is delivered."""
        if (file := self._spooled.pop(live_log, None)) is not None:
            file.close()


def beat(live_logs: list[LiveLog]) -> None:
    """Say that these replays are alive, and end those that somebody has asked to stop."""
    running = {live_log.replay_id: live_log for live_log in live_logs}
    with limited(LOCK_S, BEAT_STATEMENT_S), connection.cursor() as cursor:
        cursor.execute(BEAT, [timezone.now(), list(running)])
        found = cursor.fetchall()
    for replay_id, is_asked in found:
        if is_asked:
            running[replay_id].end("cancelled")


def insert(parts: list[tuple[UUID, SpoolPart]], lock_s: float = LOCK_S) -> None:
    """Store checkpoints. One that is stored already is left as it is: a second try repeats the first one exactly."""
    if parts:
        with limited(lock_s, SAVE_STATEMENT_S):
            rows = [part.row(replay_id) for replay_id, part in parts]
            ReplayPart.objects.bulk_create(rows, ignore_conflicts=True)
