"""Statements by hand pick the consent and the record that the querysets pick."""

from datetime import timedelta

from django.utils import timezone

from dashboard import access
from dashboard.connections import reading
from dashboard.consents.models import SOON, Consent
from dashboard.fields import Secret
from dashboard.models import GatewayConnection, User
from generations.models import Generation, Replay, StoredRecord
from generations.replay import batches
from generations.replay.order import ordered_rows
from generations.replay.worker import claims
from generations.views.generation.page_data import find_page_data
from tests.support import rows

DAY = timedelta(days=1)


def consent(source: GatewayConnection, user: User, *, age: int, **columns: object) -> Consent:
    """A consent given `age` days ago, usable unless `columns` say otherwise."""
    now = timezone.now()
    fields = {
        "key": Secret("key"),
        "granted_at": now.replace(microsecond=0) - age * DAY,
        "expires_at": now + 7 * DAY,
    }
    return Consent.objects.create(
        team=source.team, connection=source, connected_by=user, base_url=source.base_url, client_id="c",
        subject=f"s-{Consent.objects.count()}", workspace_id="w", scopes="gateway:access", **(fields | columns),
    )  # fmt: skip


def test_the_newest_good_consent(chat: Generation, ada: User, source: GatewayConnection) -> None:
    now, queued = timezone.now(), rows.replay(chat, ada)
    newest = consent(source, ada, age=3).granted_at
    consent(source, ada, age=3, granted_at=newest)  # the later row of two at the same time
    consent(source, ada, age=4)
    consent(source, ada, age=0, ended_at=now)
    consent(source, ada, age=0, refused="key_expired")
    consent(source, ada, age=0, expires_at=now - DAY)
    consent(source, ada, age=0, key=None, expires_at=now + SOON / 2)
    for left in (3, 2, 1, 0):
        good = list(source.consents.good().newest_first())
        assert len(good) == left
        (usable,) = reading.usable(source.team_id)
        found = ordered_rows.find(source.team, chat.slug)
        Replay.objects.filter(pk=queued.pk).update(state="queued")
        taken = claims.take(queued.pk)
        assert found is not None
        assert found.source is not None
        assert taken is not None
        assert usable.good_consents == good
        assert found.source.newest_consents == good[:1]
        assert taken.consent == next(iter(good), None)
        (mine,) = getattr(access.account(ada.pk), access.READ)
        assert mine.needs_consent == (not good)
        for first in good[:1]:
            first.end("replaced")


def test_the_best_record(chat: Generation) -> None:
    now, packed = timezone.now(), StoredRecord.pack(b"{}")
    StoredRecord.objects.all().delete()
    for days, has_request, has_answer in (
        (0, False, False),
        (1, False, True),
        (2, True, False),
        (4, True, True),
        (3, True, True),
    ):
        chat.records.create(
            fetched_at=now - days * DAY, packed=packed, size=2, has_request=has_request, has_answer=has_answer,
            replayable=has_request,
        )  # fmt: skip
    days_ago = []
    while best := chat.records.best_first().first():
        replayable = chat.records.best_first().filter(replayable=True).first()
        page, click = find_page_data(chat.team, chat.slug), ordered_rows.find(chat.team, chat.slug)
        assert page is not None
        assert click is not None
        assert page.records[0] == best.pk
        assert click.record == replayable == batches.records_of([chat]).get(chat.pk)
        days_ago.append((now - best.fetched_at).days)
        best.delete()
    assert days_ago == [3, 4, 1, 2, 0]
