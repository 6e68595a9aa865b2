"""Invitations, roles, leaving, reset links, the switcher: walked through as a browser does."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.access import TeamRequest
from dashboard.models import AuditEvent, Invitation, Membership, Role, Team, User
from dashboard.people.team_service import change_role, create_team, open_invitation
from tests.support.people import PASSWORD, actions, browser, person, team

pytestmark = pytest.mark.django_db
HOST = "http://testserver"


def invite(host: User, of: Team, role: Role = Role.MEMBER) -> str:
    """The path of a new invitation's link."""
    page = browser(host).post(reverse("invitations", args=[of.slug]), {"role": role})
    return str(page.context["link"]).removeprefix(HOST)


def role_of(user: User, of: Team) -> str | None:
    return Membership.objects.filter(team=of, user=user).values_list("role", flat=True).first()


def signed_in(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


# --- Signing in ---------------------------------------------------------------------------------------------------


def test_sign_in_by_email_in_any_case() -> None:
    user = person(password=PASSWORD)
    client = browser()
    answer = client.post(reverse("account_login"), {"login": user.email.upper(), "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert signed_in(client) == str(user.pk)


def test_sign_up_without_an_invitation_has_no_address() -> None:
    assert browser().get("/accounts/signup/").status_code == 404


def test_signing_out_takes_a_form() -> None:
    client = browser(person())
    assert client.get(reverse("account_logout")).status_code == 200
    assert client.post(reverse("account_logout")).status_code == 302
    assert signed_in(client) is None


# --- Invitations --------------------------------------------------------------------------------------------------


def test_an_invitation_makes_an_account_and_a_member() -> None:
    ours = team()
    path = invite(person(ours, Role.ADMIN), ours, Role.VIEWER)
    client = browser()
    assert client.get(path).status_code == 200
    answer = client.post(path, {"email": "New@Example.com", "name": "New", "password": PASSWORD})
    user = User.objects.get(email="new@example.com")
    assert answer.headers["Location"] == reverse("team_members", args=[ours.slug])
    assert (signed_in(client), user.name, role_of(user, ours)) == (str(user.pk), "New", Role.VIEWER)
    assert actions(ours) == ["invitation.made", "invitation.accepted"]


def test_an_invitation_works_once() -> None:
    ours = team()
    path = invite(person(ours, Role.ADMIN), ours)
    first, second = person(), person()
    assert browser(first).post(path).status_code == 302
    assert browser(second).post(path).status_code == 410
    assert (role_of(first, ours), role_of(second, ours)) == (Role.MEMBER, None)


def test_looking_at_an_invitation_does_not_use_it() -> None:
    ours = team()
    path = invite(person(ours, Role.ADMIN), ours)
    assert [browser(person()).get(path).status_code for _ in range(2)] == [200, 200]


def test_an_invitation_changes_nothing_for_a_member() -> None:
    ours = team()
    owner = person(ours, Role.OWNER)
    path = invite(owner, ours, Role.VIEWER)
    assert browser(owner).post(path).context["already"] is True
    assert role_of(owner, ours) == Role.OWNER
    assert browser(person()).post(path).status_code == 302


@pytest.mark.parametrize("value", ["taken@example.com", "TAKEN@example.com"])
def test_an_invitation_does_not_take_over_an_account(value: str) -> None:
    person(email="taken@example.com", password="another password")
    ours = team()
    path = invite(person(ours, Role.ADMIN), ours)
    page = browser().post(path, {"email": value, "password": PASSWORD})
    assert page.context["form"].errors == {
        "email": ["An account with this email address already exists. Sign in, then open this link again."]
    }
    assert open_invitation(path.rsplit("/", 1)[1]) is not None


def test_a_weak_password_leaves_the_invitation_unused() -> None:
    ours = team()
    path = invite(person(ours, Role.ADMIN), ours)
    page = browser().post(path, {"email": "carol.long@example.com", "password": "carol.long@example"})
    assert list(page.context["form"].errors) == ["password"]
    assert not User.objects.filter(email="carol.long@example.com").exists()
    assert open_invitation(path.rsplit("/", 1)[1]) is not None


def test_an_invitation_expires_after_seven_days() -> None:
    ours = team()
    path = invite(person(ours, Role.ADMIN), ours)
    made = Invitation.objects.get()
    assert made.expires_at - made.created_at == pytest.approx(timedelta(days=7), abs=timedelta(seconds=9))
    Invitation.objects.update(expires_at=timezone.now())
    assert browser(person()).get(path).status_code == 410


def test_a_revoked_invitation_does_not_work() -> None:
    ours = team()
    admin = person(ours, Role.ADMIN)
    path = invite(admin, ours)
    browser(admin).post(reverse("revoke_invitation", args=[ours.slug, Invitation.objects.get().pk]))
    assert browser(person()).get(path).status_code == 410


def test_an_invitation_is_worth_no_more_than_who_made_it() -> None:
    ours = team()
    owner, admin = person(ours, Role.OWNER), person(ours, Role.ADMIN)
    path = invite(admin, ours)
    Membership.objects.filter(user=admin).update(role=Role.MEMBER)
    assert browser(person()).get(path).status_code == 410
    Membership.objects.filter(user=admin).update(role=Role.ADMIN)
    browser(owner).post(reverse("remove_member", args=[ours.slug, Membership.objects.get(user=admin).pk]))
    assert Invitation.objects.count() == 0


def test_the_token_is_not_in_the_database() -> None:
    ours = team()
    token = invite(person(ours, Role.ADMIN), ours).rsplit("/", 1)[1]
    assert token not in str(list(Invitation.objects.values())) + str(list(AuditEvent.objects.values()))


def test_an_admin_cannot_invite_an_owner() -> None:
    ours = team()
    answer = browser(person(ours, Role.ADMIN)).post(
        reverse("invitations", args=[ours.slug]), {"role": Role.OWNER}
    )
    assert (answer.status_code, Invitation.objects.count()) == (302, 0)


def test_an_invitation_of_another_team_cannot_be_revoked() -> None:
    theirs, ours = team(), team()
    invite(person(theirs, Role.ADMIN), theirs)
    admin = browser(person(ours, Role.OWNER))
    answer = admin.post(reverse("revoke_invitation", args=[ours.slug, Invitation.objects.get().pk]))
    assert (answer.status_code, Invitation.objects.count()) == (404, 1)


# --- Roles --------------------------------------------------------------------------------------------------------

# Who asks, of whom, for what -> what happens: the new role, or 403, or the form again.
CHANGES = [
    (Role.OWNER, Role.MEMBER, Role.OWNER, 302, Role.OWNER),
    (Role.OWNER, Role.OWNER, Role.VIEWER, 302, Role.VIEWER),
    (Role.ADMIN, Role.MEMBER, Role.ADMIN, 302, Role.ADMIN),
    (Role.ADMIN, Role.ADMIN, Role.VIEWER, 302, Role.VIEWER),
    (Role.ADMIN, Role.MEMBER, Role.OWNER, 200, Role.MEMBER),
    (Role.ADMIN, Role.OWNER, Role.MEMBER, 403, Role.OWNER),
    (Role.MEMBER, Role.VIEWER, Role.MEMBER, 403, Role.VIEWER),
    (Role.VIEWER, Role.VIEWER, Role.MEMBER, 403, Role.VIEWER),
]


@pytest.mark.parametrize(("asker", "before", "wish", "status", "after"), CHANGES)
def test_who_may_change_whose_role(asker: Role, before: Role, wish: Role, status: int, after: Role) -> None:
    ours = team()
    other = person(ours, before)
    member = Membership.objects.get(user=other)
    url = reverse("team_member", args=[ours.slug, member.pk])
    answer = browser(person(ours, asker)).post(url, {"role": wish})
    assert (answer.status_code, role_of(other, ours)) == (status, after)


def test_a_role_change_is_recorded() -> None:
    ours = team()
    owner, other = person(ours, Role.OWNER), person(ours)
    member = Membership.objects.get(user=other)
    browser(owner).post(reverse("team_member", args=[ours.slug, member.pk]), {"role": Role.ADMIN})
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.subject) == (owner, "member.role", other.email)
    assert event.details == {"before": "member", "after": "admin"}


def test_the_engine_refuses_what_the_form_does_not_offer() -> None:
    ours = team()
    admin, other = person(ours, Role.ADMIN), person(ours)
    request = TeamRequest()
    request.user, request.team, request.role = admin, ours, Role.ADMIN
    with pytest.raises(PermissionDenied, match="Only owners and above may change or remove owners"):
        change_role(request, Membership.objects.get(user=other), Role.OWNER)


@pytest.mark.parametrize("name", ["team_member", "remove_member"])
def test_the_last_owner_stays_owner(name: str) -> None:
    ours = team()
    owner = person(ours, Role.OWNER)
    member = Membership.objects.get(user=owner)
    answer = browser(owner).post(
        reverse(name, args=[ours.slug, member.pk]), {"role": Role.ADMIN}, follow=True
    )
    assert [str(message) for message in answer.context["messages"]] == [
        f"{owner} is the last owner of this team. Make someone else an owner first."
    ]
    assert role_of(owner, ours) == Role.OWNER


def test_the_last_owner_cannot_leave() -> None:
    ours = team()
    owner = person(ours, Role.OWNER)
    browser(owner).post(reverse("leave_team", args=[ours.slug]))
    assert role_of(owner, ours) == Role.OWNER


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER, Role.ADMIN])
def test_everybody_else_can_leave(role: Role) -> None:
    ours = team()
    person(ours, Role.OWNER)
    user = person(ours, role)
    assert browser(user).post(reverse("leave_team", args=[ours.slug])).headers["Location"] == "/"
    assert (role_of(user, ours), actions(ours)) == (None, ["member.left"])


@pytest.mark.parametrize(
    ("asker", "whom", "status"),
    [(Role.OWNER, Role.OWNER, 302), (Role.ADMIN, Role.MEMBER, 302), (Role.ADMIN, Role.OWNER, 403)],
)
def test_who_may_remove_whom(asker: Role, whom: Role, status: int) -> None:
    ours = team()
    admin, other = person(ours, asker), person(ours, whom)
    url = reverse("remove_member", args=[ours.slug, Membership.objects.get(user=other).pk])
    assert browser(admin).post(url).status_code == status
    assert (role_of(other, ours) is None) == (status == 302)


def test_members_of_another_team_are_out_of_reach() -> None:
    theirs, ours = team(), team()
    other = person(theirs)
    member = Membership.objects.get(user=other)
    client = browser(person(ours, Role.OWNER))
    for name in ("team_member", "remove_member", "reset_link"):
        assert client.post(reverse(name, args=[ours.slug, member.pk]), {"role": "viewer"}).status_code == 404
    assert role_of(other, theirs) == Role.MEMBER


# --- Teams and oneself --------------------------------------------------------------------------------------------


def test_a_person_without_a_team_has_a_page_of_their_own() -> None:
    user = person()
    page = browser(user).get("/", follow=True)
    assert page.redirect_chain == [(reverse("no_team"), 302)]
    assert browser(person(team())).get(reverse("no_team")).headers["Location"] == "/"


def test_a_new_team_belongs_to_who_made_it() -> None:
    user = person()
    answer = browser(user).post(reverse("new_team"), {"name": "Blue Sky"})
    made = Team.objects.get(slug="blue-sky")
    assert answer.headers["Location"] == reverse("team_connections", args=["blue-sky"])
    assert (role_of(user, made), actions(made)) == (Role.OWNER, ["team.created"])


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ("Acme", ["acme", "acme-2", "acme-3"]),
        ("東京", ["team", "team-2", "team-3"]),
        ("x" * 80, ["x" * 40, "x" * 40 + "-2", "x" * 40 + "-3"]),
    ],
)
def test_teams_of_one_name_have_addresses_of_their_own(name: str, slugs: list[str]) -> None:
    owner = person()
    assert [create_team(name, owner).slug for _ in range(3)] == slugs


def test_the_last_used_team_is_the_current_one() -> None:
    first, second = team(name="A"), team(name="B")
    user = person(first)
    Membership.objects.create(team=second, user=user, role=Role.ADMIN)
    client = browser(user)
    assert client.get(reverse("profile")).context["site"].team == first
    client.get(reverse("team_members", args=[second.slug]))
    site = client.get(reverse("profile")).context["site"]
    assert (site.team, site.role, site.may["manage"], site.may["own"]) == (second, Role.ADMIN, True, False)
    assert [membership.team for membership in site.memberships] == [first, second]


@pytest.mark.parametrize("count", [1, 3])
def test_the_members_page_needs_the_same_queries_for_one_and_for_three(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ours = team()
    client = browser(person(ours, Role.OWNER))
    for _ in range(count):
        invite(person(ours, Role.ADMIN), ours)
    client.get(reverse("team_members", args=[ours.slug]))
    with django_assert_num_queries(5):
        client.get(reverse("team_members", args=[ours.slug]))


def test_renaming_keeps_the_address() -> None:
    ours = team(slug="acme-travel")
    browser(person(ours, Role.ADMIN)).post(reverse("rename_team", args=[ours.slug]), {"name": "Acme Trips"})
    ours.refresh_from_db()
    assert (ours.slug, ours.name) == ("acme-travel", "Acme Trips")


def test_the_profile_saves_the_name() -> None:
    user = person()
    assert browser(user).post(reverse("profile"), {"name": "Ada Lovelace"}).status_code == 302
    assert User.objects.get(pk=user.pk).name == "Ada Lovelace"


def test_a_password_is_changed_from_the_profile() -> None:
    user = person(password=PASSWORD)
    client = browser(user)
    words = {"oldpassword": PASSWORD, "password1": "an even longer one", "password2": "an even longer one"}
    answer = client.post(reverse("account_change_password"), words)
    assert answer.headers["Location"] == reverse("profile")
    assert User.objects.get(pk=user.pk).check_password("an even longer one")
    assert signed_in(client) == str(user.pk)


def test_who_has_no_password_sets_one() -> None:
    user = person()
    client = browser(user)
    assert client.get(reverse("account_change_password")).headers["Location"] == reverse(
        "account_set_password"
    )
    client.post(reverse("account_set_password"), {"password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
