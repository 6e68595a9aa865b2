"""Password reset links: by mail, or made by an admin where no mail server is set up."""

import re

import pytest
from django.core.mail import EmailMessage
from django.urls import reverse
from pytest_django import Settings

from dashboard.models import Membership, Role, Team, User
from tests.people import PASSWORD, actions, browser, person, team

pytestmark = pytest.mark.django_db
HOST = "http://testserver"


def reset_link(host: User, of: Team, whom: User) -> str:
    """The path of a new reset link."""
    member = Membership.objects.get(team=of, user=whom)
    page = browser(host).post(reverse("reset_link", args=[of.slug, member.pk]))
    return str(page.context["link"]).removeprefix(HOST)


def test_a_reset_link_sets_a_password_once() -> None:
    ours = team()
    admin, user = person(ours, Role.ADMIN), person(ours, password="forgotten password")
    path = reset_link(admin, ours, user)
    client = browser()
    form = client.get(path, follow=True)
    words = {"password1": PASSWORD, "password2": PASSWORD}
    done = client.post(form.context["action_url"], words)
    assert done.headers["Location"] == reverse("account_reset_password_from_key_done")
    assert client.login(request=form.wsgi_request, email=user.email, password=PASSWORD)
    assert browser().get(path).context["token_fail"] is True
    assert actions(ours) == ["member.reset_link"]


REFUSED = [
    ("of an owner, by an admin", Role.ADMIN, Role.OWNER, None, {}),
    ("of somebody in a team of others", Role.OWNER, Role.MEMBER, Role.VIEWER, {}),
    ("of a superuser", Role.OWNER, Role.MEMBER, None, {"is_superuser": True}),
    ("of staff", Role.OWNER, Role.MEMBER, None, {"is_staff": True}),
    ("of a switched-off account", Role.OWNER, Role.MEMBER, None, {"is_active": False}),
]


@pytest.mark.parametrize(
    ("asker", "role", "elsewhere", "flags"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED]
)
def test_a_reset_link_opens_nothing_that_its_maker_cannot_open(
    asker: Role, role: Role, elsewhere: Role | None, flags: dict[str, bool]
) -> None:
    ours = team()
    admin, user = person(ours, asker), person(ours, role)
    if elsewhere:
        Membership.objects.create(team=team(), user=user, role=elsewhere)
    User.objects.filter(pk=user.pk).update(**flags)
    url = reverse("reset_link", args=[ours.slug, Membership.objects.get(team=ours, user=user).pk])
    assert browser(admin).post(url).status_code == 403
    assert actions(ours) == []


def test_a_reset_link_needs_the_right_in_every_team_of_the_person() -> None:
    ours, also = team(), team()
    admin, user = person(ours, Role.ADMIN), person(ours)
    Membership.objects.create(team=also, user=user, role=Role.ADMIN)
    mine = Membership.objects.create(team=also, user=admin, role=Role.MEMBER)
    url = reverse("reset_link", args=[ours.slug, Membership.objects.get(team=ours, user=user).pk])
    assert browser(admin).post(url).status_code == 403
    Membership.objects.filter(pk=mine.pk).update(role=Role.ADMIN)
    assert browser(admin).post(url).status_code == 200


@pytest.mark.parametrize("event", ["promoted", "joined another team", "signed in"])
def test_a_reset_link_dies_when_it_would_open_more_than_before(event: str) -> None:
    ours = team()
    admin, user = person(ours, Role.ADMIN), person(ours)
    path = reset_link(admin, ours, user)
    if event == "promoted":
        Membership.objects.filter(user=user).update(role=Role.OWNER)
    elif event == "joined another team":
        Membership.objects.create(team=team(), user=user, role=Role.VIEWER)
    else:
        browser(user)
    assert browser().get(path).context["token_fail"] is True


def test_there_are_no_reset_links_by_admins_where_mail_works(settings: Settings) -> None:
    settings.MAIL_WORKS = True
    ours = team()
    user = person(ours)
    url = reverse("reset_link", args=[ours.slug, Membership.objects.get(user=user).pk])
    assert browser(person(ours, Role.OWNER)).post(url).status_code == 403


def test_nobody_makes_a_reset_link_for_themselves() -> None:
    ours = team()
    owner = person(ours, Role.OWNER)
    url = reverse("reset_link", args=[ours.slug, Membership.objects.get(user=owner).pk])
    assert browser(owner).post(url).status_code == 403


def test_without_a_mail_server_no_reset_link_is_printed_anywhere(
    settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    settings.MAIL_WORKS = False
    page = browser().post(reverse("account_reset_password"), {"email": person(password=PASSWORD).email})
    assert page.templates[0].name == "account/password_reset_by_admin.html"
    assert mailoutbox == []


def test_with_a_mail_server_the_reset_link_is_sent(
    settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    settings.MAIL_WORKS = True
    user = person(password=PASSWORD)
    known, unknown = ({"email": email} for email in (user.email, "nobody@example.com"))
    answers = [browser().post(reverse("account_reset_password"), data) for data in (known, unknown)]
    assert {one.headers["Location"] for one in answers} == {reverse("account_reset_password_done")}
    assert [one.to for one in mailoutbox] == [[user.email]]
    links = re.findall(r"http://testserver(/accounts/password/reset/key/\S+)", str(mailoutbox[0].body))
    assert "form" in browser().get(links[0], follow=True).context
