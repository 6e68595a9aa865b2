"""Filters of a list that a person keeps under a name: of the stored generations and of the gateway's log alike."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from dashboard.access import TeamRequest
from generations.forms.lists import SaveFilterForm
from generations.templatetags.reading import count
from generations.views.shared import undo

MOST_SAVED = 50
LONGEST = 2000  # characters of a query string


def save(request: TeamRequest, mine: "QuerySet[Any]", query: str) -> None:
    """Keep a query among the person's own under the name that was sent; the same name again replaces what it held."""
    form = SaveFilterForm(request.POST)
    name = form.cleaned_data["name"] if form.is_valid() else ""
    if fault := _fault(mine, name, query):
        messages.error(request, f"The filters were not saved: {fault}")
    else:
        mine.model.rows.update_or_create(  # also in the place of one that was removed a moment ago
            team=request.team,
            user=request.user,
            name=name,
            defaults={"query": query, "removed_at": None},
        )
        messages.success(request, f"Saved as {name}.")


def _fault(mine: "QuerySet[Any]", name: str, query: str) -> str:
    """Why this cannot be saved; "" where it can be."""
    if not name:
        return "give them a name of at most 60 characters."
    if len(query) > LONGEST:
        return f"in an address they have {count(len(query))} characters, and at most {count(LONGEST)} can be kept."
    if mine.exclude(name=name).count() >= MOST_SAVED:
        return f"you have {MOST_SAVED} already. Remove one first."
    return ""


def remove(request: TeamRequest, mine: "QuerySet[Any]", pk: int, where: str) -> None:
    """Hide one of the person's own in the list `where`, to be deleted in ten seconds. Raises Http404."""
    row = mine.filter(pk=pk).first()
    if row is None:
        raise Http404("No such saved filter.")
    mine.filter(pk=pk).update(removed_at=timezone.now())
    undo.offer(request, f"The saved filter {row.name} was removed.", list=where, filter=str(pk))
