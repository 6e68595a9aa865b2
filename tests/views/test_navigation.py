"""The way around: the lists in the header, the trail of a page, previous and next."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.models import GatewayConnection, Role, Team, User
from generations.models import Batch, Generation, Replay
from generations.views.lists.steps import FIRST, LAST
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
        assert names == ["Home", "Generations", "Log", "Replays", "Batches", "Trends"]


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


# --- the trail ----------------------------------------------------------------------------------------------------


def trail(user: User, path: str) -> list[str]:
    """The words of a page's trail."""
    page = people.browser(user).get(path).content.decode()
    [bar] = re.findall(r'<nav class="trail".*?</nav>', page, re.DOTALL)
    return [unescape(words) for words in re.findall(r"<(?:a|span)[^>]*>([^<]*)</", bar)]


def test_inner_pages_say_where_they_are(ada: User, chat: Generation) -> None:
    base, name = chat.get_absolute_url(), chat.request_id
    first, second = rows.replay(chat, ada), rows.replay(chat, ada)
    assert trail(ada, base) == ["Generations", name]
    assert trail(ada, f"{base}/replay") == ["Generations", name, "Replay"]
    assert trail(ada, f"{base}/copy") == ["Generations", name, "Copy"]
    assert trail(ada, first.get_absolute_url()) == ["Generations", name, "Replay 1"]
    assert trail(ada, second.get_absolute_url()) == ["Generations", name, "Replay 2"]
    assert trail(ada, f"{second.get_absolute_url()}?list=") == ["Replays", name, "Replay 2"]


def test_a_member_of_a_batch_stands_in_its_batch(ada: User, chat: Generation) -> None:
    batch = a_batch(chat, ada, 3)
    assert trail(ada, batch.get_absolute_url()) == ["Batches", "<Three>"]
    member = batch.replays.get(place=1)
    assert trail(ada, member.get_absolute_url()) == ["Batches", "<Three>", "Replay 2"]


def a_batch(chat: Generation, ada: User, times: int) -> Batch:
    batch = Batch.objects.create(
        team=chat.team, started_by=ada, click=uuid4(), title="<Three>", parallel=1, size=times
    )
    for place in range(times):
        rows.replay(chat, ada, batch=batch, place=place)
    return batch


# --- previous and next --------------------------------------------------------------------------------------------


def step(user: User, row: Generation | Replay, way: str, **query: str) -> str:
    """Where it leads to."""
    return people.browser(user).get(f"{row.get_absolute_url()}/{way}", query).headers["Location"]


@pytest.fixture
def listed(team: Team, ada: User) -> list[Generation]:
    """Five generations, the newest first, of two models by turns."""
    at = timezone.now()
    return [
        Generation.objects.create(
            team=team,
            request_id=f"G-{number}",
            model_id=f"m{number % 2}",
            made_at=at - timedelta(hours=number),
        )
        for number in range(5)
    ]


def test_next_is_the_older_generation_of_the_list(ada: User, listed: list[Generation]) -> None:
    assert step(ada, listed[1], "next") == listed[2].get_absolute_url()
    assert step(ada, listed[1], "previous") == listed[0].get_absolute_url()


def test_the_filters_are_carried_on(ada: User, listed: list[Generation]) -> None:
    carried = "?list=model%3Dm1"
    page = people.browser(ada).get(f"/t/{listed[0].team.slug}/generations?model=m1").content.decode()
    assert f'href="{listed[1].get_absolute_url()}{carried}"' in page
    assert step(ada, listed[1], "next", list="model=m1") == listed[3].get_absolute_url() + carried
    inner = people.browser(ada).get(listed[1].get_absolute_url() + carried).content.decode()
    assert f'href="{listed[1].get_absolute_url()}/next{carried}"' in inner
    assert f'href="{listed[1].get_absolute_url()}/cost{carried}"' in inner
    assert f'href="{reverse("generations", args=[listed[1].team.slug])}?model=m1"' in inner


@pytest.mark.parametrize(("at", "way", "words"), [(0, "previous", FIRST), (4, "next", LAST)])
def test_at_the_end_the_page_stays_and_says_so(
    ada: User, listed: list[Generation], at: int, way: str, words: str
) -> None:
    browser = people.browser(ada)
    page = browser.get(f"{listed[at].get_absolute_url()}/{way}", follow=True)
    assert page.redirect_chain == [(listed[at].get_absolute_url(), 302)]
    assert [str(message) for message in page.context["messages"]] == [words]


@pytest.mark.parametrize("query", ["who=abc", "ms_min=x", "\0", "a" * 3000, "list=list"])
def test_filters_that_are_none_ask_for_the_whole_list(
    ada: User, listed: list[Generation], query: str
) -> None:
    assert step(ada, listed[1], "next", list=query).partition("?")[0] == listed[2].get_absolute_url()


def test_other_teams_are_no_neighbours(ada: User, listed: list[Generation]) -> None:
    Generation.objects.create(team=people.team(), request_id="G-x", made_at=listed[1].made_at)
    assert step(ada, listed[1], "next") == listed[2].get_absolute_url()


def test_replays_follow_each_other_by_number_by_place_or_by_list(ada: User, chat: Generation) -> None:
    first, second = rows.replay(chat, ada, state="failed"), rows.replay(chat, ada)
    batch = a_batch(chat, ada, 2)
    former, latter = batch.replays.order_by("place")
    assert step(ada, first, "next") == second.get_absolute_url()
    assert step(ada, second, "previous") == first.get_absolute_url()
    assert step(ada, former, "next") == latter.get_absolute_url()
    assert step(ada, latter, "previous") == former.get_absolute_url()
    assert step(ada, second, "next", list="") == f"{first.get_absolute_url()}?list="
    third = rows.replay(chat, ada, state="failed")
    assert step(ada, third, "next", list="state=failed") == f"{first.get_absolute_url()}?list=state%3Dfailed"
    assert step(ada, third, "next", list="when=never").startswith(latter.get_absolute_url())


def test_the_ledger_hands_its_filters_on(ada: User, chat: Generation) -> None:
    replay = rows.replay(chat, ada)
    page = people.browser(ada).get(f"/t/{chat.team.slug}/replays?state={replay.state}").content.decode()
    assert f'href="{replay.get_absolute_url()}?list=state%3D{replay.state}"' in page


# --- all like this ------------------------------------------------------------------------------------------------


def test_values_in_the_head_lead_to_all_like_it(team: Team, ada: User, source: GatewayConnection) -> None:
    values = {
        "model_id": "a/m&1",
        "provider": "p 1",
        "session_id": "s/1",
        "key_id": "k1",
        "app_id": "a 1",
        "error_code": "e:1",
    }
    failed = {"status_code": 500, "success": False}
    row = rows.generation(team, ada, source, **values, **failed)
    page = people.browser(ada).get(row.get_absolute_url()).content.decode()
    like = reverse("log_or_list", args=[team.slug])
    found = [unescape(href).removeprefix(like) for href in re.findall(r'class="like" href="([^"]*)"', page)]
    of_app = f"{reverse('generations', args=[team.slug])}?app=a+1"  # the gateway's log has no filter for it
    assert page.count(f'href="{of_app.replace("+", "%20")}">Same app') == 1
    assert [found.pk for found in people.browser(ada).get(of_app).context["page"].rows] == [row.pk]
    assert sorted(found) == [
        of_app,
        *("?error_code=e%3A1", "?key=k1", "?model=a%2Fm%261", "?provider=p+1", "?session=s%2F1"),
    ]
    plain = rows.generation(team, ada, source, request_id="G-2", model_id=None)
    assert 'class="like"' not in people.html(people.browser(ada).get(plain.get_absolute_url()))
