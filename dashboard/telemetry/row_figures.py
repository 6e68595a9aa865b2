"""Figures of `/metrics` that come from rows: those of workers and beats, which answer no requests, and of consents.

Names are `name` or `name label=value`. The product adds its own with `add`, since the site knows nothing of it.
"""

from collections.abc import Callable

from django.db.models import Max, Min
from django.db.models.functions import Extract, Now

from dashboard.consents.models import Consent
from dashboard.processes.models import Process

Figures = dict[str, float]
_sources: list[Callable[[], Figures]] = []


def add(source: Callable[[], Figures]) -> None:
    """Have `figures` ask this, too."""
    if source not in _sources:
        _sources.append(source)


def figures() -> Figures:
    """All of them. Raises DatabaseError."""
    found = heard() | consents()
    for source in _sources:
        found |= source()
    return found


def heard() -> Figures:
    """Seconds since a worker and a beat were heard of, by the database's clock. Nothing for one that never was."""
    latest = Process.objects.values("kind").annotate(age=Extract(Now() - Max("heard_at"), "epoch"))
    return {f"retake_heard_seconds process={row['kind']}": float(row["age"]) for row in latest}


def consents() -> Figures:
    """Days until the next consent ends that is in use; below zero once it has ended."""
    live = Consent.objects.live().filter(refused="", connection__isnull=False)
    left = live.aggregate(left=Extract(Min("expires_at") - Now(), "epoch"))["left"]
    return {} if left is None else {"retake_consent_days": float(left) / 86_400}
