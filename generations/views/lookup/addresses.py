"""Addresses of what is not stored yet, and what may stand in them."""

from urllib.parse import urlencode

from django.urls import reverse

from dashboard.models import Team
from generations.gateway.request_ids import MAX_LENGTH, Recognized


def waiting_url(team: Team, request_id: str) -> str:
    """The page that waits for this ID, which may hold anything, so it travels as a parameter."""
    return f"{reverse('waiting', args=[team.slug])}?{urlencode({'id': request_id})}"


def is_possible_id(request_id: str) -> bool:
    """Whether a row can have this ID: the database keeps no NUL."""
    return 0 < len(request_id) <= MAX_LENGTH and "\0" not in request_id


def many_url(team: Team, seen: Recognized) -> str:
    """The page of several IDs."""
    values: list[tuple[str, object]] = [("id", request_id) for request_id in seen.ids]
    values += [("left_out", seen.left_out)] if seen.left_out else []
    return f"{reverse('many', args=[team.slug])}?{urlencode(values)}"
