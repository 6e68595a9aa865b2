"""Undo: what the session remembers of what was forgotten or removed, and the click that brings one of them back."""

import logging
import secrets
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
from dashboard.context import UNDO_OFFERS
from dashboard.middleware import GetResponse
from dashboard.models import Team
from dashboard.telemetry import logs
from generations.models import Forgetting, Generation, SavedFilter, SavedLogFilter
from generations.models.forgetting import UNDO_TIME
from generations.records import forgetting

log = logging.getLogger(__name__)
LISTS: dict[str, type[Any]] = {"generations": SavedFilter, "log": SavedLogFilter}
MOST_OFFERS = 20
TOO_LATE = "It is too late to undo this: what you removed is deleted."


def offer(request: TeamRequest, words: str, **facts: str) -> None:
    """Offer to undo what was just done, for ten seconds, on every page of who did it."""
    until = time.time() + UNDO_TIME.total_seconds()
    made = {"key": secrets.token_hex(8), "words": words, "team": request.team.slug, "until": until, **facts}
    _drop_filters(request)
    still = [other for other in request.session.get(UNDO_OFFERS, []) if other["until"] > time.time()]
    request.session[UNDO_OFFERS] = [*still, made][-MOST_OFFERS:]


def offer_forgetting(request: TeamRequest, words: str, *clicks: Forgetting) -> None:
    ids = (" ".join(str(getattr(click, name)) for click in clicks) for name in ("pk", "generation_id"))
    offer(request, words, **dict(zip(("forgetting", "rows"), ids, strict=True)))


@for_team(Right.READ)
@require_POST
def undo(request: TeamRequest) -> HttpResponse:
    """Bring back what the button was offered for. A second press finds it back, and says so as the first one does."""
    offered = _offered(request, request.POST.get("key"))
    if offered is None:
        messages.warning(request, TOO_LATE)
        return redirect("team_home", request.team.slug)
    offered["done"] = True
    request.session.modified = True
    return _restored(request, offered)


def _offered(request: TeamRequest, key: str | None) -> dict[str, Any] | None:
    """The offer of this key, of the last one for None; None where there is none, or no longer."""
    offers: list[dict[str, Any]] = request.session.get(UNDO_OFFERS, [])
    mine = [made for made in offers if made["team"] == request.team.slug and made["until"] >= time.time()]
    return next((made for made in reversed(mine) if key in (made["key"], None)), None)


def _restored(request: TeamRequest, offered: dict[str, Any]) -> HttpResponse:
    if "forgetting" not in offered:
        return _filter_again(request, offered)
    clicks = [UUID(pk) for pk in offered["forgetting"].split()]
    rows = forgetting.undo(clicks, request.team, request.user)
    rows = rows or list(Generation.objects.of(request.team).filter(pk__in=offered["rows"].split()))
    for row in rows:
        row.team = request.team
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
    row = (
        mine.first()
        or LISTS[where].objects.of(request.team, request.user).filter(pk=offered["filter"]).first()
    )
    mine.update(removed_at=None)
    if row is None:
        messages.warning(request, TOO_LATE)
    else:
        messages.success(request, f"{row.name} is saved again.")
    return redirect(where, request.team.slug)


def _finish_due(request: HttpRequest, team: Team) -> None:
    """The page is made already: what cannot be deleted now waits for the sweep or the next reader."""
    try:
        if team.forgets_at is not None and team.forgets_at <= timezone.now():
            forgetting.finish_due(team=team)
        _drop_filters(request)
    except DatabaseError as error:
        log.warning(
            "What is to be forgotten could not be deleted yet (%s)", type(error).__name__, extra=logs.DATABASE
        )


def _drop_filters(request: HttpRequest) -> None:
    """Delete saved filters that can no longer be brought back. Ended offers stay in the session: who only reads
    a page must not write it, because another page of theirs may just make an offer or sign them out."""
    for offered in request.session.get(UNDO_OFFERS, []):
        if "filter" in offered and "done" not in offered and offered["until"] <= time.time():
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
