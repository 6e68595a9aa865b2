"""What a worker left in the spool: delivered, dropped when it was forgotten, kept when it cannot be read."""

import errno
import itertools
import os
import resource
import signal
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import OperationalError, connection
from django.utils import timezone

from dashboard.models import User
from dashboard.processes import spool
from generations.models import Generation, Replay, ReplayAnswer, ReplayPart
from generations.models.replay import State
from generations.replay import raw_answer
from generations.replay.live.log import Deadlines, LiveLog
from generations.replay.worker import delivery, finishing, recovery, saving, spooling
from generations.replay.worker.ending import Ending
from generations.replay.worker.spooling import Owner, SpoolPart
from tests.support import rows

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = [
    b'data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\n',
    b'data: {"choices":[{"index":0,"delta":{"content":", world"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SPOOL_DIR = str(tmp_path / "spool")
    monkeypatch.setattr(delivery, "_reported", set())


@pytest.fixture
def left(chat: Generation, ada: User) -> Replay:
    """A replay whose worker has gone, and left two checkpoints and the end."""
    replay = rows.replay(chat, ada, state=State.RUNNING, claim=uuid.uuid4(), heartbeat_at=timezone.now())
    leave(replay, ends=True)
    return replay


def leave(replay: Replay, *, ends: bool) -> None:
    assert replay.claim is not None
    owner = Owner(replay.pk, replay.claim)
    file = spooling.create(owner)
    for number, wire in enumerate(WORDS, 1):
        assert spooling.put_part(file, owner, SpoolPart(number, number, f'[[{number}, "text", "x"]]', wire))
    live_log = LiveLog(replay.pk, replay.claim, Deadlines(1, 1, 1))
    if ends:
        assert spooling.put_ending(file, owner, Ending.of(live_log, None))
    file.close()


def test_an_ending_survives_the_spool(left: Replay) -> None:
    ending = Ending.of(LiveLog(left.pk, uuid.uuid4(), Deadlines(1, 1, 1)), None)
    assert Ending.load(ending.dump()) == ending


@pytest.mark.parametrize("state", [State.RUNNING, State.INTERRUPTED])
def test_it_is_delivered_once_whether_or_not_the_sweep_came_first(left: Replay, state: str) -> None:
    Replay.objects.update(state=state)
    assert (delivery.deliver_all(), delivery.deliver_all()) == (1, 0)
    left.refresh_from_db()
    assert ReplayAnswer.objects.get(pk=left.pk).wire == b"".join(WORDS)
    assert left.state not in (State.RUNNING, State.INTERRUPTED)
    assert not ReplayPart.objects.exists()
    assert spool.files() == []


def test_the_sweep_that_joins_in_between_takes_nothing_from_it(
    left: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reads of what was joined and of the checkpoints: then neither would have held the answer."""
    Replay.objects.update(state=State.INTERRUPTED)
    real, calls, sweeps = raw_answer._parts, itertools.count(1), list[threading.Thread]()

    def parts(replay_id: uuid.UUID) -> Any:
        if next(calls) == 2:
            sweeps.append(threading.Thread(target=sweep, args=[replay_id]))
            sweeps[0].start()
            sweeps[0].join(0.5)  # it waits for the delivery, or is done by then
        return real(replay_id)

    def sweep(replay_id: uuid.UUID) -> None:
        recovery.join_parts(replay_id, "chat.completions", "text/event-stream")
        connection.close()

    monkeypatch.setattr(raw_answer, "_parts", parts)
    assert delivery.deliver_all() == 1
    sweeps[0].join()
    assert ReplayAnswer.objects.get(pk=left.pk).wire == b"".join(WORDS)
    assert not ReplayPart.objects.exists()


def test_checkpoints_without_an_end_join_what_the_sweep_had_joined(chat: Generation, ada: User) -> None:
    replay = rows.replay(chat, ada, state=State.INTERRUPTED, claim=uuid.uuid4())
    leave(replay, ends=False)
    assert delivery.deliver_all() == 1
    assert ReplayAnswer.objects.get(pk=replay.pk).wire == b"".join(WORDS)
    replay.refresh_from_db()
    assert replay.state == State.INTERRUPTED


def test_what_was_forgotten_meanwhile_is_dropped(left: Replay) -> None:
    Replay.objects.all().delete()
    assert delivery.deliver_all() == 1
    assert spool.files() == []
    assert not ReplayAnswer.objects.exists()


def test_what_was_hidden_is_delivered_for_it_may_be_taken_back(left: Replay) -> None:
    Replay.rows.update(state=State.INTERRUPTED, hidden=True)
    assert delivery.deliver_all() == 1
    assert ReplayAnswer.objects.get(pk=left.pk).wire == b"".join(WORDS)


def test_one_that_cannot_be_stored_keeps_no_other_one_back(
    left: Replay,
    chat: Generation,
    ada: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever the reason, even one that nobody has thought of."""
    other = rows.replay(chat, ada, state=State.RUNNING, claim=uuid.uuid4(), heartbeat_at=timezone.now())
    leave(other, ends=True)
    first = spool.files()[0].name.partition("_")[0]
    real = finishing.store

    def store(replay: Replay, *rest: Any) -> bool:
        if str(replay.pk) == first:
            raise RecursionError("prompt")
        return real(replay, *rest)

    monkeypatch.setattr(finishing, "store", store)
    assert (delivery.deliver_all(), delivery.deliver_all()) == (1, 0)
    assert [path.name.partition("_")[0] for path in spool.files()] == [first]
    assert caplog.text.count("it cannot be stored") == 1


def test_a_disk_without_room_costs_no_handles_and_leaves_nothing(tmp_path: Any) -> None:
    """It is tried each second for each replay."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = len(list(Path("/proc/self/fd").iterdir()))
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4, limit[1]))
        for number in range(5):
            with pytest.raises(spool.SpoolUnusable):
                spool.SpoolFile.create(str(number))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handled)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert list(spool.folder().iterdir()) == []


def test_a_disk_that_fails_ends_no_thread(left: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was remounted read-only, for example. What cannot be deleted is delivered once more."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    (path,) = spool.files()
    file = spool.SpoolFile.adopt(path)
    assert file is not None
    assert left.claim is not None
    live_log = LiveLog(left.pk, left.claim, Deadlines(1, 1, 1))
    live_log.append("text", "x")
    live_log.number()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", fail)
        file.remove()
        patch.setattr(saving, "beat", broken_database)
        patch.setattr(spooling, "create", fail)
        saving.Saver(list).tick([live_log], 0.0)
    assert delivery.deliver_all() == 1
    assert spool.files() == []


def broken_database(_live_logs: object) -> None:
    raise OperationalError


def test_whoever_only_looks_makes_no_folder(settings: Any, tmp_path: Any) -> None:
    """`doctor` may be another user than the worker, whose folder it would be then."""
    settings.SPOOL_DIR = str(tmp_path / "new")
    assert (spool.faults(), spool.files(), list(tmp_path.iterdir())) == (None, [], [])
    settings.SPOOL_DIR = "/proc/nowhere/x"
    assert (spool.faults() or "").startswith("SPOOL_DIR is missing and cannot be made: ")


def test_what_was_stored_before_is_dropped(left: Replay) -> None:
    Replay.objects.update(state=State.SUCCEEDED)
    assert delivery.deliver_all() == 1
    assert spool.files() == []
    assert not ReplayPart.objects.exists()


def test_what_cannot_be_read_is_kept_reported_once_and_delivered_when_it_can(
    left: Replay, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    right, settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS, [Fernet.generate_key().decode()]
    assert (delivery.deliver_all(), delivery.deliver_all()) == (0, 0)
    assert len(spool.files()) == 1
    assert caplog.text.count("in SPOOL_DIR is kept") == 1
    assert "1 of 1 files" in (spool.faults() or "")
    settings.FIELD_ENCRYPTION_KEYS = right
    assert delivery.deliver_all() == 1


@pytest.mark.parametrize("damage", [b"", b"something else\n", spool.MARK + b"\xff\xff\xff\xff" + b"x" * 100])
def test_a_damaged_file_keeps_no_other_one_back(left: Replay, damage: bytes) -> None:
    damaged = spool.folder() / f"0{spool.SUFFIX}"
    damaged.write_bytes(damage)
    assert delivery.deliver_all() == 1
    assert spool.files() == [damaged]
    assert ReplayAnswer.objects.filter(pk=left.pk).exists()


def test_a_file_that_was_cut_short_gives_what_is_whole(chat: Generation, ada: User) -> None:
    replay = rows.replay(chat, ada, state=State.INTERRUPTED, claim=uuid.uuid4())
    leave(replay, ends=False)
    (path,) = spool.files()
    os.truncate(path, path.stat().st_size - 5)
    assert delivery.deliver_all() == 1
    assert ReplayAnswer.objects.get(pk=replay.pk).wire == WORDS[0]


def test_the_file_of_a_living_worker_is_left_alone(left: Replay) -> None:
    (path,) = spool.files()
    owner = spool.SpoolFile.adopt(path)
    assert owner is not None
    assert delivery.deliver_all() == 0
    owner.close()
    assert delivery.deliver_all() == 1


def test_content_that_is_older_than_content_may_be_goes_unread(left: Replay, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS, settings.BODY_RETENTION_DAYS = [Fernet.generate_key().decode()], 30
    (path,) = spool.files()
    delivery.deliver_all()
    assert path.exists()
    os.utime(path, (0, 0))
    delivery.deliver_all()
    assert not path.exists()


def test_the_folder_is_of_this_user_only(settings: Any, tmp_path: Any) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    settings.SPOOL_DIR = str(folder)
    assert spool.folder().stat().st_mode & 0o777 == 0o700
    link = tmp_path / "link"
    link.symlink_to(folder)
    settings.SPOOL_DIR = str(link)
    with pytest.raises(spool.SpoolUnusable):
        spool.folder()
