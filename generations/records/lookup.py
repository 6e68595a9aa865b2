"""Find a generation: the stored row first, otherwise the gateway.

`find` returns a `Generation`, or a `Fetch` that says what the gateway answered or that it is still being
asked. Only the network call runs in another thread: a gateway that hangs costs a page two seconds, not its thread.
"""

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from dashboard.connections import clients
from dashboard.connections import reading as connections_of
from dashboard.consents import keys
from dashboard.consents.keys import ConnectionKey
from dashboard.fields import Secret
from dashboard.models import GatewayConnection, Team, User
from dashboard.telemetry import metrics
from generations.gateway.client import Client
from generations.gateway.errors import GatewayError, NotSent
from generations.gateway.record import Record
from generations.gateway.request_ids import made_at
from generations.models import Fetch, Generation
from generations.reading.diagnosis import replayability
from generations.reading.page_types.outline import Outline
from generations.records import forgetting, store
from generations.records.first_record import store_first

log = logging.getLogger(__name__)

PAGE_PATIENCE = 2.0
LEASE = timedelta(seconds=60)
YOUNG = timedelta(minutes=15)
PAUSES = (1, 2, 3, 5, 8, 13, 20, 30)
_askers = ThreadPoolExecutor(8, thread_name_prefix="ask")


@dataclass(frozen=True, slots=True)
class LookupAnswer:
    """What the gateway said: a record and who had it, or one error per connection asked."""

    record: Record | None = None
    source: GatewayConnection | None = None
    errors: tuple[tuple[str, GatewayError], ...] = ()
    used: ConnectionKey | None = None
    seconds: float | None = None


def reader(source: GatewayConnection, key: Secret) -> Client:
    """The client that reads records through `source`. Raises ValueError when it may or can not be used."""
    return clients.lasting_client(source.base_url, key, settings.MAX_RECORD_MB * 2**20)


def stored(team: Team, request_id: str) -> Generation | None:
    """The team's row of this request ID."""
    return Generation.objects.of(team).filter(request_id=request_id).first()


def stored_native(team: Team, native_id: str) -> Generation | None:
    """The team's newest row whose answer the provider gave this ID."""
    return Generation.objects.of(team).filter(native_response_id=native_id).newest_first().first()


# Every lookup begins with it: by hand it takes less than a third of the queryset's CPU (docs/benchmarks.md).
ROW = "SELECT * FROM generations_generation WHERE team_id = %s AND request_id = %s"


def find(team: Team, request_id: str, user: User, *, again: bool = False) -> Generation | Fetch:
    """The stored row; otherwise ask the gateway, at most one caller at a time.

    `again` asks even when the gateway said "not found" a moment ago. The `Fetch` has `outcome` None while somebody
    is asking. The right to ask is the caller's to check.
    """
    row = next(iter(Generation.rows.raw(ROW, [team.pk, request_id])), None)
    if row is not None and not row.hidden:
        return row
    if row is not None:
        forgetting.finish_named(team, request_id)
    return _ask_once(team, request_id, user, again=again)


def refresh(generation: Generation, user: User) -> Generation | Fetch:
    """Ask the gateway for a stored row again. A failure leaves the row as it is and is kept in the `Fetch`."""
    forgetting.finish_named(generation.team, generation.request_id)
    return _ask_once(generation.team, generation.request_id, user, again=True)


def is_due(generation: Generation) -> bool:
    """Whether the stored row may have changed at the gateway and has not been asked for lately."""
    return generation.refresh_due(timezone.now())


def look_up(team: Team, request_id: str, user: User) -> Generation | Fetch:
    """Ask the gateway now and wait for its answer, where nobody else asks: for work in the background."""
    forgetting.finish_named(team, request_id)
    if not claim(team, request_id, user, again=True):
        return Fetch.objects.get(team=team, request_id=request_id)
    sources = connections_of.usable(team.pk)
    return store_answer(team, request_id, user, ask(sources, request_id))


def _ask_once(team: Team, request_id: str, user: User, *, again: bool) -> Generation | Fetch:
    if not claim(team, request_id, user, again=again):
        return Fetch.objects.get(team=team, request_id=request_id)
    sources = connections_of.usable(team.pk)
    future = _askers.submit(ask, sources, request_id)
    try:
        return store_answer(team, request_id, user, future.result(timeout=PAGE_PATIENCE))
    except StillWaiting:
        future.add_done_callback(lambda done: _store_answer_later(team, request_id, user, done.result))
        return Fetch.objects.get(team=team, request_id=request_id)


def ask_in_background(team: Team, request_ids: Iterable[str], user: User) -> None:
    """Ask for these without waiting, where nobody asks yet. The answers are stored when they come."""
    sources = connections_of.usable(team.pk)
    for request_id in request_ids:
        if claim(team, request_id, user, again=False):
            _askers.submit(_store_answer_later, team, request_id, user, partial(ask, sources, request_id))


def _store_answer_later(team: Team, request_id: str, user: User, answer: Callable[[], LookupAnswer]) -> None:
    close_old_connections()
    try:
        store_answer(team, request_id, user, answer())
    except Exception:
        log.exception("The answer to a slow lookup could not be stored")
    finally:
        connection.close()


# Its commit does not wait for the disk, which takes longer than all the rest: a crash of PostgreSQL a moment later loses
# nothing but the claim, and whoever asks next makes it anew.
CLAIM = """
WITH no_wait AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO generations_fetch (team_id, request_id, asked_by_id, first_asked_at, lease_until, attempts)
SELECT %s, %s, %s, %s::timestamptz, %s::timestamptz, 1 FROM no_wait
ON CONFLICT (team_id, request_id) DO UPDATE
SET lease_until = excluded.lease_until, attempts = generations_fetch.attempts + 1, outcome = NULL, ended_at = NULL
WHERE generations_fetch.lease_until < excluded.first_asked_at OR (%s AND generations_fetch.ended_at IS NOT NULL)
RETURNING id
"""


def claim(team: Team, request_id: str, user: User, *, again: bool) -> bool:
    """True for the one caller who may ask the gateway now. The claim expires, so a killed process blocks nobody."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [team.pk, request_id, user.pk, now, now + LEASE, again])
        return cursor.fetchone() is not None


def ask(sources: Iterable[GatewayConnection], request_id: str) -> LookupAnswer:
    """Ask the connections in order; the first that knows the ID wins.

    Touches no database, unless the gateway turns the key of a consent down.
    """
    begun = time.monotonic()
    return replace(_first_answer(sources, request_id), seconds=time.monotonic() - begun)


def _first_answer(sources: Iterable[GatewayConnection], request_id: str) -> LookupAnswer:
    errors: list[tuple[str, GatewayError]] = []
    for source in sources:
        outcome = _ask_through(source, request_id)
        if isinstance(outcome, LookupAnswer):
            return outcome
        errors.append((source.name, outcome))
    return LookupAnswer(errors=tuple(errors))


def _ask_through(source: GatewayConnection, request_id: str) -> LookupAnswer | GatewayError:
    """Ask with the best key; with the next one where the gateway turns the key of a consent down."""
    left, tried = keys.reading(source), set[Secret]()
    fault: GatewayError = NotSent(keys.NO_KEY)
    while left:
        used = left.pop(0)
        tried.add(used.key)
        try:
            return LookupAnswer(reader(source, used.key).record(request_id), source, used=used)
        except GatewayError as error:
            fault = error
        except ValueError as error:
            return NotSent(str(error))
        if used.consent is None or fault.reason not in keys.ENDINGS:
            return fault
        left = [
            credential
            for credential in _refused(source, used.consent.pk, fault.reason)
            if credential.key not in tried
        ]
    return fault


def _refused(source: GatewayConnection, consent_id: int, reason: str) -> list[ConnectionKey]:
    """Remember that the key of a consent is of no use; the keys that the connection has now.

    One of them may have come meanwhile: the old key ends when a consent is exchanged.
    """
    try:
        keys.refuse(consent_id, reason)
        fresh = GatewayConnection.objects.filter(pk=source.pk).usable().first()
        return keys.reading(fresh) if fresh else []
    finally:
        close_old_connections()


def store_answer(team: Team, request_id: str, user: User, answer: LookupAnswer) -> Generation | Fetch:
    """Store what the gateway said and end the claim."""
    metrics.saw_lookup(outcome_name(request_id, answer), answer.seconds)
    if answer.record is not None and answer.source is not None:
        remember_bodies(answer.source, answer.record, answer.used)
        return _stored_answer(team, request_id, user, answer.record, answer.source)
    now = timezone.now()
    row = Fetch.objects.filter(team=team, request_id=request_id).first()
    if row is None:
        return _forgotten(team, request_id)
    row.outcome, row.ended_at = outcome(request_id, answer.errors, now), now
    pause = PAUSES[min(row.attempts, len(PAUSES)) - 1]
    row.lease_until = now + timedelta(seconds=pause)
    row.outcome["pause_s"] = pause
    row.save(update_fields=["outcome", "ended_at", "lease_until"])
    return row


# Counting what `known` holds, one row at most, makes the database lock it before it deletes the claim.
END_CLAIM = """
WITH known AS (SELECT id FROM generations_generation WHERE team_id = %(team)s AND request_id = %(id)s FOR UPDATE)
DELETE FROM generations_fetch WHERE team_id = %(team)s AND request_id = %(id)s AND (SELECT count(*) FROM known) < 2
RETURNING EXISTS (SELECT FROM known)
"""


def _stored_answer(
    team: Team, request_id: str, user: User, record: Record, source: GatewayConnection
) -> Generation | Fetch:
    """Store the record and end the claim. Without a claim nothing is stored: it was forgotten meanwhile.

    The row is locked before the claim, as who forgets does.
    """
    new = store.read(team, request_id, user, record, source.pk)
    if new.is_small and (row := store_first(new)):
        return row
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(END_CLAIM, {"team": team.pk, "id": request_id})
            ended = cursor.fetchone()
        if ended is None:
            return stored(team, request_id) or _forgotten(team, request_id)
        return store.keep(new, is_new=not ended[0])


def _forgotten(team: Team, request_id: str) -> Fetch:
    """What there is to say when a generation was forgotten while the gateway was asked for it."""
    columns = {
        "code": "forgotten",
        "title": "This generation was forgotten while the gateway was asked for it.",
        "advice": "Nothing of the answer was kept. Ask again to look it up anew.",
        "errors": [],
    }
    return Fetch(team=team, request_id=request_id, outcome=columns)


def remember_bodies(source: GatewayConnection, record: Record, used: ConnectionKey | None) -> None:
    """What a record shows: a stored request, or the state of its log, means that the key reads them.

    Where a consent covers them and neither comes, the workspace keeps none (`panel.stored_requests`).
    """
    covered = bool(used and used.consent and keys.STORED_REQUESTS in used.consent.granted)
    reads = record.replay_body is not None or record.io_log is not None
    seen = source.check_result or {}
    known = seen.get("read", {}).get("reads_bodies")
    if (reads and known is not True) or (covered and not reads and known is None):
        result = {**seen, "read": {**seen.get("read", {}), "reads_bodies": reads}}
        GatewayConnection.objects.filter(pk=source.pk).update(check_result=result)


def without_disproved_cause(row: Generation, outline: Outline) -> Outline:
    """The outline of a row, without an accusation of a key that is known to read stored requests."""
    if not replayability.blames_scope(outline) or not row.connection or not row.connection.reads_bodies:
        return outline
    return replayability.without_scope_cause(outline)


def is_recent(request_id: str, now: datetime) -> bool:
    """Whether the ID was made minutes ago, so that its record may still be on its way (written after the answer)."""
    made = made_at(request_id)
    return made is not None and -YOUNG < now - made < YOUNG


def outcome_name(request_id: str, answer: LookupAnswer) -> str:
    """How a lookup ended, by a name of `metrics.LOOKUPS`."""
    if answer.record is not None:
        return "found"
    said = outcome(request_id, answer.errors, timezone.now())
    if said["code"] in ("not_yet", "not_found", "no_connection"):
        return str(said["code"])
    status = said["status"]
    if status in (401, 403):
        return "refused"
    return "unavailable" if status is None or status >= 500 else "other"


def outcome(request_id: str, errors: tuple[tuple[str, GatewayError], ...], now: datetime) -> dict[str, Any]:
    """What to show the person: the first error that is more than "not found", else "not recorded yet" or "not found"."""
    attempts = [_as_outcome(name, error) for name, error in errors]
    if not attempts:
        return {"code": "no_connection", "errors": []}
    loud = [attempt for attempt in attempts if attempt["code"] != "not_found"]
    if loud:
        return {**loud[0], "errors": attempts}
    code = "not_yet" if is_recent(request_id, now) else "not_found"
    return {**attempts[0], "code": code, "errors": attempts}


def _as_outcome(name: str, error: GatewayError) -> dict[str, Any]:
    return {
        "connection": name,
        "code": error.code,
        "title": error.title,
        "advice": error.advice,
        "reason": error.reason,
        "fault": error.fault,
        "retry": error.retry,
        "status": error.status,
    }
