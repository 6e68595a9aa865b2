"""Every address of the site asks "may they?", and these are the answers."""

from urllib.parse import quote

import pytest
from django.urls import reverse

from dashboard.access import OPEN_VIEWS, Right
from dashboard.models import Role, Team, User
from tests.support.addresses import ALL, STREAMS, Address
from tests.support.people import browser, person, team

# Pages of django-allauth answer for themselves: "everybody" or "person".
ALLAUTH = {
    "account_login": "everybody",
    "account_logout": "person",
    "account_inactive": "everybody",
    "account_change_password": "person",
    "account_set_password": "person",
    "account_reset_password_done": "everybody",
    "account_reset_password_from_key": "everybody",
    "account_reset_password_from_key_done": "everybody",
}
METHODS = ("get", "post")

OURS = [page for page in ALL if page.name not in ALLAUTH]
TEAM_PAGES = [page for page in OURS if isinstance(page.right, Right)]
PERSON_PAGES = [page for page in OURS if page.right == "person"]
each_team_page = pytest.mark.parametrize("page", TEAM_PAGES, ids=lambda page: page.name)


def sign_in_page(path: str) -> str:
    return f"{reverse('account_login')}?next={quote(path)}"


def test_every_address_has_an_answer() -> None:
    assert [page.name for page in OURS if page.right is None] == []


def test_every_address_has_a_name_of_its_own() -> None:
    names = [page.name for page in ALL]
    assert sorted(names) == sorted(set(names))


def test_open_pages_stand_in_one_list() -> None:
    assert {page.name for page in OURS if page.right == "everybody"} == OPEN_VIEWS


def test_every_page_of_allauth_is_listed_with_its_answer() -> None:
    found = {page.name: getattr(page.view, "login_required", True) for page in ALL if page.name in ALLAUTH}
    assert found == {name: answer == "person" for name, answer in ALLAUTH.items()} | {"account_logout": False}


def test_whatever_has_a_team_in_its_path_asks_for_a_right_in_it() -> None:
    assert [page for page in ALL if "team" in page.converters and page.name not in STREAMS] == TEAM_PAGES


def test_live_streams_are_listed() -> None:
    assert {page.name for page in ALL if page.right == "stream"} == STREAMS


@pytest.mark.django_db
@each_team_page
@pytest.mark.parametrize("method", METHODS)
def test_signed_out_people_see_the_sign_in_page_whether_the_team_exists_or_not(
    page: Address, method: str
) -> None:
    ours, ghost = page.url(team()), page.url(Team(slug="ghost"))
    answers = [getattr(browser(), method)(url) for url in (ours, ghost)]
    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [
        (302, sign_in_page(ours)),
        (302, sign_in_page(ghost)),
    ]


@pytest.mark.django_db
@each_team_page
@pytest.mark.parametrize("method", METHODS)
def test_outsiders_see_the_same_404_whether_the_team_exists_or_not(page: Address, method: str) -> None:
    outsider, ours = browser(person(team(), Role.OWNER)), team()
    answers = [getattr(outsider, method)(page.url(of)) for of in (ours, Team(slug="ghost"))]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.django_db
@each_team_page
@pytest.mark.parametrize("method", METHODS)
def test_members_without_the_right_are_shown_why(page: Address, method: str) -> None:
    ours = team()
    for role in [role for role in Role if not page.right.held_by(role)]:
        answer = getattr(browser(person(ours, role)), method)(page.url(ours))
        assert answer.status_code == 403
        assert answer.context["reason"] == page.right.refusal(role)


@pytest.mark.django_db
@each_team_page
def test_members_with_the_right_get_past_the_check(page: Address) -> None:
    ours = team()
    for role in [role for role in Role if page.right.held_by(role)]:
        answer = browser(person(ours, role)).get(page.url(ours))
        assert answer.status_code in {200, 302, 404, 405}
        assert answer.headers.get("Location", "") != sign_in_page(page.url(ours))


@pytest.mark.django_db
@pytest.mark.parametrize("page", PERSON_PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("method", METHODS)
def test_pages_of_a_person_need_somebody_signed_in(page: Address, method: str) -> None:
    answer = getattr(browser(), method)(page.url())
    assert (answer.status_code, answer.headers["Location"]) == (302, sign_in_page(page.url()))


@pytest.mark.django_db
def test_the_admin_is_for_superusers() -> None:
    owner, staff, superuser = person(team(), Role.OWNER), person(), person()
    User.objects.filter(pk=staff.pk).update(is_staff=True)
    User.objects.filter(pk=superuser.pk).update(is_superuser=True)
    way = browser().get("/admin/", follow=True).redirect_chain
    assert way[-1] == (sign_in_page("/admin/"), 302)
    answers = [browser(user).get("/admin/", follow=True).status_code for user in (owner, staff, superuser)]
    assert answers == [403, 403, 200]
