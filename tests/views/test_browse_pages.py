"""The list of generations and the table of several IDs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.models import GatewayConnection, Membership, Role, Team, User
from dashboard.people.preferences import choose
from generations.gateway.demo import ulid
from generations.gateway.demo.examples import EXAMPLE_IDS
from generations.lists.sorting import cursor_of
from generations.models import Fetch, Generation, SavedFilter
from generations.records import lookup
from generations.views.lookup.lookup_many import AT_ONCE, to_ask
from tests.reading.samples import demo_record
from tests.support import people
from tests.support.processes import wait_for
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
OSLO = "G-01M0N8538G8F4T0W6X1Y2Z3A4B"
OLD = "G-01KQXWAW8GC2W5QAV9YJQW3Q7Z"


@pytest.fixture
def chat(team: Team) -> Generation:
    return keep(team, demo_record("oslo-cancelled"), OSLO)


def listing(team: Team) -> str:
    return reverse("generations", args=[team.slug])


def many(team: Team, *ids: str) -> str:
    return reverse("many", args=[team.slug]) + "?" + "&".join(f"id={request_id}" for request_id in ids)


# --- the list -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 60])
def test_the_list_asks_the_same_queries_for_any_number_of_rows(
    team: Team, ada: User, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        Generation.objects.create(team=team, request_id=f"req_{number}", looked_up_by=ada)
        SavedFilter.objects.create(team=team, user=ada, name=str(number))
    browser = people.browser(ada)
    browser.get(listing(team))  # remembers the team in the session
    # session, user, memberships, people, rows, offers, saved; five around the count with its time limit
    with django_assert_num_queries(11) as queries:
        answer = browser.get(listing(team) + "?outcome=unknown")
    assert len(answer.context["page"].rows) == min(count, 50)
    assert [query["sql"] for query in queries.captured_queries if "packed" in query["sql"]] == []


def test_an_open_session_is_not_listed_as_failed(team: Team, ada: User) -> None:
    keep(team, demo_record("live-call"), "realtime:sess_acme")
    page = people.browser(ada).get(listing(team)).content.decode()
    assert "Open session" in page
    assert ">Failed" not in page.partition("<tbody>")[2]


def test_blank_filters_leave_the_address(team: Team, ada: User) -> None:
    answer = people.browser(ada).get(listing(team), {"q": "", "model": " a/b ", "stream": "", "junk": "1"})
    assert answer["Location"] == f"{listing(team)}?model=a%2Fb"


def test_filters_stand_in_the_form_again(team: Team, ada: User, chat: Generation) -> None:
    answer = people.browser(ada).get(listing(team), {"model": chat.model_id, "byok": "0"})
    assert [row.request_id for row in answer.context["page"].rows] == [OSLO]
    assert answer.context["form"]["model"].value() == chat.model_id
    assert answer.context["form"].more_used


def test_costs_are_asked_in_dollars(team: Team, ada: User) -> None:
    for nanos in (53_299, 53_300):
        Generation.objects.create(team=team, request_id=str(nanos), cost_nanos=nanos)
    answer = people.browser(ada).get(listing(team), {"cost_min": "0.0000533"})
    assert [row.request_id for row in answer.context["page"].rows] == ["53300"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "yesterday"),
        ("cost_min", "NaN"),
        ("ms_max", "-1"),
        ("who", "999999999"),
        ("stream", "x"),
        ("q", "a\0"),
    ],
)
def test_a_filter_that_cannot_be_read_says_so(team: Team, ada: User, name: str, value: str) -> None:
    Generation.objects.create(team=team, request_id="r")
    answer = people.browser(ada).get(listing(team), {name: value})
    assert answer.status_code == 400
    assert (list(answer.context["form"].errors), answer.context["page"].rows) == ([name], [])


@pytest.mark.parametrize(
    "query", ["?older=x", "?newer=", "?newer=x", "?status=99999999999", "?cost_max=999999999"]
)
def test_odd_addresses_get_a_page(team: Team, ada: User, query: str) -> None:
    assert people.browser(ada).get(listing(team) + query, follow=True).status_code == 200


def test_pages_lead_on_and_back_with_their_filters(team: Team, ada: User) -> None:
    for number in range(51):
        Generation.objects.create(team=team, request_id=f"req_{number}", success=True)
    browser = people.browser(ada)
    first = browser.get(listing(team), {"outcome": "succeeded"})
    older = first.context["page"].older
    second = browser.get(listing(team), {"outcome": "succeeded", "older": str(older)})
    assert [row.request_id for row in second.context["page"].rows] == ["req_0"]
    assert b"?outcome=succeeded&amp;newer=" in second.content
    assert b"?outcome=succeeded&amp;older=" in first.content


def test_no_row_of_another_team_is_listed(ada: User, team: Team) -> None:
    Generation.objects.create(team=people.team(), request_id="r")
    assert people.browser(ada).get(listing(team)).context["page"].rows == []


# --- saved filters --------------------------------------------------------------------------------------------


def save(user: User, team: Team, name: str, query: str) -> Any:
    return people.browser(user).post(reverse("save_filter", args=[team.slug]), {"name": name, "query": query})


def test_a_filter_is_saved_under_a_name_and_replaced_by_it(team: Team, ada: User) -> None:
    save(ada, team, "Mine", "model=a%2Fb&older=x&junk=1&q=")
    assert save(ada, team, "Mine", "byok=1")["Location"] == f"{listing(team)}?byok=1"
    assert list(SavedFilter.objects.values_list("name", "query")) == [("Mine", "byok=1")]
    assert SavedFilter.objects.get().get_absolute_url() == f"{listing(team)}?byok=1"


@pytest.mark.parametrize("name", ["", "x" * 61])
def test_a_filter_needs_a_name(team: Team, ada: User, name: str) -> None:
    save(ada, team, name, "byok=1")
    assert SavedFilter.objects.count() == 0


def test_saved_filters_are_ones_own(team: Team, ada: User) -> None:
    save(ada, team, "Mine", "byok=1")
    mine = SavedFilter.objects.get()
    address = reverse("delete_filter", args=[team.slug, mine.pk])
    bob = people.browser(people.person(team))
    assert (bob.get(listing(team)).context["saved"].count(), bob.post(address).status_code) == (0, 404)
    assert people.browser(ada).post(address).status_code == 302
    assert SavedFilter.objects.count() == 0


# --- CSV ------------------------------------------------------------------------------------------------------


def test_csv_streams_what_the_filters_find(team: Team, ada: User, chat: Generation) -> None:
    Generation.objects.create(team=team, request_id="other")
    answer = people.browser(ada).get(reverse("generations_csv", args=[team.slug]), {"model": chat.model_id})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert (answer.streaming, [line.split(",")[0] for line in lines]) == (True, ["request_id", OSLO])
    assert answer["Content-Disposition"] == f'attachment; filename="generations-{team.slug}.csv"'


def test_csv_of_bad_filters_leads_to_the_page_that_says_so(team: Team, ada: User) -> None:
    answer = people.browser(ada).get(reverse("generations_csv", args=[team.slug]), {"since": "x"})
    assert answer["Location"] == f"{listing(team)}?since=x"


# --- paste anything -------------------------------------------------------------------------------------------


def paste(user: User, text: str) -> Any:
    return people.browser(user).post("/lookup", {"q": text})


def test_what_was_recognised_is_said(team: Team, ada: User, chat: Generation) -> None:
    browser = people.browser(ada)
    page = browser.post("/lookup", {"q": f"ERROR {OSLO} failed"}, follow=True)
    assert [str(message) for message in page.context["messages"]] == [
        f"Recognized a log line: looked up {OSLO}."
    ]


def test_a_native_id_leads_to_its_stored_generation(ada: User, chat: Generation) -> None:
    Generation.objects.update(native_response_id="chatcmpl-9xYz12AbC")
    assert paste(ada, "chatcmpl-9xYz12AbC")["Location"] == chat.get_absolute_url()


def test_a_native_id_that_is_not_stored_is_not_asked_for(
    ada: User, source: GatewayConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "ask", lambda *_: pytest.fail("the gateway was asked"))
    answer = paste(ada, "resp_68a1b2c3")
    assert answer.status_code == 404
    assert "cannot look these up" in answer.content.decode()


def test_a_link_leads_into_its_own_team(ada: User, chat: Generation) -> None:
    first = people.team("aaaa")
    Membership.objects.create(team=first, user=ada, role=Role.MEMBER)
    link = f"https://retake.example.com{chat.get_absolute_url()}/cost"
    assert paste(ada, link)["Location"] == chat.get_absolute_url()
    by_row = f"https://retake.example.com/t/{chat.team.slug}/g/~{chat.pk}"
    assert paste(ada, by_row)["Location"] == chat.get_absolute_url()
    assert paste(ada, f"https://retake.example.com/t/{first.slug}/g/~{chat.pk}").status_code == 404


def test_a_link_to_a_replay_leads_to_it(team: Team, ada: User) -> None:
    path = f"/t/{team.slug}/r/0b0c1f52-6f0d-4b11-9d3b-0f5f6a0b7c8d"
    assert paste(ada, f"https://retake.example.com{path}")["Location"] == path


def test_nothing_recognised_shows_examples(ada: User) -> None:
    page = paste(ada, "two words").content.decode()
    assert "No request ID found" in page
    assert "an SSE frame" in page


# --- several at once ------------------------------------------------------------------------------------------


def test_several_ids_lead_to_a_table(team: Team, ada: User) -> None:
    assert paste(ada, f"{OSLO}\n{OLD}")["Location"] == many(team, OSLO, OLD)
    lots = "\n".join(f"req_{number:04}" for number in range(60))
    assert paste(ada, lots)["Location"].endswith("&id=req_0049&left_out=10")


@pytest.mark.django_db(transaction=True)
def test_the_table_fills_in(team: Team, ada: User, source: GatewayConnection) -> None:
    ids = [*EXAMPLE_IDS.values(), OLD]
    browser = people.browser(ada)
    first = browser.get(many(team, *ids))
    assert (first.context["pause"], [line.request_id for line in first.context["lines"]]) == (1, ids)
    wait_for(lambda: browser.get(many(team, *ids)).context["pause"] is None)
    done = browser.get(many(team, *ids).replace("/lookups?", "/lookups/rows?"))
    assert [line.state for line in done.context["lines"]] == [*["found"] * 4, "not_found"]
    assert (done.context["found"], done.context["done"]) == (4, 5)
    assert b"hx-trigger" not in done.content


def test_a_viewer_causes_no_call(
    team: Team, chat: Generation, source: GatewayConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "ask_in_background", lambda *_: pytest.fail("the gateway was asked"))
    Generation.objects.update(native_response_id="msg_01XFDU")
    viewer = people.browser(people.person(team, Role.VIEWER))
    page = viewer.get(many(team, OSLO, OLD, "msg_01XFDU", "resp_68a1b2c3"))
    states = [line.state for line in page.context["lines"]]
    assert (states, page.context["pause"]) == (["found", "viewer", "again", "native"], None)
    assert page.content.count(b'class="choose" id=') == 1  # the third is another ID of the first


@pytest.mark.parametrize("count", [1, 50])
def test_the_table_asks_the_same_queries_for_any_number_of_ids(
    team: Team, count: int, django_assert_num_queries: Any
) -> None:
    viewer = people.browser(people.person(team, Role.VIEWER))
    viewer.get(listing(team))  # remembers the team in the session
    with django_assert_num_queries(4):  # session, person with memberships, fetches, rows
        viewer.get(many(team, *(f"req_{number}" for number in range(count))))


def test_few_are_asked_for_at_a_time() -> None:
    now = timezone.now()
    later, before = now + timedelta(seconds=9), now - timedelta(seconds=9)
    fresh = ulid.request_id(int(now.timestamp() * 1000), ulid.new_suffix())
    fetches = {
        "asking": Fetch(lease_until=later),
        "dead": Fetch(lease_until=before),
        "gone": Fetch(lease_until=before, outcome={"code": "not_found"}),
        "soon": Fetch(lease_until=later, outcome={"code": "not_yet"}),
        fresh: Fetch(lease_until=before, outcome={"code": "not_yet"}),
    }
    ids = [*fetches, "stored", "msg_01XFDU", "a", "b", "c"]
    asked = to_ask(ids, {"stored": Generation()}, fetches, now)
    assert (asked, AT_ONCE) == (["dead", fresh, "a"], 4)


@pytest.mark.parametrize("query", ["", "?id=", "?id=a&id=%00", "?id=" + "x" * 257])
def test_no_ids_are_not_found(team: Team, ada: User, query: str) -> None:
    assert people.browser(ada).get(reverse("many", args=[team.slug]) + query).status_code == 404


# --- filters, order and columns -------------------------------------------------------------------------------


def test_filters_act_as_they_change_and_stand_in_the_address(team: Team, ada: User) -> None:
    for number in range(3):
        Generation.objects.create(
            team=team, request_id=f"req_{number}", model_id=f"a/{number % 2}", cost_nanos=number
        )
    browser = people.browser(ada)
    address = reverse("generation_rows", args=[team.slug])
    part = browser.get(address, {"model": "a/0", "q": "", "sort": "-cost"})
    assert part["HX-Push-Url"] == f"{listing(team)}?model=a%2F0&sort=-cost"
    page = people.html(part)
    assert "<html" not in page
    assert [row.request_id for row in part.context["page"].rows] == ["req_2", "req_0"]
    assert (str(part.context["count"]), [chip.query for chip in part.context["chips"]]) == (
        "2",
        ["sort=-cost"],
    )
    assert 'aria-label="Remove the filter Model"' in page
    assert 'href="?model=a%2F0&amp;sort=cost"' in page
    assert 'aria-sort="descending"' in page
    after = cursor_of(part.context["page"].rows[0])
    rest = people.html(browser.get(address, {"sort": "-cost", "older": str(after)}))
    assert ("Previous</a>" in rest, "Newer" in rest) == (True, False)  # the dearer ones are not newer
    wrong = browser.get(address, {"since": "x"})
    assert (wrong.status_code, b"One of the filters is invalid" in wrong.content) == (200, True)


def test_filters_understand_who_types_them(team: Team, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comma before the fraction, a day of the zone that was chosen, and ends of a range the wrong way round."""
    Generation.objects.create(team=team, request_id="req_1", cost_nanos=600_000_000, endpoint="chat")
    browser = people.browser(ada)
    assert (
        browser.get(listing(team), {"cost_min": "0,5"}).status_code == 400
    )  # for who writes 0.5 it is no number
    choose(ada, numbers="de", zone="Asia/Tokyo")
    for typed, number in (("0,5", 1), ("0,7", 0), ("0.5", 1)):
        assert browser.get(listing(team), {"cost_min": typed}).context["count"].number == number
    ranges = {"since": "2026-11-28T10:00", "until": "2026-11-27T10:00", "cost_min": "5", "cost_max": "1"}
    wrong = browser.get(listing(team), {**ranges, "ms_min": "2", "ms_max": "1"})
    assert (wrong.status_code, [*wrong.context["form"].errors]) == (400, ["until", "cost_max", "ms_max"])
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 28, 23, 30, tzinfo=UTC))
    page = people.html(browser.get(listing(team)))  # the 29th in Tokyo
    assert "since=2026-11-27T15%3A00&amp;until=2026-11-28T14%3A59" in page


def test_columns_are_kept_for_the_person(team: Team, ada: User) -> None:
    Generation.objects.create(team=team, request_id="req_1", endpoint="chat.completions", model_id="m/1")
    browser = people.browser(ada)
    address = reverse("choose_columns", args=[team.slug])
    sent = browser.post(
        address, {"column": ["endpoint", "cost", "junk"], "query": "byok=0", "page": "generations"}
    )
    assert sent["Location"] == f"{listing(team)}?byok=0"
    page = people.html(browser.get(listing(team)))
    assert ('data-label="Endpoint"' in page, 'data-label="Model"' in page) == (True, False)
    browser.post(address, {})
    assert 'data-label="Model"' in people.html(browser.get(listing(team)))


def test_previous_and_next_follow_the_order_of_the_list(team: Team, ada: User) -> None:
    for number in (2, 1, 3):
        Generation.objects.create(team=team, request_id=f"req_{number}", cost_nanos=number)
    step = people.browser(ada).get(
        reverse("next_generation", args=[team.slug, "req_3"]), {"list": "sort=-cost"}
    )
    assert step["Location"].startswith(reverse("generation", args=[team.slug, "req_2"]))
