"""Forget this generation: who may, what the page says, what is left."""

import pytest
from django.utils import timezone

from dashboard.models import Role, Team, User
from generations.models import Generation
from generations.models.forgetting import UNDO_TIME
from generations.models.replay import State
from generations.records import forgetting, retention
from tests.support import people, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(team: Team, ada: User) -> Generation:
    return rows.generation(team, ada, people.connection(team))


def test_the_page_asks_first(ada: User, chat: Generation) -> None:
    rows.replay(chat, ada, state=State.SUCCEEDED)
    answer = people.browser(ada).get(f"{chat.get_absolute_url()}/forget")
    assert (answer.status_code, Generation.objects.count()) == (200, 1)
    assert "1 replay with its answer" in people.html(answer)


def test_one_click_forgets_and_says_so(team: Team, ada: User, chat: Generation) -> None:
    browser = people.browser(ada)
    assert "Say hi" in browser.get(chat.get_absolute_url()).content.decode()
    answer = browser.post(f"{chat.get_absolute_url()}/forget", follow=True)
    assert answer.redirect_chain == [(f"/t/{team.slug}/", 302)]
    assert f"Retake has forgotten {chat.request_id}." in answer.content.decode()
    assert Generation.objects.count() == 0
    forgetting.finish_due(timezone.now() + UNDO_TIME)
    assert (Generation.rows.count(), people.actions(team)) == (0, ["generation.forgotten"])


@pytest.mark.parametrize(
    ("role", "may"), [(Role.OWNER, True), (Role.ADMIN, True), (Role.MEMBER, False), (Role.VIEWER, False)]
)
def test_of_others_only_admins_forget(team: Team, chat: Generation, role: Role, may: bool) -> None:
    browser = people.browser(people.person(team, role))
    url = f"{chat.get_absolute_url()}/forget"
    assert (f'href="{url}"' in browser.get(chat.get_absolute_url()).content.decode()) == may
    assert browser.get(url).status_code == (200 if may else 403)
    assert browser.post(url).status_code == (302 if may else 403)
    assert Generation.objects.count() == (0 if may else 1)


def test_who_looked_it_up_and_became_a_viewer_may_not(team: Team, ada: User, chat: Generation) -> None:
    ada.memberships.update(role=Role.VIEWER)
    assert people.browser(ada).post(f"{chat.get_absolute_url()}/forget").status_code == 403


def test_members_are_shown_why(team: Team, chat: Generation) -> None:
    answer = people.browser(people.person(team)).get(f"{chat.get_absolute_url()}/forget")
    assert "Somebody else looked this generation up" in answer.content.decode()


def test_an_open_replay_comes_first(ada: User, chat: Generation) -> None:
    rows.replay(chat, ada)
    answer = people.browser(ada).post(f"{chat.get_absolute_url()}/forget")
    assert (answer.status_code, Generation.objects.count()) == (409, 1)
    assert "queued or running" in answer.content.decode()


def test_the_pages_of_what_has_expired_say_so(team: Team, ada: User, chat: Generation) -> None:
    made = rows.replay(chat, ada, state=State.SUCCEEDED, received_bytes=10, status_code=200)
    retention._expire_record(chat.records.get().pk, made.created_at.replace(year=2100))
    browser = people.browser(ada)
    for tab in ("", "/parameters", "/cost", "/timing", "/json", "/replays"):
        answer = browser.get(chat.get_absolute_url() + tab)
        assert (tab, answer.status_code) == (tab, 200)
        assert "Say hi" not in answer.content.decode()
    page = browser.get(chat.get_absolute_url()).content.decode()
    assert "The content has expired" in page
    assert f"{chat.get_absolute_url()}/copy" not in page
    assert browser.get(f"{chat.get_absolute_url()}/replay").status_code == 200
    assert browser.get(made.get_absolute_url()).status_code == 200
