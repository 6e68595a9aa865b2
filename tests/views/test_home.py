"""Home: what runs, batches in progress, pins, what one has opened, what the team has, and the first steps."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from dashboard.models import Role, Team, User
from generations.models import Batch, Pin, Replay
from generations.models.replay import State
from tests.support import people, rows

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [1, 3])
def test_home_shows_all_that_goes_on_with_the_same_queries(
    team: Team, ada: User, count: int, django_assert_num_queries: Any
) -> None:
    source, bob = people.connection(team), people.person(team)
    browser = people.browser(ada)
    for number in range(count):
        made = rows.generation(team, bob, source, request_id=f"G-{number}")
        made.opened(ada)
        Pin.objects.create(generation=made, team=team, pinned_by=bob)
        many = Batch.objects.create(team=team, click=uuid4(), parallel=1, size=2, title=f"batch {number}")
        rows.replay(made, ada, state=State.RUNNING, batch=many, why="because", claimed_at=made.fetched_at)
    address = reverse("recent", args=[team.slug])
    browser.get(address)
    with django_assert_num_queries(QUERIES) as queries:
        answer = browser.get(address)
    shown = {name: len(answer.context[name]) for name in ("running", "batches", "pinned", "mine", "recent")}
    assert shown == dict.fromkeys(shown, count)
    sql = " ".join(query["sql"] for query in queries.captured_queries)
    assert [name for name in ("packed", "outline", "replayanswer", "replaypart") if name in sql] == []
    page = people.html(answer)
    assert "Say hi" in page
    assert "exact" in page
    assert "because" in page


QUERIES = 8


def test_a_new_team_sees_its_first_steps_until_it_has_replayed(team: Team, ada: User) -> None:
    browser, address = people.browser(ada), reverse("team_home", args=[team.slug])
    steps = browser.get(address).context["steps"]
    assert [step.is_done for step in steps] == [False] * 4
    made = rows.generation(team, ada, people.connection(team))
    people.person(team)
    steps = browser.get(address).context["steps"]
    assert [step.is_done for step in steps] == [True, True, False, True]
    rows.replay(made, ada)
    assert Replay.objects.exists()
    assert browser.get(address).context["steps"] == []
    viewer = people.browser(people.person(people.team("other"), Role.VIEWER))
    assert viewer.get(reverse("team_home", args=["other"])).context["steps"] == []
