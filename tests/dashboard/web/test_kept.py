"""What is kept of a page's frame in the process is drawn the same for everybody whom it is shown to."""

import re

import pytest
from django.middleware.csrf import get_token
from django.test import RequestFactory

from dashboard.models import Membership, Role, User
from dashboard.people.preferences import choose
from dashboard.templatetags import kept
from tests.support import people

pytestmark = pytest.mark.django_db
TOKEN = re.compile(r"\b[A-Za-z0-9]{64}\b")


def drawn(user: User, path: str) -> str:
    """The page without its form tokens, which are another each time."""
    answer = people.browser(user).get(path)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert kept.STAND_IN not in text
    assert len(set(TOKEN.findall(text))) == 1
    return TOKEN.sub("", text)


def test_a_kept_frame_is_the_one_that_would_be_drawn(ada: User) -> None:
    """Roles, teams, names, places, connections, themes: whatever was kept for others before."""
    first, second = people.team("first"), people.team("second")
    people.connection(second)
    for team, role in ((first, Role.OWNER), (second, Role.VIEWER)):
        Membership.objects.create(team=team, user=ada, role=role)
    viewer, admin = people.person(first, Role.VIEWER), people.person(second, Role.ADMIN)
    renamed = people.person(second, Role.ADMIN)
    User.objects.filter(pk=renamed.pk).update(name="<b>Grace</b> Hopper")
    choose(renamed, theme="dark")
    pages = [
        (user, f"/t/{team.slug}/{place}")
        for user, team in ((ada, first), (ada, second), (viewer, first), (admin, second), (renamed, second))
        for place in ("", "replays")
    ]
    cold = []
    for user, path in pages:
        kept.parts.clear()
        cold.append(drawn(user, path))
    warm = [drawn(user, path) for user, path in [*pages, *reversed(pages)]]
    assert warm == [*cold, *reversed(cold)]
    assert "&lt;b&gt;Grace&lt;/b&gt; Hopper" in cold[-1]


def test_the_form_token_of_a_kept_part_is_that_of_who_asks() -> None:
    token = get_token(RequestFactory().get("/"))
    assert kept.with_token(f'value="{kept.STAND_IN}"', token) == f'value="{token}"'
