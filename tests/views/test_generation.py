"""The generation page, its tabs and fragments, and the stored record."""

import json
from typing import Any

import pytest
from django.test import Client

from dashboard.models import Role, Team, User
from generations import lookup
from generations.gateway.record import Record
from generations.models import Generation
from tests import people
from tests.reading.samples import demo_record, demo_records

pytestmark = pytest.mark.django_db
TABS = ("parameters", "cost", "timing", "json", "replays")


@pytest.fixture
def team() -> Team:
    return people.team()


@pytest.fixture
def ada(team: Team) -> User:
    return people.person(team)


def keep(team: Team, raw: bytes, request_id: str = "G-01M0N8538G8F4T0W6X1Y2Z3A4B") -> Generation:
    row = lookup.store(team, request_id, None, Record.read(raw, asked_id=request_id), None)
    row.team = team
    return row


@pytest.fixture
def chat(team: Team) -> Generation:
    return keep(team, demo_record("oslo-cancelled"))


def test_every_demo_record_renders_on_every_tab(team: Team, ada: User) -> None:
    browser = people.browser(ada)
    for name, request_id, raw in demo_records():
        row = keep(team, raw, request_id)
        for tab in ("", *(f"/{tab}" for tab in TABS)):
            answer = browser.get(row.get_absolute_url() + tab)
            assert (name, tab, answer.status_code) == (name, tab, 200)
            assert len(answer.content) < 150_000, (name, tab)


def test_a_page_asks_four_queries(ada: User, chat: Generation, django_assert_num_queries: Any) -> None:
    browser = people.browser(ada)
    browser.get(chat.get_absolute_url())
    with django_assert_num_queries(4):  # session, user, memberships, and all of the page
        browser.get(chat.get_absolute_url())
