"""Views that leave their page thread for long work, and what they answer when too much of it waits."""

import json
from typing import Any, cast

import pytest
from django.http import HttpResponse
from django.urls import reverse

from dashboard.models import GatewayConnection, Team, User
from dashboard.web.heavy_work import BUSY, PLACE, AnsweredIn
from generations.compare import comparison as comparing
from generations.models import Generation, Replay
from generations.models.replay import State
from generations.views.generation import export
from tests.support import people, rows

pytestmark = pytest.mark.django_db
LEFT = 202


@pytest.fixture
def source(team: Team) -> GatewayConnection:
    return people.connection(team)


@pytest.fixture
def chat(team: Team, ada: User, source: GatewayConnection) -> Generation:
    body = {"choices": [{"message": {"role": "assistant", "content": "Hi"}}]}
    log = {"status": "stored", "payload": {"gateway_response": body}}
    return rows.generation(team, ada, source, io_log=log)


@pytest.fixture
def replay(chat: Generation, ada: User) -> Replay:
    row = rows.replay(chat, ada, state=State.SUCCEEDED, content_type="application/json")
    wire = json.dumps({"choices": [{"message": {"role": "assistant", "content": "Ho"}}]}).encode()
    rows.answer(row, wire)
    return row


def ask(user: User, url: str, place: AnsweredIn | None, **headers: str) -> HttpResponse:
    """The answer at this place of the web process; None: elsewhere."""
    environ: dict[str, Any] = {} if place is None else {PLACE: place}
    answer: Any = people.browser(user, **headers).get(url, **environ)
    if answer.streaming:
        assert b"".join(answer)
    return cast(HttpResponse, answer)


def addresses(chat: Generation, replay: Replay) -> dict[str, str]:
    """Every page whose work may take long."""
    base, compare = chat.get_absolute_url(), reverse("compare", args=[chat.team.slug])
    return {
        "bundle": f"{base}/bundle.zip",
        "masked bundle": f"{base}/bundle.zip?masked=1",
        "copy": f"{base}/copy",
        "code": f"{base}/copy/curl",
        "request": f"{base}/request.json",
        "compare": f"{compare}?a={chat.slug}&b={replay.pk}",
        "replay": replay.get_absolute_url(),
        "panel": f"{replay.get_absolute_url()}/panel",
        "figures": f"{replay.get_absolute_url()}/record",
    }


@pytest.mark.heavy
def test_zips_and_what_is_large_leave_the_page_threads(
    ada: User, chat: Generation, replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = addresses(chat, replay)
    small = {name: ask(ada, url, AnsweredIn.PAGE).status_code for name, url in pages.items()}
    assert small == dict.fromkeys(pages, 200) | {"bundle": LEFT, "masked bundle": LEFT}
    monkeypatch.setattr(export, "AT_ONCE", 1)
    monkeypatch.setattr(comparing, "AT_ONCE", 1)
    assert {name: ask(ada, url, AnsweredIn.PAGE).status_code for name, url in pages.items()} == dict.fromkeys(
        pages, LEFT
    )
    for place in (AnsweredIn.HEAVY, None):
        done = {name: ask(ada, url, place).status_code for name, url in pages.items()}
        assert done == dict.fromkeys(pages, 200)


def test_a_view_that_left_says_who_asked(ada: User, chat: Generation) -> None:
    answer: Any = ask(ada, f"{chat.get_absolute_url()}/bundle.zip", AnsweredIn.PAGE)
    assert answer.person == ada.pk


@pytest.mark.parametrize(
    ("headers", "kind", "words"),
    [
        ({"ACCEPT": "text/html,*/*"}, "text/html", "<h1>Long work is waiting</h1>"),
        ({"ACCEPT": "*/*"}, "text/plain", BUSY),
        ({}, "text/plain", BUSY),
        ({"HX_Request": "true", "ACCEPT": "*/*"}, "text/html", 'role="alert"'),
    ],
)
def test_who_asks_too_often_is_shown_when_to_come_again(
    ada: User, chat: Generation, headers: dict[str, str], kind: str, words: str
) -> None:
    answer = ask(ada, f"{chat.get_absolute_url()}/bundle.zip", AnsweredIn.FULL, **headers)
    assert (answer.status_code, answer["Retry-After"]) == (429, "10")
    assert answer["Content-Type"].startswith(kind)
    assert words in answer.content.decode()
    assert BUSY in answer.content.decode()


def test_outsiders_are_shown_nothing(team: Team, chat: Generation) -> None:
    stranger = people.person(people.team())
    for place in AnsweredIn:
        assert ask(stranger, f"{chat.get_absolute_url()}/bundle.zip", place).status_code == 404


def test_trying_a_connection_leaves_the_page_thread(ada: User, source: GatewayConnection) -> None:
    """It may wait for the gateway for a minute."""
    ada.memberships.update(role="admin")
    url = reverse("test_connection", args=[source.team.slug, source.pk])
    environ: dict[str, Any] = {PLACE: AnsweredIn.PAGE}
    answer: Any = people.browser(ada).post(url, **environ)
    assert (answer.status_code, answer.person) == (LEFT, ada.pk)
    source.refresh_from_db()
    assert source.checked_at is None
