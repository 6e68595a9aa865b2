"""Any two generations or replays of a team side by side."""

from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias
from urllib.parse import unquote, urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from dashboard.access import Right, TeamRequest, for_team, may
from dashboard.web.heavy_work import leave_page_thread
from generations.compare import sides
from generations.compare.comparison import Comparison
from generations.compare.sides import Subject
from generations.reading.diff.answer_diff import VIEWS
from generations.reading.diff.passages import View
from generations.replay import siblings
from generations.replay.siblings import Candidate

LABELS: dict[View, str] = {"inline": "Inline", "side": "Side by side", "changes": "Only changes"}


class CompareForm(forms.Form):
    """Two IDs, or addresses that end in them."""

    a = forms.CharField(label="A", max_length=600, required=False)
    b = forms.CharField(label="B", max_length=600, required=False)

    def clean_a(self) -> str:
        return key_of(self.cleaned_data["a"])

    def clean_b(self) -> str:
        return key_of(self.cleaned_data["b"])


def key_of(pasted: str) -> str:
    """The ID in what somebody pasted: itself, or that of an address of ours, also of a tab: .../g/G-1/cost."""
    text = pasted.strip()
    if not text.lower().startswith(("http://", "https://")):
        return text
    parts = text.partition("?")[0].partition("#")[0].rstrip("/").split("/")
    named = [part for before, part in pairwise(parts) if before in ("g", "r")]
    return unquote(named[-1] if named else parts[-1])  # a team may be called g, too


def view_of(request: HttpRequest) -> View:
    """How differences are to be shown: `?view=`, inline unless it says otherwise."""
    asked = request.GET.get("view", "")
    return next((view for view in VIEWS if view == asked), VIEWS[0])


def switch(base: str, **query: str) -> list[tuple[View, str, str]]:
    """The views, what they are called, and the address of the same page in each."""
    return [(view, LABELS[view], f"{base}?{urlencode({**query, 'view': view})}") for view in VIEWS]


@for_team(Right.READ)
@require_GET
def compare(request: TeamRequest, /) -> HttpResponse:
    """The page: `?a=` and `?b=` are each a request ID, ~ and a row number, or the UUID of a replay."""
    form = CompareForm(request.GET)
    keys = (form.cleaned_data["a"], form.cleaned_data["b"]) if form.is_valid() else ("", "")
    found = [sides.find(request.team, key) if key else None for key in keys]
    missing = [key for key, subject in zip(keys, found, strict=True) if key and subject is None]
    context: dict[str, object] = {"form": form, "a": keys[0], "b": keys[1], "missing": missing}
    a, b = found
    if a is not None and b is not None:
        context |= _compared(request, a, b)
    invalid = bool(missing) or not form.is_valid()
    return render(request, "generations/compare/compare.html", context, status=404 if invalid else 200)


Choices: TypeAlias = list[tuple[Candidate, str]]
"""What can stand in the place of a side, each with the address of that comparison, "" for what the other side is."""


def _sides(a: Subject, b: Subject, address: Callable[..., str]) -> list[tuple[str, Subject, Choices, int]]:
    """Both sides with their letter, what can be chosen instead, nothing where that is nothing else, and how many
    replays more there are. Two queries for each original. `address` makes that of a comparison.
    """
    replays = [side.replay for side in (a, b) if side.replay]
    known = {
        original: siblings.to_compare(original, *(row for row in replays if row.generation == original))
        for original in {a.generation, b.generation}
    }
    sides, keys = [], {"a": a.key, "b": b.key}
    for letter, subject, other in (("a", a, b), ("b", b, a)):
        candidates, left = known[subject.generation]
        choices = [
            (each, "" if each.key == other.key else address(**keys | {letter: each.key}))
            for each in candidates
        ]
        has_others = {each.key for each in candidates} - {a.key, b.key}
        sides.append((letter.upper(), subject, choices if has_others else [], left))
    return sides


def _compared(request: TeamRequest, a: Subject, b: Subject) -> dict[str, object]:
    base, view = reverse("compare", args=[request.team.slug]), view_of(request)
    comparison = Comparison(a, b, view)
    if comparison.takes_long:
        leave_page_thread(request)
    return {
        "comparison": comparison,
        "sides": _sides(a, b, lambda **keys: f"{base}?{urlencode(keys | {'view': view})}"),
        "may_paste": may(request, Right.PASTE),
        "switch": switch(base, a=a.key, b=b.key),
        "swapped": f"{base}?{urlencode({'a': b.key, 'b': a.key, 'view': view})}",
        "compare_url": base,
    }
