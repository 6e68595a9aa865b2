"""What is done to many rows of the list, and the pins of a team."""

import html
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.models import AuditEvent, Role, Team, User
from generations.models import BulkLookup, Fetch, Generation, Pin, Replay, SavedFilter
from generations.models.replay import State
from generations.records import retention
from generations.views.lists import selection
from generations.views.shared.saved_filters import MOST_SAVED
from tests.support import people, rows

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(days=1)
OLD = "G-01KQXWAW8GC2W5QAV9YJQW3Q7Z"
NAMES = ("G-01M0N8538G8F4T0W6X1Y2Z3A01", "G-01M0N8538G8F4T0W6X1Y2Z3A02", "G-01M0N8538G8F4T0W6X1Y2Z3A03")


@pytest.fixture
def stored(team: Team, ada: User) -> list[Generation]:
    source = people.connection(team)
    return [rows.generation(team, ada, source, request_id=name) for name in NAMES]


def do(browser: Client, team: Team, action: str, *ids: str, **more: str) -> Any:
    data = {"do": action, "id": list(ids), **more}
    return browser.post(reverse("selected", args=[team.slug]), data)


def test_rows_lead_to_the_plan_the_comparison_and_files(
    team: Team, ada: User, stored: list[Generation]
) -> None:
    Generation.objects.filter(pk=stored[2].pk).update(replayable=False)
    browser = people.browser(ada)
    plan = urlsplit(do(browser, team, "replay", "", all="1")["Location"])
    assert (plan.path, sorted(parse_qs(plan.query)["id"])) == (
        reverse("lab", args=[team.slug]),
        list(NAMES[:2]),
    )
    pair = parse_qs(urlsplit(do(browser, team, "compare", *NAMES[:2])["Location"]).query)
    assert sorted([*pair["a"], *pair["b"]]) == list(NAMES[:2])
    assert do(browser, team, "compare", NAMES[0])["Location"] == reverse("generations", args=[team.slug])
    assert sorted(do(browser, team, "ids", *NAMES[1:]).content.decode().split()) == list(NAMES[1:])
    lines = do(browser, team, "jsonl", NAMES[0]).getvalue().decode().splitlines()
    assert [json.loads(line)["request_id"] for line in lines] == [NAMES[0]]
    assert do(browser, team, "csv", all="1", query="outcome=failed").getvalue().count(b"\n") == 1
    assert do(browser, people.team(), "ids", *NAMES).status_code == 404


def test_the_longest_filters_are_taken_whole_or_not_at_all(
    team: Team, ada: User, stored: list[Generation]
) -> None:
    """Each Chinese character has nine in an address: a filter that is cut would find other rows, to be forgotten."""
    browser, model = people.browser(ada), "模" * 200
    Generation.objects.filter(pk=stored[0].pk).update(model_id=model, session_id="会" * 100)
    filters = {"model": model, "session": "会" * 99}
    assert do(browser, team, "ids", all="1", query=urlencode(filters)).status_code == 302
    query = urlencode({**filters, "session": "会" * 100})
    assert do(browser, team, "ids", all="1", query=query).content.decode().split() == [NAMES[0]]
    step = browser.get(f"{stored[1].get_absolute_url()}/previous", {"list": query})
    assert parse_qs(urlsplit(step["Location"]).query)["list"] == [query]
    save = reverse("save_filter", args=[team.slug])
    said = people.html(browser.post(save, {"name": "Long", "query": query}, follow=True))
    assert ("at most 2,000 can be kept" in said, SavedFilter.objects.exists()) == (True, False)
    for number in range(MOST_SAVED):
        SavedFilter.objects.create(team=team, user=ada, name=str(number), query="")
    browser.post(save, {"name": "7", "query": "outcome=failed"})  # in the place of what it held
    browser.post(save, {"name": "one more", "query": "outcome=failed"})
    assert list(SavedFilter.objects.exclude(query="").values_list("name", flat=True)) == ["7"]


def test_an_id_that_looks_like_a_row_number_is_not_taken_for_that_row(
    team: Team, ada: User, stored: list[Generation]
) -> None:
    odd = rows.generation(team, ada, team.connections.get(), request_id=f"~{stored[0].pk}")
    browser, lab = people.browser(ada), reverse("lab", args=[team.slug])
    for row in (odd, stored[0]):
        assert do(browser, team, "ids", f"~{row.pk}").content.decode() == f"{row.request_id}\n"
        assert browser.get(lab, {"id": row.slug}).context["rows"] == [row]


def test_more_than_an_address_holds_are_planned_in_place(
    team: Team, ada: User, stored: list[Generation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MOST_NAMED", 2)
    browser = people.browser(ada)
    answer = do(browser, team, "replay", "", all="1")
    page = people.html(answer)
    assert (answer.status_code, Replay.objects.count()) == (200, 0)
    assert f'action="{reverse("lab", args=[team.slug])}"' in page
    assert "<h2>The plan</h2><span>3 generations</span>" in page
    assert all(f'name="id" value="{name}"' in page for name in NAMES)


def test_all_of_a_filter_is_bounded_and_says_so(
    team: Team, ada: User, stored: list[Generation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MOST", 2)
    browser = people.browser(ada)
    answer = do(browser, team, "pin", all="1", query="outcome=succeeded")
    assert (answer["Location"], Pin.objects.count()) == (
        f"{reverse('generations', args=[team.slug])}?outcome=succeeded",
        2,
    )
    page = people.html(browser.get(answer["Location"]))
    assert "Only the newest 2 were taken" in page
    assert page.count("pinned</span>") == 2


def test_any_member_sets_and_lifts_a_pin_and_it_keeps_the_bodies(
    team: Team, ada: User, stored: list[Generation], settings: Any
) -> None:
    settings.BODY_RETENTION_DAYS = 1
    assert do(people.browser(ada), team, "pin", NAMES[0]).status_code == 302
    assert do(people.browser(ada), team, "pin", NAMES[0]).status_code == 302
    later = timezone.now() + timedelta(days=2)
    assert retention.expire(later)["records"] == 2
    kept = Generation.objects.get(pk=stored[0].pk)
    assert (kept.prompt_start, kept.replayable) == ("Say hi", True)
    bob = people.browser(people.person(team))
    assert do(people.browser(people.person(team, Role.VIEWER)), team, "unpin", NAMES[0]).status_code == 403
    assert do(bob, team, "unpin", NAMES[0]).status_code == 302
    assert (Pin.objects.count(), retention.expire(later)["records"]) == (0, 1)
    events = AuditEvent.objects.filter(team=team, action__contains="pinned").order_by("pk")
    assert [(event.action, event.subject) for event in events] == [
        ("generation.pinned", NAMES[0]),
        ("generation.unpinned", NAMES[0]),
    ]


def test_the_pages_of_a_generation_and_of_its_replay_pin_it(
    team: Team, ada: User, stored: list[Generation]
) -> None:
    """With script the button comes anew and says what was done; without, the page that it stands on."""
    row, browser = stored[0], people.browser(ada)
    replay = rows.replay(row, ada, state=State.SUCCEEDED)
    url = reverse("pin_generation", args=[team.slug, row.slug])
    for page, words in ((row, "Pin"), (replay, "Pin original")):
        shown = people.html(browser.get(page.get_absolute_url()))
        assert f'action="{url}"' in shown
        assert f"</svg> {words} </button>" in shown
        fields = {"back": page.get_absolute_url(), "do": "pin"}
        assert browser.post(url, fields)["Location"] == page.get_absolute_url()
        again = people.html(browser.get(page.get_absolute_url()))
        assert (f"Pinned for {team}." in again, 'name="do" value="unpin"' in again) == (True, True)
        part = browser.post(url, {**fields, "do": "unpin", "of": "original"}, headers={"HX-Request": "true"})
        assert (part.status_code, json.loads(part["HX-Trigger"])) == (
            200,
            {"said": {"value": "Lifted the pin"}},
        )
        assert ("<html" in people.html(part), "</svg> Pin original </button>" in people.html(part)) == (
            False,
            True,
        )
        assert not Pin.objects.exists()
    browser.post(url, {"do": "pin", "back": "https://elsewhere.example/"})
    viewer = people.browser(people.person(team, Role.VIEWER))
    for page in (row, replay):  # they see that it is pinned, and have no button
        shown = people.html(viewer.get(page.get_absolute_url()))
        assert ("pinned</span>" in shown, url in shown) == (True, False)
    assert viewer.post(url, {"do": "unpin"}).status_code == 403
    assert Pin.objects.get().generation == row


def test_without_script_no_page_comes_anew_while_its_rows_can_be_selected() -> None:
    """A page whose rows can be selected reloads itself only while it has none."""
    texts = {path: path.read_text() for path in Path("templates").rglob("*.html")}
    selects = [text for text in texts.values() if re.search(r'include "[^"]*selection.html"', text)]
    reloads = [
        found
        for text in selects
        for found in re.findall(r'{% if (.+?) %}(?:<noscript>)?<meta http-equiv="refresh"', text)
    ]
    assert len(selects) > 5
    assert set(reloads) == {"pause and not found", "shown.waits"}


def test_forgetting_many_asks_first_and_takes_what_one_may(
    team: Team, ada: User, stored: list[Generation], monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = people.person(team)
    Generation.objects.filter(pk=stored[2].pk).update(looked_up_by=bob)
    browser = people.browser(people.person(team))
    assert "Forget 0 generations" in people.html(do(browser, team, "forget", *NAMES))
    assert "Forget 1 generation" in people.html(do(people.browser(bob), team, "forget", *NAMES))
    monkeypatch.setattr(selection, "MOST_FORGOTTEN", 2)
    page = people.html(do(people.browser(people.person(team, Role.ADMIN)), team, "forget", *NAMES))
    assert "1 of the selected is left out: at most 2 can be forgotten at a time." in page
    answer = do(people.browser(bob), team, "forget", *NAMES, sure="1")
    assert answer.status_code == 302
    assert sorted(Generation.objects.values_list("request_id", flat=True)) == list(NAMES[:2])


@pytest.mark.parametrize("page", ["many", "bulk_lookup"])
def test_a_lookup_of_many_lists_what_is_stored_like_any_list(
    team: Team, ada: User, stored: list[Generation], page: str, django_assert_num_queries: Any
) -> None:
    browser = people.browser(ada)

    def show(*names: str) -> tuple[str, str]:
        """The page of these IDs, and its address."""
        if page == "many":
            url = f"{reverse('many', args=[team.slug])}?{urlencode([('id', name) for name in names])}"
        else:
            job = BulkLookup.objects.create(
                team=team, user=ada, request_ids=list(names), ended_at=timezone.now()
            )
            url = job.get_absolute_url()
        browser.get(url)
        with django_assert_num_queries(5):
            return people.html(browser.get(url)), url

    Fetch.objects.create(team=team, request_id=OLD, outcome={"code": "not_found"}, lease_until=LATER)
    do(browser, team, "pin", NAMES[0])
    show(NAMES[0])
    text, url = show(*NAMES, OLD)
    assert [
        text.count(part) for part in ('class="question"', 'class="choose" id="row-', " pinned</span>")
    ] == [
        *(3, 3, 1),
    ]
    assert "Not found at the gateway" in text
    back = html.unescape(re.findall(r'name="back" value="([^"]+)"', text)[0])
    assert back == url
    assert do(browser, team, "unpin", *NAMES, back=back)["Location"] == back
    assert do(browser, team, "compare", NAMES[0], back="//evil.example")["Location"] == (
        reverse("generations", args=[team.slug])
    )
    assert Pin.objects.count() == 0
