"""The team page: who belongs to the team, in which role, and who is invited."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access import RANK, Right, TeamRequest, for_team
from dashboard.forms import RoleForm, TeamForm
from dashboard.models import Invitation, Membership, Role
from dashboard.people import team_service
from dashboard.people.team_service import RuleError, audit

PAGE = ["GET", "HEAD", "POST"]
RECENT_EVENTS = 20


@for_team(Right.READ)
@require_safe
def team_members(request: TeamRequest) -> HttpResponse:
    """Everybody of the team; for admins also the open invitations and what was done lately."""
    context = {"section": "members", "team": request.team, "role": request.role, "members": _members(request)}
    if Right.MANAGE.held_by(request.role):
        context |= _for_admins(request)
    return render(request, "dashboard/team_members.html", context)


def _members(request: TeamRequest) -> list[Membership]:
    members = request.team.memberships.select_related("user").order_by("joined_at", "pk")
    return sorted(members, key=lambda member: -RANK[Role(member.role)])


def _for_admins(request: TeamRequest) -> dict[str, object]:
    pending = request.team.invitations.filter(used_at=None, expires_at__gt=timezone.now())
    return {
        "invitations": pending.select_related("invited_by").order_by("-created_at"),
        "invite_form": RoleForm(by=request.role),
        "team_form": TeamForm(instance=request.team),
        "events": request.team.audit_events.select_related("actor").order_by("-at", "-pk")[:RECENT_EVENTS],
    }


@for_team(Right.MANAGE)
@require_POST
def rename_team(request: TeamRequest) -> HttpResponse:
    """Gives the team another name. Its address stays, so that links keep working."""
    before, form = request.team.name, TeamForm(request.POST, instance=request.team)
    if form.is_valid():
        form.save()
        audit(request.team, request.user, "team.renamed", request.team.name, before=before)
        messages.success(request, "The name is saved.")
    else:
        messages.error(request, "A team needs a name of at most 80 characters.")
    return redirect("team_members", request.team.slug)


@for_team(Right.READ)
@require_POST
def leave_team(request: TeamRequest) -> HttpResponse:
    """Takes who asks out of the team."""
    member = get_object_or_404(request.team.memberships, user=request.user)
    try:
        ended = team_service.remove(request, member)
    except RuleError as reason:
        messages.error(request, str(reason))
        return redirect("team_members", request.team.slug)
    messages.success(request, f"You left {request.team}.{team_service.consents_ended(ended)}")
    return redirect("/")


# --- One member ---------------------------------------------------------------------------------------------------


def _member(request: TeamRequest, pk: int) -> Membership:
    return get_object_or_404(request.team.memberships.select_related("user"), pk=pk)


@for_team(Right.MANAGE)
@require_http_methods(PAGE)
def team_member(request: TeamRequest, pk: int) -> HttpResponse:
    """One member: the role, a reset link, the way out."""
    member = _member(request, pk)
    form = RoleForm(request.POST or None, by=request.role, initial={"role": member.role})
    if request.method == "POST" and form.is_valid():
        return _change_role(request, member, form)
    context = {
        "section": "members",
        "team": request.team,
        "member": member,
        "form": form,
        "touchable": team_service.may_touch(request, member.role),
        "reset_refusal": team_service.reset_refusal(request, member.user),
    }
    return render(request, "dashboard/team_member.html", context)


def _change_role(request: TeamRequest, member: Membership, form: RoleForm) -> HttpResponse:
    try:
        team_service.change_role(request, member, form.chosen)
    except RuleError as reason:
        messages.error(request, str(reason))
        return redirect("team_member", request.team.slug, member.pk)
    messages.success(request, f"{member.user} is now {form.chosen.label.lower()}.")
    return redirect("team_members", request.team.slug)


@for_team(Right.MANAGE)
@require_POST
def remove_member(request: TeamRequest, pk: int) -> HttpResponse:
    """Takes somebody out of the team."""
    member = _member(request, pk)
    try:
        ended = team_service.remove(request, member)
    except RuleError as reason:
        messages.error(request, str(reason))
        return redirect("team_member", request.team.slug, pk)
    gone = f"{member.user} is no longer a member of {request.team}."
    messages.success(request, gone + team_service.consents_ended(ended))
    return redirect("team_members", request.team.slug)


@for_team(Right.MANAGE)
@require_http_methods(PAGE)
def reset_link(request: TeamRequest, pk: int) -> HttpResponse:
    """Makes a password reset link and shows it, this once. 403 with the reason where it would open too much."""
    member = _member(request, pk)
    if request.method != "POST":
        return redirect("team_member", request.team.slug, pk)
    link = team_service.make_reset_link(request, member.user)
    return render(
        request,
        "dashboard/reset_link.html",
        {"section": "members", "team": request.team, "member": member, "link": link},
    )


# --- Invitations --------------------------------------------------------------------------------------------------


@for_team(Right.MANAGE)
@require_http_methods(PAGE)
def invitations(request: TeamRequest) -> HttpResponse:
    """Makes an invitation and shows its link, this once."""
    form = RoleForm(request.POST or None, by=request.role)
    if request.method != "POST" or not form.is_valid():
        return redirect("team_members", request.team.slug)
    invitation, link = team_service.invite(request, form.chosen)
    context = {"section": "members", "team": request.team, "invitation": invitation, "link": link}
    return render(request, "dashboard/invitation_made.html", context)


@for_team(Right.MANAGE)
@require_POST
def revoke_invitation(request: TeamRequest, pk: int) -> HttpResponse:
    """Withdraws an invitation: its link stops working."""
    invitation = get_object_or_404(Invitation, team=request.team, pk=pk, used_at=None)
    audit(request.team, request.user, "invitation.revoked", invitation.role, invitation=invitation.pk)
    invitation.delete()
    messages.success(request, "The invitation is revoked. Its link no longer works.")
    return redirect("team_members", request.team.slug)
