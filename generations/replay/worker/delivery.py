"""Delivers what workers that have ended left in the spool: into the database, once it takes it again."""

import logging
import threading
import time
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection

from dashboard.processes import spool
from dashboard.processes.spool import SpoolDamaged, SpoolFile, SpoolUnusable
from dashboard.telemetry import logs
from generations.models import Replay
from generations.models.replay import State
from generations.replay import raw_answer
from generations.replay.live import publisher
from generations.replay.worker import finishing, recovery, saving, spooling
from generations.replay.worker.ending import Ending

log = logging.getLogger(__name__)

EVERY_S = 10.0
DAY_S = 24 * 3600

_reported: set[Path] = set()


def start() -> None:
    """Deliver from now on, in a thread of its own."""
    threading.Thread(target=_run, name="delivery", daemon=True).start()


def _run() -> None:
    while True:
        try:
            deliver_all()
        except Exception:
            log.exception("What is in the spool could not be delivered; it is tried again")
        time.sleep(EVERY_S)


def deliver_all() -> int:
    """Deliver each file whose owner has ended; gives how many. What cannot be read is kept, and reported once."""
    delivered = 0
    try:
        spool.folder()  # made, or reported, before it is needed
        for path in spool.files():
            delivered += _deliver_path(path)
    except SpoolUnusable as error:
        _report(Path(settings.SPOOL_DIR), str(error))
    except (DatabaseError, InterfaceError) as error:
        log.warning(
            "The database is unavailable (%s); the spool is delivered when it is back",
            type(error).__name__,
            extra=logs.DATABASE,
        )
    finally:
        connection.close()
    return delivered


def _deliver_path(path: Path) -> bool:
    file = None
    try:
        file = SpoolFile.adopt(path)
        if file is None:
            return False
        _deliver(file)
        file.path.unlink(missing_ok=True)
    except SpoolDamaged as error:
        if _is_expired(path):
            path.unlink(missing_ok=True)
            return False
        _report(path, f"{path.name} in SPOOL_DIR is kept: {error}")
        return False
    except (OperationalError, InterfaceError, InternalError):
        raise
    except Exception:  # one that cannot be stored keeps no other one back
        if path not in _reported:
            log.exception("%s in SPOOL_DIR is kept: it cannot be stored", path.name)
        _reported.add(path)
        return False
    finally:
        if file is not None:
            file.close()
    return True


def _report(path: Path, sentence: str) -> None:
    if path not in _reported:
        _reported.add(path)
        log.error("%s", sentence)


def _is_expired(path: Path) -> bool:
    """Whether it holds content that is older than content may be."""
    days = settings.BODY_RETENTION_DAYS
    return bool(days) and path.lstat().st_mtime < time.time() - days * DAY_S


def _deliver(file: SpoolFile) -> None:
    """Bring a file into the database. Raises SpoolDamaged, DatabaseError, InterfaceError."""
    ending: Ending | None = None
    replay: Replay | None = None
    for piece in file.pieces():
        owner, content = spooling.read(piece)
        # Also a hidden one: forgetting can be taken back for some seconds.
        replay = Replay.rows.filter(pk=owner.replay_id, claim=owner.claim).first()
        if replay is None or replay.state not in (State.RUNNING, State.INTERRUPTED):
            return  # forgotten meanwhile, or stored before
        if isinstance(content, Ending):
            ending = content
        else:
            saving.insert([(replay.pk, content)])
    if replay is None:
        return
    if ending is not None:
        with finishing.alone(), finishing.unjoined(replay):
            finishing.store(replay, ending, raw_answer.of_stored(replay.pk))
    elif replay.state == State.INTERRUPTED:
        recovery.join_parts(replay.pk, replay.generation.endpoint, replay.content_type)
    log.warning("The answer of replay %s was delivered from the spool", replay.pk)
    publisher.notify(replay.pk)
