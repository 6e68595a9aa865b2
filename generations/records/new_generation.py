"""The new generation's record: it arrives at the gateway seconds after the replay, as a second update."""

from datetime import timedelta

from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from generations.models import Generation, Replay
from generations.models.replay import State
from generations.records import lookup

TRIES = 20
WITHIN = timedelta(minutes=15)
ENDED = (State.SUCCEEDED, State.FAILED, State.CANCELLED)


def record_of(replay: Replay) -> Generation | None:
    """The stored generation that this replay made, asking the gateway for it when that is due. None when not there yet."""
    if replay.new_generation_id is not None or not is_awaited(replay):
        return replay.new_generation
    user = replay.requested_by
    if user is None:
        return None
    Replay.objects.filter(pk=replay.pk).update(record_tries=F("record_tries") + 1)
    found = lookup.find(replay.team, replay.new_request_id, user)
    if isinstance(found, Generation):
        columns = {"cost_nanos": Coalesce("cost_nanos", Value(found.cost_nanos)), "provider": found.provider}
        Replay.objects.filter(pk=replay.pk).update(new_generation=found, **columns)
        replay.new_generation = found
        return found
    return None


def is_awaited(replay: Replay) -> bool:
    """Whether the record of the new generation may still come."""
    if replay.is_open or not replay.new_request_id or replay.new_generation_id is not None:
        return False
    ended = replay.finished_at
    return ended is not None and replay.record_tries < TRIES and timezone.now() - ended < WITHIN


def fetch_due() -> int:
    """For replays that nobody watches. Returns how many records came."""
    since = timezone.now() - WITHIN
    waiting = Replay.objects.filter(
        state__in=ENDED, new_generation=None, finished_at__gt=since, record_tries__lt=TRIES
    ).exclude(new_request_id="")
    return sum(
        record_of(replay) is not None for replay in waiting.select_related("team", "requested_by")[:50]
    )
