"""The way around: the lists in the header, the trail of a page, previous and next."""

import re
from typing import Any

import pytest
from django.urls import reverse

from dashboard.models import GatewayConnection, Role, Team, User
from generations.models import Generation
from tests.support import people, rows

pytestmark = pytest.mark.django_db
PLACES = re.compile(r'<nav class="places".*?</nav>', re.DOTALL)


@pytest.fixture
def source(team: Team, settings: Any) -> GatewayConnection:
    return people.connection(team, settings.GATEWAY_URLS[0])


@pytest.fixture
def chat(team: Team, ada: User, source: GatewayConnection) -> Generation:
    return rows.generation(team, ada, source)


def places(user: User, path: str) -> list[str]:
    """The lists that the header of a page names; the marked one with a star."""
    [bar] = PLACES.findall(people.browser(user).get(path).content.decode())
    links = re.findall(r"<a ([^>]*)>([^<]*)</a>", bar)
    return [f"{name}*" if "aria-current" in attributes else name for attributes, name in links]


def marked(user: User, path: str) -> list[str]:
    return [name for name in places(user, path) if name.endswith("*")]


# --- the header ---------------------------------------------------------------------------------------------------


def test_every_list_is_one_click_from_every_page(ada: User, chat: Generation) -> None:
    for path in ("/", chat.get_absolute_url(), reverse("team_members", args=[chat.team.slug])):
        names = [name.rstrip("*") for name in places(ada, path)]
        assert names == ["Home", "Generations", "Log", "Replays", "Batches"]


def test_the_list_that_a_page_belongs_to_is_marked(ada: User, chat: Generation) -> None:
    replay, base = rows.replay(chat, ada), f"/t/{chat.team.slug}"
    pages = {
        "/": ["Home*"],
        f"{base}/": ["Home*"],
        chat.get_absolute_url(): ["Generations*"],
        f"{base}/generations": ["Generations*"],
        f"{base}/lookups?id=G-1&id=G-2": ["Generations*"],
        f"{base}/log": ["Log*"],
        replay.get_absolute_url(): ["Replays*"],
        f"{base}/replays": ["Replays*"],
        f"{base}/compare": ["Replays*"],
        f"{base}/batches": ["Batches*"],
        f"{base}/lab": ["Batches*"],
        f"{base}/settings/": [],
        "/accounts/profile/": [],
    }
    assert {path: marked(ada, path) for path in pages} == pages


def test_the_log_is_named_where_it_can_be_read(team: Team, ada: User, source: GatewayConnection) -> None:
    viewer = people.person(team, Role.VIEWER)
    assert "Log" not in places(viewer, "/")
    assert "Log" in places(ada, "/")
    source.delete()
    assert "Log" not in places(ada, "/")
