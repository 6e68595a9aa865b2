"""The pages of the gateway's log, against the demo gateway."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from django.db import connection as database
from django.test import Client
from django.urls import reverse

from dashboard.fields import Secret
from dashboard.models import GatewayConnection, Role, Team, User
from generations.gateway import log as gateway_log
from generations.gateway.demo import keys
from generations.log import asking
from generations.models import Generation, SavedLogFilter
from generations.templatetags import log_rows
from tests.support import people
from tests.support.people import browser, connection, html, person
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.django_db(transaction=True)
MOMENT = "2026-02-27T15:50:24+00:00"
WINDOW = {"since": "2026-02-27T15:00", "until": "2026-02-27T16:00"}


@pytest.fixture(autouse=True)
def _fresh(broker: "redis.Redis", demo_gateway: DemoGateway) -> None:
    """Nothing is kept of an earlier test, and no traffic passes by."""
    demo_gateway.set(traffic=0)


@pytest.fixture
def ada_here(source: GatewayConnection, ada: User) -> Client:
    return browser(ada)


def arrive(demo: DemoGateway, rows: int = 1, at: str = MOMENT, step_us: int = 0) -> list[str]:
    return list(demo.call("/demo/log", {"rows": rows, "at": at, "step_us": step_us})["ids"])


def page(client: Client, of: Team, name: str = "log", **query: Any) -> Any:
    return client.get(reverse(name, args=[of.slug]), query)


def shown(answer: Any) -> list[str]:
    """The request IDs of the rows, as they stand."""
    return re.findall(r'id="log-([^"]+)" href', html(answer))


# --- rows ---------------------------------------------------------------------------------------------------------


def test_the_log_shows_what_the_gateway_has(ada_here: Client, team: Team, demo_gateway: DemoGateway) -> None:
    made = arrive(demo_gateway, 3, step_us=1_000_000)
    answer = page(ada_here, team, **WINDOW)
    assert (answer.status_code, shown(answer)) == (200, made[::-1])
    text = html(answer)
    assert "3 requests in this time" in text
    assert "not stored" in text
    assert (
        answer.headers["Cache-Control"].startswith("no-store") or "private" in answer.headers["Cache-Control"]
    )


def test_pages_follow_each_other_without_a_row_twice_or_lost(
    ada_here: Client, team: Team, demo_gateway: DemoGateway
) -> None:
    made = arrive(demo_gateway, 130, step_us=37)  # a few milliseconds
    names, older = [], None
    for _ in range(3):
        answer = page(ada_here, team, **WINDOW, **({"older": older} if older else {}))
        names += shown(answer)
        link = re.search(r'rel="next" href="([^"]+)"', html(answer))
        older = parse_qs(urlsplit(link[1].replace("&amp;", "&")).query)["older"][0] if link else None
        arrive(demo_gateway, 100, at="2026-02-27T15:55:00+00:00", step_us=5)
    assert older is None
    assert names == made[::-1]


def test_a_row_says_whether_it_is_stored_and_how_it_begins(
    ada_here: Client, team: Team, demo_gateway: DemoGateway
) -> None:
    [made] = arrive(demo_gateway)
    ada_here.get(reverse("generation", args=[team.slug, made]))
    assert Generation.objects.of(team).filter(request_id=made).exists()
    item = page(ada_here, team, **WINDOW).context["shown"].items[0]
    assert item.stored is not None
    assert item.shown.prompt
    assert item.shown.prompt in html(page(ada_here, team, **WINDOW))


def test_a_request_is_found_by_its_id_whatever_its_age(
    ada_here: Client, team: Team, demo_gateway: DemoGateway
) -> None:
    [made] = arrive(demo_gateway, at="2026-01-02T03:04:05+00:00")
    assert shown(page(ada_here, team, id=f"  request_id={made} failed", range="15m")) == [made]
    other = page(ada_here, team, id="G-01M8FK0000PEERL0000000000Z")
    assert "The log does not have this request" in html(other)


def test_a_row_leads_straight_to_the_plan(ada_here: Client, team: Team, demo_gateway: DemoGateway) -> None:
    [made] = arrive(demo_gateway)
    item = page(ada_here, team, **WINDOW).context["shown"].items[0]
    answer: Any = ada_here.get(item.replay_url)
    assert answer.url == reverse("replay_form", args=[team.slug, made])
    assert ada_here.get(answer.url).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_database_as_often_for_any_number_of_rows(
    ada_here: Client, team: Team, demo_gateway: DemoGateway, django_assert_num_queries: Any, rows: int
) -> None:
    for request_id in arrive(demo_gateway, rows):
        ada_here.get(reverse("generation", args=[team.slug, request_id]))
    page(ada_here, team, **WINDOW)
    with django_assert_num_queries(QUERIES):
        assert len(shown(page(ada_here, team, **WINDOW))) == rows


QUERIES = 7


# --- filters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"status": "failed"}, "Enter success, error, 4xx, 5xx, or a code like 429."),
        ({"key": "kid_abc"}, "A key ID is a UUID"),
        ({"id": "nothing here"}, "No request ID found in that."),
        ({"model": "m" * 257}, "at most 256 characters"),
        ({"provider": "a\0b"}, "Null characters are not allowed"),
        ({"since": "yesterday"}, "Enter a valid date/time"),
        ({"until": "0001-01-01T00:00"}, "Enter a year from 2000 to 2999."),
        ({"since": "9999-12-31T23:59"}, "Enter a year from 2000 to 2999."),
        ({"since": "2026-02-27T15:00", "until": "2026-02-27T14:00"}, "This is before the other end."),
        ({"since": "2026-01-01T15:00", "until": "2026-06-27T14:00"}, "at most 90 days at a time"),
        ({"range": "2w"}, "Select a valid choice"),
    ],
)
def test_a_filter_that_the_gateway_would_fail_on_is_refused_here(
    ada_here: Client, team: Team, query: dict[str, str], words: str
) -> None:
    answer = page(ada_here, team, **query)
    assert answer.status_code == 400
    assert words in html(answer)


def test_filters_go_to_the_gateway(ada_here: Client, team: Team, demo_gateway: DemoGateway) -> None:
    arrive(demo_gateway, 20)
    failed = page(ada_here, team, **WINDOW, status="error").context["shown"]
    assert 0 < len(failed.items) < 20
    assert {item.row.success for item in failed.items} == {False}
    code = failed.items[0].row.error_code
    assert {
        item.row.error_code for item in page(ada_here, team, **WINDOW, error_code=code).context["shown"].items
    } == {code}


def test_one_end_alone_is_a_window_that_the_gateway_takes(
    ada_here: Client, team: Team, demo_gateway: DemoGateway
) -> None:
    [made] = arrive(demo_gateway)
    assert made in shown(page(ada_here, team, since="2026-02-27T15:00"))
    assert made in shown(page(ada_here, team, until="2026-02-27T16:00"))


def test_blank_filters_leave_the_address(ada_here: Client, team: Team) -> None:
    answer = page(ada_here, team, model="", status="error", via="")
    assert answer.url == f"{reverse('log', args=[team.slug])}?status=error"


def test_filters_are_saved_by_name(ada_here: Client, team: Team, ada: User) -> None:
    form = {"name": "Failures", "query": "status=error&nonsense=1&older=5"}
    answer: Any = ada_here.post(reverse("save_log_filter", args=[team.slug]), form)
    assert answer.url == f"{reverse('log', args=[team.slug])}?status=error"
    [saved] = SavedLogFilter.objects.of(team, ada)
    assert (saved.name, saved.query) == ("Failures", "status=error")
    assert "Failures" in html(ada_here.get(answer.url))
    ada_here.post(reverse("delete_log_filter", args=[team.slug, saved.pk]))
    assert not SavedLogFilter.objects.exists()


def test_a_saved_filter_of_somebody_else_stays(ada_here: Client, team: Team) -> None:
    other = SavedLogFilter.objects.create(team=team, user=person(team), name="Theirs")
    assert ada_here.post(reverse("delete_log_filter", args=[team.slug, other.pk])).status_code == 404


# --- what arrives -------------------------------------------------------------------------------------------------


def news_url(text: str) -> str:
    found = re.search(r'id="log-mark"\s+hidden\s+hx-get="([^"]+)"', text)
    assert found
    return found[1].replace("&amp;", "&")


def test_new_rows_come_on_top_once(ada_here: Client, team: Team, demo_gateway: DemoGateway) -> None:
    now = demo_now()
    arrive(demo_gateway, 2, at=now)
    url = news_url(html(page(ada_here, team, range="15m")))
    made = arrive(demo_gateway, 2, at=now, step_us=1)
    first = ada_here.get(url)
    assert sorted(shown(first)) == sorted(made)
    again = ada_here.get(news_url(html(first)))
    assert shown(again) == []


def test_a_page_without_rows_begins_anew_when_one_arrives(
    ada_here: Client, team: Team, demo_gateway: DemoGateway
) -> None:
    text = html(page(ada_here, team, range="15m", model="openai/gpt-5-nano", session="trip-0"))
    url = news_url(text)
    assert shown(ada_here.get(url)) == []
    arrive(demo_gateway, 40, at=demo_now())
    url = url.replace("session=trip-0", "session=trip-1")
    assert ada_here.get(url).headers["HX-Refresh"] == "true"


def demo_now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).replace(microsecond=0).isoformat()


def test_a_page_of_the_past_is_not_live(ada_here: Client, team: Team, demo_gateway: DemoGateway) -> None:
    arrive(demo_gateway, 60)
    assert 'id="log-mark"' not in html(page(ada_here, team, **WINDOW))


@pytest.mark.parametrize("mark", ["", "x", "1-2"])
def test_a_mark_that_is_none_is_not_found(ada_here: Client, team: Team, mark: str) -> None:
    assert page(ada_here, team, "log_news", mark=mark).status_code == 404


def test_a_page_whose_connection_is_gone_begins_anew(ada: User, team: Team) -> None:
    assert page(browser(ada), team, "log_news", mark="1").headers["HX-Refresh"] == "true"


# --- one conversation ---------------------------------------------------------------------------------------------


def test_the_calls_of_a_session_stand_in_order(
    ada_here: Client, team: Team, demo_gateway: DemoGateway
) -> None:
    made = arrive(demo_gateway, 8, at=demo_now(), step_us=1_000)
    answer = page(ada_here, team, "log_session", id="trip-1")
    assert shown(answer) == made[3:7]
    assert 'name="query" value="range=90d&amp;session=trip-1"' in html(answer)
    assert page(ada_here, team, "log_session").status_code == 404


# --- who may, and with which key ----------------------------------------------------------------------------------


def test_a_viewer_never_causes_a_call(source: GatewayConnection, team: Team, monkeypatch: Any) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the gateway was asked")

    monkeypatch.setattr("generations.log.asking._once", fail)
    viewer = browser(person(team, Role.VIEWER))
    for name in ("log", "log_rows", "log_news", "log_session"):
        assert page(viewer, team, name, id="x", mark="1").status_code == 403


def test_a_plain_key_browses_no_log(team: Team, demo_gateway: DemoGateway) -> None:
    connection(team, demo_gateway.url, keys.PLAIN_KEY)
    text = html(page(browser(person(team)), team))
    assert "No key of this team may browse" in text
    assert "Ask an admin of the team to connect." in text
    assert "Connect Gateway" in html(page(browser(person(team, Role.ADMIN)), team))


def test_a_team_without_a_connection_is_shown_so(team: Team) -> None:
    assert "not connected to a gateway yet" in html(page(browser(person(team)), team))


def test_a_management_key_is_enough(team: Team, demo_gateway: DemoGateway) -> None:
    made = connection(team, demo_gateway.url, keys.PLAIN_KEY)
    made.log_key = Secret(keys.MANAGEMENT_KEY)
    made.save()
    [row] = arrive(demo_gateway)
    assert shown(page(browser(person(team)), team, **WINDOW)) == [row]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (keys.BLOCKED_KEY, "key"),
        (keys.BARE_MANAGEMENT_KEY, "scope"),
    ],
)
def test_a_key_that_is_refused_says_why(team: Team, demo_gateway: DemoGateway, key: str, words: str) -> None:
    made = connection(team, demo_gateway.url, keys.PLAIN_KEY)
    made.log_key = Secret(key)
    made.save()
    refusal = page(browser(person(team)), team).context["shown"].refusal
    assert words in f"{refusal.title} {refusal.advice}".lower()


def test_another_connection_is_chosen_by_the_address(
    ada_here: Client, source: GatewayConnection, team: Team, demo_gateway: DemoGateway
) -> None:
    other = connection(team, demo_gateway.url, keys.PLAIN_KEY)
    other.log_key = Secret(keys.MANAGEMENT_KEY)
    other.save()
    source.log_key = Secret(keys.MANAGEMENT_KEY)
    source.save()
    assert page(ada_here, team).context["source"] == source
    assert page(ada_here, team, via=other.pk).context["source"] == other
    assert page(ada_here, team, via="nobody").context["source"] == source


# --- a gateway in trouble -----------------------------------------------------------------------------------------


def test_a_gateway_that_is_down_is_shown(ada_here: Client, team: Team, demo_gateway: DemoGateway) -> None:
    demo_gateway.set(down=True)
    assert page(ada_here, team).context["shown"].refusal is not None


def test_a_slow_gateway_holds_no_page(
    ada_here: Client, team: Team, demo_gateway: DemoGateway, monkeypatch: Any
) -> None:
    monkeypatch.setattr("generations.log.asking.PAGE_PATIENCE", 0.2)
    monkeypatch.setattr("generations.log.asking.page.__defaults__", (0.2,))
    [made] = arrive(demo_gateway)
    demo_gateway.set(delay_ms=700)
    answer = page(ada_here, team, **WINDOW)
    assert answer.context["shown"].waits
    assert "The gateway takes its time." in html(answer)
    demo_gateway.set(delay_ms=0)
    for _ in range(40):
        fragment = page(ada_here, team, "log_rows", **WINDOW)
        if "takes its time" not in html(fragment):
            break
    assert shown(fragment) == [made]


def test_people_who_look_at_once_or_soon_after_cause_one_request(
    ada_here: Client, team: Team, demo_gateway: DemoGateway, monkeypatch: Any, broker: "redis.Redis"
) -> None:
    """One request in flight for a team and filter; its answer is kept for seconds, then the gateway is asked anew."""
    [made] = arrive(demo_gateway)
    asked: list[dict[str, str]] = []
    fetch = gateway_log.page_bytes

    def slow(client: Any, query: dict[str, str]) -> bytes:
        asked.append(query)
        time.sleep(0.3)
        return fetch(client, query)

    monkeypatch.setattr(gateway_log, "page_bytes", slow)

    def look(client: Client) -> Any:
        try:
            return page(client, team, **WINDOW)
        finally:
            database.close()

    clients = [browser(person(team)) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        answers = [*pool.map(look, clients), look(ada_here)]
    assert [shown(answer) for answer in answers] == [[made]] * 4
    assert len(asked) == 1
    page(ada_here, team, **WINDOW, status="success")
    assert len(asked) == 2
    other = people.team()
    people.connection(other, demo_gateway.url, keys.SCOPED_KEY)
    page(browser(person(other)), other, **WINDOW)
    assert len(asked) == 3
    kept = list(broker.scan_iter("retake:log:*"))
    assert len(kept) == 3
    assert all(0 < broker.ttl(name) <= asking.SHOWN_SECONDS for name in kept)
    broker.delete(*kept)
    page(ada_here, team, **WINDOW)
    assert len(asked) == 4


def test_only_what_is_not_stored_is_kept_drawn(
    ada_here: Client, ada: User, team: Team, demo_gateway: DemoGateway
) -> None:
    """A row that holds words is drawn anew each time; the others once for each spelling of numbers, and per age."""
    first, second = arrive(demo_gateway, 2)  # of one millisecond, which has no order
    log_rows._drawn.cache_clear()
    ada_here.get(reverse("generation", args=[team.slug, first]))
    for _ in range(2):
        assert sorted(shown(page(ada_here, team, **WINDOW))) == sorted([second, first])
    assert (log_rows._drawn.cache_info().currsize, log_rows._drawn.cache_info().hits) == (1, 1)
    User.objects.filter(pk=ada.pk).update(preferences={"numbers": "de"})
    page(browser(User.objects.get(pk=ada.pk)), team, **WINDOW)
    assert log_rows._drawn.cache_info().currsize == 2


# --- links from a generation --------------------------------------------------------------------------------------


def links(client: Client, of: Team, request_id: str) -> dict[str, str]:
    """The menu of similar requests on a generation's page: words and addresses."""
    text = client.get(reverse("generation", args=[of.slug, request_id])).content.decode()
    found = re.findall(r'href="([^"]*/log/like\?[^"]*)">(Same [a-z ]+)<', text)
    return {words: address.replace("&amp;", "&") for address, words in found}


def target(client: Client, address: str) -> str:
    answer: Any = client.get(address)
    return str(answer.url)


def test_a_generation_links_what_it_shares_with_others_to_the_log(
    ada_here: Client, team: Team, demo_gateway: DemoGateway
) -> None:
    made = arrive(demo_gateway, 9)  # the ninth failed
    found = links(ada_here, team, made[-1])
    assert list(found) == ["Same session", "Same model", "Same key", "Same error code"]
    log = reverse("log", args=[team.slug])
    assert target(ada_here, found["Same session"]) == f"{log}/session?id=trip-2"
    key = Generation.objects.get().key_id
    assert target(ada_here, found["Same key"]) == f"{log}?range=30d&key={key}"
    assert target(ada_here, found["Same error code"]).startswith(f"{log}?range=30d&error_code=user%3A")
    for address in found.values():
        assert ada_here.get(target(ada_here, address)).status_code == 200


def test_where_the_log_cannot_be_read_it_is_the_list(
    ada_here: Client, team: Team, demo_gateway: DemoGateway
) -> None:
    made = arrive(demo_gateway, 9)
    found = links(ada_here, team, made[-1])
    viewer = browser(person(team, Role.VIEWER))
    listing = reverse("generations", args=[team.slug])
    for words, address in found.items():
        answer = viewer.get(target(viewer, address))
        assert target(viewer, address).startswith(f"{listing}?"), words
        assert [row.request_id for row in answer.context["page"].rows] == [made[-1]], words
        other = target(viewer, address) + "x"
        assert list(viewer.get(other).context["page"].rows) == []
