"""The page of a team's replay limits."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.models import AuditEvent, Role, Team, User
from dashboard.people.preferences import choose
from dashboard.templatetags.people import in_words
from generations.models import Generation, ReplayLimits
from generations.replay.order.spending_limits import LimitUsage
from tests.support import people, rows
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
TYPED = {
    "per_replay_nanos": "0.5",
    "confirm_nanos": " $0.000000001 ",
    "person_day_nanos": "5",
    "person_day_count": "20",
    "team_day_nanos": "",
    "team_day_count": "0",
}
STORED = {
    "per_replay_nanos": 500_000_000,
    "confirm_nanos": 1,
    "person_day_nanos": 5_000_000_000,
    "person_day_count": 20,
    "team_day_nanos": None,
    "team_day_count": 0,
}


@pytest.fixture
def ada(team: Team) -> User:
    return people.person(team, Role.ADMIN)


def page(team: Team) -> str:
    return reverse("team_limits", args=[team.slug])


def stored(team: Team) -> dict[str, int | None]:
    row: dict[str, int | None] = ReplayLimits.objects.filter(team=team).values(*STORED).get()
    return row


def events(team: Team) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(team=team))


def limit_usages(answer: Any) -> list[LimitUsage]:
    return [line.standing for group in answer.context["groups"] for line in group.lines if line.standing]


def replay(team: Team, user: User, **columns: Any) -> None:
    of = Generation.objects.filter(team=team).first() or keep(team, b'{"request_id": "r"}', "r")
    rows.replay(of, user, **columns)


def test_dollars_are_stored_in_nanos(team: Team, ada: User) -> None:
    answer = people.browser(ada).post(page(team), TYPED)
    assert (answer.status_code, answer.headers["Location"]) == (302, page(team))
    assert stored(team) == STORED


def test_what_is_stored_stands_in_the_form_again(team: Team, ada: User) -> None:
    ReplayLimits.objects.create(team=team, **{**STORED, "person_day_nanos": 1_204_000_000_001})
    browser = people.browser(ada)
    form = browser.get(page(team)).context["form"]
    shown = {name: form[name].value() for name in TYPED}
    assert shown == {
        "per_replay_nanos": "0.50",
        "confirm_nanos": "0.000000001",
        "person_day_nanos": "1204.000000001",
        "person_day_count": 20,
        "team_day_nanos": None,
        "team_day_count": 0,
    }
    browser.post(page(team), {name: "" if value is None else value for name, value in shown.items()})
    assert (stored(team)["person_day_nanos"], events(team)) == (1_204_000_000_001, [])


def test_limits_are_typed_and_shown_as_numbers_are_preferred(team: Team, ada: User) -> None:
    """In German 1.000 is a thousand; in English Django would take it for 1, which nobody means."""
    browser = people.browser(ada)
    wrong = browser.post(page(team), {"team_day_count": "1.000"})
    assert [*wrong.context["form"].errors] == ["team_day_count"]
    choose(ada, numbers="de")
    browser.post(
        page(team), {"team_day_count": "1.000", "team_day_nanos": "1.000,50", "confirm_nanos": "0,5"}
    )
    kept = stored(team)
    assert (kept["team_day_count"], kept["team_day_nanos"], kept["confirm_nanos"]) == (
        1000,
        1_000_500_000_000,
        500_000_000,
    )
    shown = browser.get(page(team)).content.decode()
    assert all(f'value="{text}"' in shown for text in ("1000", "1000,50", "0,50"))


def test_each_change_leaves_an_event(team: Team, ada: User) -> None:
    browser = people.browser(ada)
    browser.post(page(team), TYPED)
    browser.post(page(team), TYPED)
    browser.post(page(team), {**TYPED, "per_replay_nanos": "1.25", "team_day_count": ""})
    first, last = events(team)
    assert (first.actor, first.action, last.action) == (ada, "limits.changed", "limits.changed")
    assert in_words(last) == (
        "Replay limits changed: per replay $0.50 became $1.25, replays of the team per day 0 became no limit"
    )
    assert last.details == {
        "changed": {"per_replay_nanos": [500_000_000, 1_250_000_000], "team_day_count": [0, None]}
    }


def test_nothing_typed_is_no_limit_and_no_event(team: Team, ada: User) -> None:
    people.browser(ada).post(page(team), {})
    assert events(team) == []
    assert stored(team) == dict.fromkeys(STORED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("per_replay_nanos", "-1"),
        ("per_replay_nanos", "a lot"),
        ("per_replay_nanos", "NaN"),
        ("per_replay_nanos", "0,5"),
        ("confirm_nanos", "0.0000000001"),
        ("person_day_nanos", "1e30"),
        ("person_day_count", "1.5"),
        ("person_day_count", "-1"),
        ("team_day_count", "99999999999"),
        ("team_day_count", "1\0"),
    ],
)
def test_what_cannot_be_a_limit_says_so_and_changes_nothing(
    team: Team, ada: User, name: str, value: str
) -> None:
    ReplayLimits.objects.create(team=team, **STORED)
    answer = people.browser(ada).post(page(team), {**TYPED, name: value})
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [name])
    assert (stored(team), events(team)) == (STORED, [])


def test_todays_use_stands_next_to_each_limit(team: Team, ada: User) -> None:
    ReplayLimits.objects.create(team=team, **STORED)
    replay(team, ada, expected_high=1_000)
    replay(team, people.person(team), expected_high=500)
    answer = people.browser(ada).get(page(team))
    assert limit_usages(answer) == [
        LimitUsage(1_000, 5_000_000_000),
        LimitUsage(1, 20),
        LimitUsage(1_500, None),
        LimitUsage(2, 0),
    ]


def test_the_page_asks_the_same_queries_for_any_number_of_replays(
    team: Team, ada: User, django_assert_num_queries: Any
) -> None:
    browser = people.browser(ada)
    browser.get(page(team))
    for _ in range(2):
        replay(team, ada)
        with django_assert_num_queries(5):  # session, person with memberships, limits, used, forgotten
            browser.get(page(team))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_others_of_the_team_read_and_cannot_write(team: Team, role: Role) -> None:
    ReplayLimits.objects.create(team=team, **STORED)
    browser = people.browser(people.person(team, role))
    answer = browser.get(page(team))
    assert answer.status_code == 200
    assert (b"<dd" in answer.content, b'name="per_replay_nanos"' in answer.content) == (True, False)
    assert browser.post(page(team), {}).status_code == 403
    assert stored(team) == STORED


def test_outsiders_see_nothing(team: Team) -> None:
    outsider = people.browser(people.person(people.team(), Role.OWNER))
    assert [outsider.get(page(team)).status_code, outsider.post(page(team), TYPED).status_code] == [404, 404]
    assert not ReplayLimits.objects.exists()


def test_the_settings_lead_here(team: Team) -> None:
    browser: Client = people.browser(people.person(team, Role.VIEWER))
    assert page(team).encode() in browser.get(reverse("team_members", args=[team.slug])).content
