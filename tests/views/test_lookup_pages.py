"""Home, the lookup box and the waiting page."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.models import GatewayConnection, Membership, Role, Team, User
from generations.gateway.demo import ulid
from generations.models import Fetch, Generation, Visit
from generations.records import lookup
from tests.reading.samples import demo_record
from tests.support import calls, people
from tests.support.processes import DemoGateway
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
OSLO = "G-01M0N8538G8F4T0W6X1Y2Z3A4B"
OLD = "G-01KQXWAW8GC2W5QAV9YJQW3Q7Z"


@pytest.fixture
def chat(team: Team) -> Generation:
    return keep(team, demo_record("oslo-cancelled"), OSLO)


def fresh_id() -> str:
    return ulid.request_id(int(timezone.now().timestamp() * 1000), ulid.new_suffix())


def waiting(team: Team, request_id: str) -> str:
    return f"{reverse('waiting', args=[team.slug])}?id={request_id}"


# --- home ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_home_asks_the_same_queries_for_any_number_of_rows(
    team: Team, ada: User, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        keep(team, demo_record("oslo-cancelled"), f"req_{number}").opened(people.person(team))
    browser = people.browser(ada)
    with django_assert_num_queries(11):  # three more than its fragment: the first steps
        answer = browser.get("/")
    assert len(answer.context["recent"]) == count


def test_home_without_a_team_says_what_to_do() -> None:
    assert people.browser(people.person()).get("/").url == reverse("no_team")  # type: ignore[attr-defined]


def test_home_shows_no_row_of_another_team(ada: User) -> None:
    keep(people.team(), demo_record("oslo-cancelled"), OSLO).opened(people.person())
    assert list(people.browser(ada).get("/").context["recent"]) == []


# --- the box ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [OSLO, f"  `{OSLO}`\n", f"request_id={OSLO}", '{"request_id": "' + OSLO + '"}']
)
def test_pasted_text_leads_to_the_generation(ada: User, chat: Generation, text: str) -> None:
    answer = people.browser(ada).post("/lookup", {"q": text})
    assert (answer.status_code, answer["Location"]) == (302, chat.get_absolute_url())


def test_changes_to_a_pasted_id_are_shown(ada: User, chat: Generation) -> None:
    answer = people.browser(ada).post("/lookup", {"q": OSLO[2:].lower()}, follow=True)
    assert answer.redirect_chain[0][0] == chat.get_absolute_url()
    assert f"Recognized a request ID: looked up {OSLO} (G- added)." in answer.content.decode()


def test_a_stored_row_whose_id_is_what_was_pasted_wins(ada: User, team: Team, chat: Generation) -> None:
    odd = keep(team, demo_record("oslo-cancelled"), OSLO[2:])
    assert people.browser(ada).post("/lookup", {"q": OSLO[2:]})["Location"] == odd.get_absolute_url()


def test_an_id_that_lacks_a_character_says_so(ada: User, team: Team) -> None:
    page = people.browser(ada).get(waiting(team, OSLO[:-1])).content.decode()
    assert "It has 25 of 26 characters after G-: one is missing." in page


def test_short_text_by_get_does_the_same(ada: User, chat: Generation) -> None:
    assert people.browser(ada).get("/lookup", {"q": OSLO})["Location"] == chat.get_absolute_url()


@pytest.mark.parametrize(
    ("method", "text", "reason"),
    [
        ("post", "", "Paste a request ID."),
        ("post", "two words", "No request ID found"),
        ("post", "x" * (2**20 + 1), "over 1 MiB"),
        ("get", "x" * 2001, "too long for a link"),
        ("post", "a\0b", "Null characters"),
    ],
)
def test_what_cannot_be_looked_up_gets_a_reason(ada: User, method: str, text: str, reason: str) -> None:
    answer = getattr(people.browser(ada), method)("/lookup", {"q": text})
    assert answer.status_code == 400
    assert reason in answer.content.decode()


def test_an_unknown_id_waits_on_a_page_of_its_own(team: Team, ada: User, source: GatewayConnection) -> None:
    answer = people.browser(ada).post("/lookup", {"q": OLD})
    assert answer["Location"] == waiting(team, OLD)


def test_a_posted_lookup_asks_the_gateway(team: Team, ada: User, source: GatewayConnection) -> None:
    answer = people.browser(ada).post("/lookup", {"q": OSLO, "team": team.slug})
    assert answer["Location"] == Generation.objects.get(team=team).get_absolute_url()


def test_a_pasted_id_takes_half_of_the_way(team: Team, ada: User, source: GatewayConnection) -> None:
    """v0.1.0 entered functions of the project 7,132 times until the page of an ID that was not stored, 145 times until
    that of one that was: mostly for each number of the record, and for each member of its tree.
    """
    browser = people.browser(ada)
    # The thread that asks is there, and all that a process draws once.
    browser.post("/lookup", {"q": "G-01M0N8D8ZGR5N8V3B2C1D0E9F8"}, follow=True)
    counts = []
    for _ in ("asked", "drawn", "stored"):
        with calls.entered() as entered:
            page = browser.post("/lookup", {"q": OSLO}, follow=True)
        assert page.status_code == 200
        counts.append(len(entered))
    assert counts[0] <= 3_566
    assert counts[2] <= 163  # 102 before preferences, usual figures and the request's context were read


def test_a_viewer_causes_no_call(
    team: Team, source: GatewayConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "ask", lambda *_: pytest.fail("the gateway was asked"))
    viewer = people.person(team, Role.VIEWER)
    browser = people.browser(viewer)
    assert browser.post("/lookup", {"q": OSLO})["Location"] == waiting(team, OSLO)
    assert b"Viewers can see what is stored" in browser.get(waiting(team, OSLO)).content
    assert browser.get(reverse("waiting_status", args=[team.slug]), {"id": OSLO}).status_code == 200
    assert browser.post(reverse("ask_again", args=[team.slug]), {"id": OSLO}).status_code == 403


def test_a_viewer_sees_stored_rows(team: Team, chat: Generation) -> None:
    viewer = people.browser(people.person(team, Role.VIEWER))
    assert viewer.post("/lookup", {"q": OSLO})["Location"] == chat.get_absolute_url()
    assert viewer.get(chat.get_absolute_url()).status_code == 200


def test_an_id_that_cannot_stand_in_a_path_is_found(team: Team, ada: User) -> None:
    row = keep(team, b'{"request_id": "a/b?c#d"}', "a/b?c#d")
    browser = people.browser(ada)
    assert row.get_absolute_url() == f"/t/{team.slug}/g/~{row.pk}"
    assert browser.post("/lookup", {"q": "a/b?c#d"})["Location"] == row.get_absolute_url()
    assert browser.get(row.get_absolute_url()).status_code == 200


def test_a_link_without_a_team_finds_the_right_one(ada: User, chat: Generation) -> None:
    Membership.objects.create(team=people.team("aaa"), user=ada, role=Role.MEMBER)
    assert people.browser(ada).get(f"/g/{OSLO}")["Location"] == chat.get_absolute_url()


# --- waiting ------------------------------------------------------------------------------------------------


def test_a_fresh_id_waits_and_asks_again_by_itself(team: Team, ada: User, source: GatewayConnection) -> None:
    answer = people.browser(ada).get(waiting(team, fresh_id()))
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "Not recorded yet." in page
    assert 'hx-trigger="load delay:1s"' in page
    assert '<meta http-equiv="refresh" content="1">' in page


def test_an_old_id_does_not_wait(team: Team, ada: User, source: GatewayConnection) -> None:
    page = people.browser(ada).get(waiting(team, OLD)).content.decode()
    assert "Not found at the gateway." in page
    assert "hx-trigger" not in page.split('id="waiting"')[1].split("</main>")[0]


def test_the_fragment_goes_to_the_generation_when_it_is_there(
    team: Team, ada: User, chat: Generation
) -> None:
    answer = people.browser(ada, hx_request="true").get(
        reverse("waiting_status", args=[team.slug]), {"id": OSLO}
    )
    assert answer["HX-Redirect"] == chat.get_absolute_url()


def test_while_somebody_asks_the_page_says_so(team: Team, ada: User, source: GatewayConnection) -> None:
    Fetch.objects.create(
        team=team, request_id=OLD, lease_until=timezone.now() + timedelta(minutes=1), attempts=1
    )
    answer = people.browser(ada).get(waiting(team, OLD))
    assert answer.status_code == 200
    assert "Asking the gateway." in answer.content.decode()


def test_ask_again_asks_now(team: Team, ada: User, source: GatewayConnection) -> None:
    Fetch.objects.create(
        team=team,
        request_id=OSLO,
        lease_until=timezone.now() + timedelta(minutes=1),
        ended_at=timezone.now(),
        outcome={"code": "not_found"},
    )
    answer = people.browser(ada).post(reverse("ask_again", args=[team.slug]), {"id": OSLO})
    assert answer["Location"] == Generation.objects.get().get_absolute_url()


def test_a_team_without_a_connection_is_shown(team: Team, ada: User) -> None:
    assert "has no gateway connection" in people.browser(ada).get(waiting(team, OLD)).content.decode()


@pytest.mark.parametrize("query", ["", "?id=", "?id=two%20words", "?id=" + "x" * 257])
def test_no_id_is_not_found(team: Team, ada: User, query: str) -> None:
    assert people.browser(ada).get(reverse("waiting", args=[team.slug]) + query).status_code == 404


# --- refresh ------------------------------------------------------------------------------------------------


def test_refresh_brings_the_newest_record(team: Team, ada: User, source: GatewayConnection) -> None:
    row = keep(team, b'{"request_id": "' + OSLO.encode() + b'", "model_id": "old/model"}', OSLO)
    answer = people.browser(ada).post(reverse("refresh", args=[team.slug, row.slug]))
    row.refresh_from_db()
    assert (answer.status_code, row.model_id) == (302, "openai/gpt-5-nano")


def test_a_refresh_that_failed_leaves_the_row_and_says_why(
    team: Team, ada: User, chat: Generation, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    demo_gateway.set(down=True)
    answer = people.browser(ada).post(reverse("refresh", args=[team.slug, chat.slug]))
    assert answer["Location"].startswith(f"{chat.get_absolute_url()}?refresh=")
    assert people.browser(ada).get(answer["Location"]).status_code == 200


def test_an_old_row_is_not_asked_for_by_itself(team: Team, ada: User, chat: Generation) -> None:
    answer = people.browser(ada).get(reverse("fresh", args=[team.slug, chat.slug]))
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_young_row_that_changed_reloads_the_page(team: Team, ada: User, source: GatewayConnection) -> None:
    row = keep(team, b'{"request_id": "' + OSLO.encode() + b'"}', OSLO)
    Generation.objects.update(fetched_at=timezone.now() - timedelta(minutes=1))
    answer = people.browser(ada).get(reverse("fresh", args=[team.slug, row.slug]))
    assert answer["HX-Refresh"] == "true"


def test_opening_is_remembered_once_a_person(team: Team, ada: User, chat: Generation) -> None:
    for _ in range(2):
        people.browser(ada).get(chat.get_absolute_url())
    chat.refresh_from_db()
    assert chat.last_opened_by == ada
    assert Visit.objects.count() == 1


@pytest.mark.parametrize(
    "path",
    ["/t/{}/g/%00a", "/t/{}/g/%00a.json", "/g/%00", "/t/{}/lookup?id=%00", "/t/{}/lookup/status?id=a%00"],
)
def test_nothing_is_named_with_a_nul(team: Team, ada: User, path: str) -> None:
    browser = people.browser(ada)
    assert browser.get(path.format(team.slug)).status_code == 404
    assert browser.post(reverse("ask_again", args=[team.slug]), {"id": "a\0"}).status_code == 404


@pytest.mark.parametrize("name", ["G-7ZZZZZZZZZ0000000000000000", "G-01M0N8538\u212a0000000000000000"])
def test_odd_ids_have_their_page(team: Team, ada: User, name: str) -> None:
    assert people.browser(ada).get(reverse("generation", args=[team.slug, name])).status_code == 200


@pytest.mark.parametrize(
    "link", [f"https://x/r/{'-' * 36}", f"https://x/r/{'a' * 36}", "https://x/g/.json", "https://x/g/%00a"]
)
def test_damaged_links_are_answered(team: Team, ada: User, link: str) -> None:
    answer = people.browser(ada).post(reverse("lookup"), {"q": link}, follow=True)
    assert answer.status_code in (200, 400, 404)
