"""Pages about oneself: accepting an invitation, the profile, preferences, a new team, no team at all."""

from dataclasses import asdict
from typing import cast

from allauth.account import views as allauth_views
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard import access
from dashboard.access import SignedInRequest, for_everybody, for_person
from dashboard.forms import JoinForm, PreferencesForm, ProfileForm, TeamForm
from dashboard.models import Invitation, User
from dashboard.people import appearance, team_service
from dashboard.people.preferences import choose
from dashboard.people.team_service import RuleError
from dashboard.views.demo import BACKEND

PAGE = ["GET", "HEAD", "POST"]


# --- Invitations --------------------------------------------------------------------------------------------------


@for_everybody
@sensitive_post_parameters("password")
@require_http_methods(PAGE)
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Joins a team: with one click when signed in, else with a new account. 410 for a link that is used or old."""
    offer = team_service.open_invitation(token)
    if offer is None:
        return render(request, "dashboard/invitation_gone.html", status=410)
    try:
        return (
            _join_as_member(request, offer) if request.user.is_authenticated else _join_as_new(request, offer)
        )
    except RuleError:
        return render(request, "dashboard/invitation_gone.html", status=410)


def _join_as_member(request: HttpRequest, offer: Invitation) -> HttpResponse:
    user = cast(User, request.user)
    if offer.team.memberships.filter(user=user).exists():
        return render(request, "dashboard/invitation.html", {"invitation": offer, "already": True})
    if request.method != "POST":
        return render(request, "dashboard/invitation.html", {"invitation": offer})
    team_service.join(offer, user)
    return _welcome(request, offer)


def _join_as_new(request: HttpRequest, offer: Invitation) -> HttpResponse:
    form = JoinForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "dashboard/invitation.html", {"invitation": offer, "form": form})
    with transaction.atomic():
        user = form.create()
        team_service.join(offer, user)
    login(request, user, backend=BACKEND)
    return _welcome(request, offer)


def _welcome(request: HttpRequest, offer: Invitation) -> HttpResponse:
    messages.success(request, f"You are now a member of {offer.team}.")
    return redirect("team_members", offer.team.slug)


# --- Oneself ------------------------------------------------------------------------------------------------------


@for_person
@require_http_methods(PAGE)
def profile(request: SignedInRequest) -> HttpResponse:
    """The name, the teams, the way to a new password."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your name is saved.")
        return redirect("profile")
    return render(request, "dashboard/profile.html", {"form": form})


@for_person
@require_http_methods(PAGE)
def preferences(request: SignedInRequest) -> HttpResponse:
    """Theme, density, time zone, first day of the week, spelling of numbers."""
    form = PreferencesForm(request.POST or None, initial=asdict(appearance.current()))
    if request.method == "POST" and form.is_valid():
        choose(request.user, **form.cleaned_data)
        messages.success(request, "Your preferences are saved.")
        return redirect("preferences")
    return render(request, "dashboard/preferences.html", {"form": form})


@for_person
@require_http_methods(PAGE)
def new_team(request: SignedInRequest) -> HttpResponse:
    """Creates a team, owned by who asks."""
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        team = team_service.create_team(form.cleaned_data["name"], request.user)
        messages.success(request, f"{team} is created. Now add a gateway connection.")
        return redirect("team_connections", team.slug)
    return render(request, "dashboard/new_team.html", {"form": form})


@for_person
def no_team(request: SignedInRequest) -> HttpResponse:
    """What a person without a team sees instead of a home page."""
    if access.memberships(request):
        return redirect("/")
    return render(request, "dashboard/no_team.html")


@for_everybody
def account_reset_password(request: HttpRequest) -> HttpResponseBase:
    """Sends a reset link by mail. Without a mail server: says who can make one, and prints no link into a log."""
    if settings.MAIL_WORKS:
        return cast(HttpResponseBase, allauth_views.password_reset(request))
    return render(request, "account/password_reset_by_admin.html")
