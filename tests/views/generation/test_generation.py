"""The generation page, its tabs and the stored record."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils.html import escape

from dashboard.models import Role, Team, User
from generations.models import Generation, StoredRecord
from generations.reading import outline
from tests.reading.samples import demo_record
from tests.support import people, rows
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
TABS = ("parameters", "cost", "timing", "provider", "json", "replays")
OSLO = "G-01M0N8538G8F4T0W6X1Y2Z3A4B"


@pytest.fixture
def chat(team: Team) -> Generation:
    return keep(team, demo_record("oslo-cancelled"), OSLO)


def test_a_page_asks_three_queries(ada: User, chat: Generation, django_assert_num_queries: Any) -> None:
    browser = people.browser(ada)
    browser.get(chat.get_absolute_url())
    with django_assert_num_queries(3):  # session, person with memberships, and all of the page
        browser.get(chat.get_absolute_url())


@pytest.mark.parametrize("count", [1, 3])
def test_the_replays_do_not_multiply_queries(
    team: Team, ada: User, chat: Generation, count: int, django_assert_num_queries: Any
) -> None:
    for _ in range(count):
        rows.replay(chat, ada)
    browser = people.browser(ada)
    browser.get(chat.get_absolute_url())
    with django_assert_num_queries(5):
        answer = browser.get(f"{chat.get_absolute_url()}/replays")
    assert answer.content.decode().count(reverse("replay", args=[team.slug, chat.replays.all()[0].pk])) == 1


@pytest.mark.parametrize("tab", ["", *(f"/{tab}" for tab in TABS), ".json", "/parts/cost", "/parts/raw?at="])
def test_owner_member_viewer_and_outsider(team: Team, chat: Generation, tab: str) -> None:
    asked = [people.person(team, role) for role in (Role.OWNER, Role.MEMBER, Role.VIEWER)]
    outsider = people.person(people.team())
    url = chat.get_absolute_url() + tab
    assert [people.browser(person).get(url).status_code for person in asked] == [200, 200, 200]
    assert people.browser(outsider).get(url).status_code == 404
    assert people.browser().get(url).status_code == 302


def test_a_viewer_is_shown_why_there_is_no_replay(team: Team, chat: Generation) -> None:
    page = people.browser(people.person(team, Role.VIEWER)).get(chat.get_absolute_url()).content.decode()
    assert f'href="{chat.get_absolute_url()}/replay"' not in page
    assert 'id="why-no-replay"' in page
    assert "/refresh" not in page


def test_a_member_is_offered_the_replay(ada: User, chat: Generation) -> None:
    page = people.browser(ada).get(chat.get_absolute_url()).content.decode()
    assert page.count(f'href="{chat.get_absolute_url()}/replay"') == 1
    assert "why-no-replay" not in page


def test_nothing_of_a_prompt_acts_on_the_page(team: Team, ada: User) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>"
    body = {
        "model": evil,
        "messages": [{"role": evil, "content": evil}, {"role": "assistant", "content": evil}],
    }
    made = rows.generation(
        team, ada, people.connection(team), replay_request=body, model_id=evil, error_code=evil
    )
    for tab in ("", *(f"/{tab}" for tab in TABS)):
        page = people.browser(ada).get(made.get_absolute_url() + tab).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.heavy
def test_a_page_has_no_inline_code_or_style(team: Team, ada: User) -> None:
    for name in ("oslo-cancelled", "poster", "review-threat", "fallback-saved", "gemini-403"):
        row = keep(team, demo_record(name), f"G-{name}")
        for tab in ("", *(f"/{tab}" for tab in TABS)):
            page = people.browser(ada).get(row.get_absolute_url() + tab).content.decode()
            assert (name, " style=" in page, " onclick=" in page, "<style" in page) == (
                name,
                False,
                False,
                False,
            )


def test_the_record_is_served_byte_for_byte(ada: User, chat: Generation) -> None:
    answer = people.browser(ada).get(f"{chat.get_absolute_url()}.json")
    assert answer.content == demo_record("oslo-cancelled")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"], answer["Content-Security-Policy"]) == (
        "application/json",
        "nosniff",
        "default-src 'none'; sandbox",
    )


def test_figures_are_of_the_newest_record_and_bodies_of_the_best(
    team: Team, ada: User, chat: Generation
) -> None:
    keep(
        team,
        demo_record("oslo-cancelled", "plain").replace(b'"cost_nanos": 53300', b'"cost_nanos": 60000'),
        OSLO,
    )
    page = people.browser(ada).get(chat.get_absolute_url()).content.decode()
    assert "0.00006" in page
    assert "My flight to Oslo was cancelled" in page
    assert "no longer returns the bodies" in page
    newest = people.browser(ada).get(f"{chat.get_absolute_url()}.json?record=newest").content
    assert b'"cost_nanos": 60000' in newest


def test_an_outline_of_another_version_is_made_again(ada: User, chat: Generation) -> None:
    StoredRecord.objects.filter(generation=chat).update(outline='{"version": 0}')
    page = people.browser(ada).get(chat.get_absolute_url()).content.decode()
    assert "My flight to Oslo was cancelled" in page
    assert outline.load(chat.records.get().outline).version == outline.VERSION


def test_opening_counts_one_visit_a_minute(ada: User, chat: Generation) -> None:
    browser = people.browser(ada)
    browser.get(chat.get_absolute_url())
    browser.get(chat.get_absolute_url())
    assert list(chat.visits.values_list("user", "times")) == [(ada.pk, 1)]


def test_rows_that_cannot_stand_in_a_path_have_a_number(team: Team, ada: User) -> None:
    row = keep(team, demo_record("oslo-cancelled"), "odd/id?x")
    assert row.get_absolute_url() == f"/t/{team.slug}/g/~{row.pk}"
    browser, digits = people.browser(ada), str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    assert browser.get(row.get_absolute_url()).status_code == 200
    assert browser.get(f"/t/{team.slug}/g/~{str(row.pk).translate(digits)}").status_code == 404


def test_an_unknown_tab_is_404(ada: User, chat: Generation) -> None:
    assert people.browser(ada).get(f"{chat.get_absolute_url()}/nothing").status_code == 404


def test_a_fragment_is_the_same_partial(ada: User, chat: Generation) -> None:
    browser = people.browser(ada)
    fragment = browser.get(f"{chat.get_absolute_url()}/parts/cost").content.decode().strip()
    assert fragment.startswith('<div class="stack" id="view">')
    assert fragment in browser.get(f"{chat.get_absolute_url()}/cost").content.decode()


def test_a_cost_whose_lines_have_no_amounts_is_shown(team: Team, ada: User) -> None:
    lines = [{"dimension": "requests", "quantity": 1}]
    row = rows.generation(
        team, ada, people.connection(team), request_id="G-7", cost_nanos=53300, pricing_lines=lines
    )
    page = people.browser(ada).get(f"{row.get_absolute_url()}/cost").content.decode()
    assert "some lines have no amount" in page
    assert "Recorded cost" in page
    assert "no cost recorded to compare" not in page


def test_a_failure_has_four_parts_and_a_text_for_a_ticket(team: Team, ada: User) -> None:
    failed = keep(team, demo_record("nobody-left"), "G-failed")
    answer = people.browser(ada).get(failed.get_absolute_url())
    page, verdict = answer.content.decode(), answer.context["outline"].verdict
    parts = re.findall(r"<dt>([^<]*)</dt>", page.partition('<dl class="explained">')[2].partition("</dl>")[0])
    assert parts == ["What happened", "Whose fault", "What to do", "Will a replay help?"]
    text = answer.context["support"]
    assert text.startswith(f"Request ID: {failed.request_id}\n")
    assert f"Whose fault: {verdict.fault}\n" in text
    assert text.endswith(f"Link: http://testserver{failed.get_absolute_url()}")
    assert f'data-copy="{escape(text)}"' in page


def test_a_success_can_be_copied_for_support_too(ada: User, chat: Generation) -> None:
    answer = people.browser(ada).get(chat.get_absolute_url())
    assert f'data-copy="{escape(answer.context["support"])}"' in answer.content.decode()
    assert "Whose fault" not in answer.content.decode()
