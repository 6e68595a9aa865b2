"""Who belongs to a team: invitations, roles, leaving, reset links. Each change leaves an audit event."""

import itertools
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.text import slugify

from dashboard.access import RANK, Right, SignedInRequest, TeamRequest
from dashboard.consents import ending
from dashboard.models import INVITATION_LIFE, AuditEvent, Invitation, Membership, Role, Team, User
from dashboard.people.accounts import ResetTokens

# These would not do as an address of a team: nothing readable is left of the name.
NAMELESS = "team"


class RuleError(Exception):
    """A change that a rule forbids. Its text is the sentence for the person."""


def audit(team: Team, actor: User | None, action: str, subject: str = "", **details: Any) -> AuditEvent:
    """Remember who did what. `details` are plain JSON values without anything private."""
    return AuditEvent.objects.create(
        team=team, actor=actor, action=action, subject=subject[:300], details=details
    )


def absolute(request: SignedInRequest, path: str) -> str:
    """The whole address of `path`, to be copied into a chat: by PUBLIC_URL, else by the address asked."""
    return settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)


# --- Teams --------------------------------------------------------------------------------------------------------


def free_slug(name: str) -> str:
    """An address for a team of this name that no team has yet: `acme`, `acme-2`, ..."""
    wish = slugify(name)[:40].strip("-_") or NAMELESS
    wishes = itertools.chain([wish], (f"{wish}-{number}" for number in itertools.count(2)))
    taken = set(Team.objects.filter(slug__startswith=wish).values_list("slug", flat=True))
    return next(slug for slug in wishes if slug not in taken)


@transaction.atomic
def create_team(name: str, owner: User) -> Team:
    """A new team, owned by `owner`."""
    team = Team.objects.create(name=name, slug=free_slug(name))
    Membership.objects.create(team=team, user=owner, role=Role.OWNER)
    audit(team, owner, "team.created", name)
    return team


# --- Roles --------------------------------------------------------------------------------------------------------


def grantable(role: str) -> list[Role]:
    """The roles that somebody of `role` may hand out: up to their own, from admin on."""
    return [other for other in Role if RANK[other] <= RANK[Role(role)]] if Right.MANAGE.held_by(role) else []


def may_touch(request: TeamRequest, role: str) -> bool:
    """Whether who asks may give, change or take `role`: admins up to admin, owners every role."""
    return role in grantable(request.role)


def require_touch(request: TeamRequest, *roles: str) -> None:
    """Raises PermissionDenied when who asks may not touch one of `roles`."""
    if not all(may_touch(request, role) for role in roles):
        raise PermissionDenied(Right.OWN.refusal(request.role))


def _locked(member: Membership) -> Membership:
    """The member as it stands now, with the team locked: two owners cannot demote each other at once."""
    Team.objects.select_for_update().get(pk=member.team_id)
    return Membership.objects.select_related("user").get(pk=member.pk)


def _keep_an_owner(member: Membership) -> None:
    others = Membership.objects.filter(team_id=member.team_id, role=Role.OWNER).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise RuleError(f"{member.user} is the last owner of this team. Make someone else an owner first.")


@transaction.atomic
def change_role(request: TeamRequest, member: Membership, role: Role) -> None:
    """Give `member` another role. Raises PermissionDenied, or RuleError for the last owner."""
    member = _locked(member)
    require_touch(request, member.role, role)
    if role == member.role:
        return
    if role != Role.OWNER:
        _keep_an_owner(member)
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    _withdraw_invitations(member, grantable(role))
    audit(request.team, request.user, "member.role", member.user.email, before=before, after=role)


@transaction.atomic
def remove(request: TeamRequest, member: Membership) -> list[str]:
    """Take `member` out of the team, or let them leave. Raises PermissionDenied, or RuleError for the last owner.

    Gives the names of the gateway connections whose consent was theirs, and has ended.
    """
    member = _locked(member)
    leaving = member.user_id == request.user.pk
    if not leaving:
        require_touch(request, member.role)
    _keep_an_owner(member)
    _withdraw_invitations(member, [])
    audit(request.team, request.user, "member.left" if leaving else "member.removed", member.user.email)
    ended = ending.of_member(member.team, member.user)
    member.delete()
    return ended


def consents_ended(names: list[str]) -> str:
    """What stops working with the consents of somebody who left, in a sentence; "" where nothing does."""
    if not names:
        return ""
    return (
        f" The consent for {', '.join(names)} has ended with it: lookups and replays there need another consent or a "
        "pasted key."
    )


def _withdraw_invitations(member: Membership, still_grantable: list[Role]) -> None:
    """An invitation is worth no more than the right of who made it."""
    made = Invitation.objects.filter(team_id=member.team_id, invited_by=member.user_id, used_at=None)
    made.exclude(role__in=still_grantable).delete()


# --- Invitations --------------------------------------------------------------------------------------------------


def invite(request: TeamRequest, role: Role) -> tuple[Invitation, str]:
    """An invitation and its address, which can be shown only now. Raises PermissionDenied for a role too high."""
    require_touch(request, role)
    invitation, token = Invitation.issue(
        INVITATION_LIFE, team=request.team, role=role, invited_by=request.user
    )
    audit(request.team, request.user, "invitation.made", role, invitation=invitation.pk)
    return invitation, absolute(request, reverse("invitation", args=[token]))


def open_invitation(token: str) -> Invitation | None:
    """The invitation of this token: unused, not expired, and who made it could still make it today."""
    invitation: Invitation | None = (
        Invitation.objects.usable(token).select_related("team", "invited_by").first()
    )
    return invitation if invitation and _still_granted(invitation) else None


def _still_granted(invitation: Invitation) -> bool:
    host = Membership.objects.filter(
        team=invitation.team, user=invitation.invited_by, user__is_active=True
    ).first()
    return host is not None and invitation.role in grantable(host.role)


@transaction.atomic
def join(invitation: Invitation, user: User) -> Membership:
    """Make `user` a member. Raises RuleError when somebody else used the invitation in this moment."""
    if not invitation.use():
        raise RuleError("This invitation was just used. Ask for a new one.")
    member, _ = Membership.objects.get_or_create(
        team=invitation.team, user=user, defaults={"role": invitation.role}
    )
    audit(
        invitation.team, user, "invitation.accepted", user.email, role=member.role, invitation=invitation.pk
    )
    return member


# --- Reset links --------------------------------------------------------------------------------------------------


def reset_refusal(request: TeamRequest, user: User) -> str | None:
    """Why who asks may not make a password reset link for `user`; None when they may.

    Who holds the link can sign in as that person, everywhere. So the link must open nothing that its maker
    cannot open: every team of the person has to be one that the maker administers, with no higher role in it.
    """
    if settings.MAIL_WORKS:
        return "Email is set up, so people can reset their own passwords from the sign-in page."
    if user == request.user:
        return "Change your own password on your profile."
    if not user.is_active:
        return "This account is deactivated."
    if not (
        _covers(request.user, user)
        and (request.user.is_superuser or not (user.is_superuser or user.is_staff))
    ):
        return (
            "A reset link opens everything that this person can open. You can make one only for people whose every "
            "team you administer and whose role in none of them is above yours. "
            "Ask the operator of this Retake to run: python manage.py changepassword."
        )
    return None


def _covers(maker: User, person: User) -> bool:
    mine = dict(maker.memberships.values_list("team_id", "role"))
    theirs = person.memberships.values_list("team_id", "role")
    return all(team in mine and role in grantable(mine[team]) for team, role in theirs)


def make_reset_link(request: TeamRequest, user: User) -> str:
    """A link with which `user` sets a new password, once. Raises PermissionDenied with `reset_refusal`."""
    if refusal := reset_refusal(request, user):
        raise PermissionDenied(refusal)
    audit(request.team, request.user, "member.reset_link", user.email)
    key = ResetTokens().make_token(user)
    return absolute(request, reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key]))
