"""Password reset links: by mail, or made by an admin where no mail server is set up."""

import re
from pathlib import Path
from smtplib import SMTPRecipientsRefused
from threading import Event
from typing import Any, cast

import pytest
from django.core.mail import EmailMessage
from django.db import connection as database
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from dashboard import mail
from dashboard.models import Membership, Role, Team, User
from tests.support.people import PASSWORD, actions, browser, person, team

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parent.parent.parent
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
    ("asker", "role", "elsewhere", "flags"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
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


def ask(email: str, host: str = "testserver") -> HttpResponse:
    """Ask for a link on the page, and wait until the mail, if there is one, has left."""
    answer: Any = browser(HOST=host).post(reverse("account_reset_password"), {"email": email})
    mail.finish(10)
    return cast(HttpResponse, answer)


@pytest.mark.django_db(transaction=True)
def test_with_a_mail_server_the_reset_link_is_sent(
    settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    settings.MAIL_WORKS = True
    user = person(password=PASSWORD)
    answers = [ask(email) for email in (user.email.upper(), "nobody@example.com")]
    assert {answer.headers["Location"] for answer in answers} == {reverse("account_reset_password_done")}
    assert [mail.to for mail in mailoutbox] == [[user.email]]
    links = re.findall(r"http://testserver(/accounts/password/reset/key/\S+)", str(mailoutbox[0].body))
    assert "form" in browser().get(links[0], follow=True).context


@pytest.mark.django_db(transaction=True)
def test_mails_name_the_public_address_and_never_the_host_of_a_request(
    settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    settings.MAIL_WORKS, settings.ALLOWED_HOSTS = True, ["*"]
    settings.PUBLIC_URL = "https://retake.example.com"
    ask(person(password=PASSWORD).email, host="evil.example.net")
    (sent,) = mailoutbox
    assert sent.subject == "[retake.example.com] Reset your password"
    assert "https://retake.example.com/accounts/password/reset/key/" in sent.body
    assert "evil.example.net" not in sent.message().as_string()


@pytest.mark.django_db(transaction=True)
def test_a_request_does_the_same_for_any_address(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that only asks the database or the mail server about known addresses tells which are known."""
    settings.MAIL_WORKS = True
    known = person(password=PASSWORD).email
    asked: list[str] = []
    monkeypatch.setattr(mail, "_send_reset_link", lambda email, _site: asked.append(email))
    ask("somebody@example.com")  # warms up
    effects: list[list[str]] = []
    for email in (known, "nobody@example.com"):
        with CaptureQueriesContext(database) as seen:
            ask(email)
        effects.append([re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in seen])
    assert effects[0] == effects[1]
    assert asked[1:] == [known, "nobody@example.com"]
    assert not any("dashboard_user" in query for query in effects[0])


@pytest.mark.django_db(transaction=True)
def test_the_page_does_not_wait_for_the_mail_server(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MAIL_WORKS = True
    user, answered = person(password=PASSWORD), Event()

    def stuck(*_: object, **__: object) -> None:
        assert answered.wait(10)
        raise SMTPRecipientsRefused({user.email: (550, b"no")})

    monkeypatch.setattr(mail, "send_mail", stuck)
    assert browser().post(reverse("account_reset_password"), {"email": user.email}).status_code == 302
    answered.set()
    mail.finish(10)
    assert "could not be sent: SMTPRecipientsRefused" in caplog.text
    assert user.email not in caplog.text


def test_mails_that_wait_are_bounded(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mail, "WAITING", 0)
    mail.send_reset_link("a@example.com", "http://testserver")
    assert "one was dropped" in caplog.text


def test_no_other_code_sends_mail() -> None:
    ours = [path for folder in ("dashboard", "generations") for path in (ROOT / folder).rglob("*.py")]
    senders = [
        path.name
        for path in ours
        if re.search(
            r"send_?mail|send_messages?\(\[|EmailMessage|EmailMulti|mail_admins|mail_managers",
            path.read_text(),
        )
    ]
    assert senders == ["mail.py"]
