"""The palette as a page and as what its dialog asks for."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from dashboard.models import GatewayConnection, Role, Team, User
from generations.models import Batch, SavedFilter, SavedLogFilter
from generations.records import lookup as lookups
from tests.support import people, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def silent_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks the gateway fails."""
    monkeypatch.setattr(lookups, "ask", None)


def entries(user: User, team: Team) -> dict[str, list[str]]:
    """The names of each group."""
    answer = people.browser(user).get(reverse("go_entries", args=[team.slug])).json()
    return {group["title"]: [entry["name"] for entry in group["entries"]] for group in answer["groups"]}


def fill(team: Team, user: User, source: GatewayConnection, name: str) -> None:
    """One more of everything that the palette shows."""
    rows.generation(team, user, source, request_id=f"G-{name}").opened(user)
    for kept in (SavedFilter, SavedLogFilter):
        kept.objects.create(team=team, user=user, name=f"{kept.__name__} {name}", query="stream=1")
    Batch.objects.create(team=team, click=uuid4(), title=f"Batch {name}", parallel=1, size=2)


def test_the_dialog_gets_everything_with_the_same_queries(
    team: Team, ada: User, source: GatewayConnection, silent_gateway: None, django_assert_num_queries: Any
) -> None:
    other, url = people.team(), reverse("go_entries", args=[team.slug])
    other.memberships.create(user=ada, role=Role.VIEWER)
    fill(team, ada, source, "1")
    browser = people.browser(ada)
    browser.get(url)
    with django_assert_num_queries(6):  # session, person with teams, and the four of the palette
        browser.get(url)
    fill(team, ada, source, "2")
    fill(other, people.person(other), source, "3")
    with django_assert_num_queries(6):
        browser.get(url)
    found = entries(ada, team)
    assert found["Recent"] == ["G-2", "G-1"]
    assert found["Saved filters"] == [
        *("SavedFilter 1", "SavedFilter 2", "SavedLogFilter 1", "SavedLogFilter 2")
    ]
    assert (found["Batches"], found["Teams"]) == (["Batch 2", "Batch 1"], [other.name])
    assert {"Home", "Log", "Replay many", "Preferences"} <= set(found["Pages"])


def test_a_viewer_is_offered_only_what_opens(team: Team, source: GatewayConnection) -> None:
    viewer = people.browser(people.person(team, Role.VIEWER))
    groups = viewer.get(reverse("go_entries", args=[team.slug])).json()["groups"]
    urls = [entry["url"] for group in groups for entry in group["entries"]]
    assert {viewer.get(url).status_code for url in urls} == {200}
    assert not any("/lab" in url or "/log" in url or "/connections" in url for url in urls)


def test_without_script_it_is_a_page(
    team: Team, ada: User, source: GatewayConnection, silent_gateway: None
) -> None:
    url, browser = reverse("go", args=[team.slug]), people.browser(ada)
    chat = rows.generation(team, ada, source)
    whole = people.html(browser.get(url))
    assert all(f">{name}<" in whole for name in ("Home", "Replays of this week", "Compare"))
    assert chat.request_id not in whole  # nobody has opened it
    found = people.html(browser.post(url, {"q": f"error in {chat.request_id}, see logs"}))
    assert f'href="{chat.get_absolute_url()}"' in found
    assert 'name="q" value="error in' in found  # the lookup, by POST
    few = people.html(browser.post(url, {"q": "SPENDING settings"}))
    assert "<span>Replay limits</span>" in few
    assert "<span>Compare</span>" not in few
    assert ("what replays may cost" in few, "spending" in few) == (
        True,
        False,
    )  # found by a word it does not show
    assert "Nothing has these words" in people.html(browser.post(url, {"q": "zzz"}))
