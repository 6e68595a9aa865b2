"""What members do with a batch: pause, resume, cancel, name it, mark its answers."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dashboard.access import Right, TeamRequest, for_team
from generations.forms.lab import BatchNameForm, MarkForm
from generations.models import Replay, ReplayMark
from generations.replay import batches
from generations.views.shared.shortcuts import get_batch_or_404

STOPPING = "Cancelled. What is running is being stopped; the gateway may still finish and charge."


@for_team(Right.REPLAY)
@require_POST
def pause(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """Let no more members go; those under way end by themselves."""
    row = get_batch_or_404(request, batch_id)
    if row.pause():
        messages.success(request, "Paused. What is running ends by itself.")
    return redirect(row)


@for_team(Right.REPLAY)
@require_POST
def resume(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """Let members go again."""
    row = get_batch_or_404(request, batch_id)
    if row.resume():
        batches.release_members()
        messages.success(request, "Resumed.")
    return redirect(row)


@for_team(Right.REPLAY)
@require_POST
def cancel(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """End what waits; with `running`, what runs too."""
    row = get_batch_or_404(request, batch_id)
    running = "running" in request.POST
    if batches.cancel(row, request.user, running=running):
        messages.success(request, STOPPING if running else "Cancelled. What is running goes on.")
    return redirect(row)


@for_team(Right.REPLAY)
@require_POST
def rename(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """Give the batch another name."""
    row, form = get_batch_or_404(request, batch_id), BatchNameForm(request.POST)
    if form.is_valid():
        row.rename(form.cleaned_data["title"])
        messages.success(request, "Renamed.")
    else:
        messages.error(request, "Not renamed: " + " ".join(map(str, form.errors["title"])))
    return redirect(row)


@for_team(Right.REPLAY)
@require_POST
def mark(request: TeamRequest, batch_id: UUID) -> HttpResponse:
    """Mark the answer of a member as good or bad, or take its mark off. Returns the mark, or leads back."""
    batch, form = get_batch_or_404(request, batch_id), MarkForm(request.POST)
    if not form.is_valid():
        raise Http404("No such mark.")
    replay = Replay.objects.filter(batch=batch, pk=form.cleaned_data["replay"]).only("team_id").first()
    if replay is None:
        raise Http404("No such replay in this batch.")
    if form.is_good is None:
        ReplayMark.objects.filter(replay=replay).delete()
    else:
        ReplayMark.objects.put(replay, request.user, is_good=form.is_good)
    if request.headers.get("HX-Request"):
        context = {"row": {"id": replay.pk, "is_good": form.is_good}, "batch": batch, "may_replay": True}
        return render(request, "generations/batch/mark.html", context)
    return redirect(f"{batch.get_absolute_url()}#cell-{replay.pk}")
