"""Feedback on a generation or on what a replay made: its page, the bar with thumbs, the press, the check."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dashboard.access import Right, TeamRequest, for_team, may
from dashboard.connections import clients
from generations.feedback import checking, giving, offers
from generations.feedback.giving import FeedbackTarget, FeedbackWords
from generations.feedback.offers import FeedbackOffer
from generations.forms.feedback import FeedbackForm
from generations.models import Feedback, Generation, Replay
from generations.models.feedback import FeedbackState
from generations.views.shared.shortcuts import get_generation_or_404, get_replay_or_404

PAGE, BAR = "generations/feedback/feedback.html", "generations/feedback/bar.html"
ON_ITS_WAY = "The feedback is on its way."
NAMELESS = "The gateway gave no request ID for this replay, so feedback cannot name it."


# --- what it is about ---------------------------------------------------------------------------------------------


def _of_generation(request: TeamRequest, slug: str) -> FeedbackTarget:
    row = get_generation_or_404(request, slug)
    return FeedbackTarget(request.team, row.request_id, generation=row)


def _of_replay(request: TeamRequest, replay_id: UUID) -> FeedbackTarget:
    row = get_replay_or_404(request, replay_id)
    if row.is_open:
        raise Http404("The replay has not ended yet.")
    return FeedbackTarget(request.team, row.new_request_id, row.new_generation, row)


def _subject(target: FeedbackTarget) -> tuple[str, str, Generation | Replay | None]:
    """Which kind of page it belongs to, the name in its address, the row."""
    if target.replay is not None:
        return "replay", str(target.replay.pk), target.replay
    assert target.generation is not None
    return "generation", target.generation.slug, target.generation


def _offer(target: FeedbackTarget) -> FeedbackOffer:
    if not target.request_id:
        return FeedbackOffer(None, title=NAMELESS)
    return offers.of(offers.source_of(target.generation, target.replay))


def _context(request: TeamRequest, target: FeedbackTarget) -> dict[str, Any]:
    kind, name, subject = _subject(target)
    given = target.given() if target.request_id else []
    return {
        "target": target,
        "subject": subject,
        "page": reverse(f"{kind}_feedback", args=[request.team.slug, name]),
        "bar": reverse(f"{kind}_feedback_bar", args=[request.team.slug, name]),
        "give": reverse(f"give_to_{kind}", args=[request.team.slug, name]),
        "offer": _offer(target),
        "given": given,
        "open": next((row for row in given if row.is_open), None),
        "is_given": any(row.state == FeedbackState.SENT for row in given),
        "click": uuid.uuid4(),
        "may_give": may(request, Right.FEEDBACK),
        "may_look_up": may(request, Right.LOOK_UP),
        "may_manage": may(request, Right.MANAGE),
    }


# --- pages --------------------------------------------------------------------------------------------------------


@for_team(Right.READ)
@require_GET
def generation_feedback(request: TeamRequest, slug: str) -> HttpResponse:
    """Feedback on a generation. With `listed` the gateway is asked what is there already."""
    return _page(request, _of_generation(request, slug))


@for_team(Right.READ)
@require_GET
def replay_feedback(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """Feedback on what a replay made."""
    return _page(request, _of_replay(request, replay_id))


def _page(
    request: TeamRequest, target: FeedbackTarget, form: FeedbackForm | None = None, status: int = 200
) -> HttpResponse:
    context = _context(request, target)
    context["form"] = form or FeedbackForm(initial={"click": context["click"]})
    source = context["offer"].source
    if "listed" in request.GET and source is not None and context["may_look_up"]:
        context["listed"] = checking.at_gateway(source, target.request_id)
        context["ours"] = {str(row.pk) for row in context["given"]}
    return render(request, PAGE, context, status=status)


@for_team(Right.READ)
@require_GET
def generation_feedback_bar(request: TeamRequest, slug: str) -> HttpResponse:
    """The fragment with the thumbs of a generation."""
    return render(request, BAR, _context(request, _of_generation(request, slug)))


@for_team(Right.READ)
@require_GET
def replay_feedback_bar(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """The fragment with the thumbs of a replay."""
    return render(request, BAR, _context(request, _of_replay(request, replay_id)))


# --- the press ----------------------------------------------------------------------------------------------------


@for_team(Right.FEEDBACK)
@require_POST
def give_to_generation(request: TeamRequest, slug: str) -> HttpResponse:
    """Send feedback on a generation."""
    return _give(request, _of_generation(request, slug))


@for_team(Right.FEEDBACK)
@require_POST
def give_to_replay(request: TeamRequest, replay_id: UUID) -> HttpResponse:
    """Send feedback on what a replay made."""
    return _give(request, _of_replay(request, replay_id))


def _give(request: TeamRequest, target: FeedbackTarget) -> HttpResponse:
    offer, form = _offer(target), FeedbackForm(request.POST, secrets=clients.keys_of(request.team))
    if not form.is_valid():
        return _page(request, target, form, status=400)
    said = form.cleaned_data
    try:
        if offer.source is None or not offer.is_on:
            raise giving.FeedbackNotTaken(f"{offer.title} Nothing was sent.")
        words = FeedbackWords(said["rating"], said["tags"], said["comment"])
        giving.give(target, offer.source, request.user, said["click"], words)
    except giving.FeedbackNotTaken as reason:
        form.add_error(None, str(reason))
        return _page(request, target, form, status=409)
    if request.htmx:
        return render(request, BAR, _context(request, target))
    messages.success(request, ON_ITS_WAY)
    return redirect(_context(request, target)["page"])


@for_team(Right.LOOK_UP)
@require_POST
def check_feedback(request: TeamRequest, feedback_id: UUID) -> HttpResponse:
    """Look at the gateway for feedback whose outcome is unknown. Nothing is sent."""
    row = get_object_or_404(Feedback.objects.select_related("connection"), team=request.team, pk=feedback_id)
    if row.is_open and not row.moves:
        messages.info(request, checking.check(row))
    return redirect(_page_of(request, row))


def _page_of(request: TeamRequest, row: Feedback) -> str:
    if row.replay_id is not None:
        return reverse("replay_feedback", args=[request.team.slug, row.replay_id])
    assert row.generation is not None
    return reverse("generation_feedback", args=[request.team.slug, row.generation.slug])
