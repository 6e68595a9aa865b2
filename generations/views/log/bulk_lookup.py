"""Many rows of the log: looked up in the background, then replayed as a batch."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.access import Right, TeamRequest, for_team, may
from dashboard.web.heavy_work import leave_page_thread
from generations.forms.log import LogForm
from generations.lists import columns, made_by
from generations.lists.rows import Makers, of_generation
from generations.log import bulk
from generations.log.asking import LogRefusal
from generations.log.bulk import FoundRequests, LookupLine
from generations.models import BulkLookup
from generations.views.log.log import chosen, filters
from generations.views.lookup.addresses import is_possible_id, waiting_url
from generations.views.lookup.lookup_many import LookupRow

SLOW = "The gateway does not answer. Try again in a moment."


@for_team(Right.LOOK_UP)
@require_POST
def bulk_lookup_start(request: TeamRequest) -> HttpResponse:
    """Look up the selected rows, or with `all` every row of the filter (`failed`: every failed one)."""
    query = filters(QueryDict(request.POST.get("query", "")))
    found = _of_filter(request, query) if request.POST.get("all") else _selected(request)
    if isinstance(found, str):
        messages.error(request, found)
        return redirect(f"{reverse('log', args=[request.team.slug])}?{query}")
    try:
        job = bulk.start(request.team, request.user, found.request_ids, found.left_out)
    except bulk.LookupRunning as busy:
        messages.error(
            request, "Another lookup of your team is still running. Start yours when it has ended."
        )
        return redirect(busy.running)
    return redirect(job)


def _selected(request: TeamRequest) -> FoundRequests | str:
    names = [name for name in request.POST.getlist("id")[: bulk.MOST] if is_possible_id(name)]
    return FoundRequests(names, 0) if names else "Select at least one row."


def _of_filter(request: TeamRequest, query: str) -> FoundRequests | str:
    """What the filter finds, or why nothing can be looked up."""
    given = QueryDict(query, mutable=True)
    if request.POST["all"] == "failed" and not given.get("status"):
        given["status"] = "error"
    _, source = chosen(request, given)
    form = LogForm(given)
    if source is None or not form.is_valid():
        return "One of the filters is invalid. Correct it first."
    leave_page_thread(request)  # the gateway may take its time
    found = bulk.of_filter(source, form.exact, form.window(timezone.now()))
    if isinstance(found, LogRefusal):
        return f"{found.title} {found.advice}"
    if found is None:
        return SLOW
    return found if found.request_ids else "Nothing matches any more."


@for_team(Right.LOOK_UP)
@require_GET
def bulk_lookup(request: TeamRequest, job_id: UUID) -> HttpResponse:
    """How far the lookups are, and the way to replay them."""
    return render(request, "generations/log/bulk_lookup.html", _progress(request, job_id))


@for_team(Right.LOOK_UP)
@require_GET
def bulk_lookup_rows(request: TeamRequest, job_id: UUID) -> HttpResponse:
    """The fragment that polls itself until everything is known."""
    return render(request, "generations/log/bulk_lookup.html#rows", _progress(request, job_id))


def _progress(request: TeamRequest, job_id: UUID) -> dict[str, Any]:
    job = get_object_or_404(BulkLookup.objects.of(request.team), pk=job_id)
    job.team = request.team
    lines = bulk.lines(job)
    found = [line.row for line in lines if line.row]
    makers = made_by.of_rows(job.team, found)
    return {
        "job": job,
        "lines": [_row(job, line, makers) for line in lines],
        "heads": columns.heads("Generation"),
        "done": len([line for line in lines if line.state != "asking"]),
        "found": len(found),
        "replayable": len([row for row in found if row.replayable]),
        "pause": 1 if job.ended_at is None else None,
        "may_replay": may(request, Right.REPLAY),
        "may_pin": True,
    }


def _row(job: BulkLookup, line: LookupLine, makers: Makers) -> LookupRow:
    if line.row is not None:
        shown = of_generation(line.row, job.team, makers=makers)
        return LookupRow(line.request_id, shown.url, "found", shown=shown)
    if line.state == "asking":
        return LookupRow(line.request_id, "", "waiting" if job.ended_at is None else "not_asked")
    title = (line.outcome or {}).get("title", "")
    return LookupRow(line.request_id, waiting_url(job.team, line.request_id), line.state, title)
