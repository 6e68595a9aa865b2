"""The tab with what went to the provider."""

import json
from typing import Any

import pytest

from dashboard.models import Team, User
from generations.models import Generation
from generations.views.generation.drawn_parts import forget_drawn
from tests.support import people, rows

pytestmark = pytest.mark.django_db
SENT = {**rows.CHAT, "model": "gpt-5-nano", "temperature": 1, "user": "<script>alert(1)</script>"}


@pytest.fixture(autouse=True)
def nothing_drawn() -> None:
    forget_drawn()


def made(team: Team, ada: User, request: Any, **payload: Any) -> Generation:
    log = {"status": "stored", "payload": {"provider_request": request, **payload}}
    return rows.generation(team, ada, people.connection(team), io_log=log)


def page(ada: User, row: Generation, path: str = "/provider") -> str:
    answer = people.browser(ada).get(row.get_absolute_url() + path)
    assert answer.status_code == 200
    return people.html(answer)


@pytest.mark.parametrize("form", [SENT, json.dumps(SENT)], ids=["object", "text"])
def test_the_tab_says_what_the_gateway_changed(team: Team, ada: User, form: Any) -> None:
    row = made(team, ada, form)
    shown = page(ada, row)
    assert "Added by the gateway" in shown
    assert '<ins>1</ins> <span class="likeness new">added</span>' in shown
    assert "<del>openai/gpt-5-nano</del> → <ins>gpt-5-nano</ins>" in shown
    assert "<script>alert" not in shown
    assert f'href="{row.get_absolute_url()}/provider"' in page(ada, row, "")
    assert "Added by the gateway" in page(ada, row, "/parts/provider")


def test_the_whole_body_can_be_opened(team: Team, ada: User) -> None:
    row = made(team, ada, json.dumps({**SENT, "long": "y" * 5000}))
    assert f"{row.get_absolute_url()}/parts/text?at=sent%3A" in page(ada, row)
    assert "y" * 5000 in page(ada, row, "/parts/text?at=sent%3A&kind=json")
    raw = people.browser(ada).get(row.get_absolute_url() + "/parts/raw?at=sent%3A")
    assert json.loads(b"".join(raw)) == {**SENT, "long": "y" * 5000}
    assert "1" in page(ada, row, "/parts/text?at=sent%3A/temperature")
    assert people.browser(ada).get(row.get_absolute_url() + "/parts/text?at=sent%3A/no").status_code == 404


@pytest.mark.parametrize("provider_request", [None, "missing"])
def test_without_it_there_is_no_tab(team: Team, ada: User, provider_request: Any) -> None:
    row = (
        made(team, ada, None)
        if provider_request is None
        else rows.generation(team, ada, people.connection(team))
    )
    assert "/provider" not in page(ada, row, "")
    assert "does not say what the gateway sent" in page(ada, row)


def test_a_large_record_has_the_tab_too(team: Team, ada: User) -> None:
    request = json.dumps({**SENT, "messages": [{"role": "user", "content": "z" * 600_000}]})
    shown = page(ada, made(team, ada, request))
    assert "Added by the gateway" in shown
    assert len(shown) < 200_000


def test_more_than_is_compared_is_said(team: Team, ada: User) -> None:
    shown = page(ada, made(team, ada, "w" * 4_500_000))
    assert "Anything over" in shown
    assert len(shown) < 200_000


def test_outsiders_get_nothing(team: Team, ada: User) -> None:
    row = made(team, ada, SENT)
    outsider = people.browser(people.person(people.team()))
    assert outsider.get(row.get_absolute_url() + "/provider").status_code == 404
