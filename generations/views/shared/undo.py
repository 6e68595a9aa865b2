"""Undo: what the session remembers of the last thing that was forgotten or removed, and the click that brings it back."""

import logging
import time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access import Right, TeamRequest, for_team
from dashboard.context import UNDO_OFFER
from dashboard.middleware import GetResponse
from dashboard.models import Team
from dashboard.telemetry import logs
from generations.models import Forgetting, SavedFilter, SavedLogFilter
from generations.models.forgetting import UNDO_TIME
from generations.records import forgetting

log = logging.getLogger(__name__)
LISTS: dict[str, type[Any]] = {"generations": SavedFilter, "log": SavedLogFilter}
TOO_LATE = "It is too late to undo this: what you removed is deleted."


def offer(request: TeamRequest, words: str, **facts: str) -> None:
    """Offer to undo what was just done, for ten seconds, on every page of who did it."""
    until = time.time() + UNDO_TIME.total_seconds()
    request.session[UNDO_OFFER] = {"words": words, "team": request.team.slug, "until": until, **facts}


def offer_forgetting(request: TeamRequest, words: str, *clicks: Forgetting) -> None:
    offer(request, words, forgetting=" ".join(str(click.pk) for click in clicks))


@for_team(Right.READ)
@require_POST
def undo(request: TeamRequest) -> HttpResponse:
    """Bring back what who asks has just removed."""
    offered: dict[str, Any] = request.session.pop(UNDO_OFFER, None) or {}
    if offered.get("team") != request.team.slug or offered["until"] < time.time():
        messages.warning(request, TOO_LATE)
        return redirect("team_home", request.team.slug)
    return _restored(request, offered)


def _restored(request: TeamRequest, offered: dict[str, Any]) -> HttpResponse:
    if "forgetting" not in offered:
        return _filter_again(request, offered)
    clicks = [UUID(pk) for pk in offered["forgetting"].split()]
    rows = forgetting.undo(clicks, request.team, request.user)
    if not rows:
        messages.warning(request, TOO_LATE)
        return redirect("team_home", request.team.slug)
    if len(clicks) == 1:
        messages.success(request, "It is back as it was.")
        return redirect(rows[0])
    messages.success(request, f"{len(rows)} of {len(clicks)} are back as they were.")
    return redirect("generations", request.team.slug)


def _filter_again(request: TeamRequest, offered: dict[str, Any]) -> HttpResponse:
    """A saved filter under its name; one that was saved meanwhile under the same name stays."""
    where = offered["list"]
    mine = LISTS[where].rows.undoable(pk=offered["filter"], team=request.team, user=request.user)
    row = mine.first()
    if row is None or not mine.update(removed_at=None):
        messages.warning(request, TOO_LATE)
    else:
        messages.success(request, f"{row.name} is saved again.")
    return redirect(where, request.team.slug)


def _finish_due(request: HttpRequest, team: Team) -> None:
    """The page is made already: what cannot be deleted now waits for the sweep or the next reader."""
    try:
        if team.forgets_at is not None and team.forgets_at <= timezone.now():
            forgetting.finish_due(team=team)
        _drop_filter(request.session.get(UNDO_OFFER) or {})
    except DatabaseError as error:
        log.warning(
            "What is to be forgotten could not be deleted yet (%s)", type(error).__name__, extra=logs.DATABASE
        )


def _drop_filter(offered: dict[str, Any]) -> None:
    """Delete a saved filter that can no longer be brought back. The ended offer stays in the session: who only reads
    a page must not write it, because another page of theirs may just make an offer or sign them out."""
    if "filter" in offered and offered["until"] <= time.time():
        LISTS[offered["list"]].rows.due(timezone.now()).filter(pk=offered["filter"]).delete()


def finish_due(get_response: GetResponse) -> GetResponse:
    """The middleware: who opens a page of a team deletes what is due in it, and what they removed themselves."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        team = getattr(request, "team", None)
        if team is not None:
            _finish_due(request, team)
        return response

    return answer
