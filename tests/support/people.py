"""Teams, people and connections for every test. Each call makes new ones with names of their own."""

import itertools
import re
from html import unescape

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.http import HttpResponse, HttpResponseBase
from django.test import Client

from dashboard.fields import Secret
from dashboard.models import AuditEvent, GatewayConnection, Membership, Role, Team, User

PASSWORD = "correct horse battery"


class QuickHasher(PBKDF2PasswordHasher):
    """The usual hash with few rounds; a site in another process can check it, too."""

    iterations = 1000


_numbers = itertools.count(1)


def team(slug: str | None = None, name: str | None = None) -> Team:
    """A team without members."""
    slug = slug or f"team-{next(_numbers)}"
    return Team.objects.create(slug=slug, name=name or slug.replace("-", " ").title())


def person(
    of: Team | None = None, role: Role = Role.MEMBER, email: str | None = None, password: str | None = None
) -> User:
    """A user, in a team or in none. Without `password` nobody can sign in with one (and the test is faster)."""
    user = User.objects.create_user(email or f"person-{next(_numbers)}@example.com", password)
    if of is not None:
        Membership.objects.create(team=of, user=user, role=role)
    return user


def connection(
    of: Team, base_url: str = "http://127.0.0.1:9/v1", key: str = "read-key", replay_key: str | None = None
) -> GatewayConnection:
    """A gateway connection, asked after those that the team has."""
    return GatewayConnection.objects.create(
        team=of,
        name=f"Gateway {next(_numbers)}",
        base_url=base_url,
        read_key=Secret(key),
        replay_key=Secret(replay_key) if replay_key else None,
        position=of.connections.count(),
    )


def browser(user: User | None = None, /, **headers: str) -> Client:
    """A test client, signed in as `user`; `headers` go with every request (`HX_Request="true"`)."""
    client = Client(headers={name.replace("_", "-"): value for name, value in headers.items()})
    if user is not None:
        client.force_login(user)
    return client


def html(page: HttpResponseBase) -> str:
    """A page with every run of white space as one space, as browsers show it: templates break lines where they like."""
    assert isinstance(page, HttpResponse)
    return " ".join(page.content.decode().split())


def form_of(page: bytes) -> dict[str, str]:
    """The fields of a page's forms as a browser would send them back, but for those of its header."""
    text = page.decode()
    found: dict[str, str] = {}
    for tag in re.findall(r'<input type="(?:hidden|text|number)"[^>]*>', text):
        attributes = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        found[attributes.get("name", "")] = attributes.get("value", "")
    for select in re.finditer(r'<select name="([^"]+)".*?</select>', text, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', select[0])
        found[select[1]] = chosen[1] if chosen else ""
    for area in re.finditer(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', text, re.DOTALL):
        found[area[1]] = area[2]
    return {
        name: unescape(value)
        for name, value in found.items()
        if name not in ("", "q", "team", "csrfmiddlewaretoken")
    }


def actions(of: Team) -> list[str]:
    """What was done in a team, oldest first."""
    return list(AuditEvent.objects.filter(team=of).order_by("pk").values_list("action", flat=True))
