"""The thread that saves what running replays have received."""

import threading
import uuid

import pytest
from django.db import connection, transaction

from dashboard.models import User
from generations.models import Generation, Replay
from generations.models.replay import State
from generations.replay.live.log import Deadlines, LiveLog
from generations.replay.worker import saving
from generations.replay.worker.own_connection import use_own_connection
from tests.support import rows

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_error_that_nobody_foresaw_keeps_no_row_locked(
    chat: Generation, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = rows.replay(chat, ada, state=State.RUNNING, claim=uuid.uuid4())
    live_log = LiveLog(replay.pk, uuid.uuid4(), Deadlines(1, 1, 1))
    locked = []

    def break_off(_live_logs: object) -> None:
        connection.set_autocommit(False)
        locked.append(Replay.objects.select_for_update().get(pk=replay.pk))
        raise RuntimeError

    def save() -> None:
        use_own_connection()
        saving.Saver(list).tick([live_log], 0.0)
        ticked.set()
        looked.wait(60)
        connection.close()

    monkeypatch.setattr(saving, "beat", break_off)
    ticked, looked = threading.Event(), threading.Event()
    saver = threading.Thread(target=save)
    saver.start()
    assert ticked.wait(60)
    try:
        with transaction.atomic():
            assert [Replay.objects.select_for_update(nowait=True).get(pk=replay.pk)] == locked
    finally:
        looked.set()
        saver.join()
