"""Lookups of many rows of the log, run as a worker runs them, against the demo gateway."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.models import GatewayConnection, Membership, Role, Team, User
from generations.log import bulk
from generations.models import BulkLookup, Fetch, Generation
from generations.records import retention
from tests.support.people import browser, person, team
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.django_db(transaction=True)
MOMENT = "2026-02-27T15:50:24+00:00"
QUERY = "since=2026-02-27T15:00&until=2026-02-27T16:00"


@pytest.fixture(autouse=True)
def messages(broker: Any, demo_gateway: DemoGateway, monkeypatch: Any) -> list[str]:
    """The messages to the workers, which nobody takes off the queue."""
    demo_gateway.set(traffic=0)
    sent: list[str] = []
    monkeypatch.setattr(bulk, "send_message", lambda job_id: sent.append(str(job_id)))
    return sent


def arrive(demo: DemoGateway, rows: int = 1) -> list[str]:
    return list(demo.call("/demo/log", {"rows": rows, "at": MOMENT, "step_us": 1000})["ids"])


def start(client: Client, of: Team, **data: Any) -> Any:
    return client.post(reverse("bulk_lookup_start", args=[of.slug]), {"query": QUERY, **data})


def test_selected_rows_are_looked_up(
    source: GatewayConnection, team: Team, ada: User, demo_gateway: DemoGateway, messages: list[str]
) -> None:
    made = arrive(demo_gateway, 12)
    answer = start(browser(ada), team, id=made[:10])
    job = BulkLookup.objects.get()
    assert answer.url == job.get_absolute_url()
    assert messages == [str(job.pk)]
    text = browser(ada).get(answer.url).content.decode()
    assert "0 of 10 found, 0 answered" in text
    bulk.run(job.pk)
    assert set(Generation.objects.of(team).values_list("request_id", flat=True)) == set(made[:10])
    job.refresh_from_db()
    assert job.ended_at is not None
    text = browser(ada).get(answer.url).content.decode()
    assert "10 of 10 found." in text
    assert f"?lookup={job.pk}" in text


def test_all_failed_ones_of_a_filter(
    source: GatewayConnection, team: Team, ada: User, demo_gateway: DemoGateway
) -> None:
    arrive(demo_gateway, 40)
    start(browser(ada), team, all="failed")
    job = BulkLookup.objects.get()
    bulk.run(job.pk)
    rows = Generation.objects.of(team)
    assert {row.success for row in rows} == {False}
    assert len(rows) == len(job.request_ids) > 3


def test_at_most_two_hundred_and_the_rest_is_said(
    source: GatewayConnection, team: Team, ada: User, demo_gateway: DemoGateway
) -> None:
    made = arrive(demo_gateway, 230)
    answer = start(browser(ada), team, all="all")
    job = BulkLookup.objects.get()
    assert (job.request_ids, job.left_out) == (made[:-201:-1], 30)
    assert "30 more were left out" in browser(ada).get(answer.url).content.decode()


def test_they_can_be_replayed_as_a_batch(
    source: GatewayConnection, team: Team, ada: User, demo_gateway: DemoGateway
) -> None:
    start(browser(ada), team, id=arrive(demo_gateway, 3))
    job = BulkLookup.objects.get()
    bulk.run(job.pk)
    plan = browser(ada).get(reverse("lab", args=[team.slug]), {"lookup": str(job.pk)})
    assert [row.request_id for row in plan.context["rows"]] == job.request_ids
    assert len(plan.context["draft"].orders) == 3
    others = browser(person(other := _other())).get(
        reverse("lab", args=[other.slug]), {"lookup": str(job.pk)}
    )
    assert others.context["rows"] == []


def _other() -> Team:
    return team("elsewhere")


def test_one_job_of_a_team_at_a_time(
    source: GatewayConnection, team: Team, ada: User, demo_gateway: DemoGateway
) -> None:
    made = arrive(demo_gateway, 2)
    first = start(browser(ada), team, id=made[:1])
    second = start(browser(ada), team, id=made[1:])
    assert second.url == first.url
    bulk.run(BulkLookup.objects.get().pk)
    assert start(browser(ada), team, id=made[1:]).url != first.url


def test_what_is_stored_is_not_asked_for_again(
    source: GatewayConnection, team: Team, ada: User, demo_gateway: DemoGateway, monkeypatch: Any
) -> None:
    made = arrive(demo_gateway, 2)
    browser(ada).get(reverse("generation", args=[team.slug, made[0]]))
    start(browser(ada), team, id=made)
    asked: list[str] = []
    monkeypatch.setattr("generations.log.bulk.lookup.look_up", lambda _, name, __: asked.append(name))
    bulk.run(BulkLookup.objects.get().pk)
    assert asked == made[1:]


def test_two_messages_are_one_run(
    source: GatewayConnection, team: Team, ada: User, demo_gateway: DemoGateway
) -> None:
    start(browser(ada), team, id=arrive(demo_gateway))
    job = BulkLookup.objects.get()
    assert job.claim()
    bulk.run(job.pk)
    assert not Generation.objects.exists()
    assert BulkLookup.objects.get().ended_at is None


def test_a_worker_that_went_silent_is_replaced(
    source: GatewayConnection, team: Team, ada: User, demo_gateway: DemoGateway, messages: list[str]
) -> None:
    start(browser(ada), team, id=arrive(demo_gateway))
    job = BulkLookup.objects.get()
    job.claim()
    assert bulk.resend() == 0
    later = timezone.now() + timedelta(minutes=2)
    assert bulk.resend(later) == 1
    assert messages == [str(job.pk)] * 2


def test_whoever_may_not_look_up_any_more_asks_for_nothing(
    source: GatewayConnection, team: Team, ada: User, demo_gateway: DemoGateway
) -> None:
    start(browser(ada), team, id=arrive(demo_gateway))
    Membership.objects.filter(user=ada).update(role=Role.VIEWER)
    bulk.run(BulkLookup.objects.get().pk)
    assert not Generation.objects.exists()
    assert not Fetch.objects.exists()
    assert BulkLookup.objects.get().ended_at is not None


def test_a_request_that_is_unknown_says_so(
    source: GatewayConnection, team: Team, ada: User, demo_gateway: DemoGateway
) -> None:
    answer = start(browser(ada), team, id=["G-01JFWPGG000000000000000000"])
    bulk.run(BulkLookup.objects.get().pk)
    assert "Not found at the gateway" in browser(ada).get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Select at least one row."),
        ({"all": "all", "query": "status=nonsense"}, "One of the filters is invalid."),
        ({"all": "all", "query": QUERY + "&model=nobody"}, "Nothing matches any more."),
    ],
)
def test_nothing_to_look_up_is_said(
    source: GatewayConnection, team: Team, ada: User, data: dict[str, str], words: str
) -> None:
    client = browser(ada)
    answer = start(client, team, **data)
    assert not BulkLookup.objects.exists()
    assert words in client.get(answer.url).content.decode()


def test_jobs_of_another_team_are_out_of_reach(
    source: GatewayConnection, team: Team, ada: User, demo_gateway: DemoGateway
) -> None:
    start(browser(ada), team, id=arrive(demo_gateway))
    job = BulkLookup.objects.get()
    other = _other()
    stranger = browser(person(other))
    for name in ("bulk_lookup", "bulk_lookup_rows"):
        assert stranger.get(reverse(name, args=[other.slug, job.pk])).status_code == 404
        assert stranger.get(reverse(name, args=[team.slug, job.pk])).status_code == 404
        assert stranger.get(reverse(name, args=[other.slug, uuid4()])).status_code == 404


def test_old_jobs_are_deleted(team: Team, ada: User) -> None:
    BulkLookup.objects.create(team=team, user=ada, created_at=timezone.now() - timedelta(days=8))
    BulkLookup.objects.create(team=team, user=ada, ended_at=timezone.now())
    retention.tidy()
    assert BulkLookup.objects.count() == 1


def test_the_sweep_sends_lost_messages(team: Team, ada: User, messages: list[str]) -> None:
    from generations.tasks import look_up_many, sweep

    job = BulkLookup.objects.create(team=team, user=ada, request_ids=[])
    sweep()
    assert messages == [str(job.pk)]
    look_up_many(str(job.pk))
    assert BulkLookup.objects.get().ended_at is not None
