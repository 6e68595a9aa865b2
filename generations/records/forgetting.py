"""Forgetting that can be taken back for ten seconds: hidden at once, deleted by whoever comes first afterwards.

A worker has a message for it, the sweep looks every five seconds, and so does the first who opens a page of the team:
`Team.forgets_at`, which comes with the check who asks, says that something is due.
"""

import logging
from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from uuid import UUID

from django.db import DatabaseError, models, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from dashboard.celery import app as celery
from dashboard.models import Team, User
from dashboard.people.team_service import audit
from dashboard.telemetry import logs
from generations.models import Forgetting, Generation, PastedAnswer, Replay, SavedFilter, SavedLogFilter
from generations.models.forgetting import UNDO_TIME
from generations.records import retention, trend_days
from generations.records.pasted_answers import REMOVED

log = logging.getLogger(__name__)

FINISH = "generations.tasks.finish_forgetting"
MARGIN_S = 0.5  # a message that comes early finds nothing due
BITE = 50


# --- the click ----------------------------------------------------------------------------------------------------


def hide(generations: Iterable[Generation], user: User) -> list[Forgetting]:
    """Hide generations of a team, each with all that `retention.forget` will delete, but for those with an open replay.

    DatabaseError only while nothing is hidden: what is must be offered to be undone, so later ones are left out.
    """
    clicks, days = list[Forgetting](), set[date]()
    try:
        for row in generations:
            try:
                click = _hide(row, user, days)
            except DatabaseError as error:
                if not clicks:
                    raise
                log.warning("Not all could be hidden (%s)", type(error).__name__, extra=logs.DATABASE)
                break
            clicks += [click] if click else []
    finally:
        if days:
            trend_days.count_or_mark(row.team_id, days)
    return clicks


def _hide(generation: Generation, user: User, days: set[date]) -> Forgetting | None:
    """`days` are given those whose figures change."""
    with transaction.atomic():
        list(Generation.rows.select_for_update().filter(pk=generation.pk))  # no replay can start meanwhile
        if retention.forget_scope(generation).is_busy:
            return None
        days.update(_mark(generation, hidden=True))
        return _ordered(generation, user)


def hide_pasted(generation: Generation, user: User) -> Forgetting | None:
    """Hide the pasted answer of a generation; None where there is none."""
    with transaction.atomic():
        if not PastedAnswer.objects.filter(generation=generation).update(hidden=True):
            return None
        return _ordered(generation, user, pasted_only=True)


def _ordered(generation: Generation, user: User, *, pasted_only: bool = False) -> Forgetting:
    """The row of the click, the note for the next reader, and the message to a worker."""
    team = generation.team
    made = Forgetting.objects.create(team=team, generation=generation, user=user, pasted_only=pasted_only)
    _note(team)
    transaction.on_commit(partial(_send_message, made.pk))
    return made


def _note(team: Team) -> None:
    """Say with the team when the next one is due."""
    first = Forgetting.objects.filter(team=team).aggregate(first=models.Min("due_at"))["first"]
    Team.objects.filter(pk=team.pk).update(forgets_at=first)


def _send_message(pk: UUID) -> None:
    """Without a broker the sweep or the next reader does it."""
    try:
        celery.send_task(FINISH, [str(pk)], countdown=UNDO_TIME.total_seconds() + MARGIN_S)
    except (OperationalError, OSError):
        log.warning("The broker is unavailable; forgetting %s waits for the sweep", pk, extra=logs.REDIS)


def _mark(generation: Generation, *, hidden: bool) -> list[date]:
    """Hide or show all that goes with it, and the replays whose answers go then. Returns the days of what it was."""
    scope = retention.forget_scope(generation)
    rows = Generation.rows.filter(pk__in=scope.generations, team=generation.team_id)
    rows.update(hidden=hidden)
    made_by = retention.makers_of(scope.generations, generation.team_id).values_list("pk", flat=True)
    Replay.rows.filter(pk__in=[*scope.replays, *made_by], team=generation.team_id).update(hidden=hidden)
    return trend_days.days_of(rows)


# --- taken back ---------------------------------------------------------------------------------------------------


def undo(clicks: Iterable[UUID], team: Team, user: User) -> list[Generation]:
    """Show again what `user` has hidden by these clicks, but for what it is too late for."""
    days = set[date]()
    try:
        return [row for pk in clicks if (row := _undo(pk, team, user, days)) is not None]
    finally:
        if days:
            trend_days.count_or_mark(team.pk, days)


def _undo(pk: UUID, team: Team, user: User, days: set[date]) -> Generation | None:
    with transaction.atomic():
        mine = Forgetting.objects.undoable(pk=pk, team=team, user=user)
        forgetting = mine.select_for_update().first()
        if forgetting is None:
            return None
        generation = Generation.rows.get(pk=forgetting.generation_id)
        forgetting.delete()
        if forgetting.pasted_only:
            PastedAnswer.rows.filter(generation=generation).update(hidden=False)
        else:
            days.update(_mark(generation, hidden=False))
        _hide_the_rest(team)
    generation.team = team
    return generation


def _hide_the_rest(team: Team) -> None:
    """What somebody else forgets stays hidden, though it shares a replay with what is shown again."""
    for other in Forgetting.objects.filter(team=team, pasted_only=False).select_related("generation"):
        _mark(other.generation, hidden=True)
    _note(team)


# --- the end ------------------------------------------------------------------------------------------------------


def finish_due(now: datetime | None = None, team: Team | None = None) -> int:
    """Delete what is due, of one team or of all. Returns how many clicks that were."""
    due = Forgetting.objects.due(now)
    due = due if team is None else due.filter(team=team)
    return sum(finish(pk, now) for pk in list(due.values_list("pk", flat=True)[:BITE]))


def drop_filters(now: datetime | None = None) -> int:
    """Delete saved filters whose removal nobody can undo any more. Returns how many rows these were."""
    moment = now or timezone.now()
    return sum(kind.rows.due(moment).delete()[0] for kind in (SavedFilter, SavedLogFilter))


def finish(pk: UUID, now: datetime | None = None) -> bool:
    """Delete what this click has hidden, once it is due. False where somebody else does it, or a replay runs."""
    try:
        return _finish(Forgetting.objects.due(now), pk)
    except retention.ReplayIsOpen:
        return False


def finish_named(team: Team, request_id: str) -> None:
    """Somebody looks up what is hidden: it is deleted now, so that the gateway is asked as for any unknown ID."""
    hidden = Forgetting.objects.filter(team=team, pasted_only=False, generation__request_id=request_id)
    for pk in hidden.values_list("pk", flat=True):
        try:
            _finish(Forgetting.objects.all(), pk)
        except retention.ReplayIsOpen:
            log.warning("A replay of what forgetting %s hides is still open", pk)


def _finish(among: "models.QuerySet[Forgetting]", pk: UUID) -> bool:
    with transaction.atomic():
        mine = among.filter(pk=pk).select_for_update(skip_locked=True, of=("self",))
        forgetting = mine.select_related("generation__team", "user").first()
        if forgetting is None:
            return False
        generation = forgetting.generation
        if forgetting.pasted_only:
            _delete_pasted(generation, forgetting)
        else:
            retention.forget(generation, forgetting.user)
        Forgetting.objects.filter(pk=pk).delete()
        _hide_the_rest(generation.team)
    return True


def _delete_pasted(generation: Generation, forgetting: Forgetting) -> None:
    gone, _ = PastedAnswer.rows.filter(generation=generation, hidden=True).delete()
    if gone:
        audit(generation.team, forgetting.user, REMOVED, generation.request_id)
