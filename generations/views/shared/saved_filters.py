"""Filters of a list that a person keeps under a name: of the stored generations and of the gateway's log alike."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from dashboard.access import TeamRequest
from generations.forms.lists import SaveFilterForm
from generations.views.shared import undo

MOST_SAVED = 50


def save(request: TeamRequest, mine: "QuerySet[Any]", query: str) -> None:
    """Keep a query among the person's own under the name that was sent; the same name again replaces what it held."""
    form = SaveFilterForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The filters were not saved: give them a name of at most 60 characters.")
    elif mine.count() >= MOST_SAVED:
        messages.error(
            request, f"The filters were not saved: you have {MOST_SAVED} already. Remove one first."
        )
    else:
        name = form.cleaned_data["name"]
        mine.model.rows.update_or_create(  # also in the place of one that was removed a moment ago
            team=request.team,
            user=request.user,
            name=name,
            defaults={"query": query[:2000], "removed_at": None},
        )
        messages.success(request, f"Saved as {name}.")


def remove(request: TeamRequest, mine: "QuerySet[Any]", pk: int, where: str) -> None:
    """Hide one of the person's own in the list `where`, to be deleted in ten seconds. Raises Http404."""
    row = mine.filter(pk=pk).first()
    if row is None:
        raise Http404("No such saved filter.")
    mine.filter(pk=pk).update(removed_at=timezone.now())
    undo.offer(request, f"The saved filter {row.name} was removed.", list=where, filter=str(pk))
