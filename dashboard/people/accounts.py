"""How sign-in differs from django-allauth's defaults: nobody signs up, limits answer 429, reset links are strict."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.forms import ValidationError
from django.http import HttpRequest
from django.urls import reverse

from dashboard.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # it brings no types
    """Accounts are made by an invitation or by `bootstrap`, never by a sign-up page."""

    def is_open_for_signup(self, *_: Any) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try. Raises ImmediateHttpResponse with the 429 page when there were too many."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            raise ImmediateHttpResponse(respond_429(request)) from None

    def get_password_change_redirect_url(self, *_: Any) -> str:
        return reverse("profile")


class ResetTokens(PasswordResetTokenGenerator):
    """A reset link dies when the person's roles change.

    An admin may make a link for somebody below them. If that person then becomes an owner, or joins another team,
    the link must not open what the admin could not open before.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return super()._make_hash_value(user, timestamp) + _standing(user)


def _standing(user: User) -> str:
    roles = list(user.memberships.order_by("team_id").values_list("team_id", "role"))
    return f"{user.is_active}{user.is_staff}{user.is_superuser}{roles}"
