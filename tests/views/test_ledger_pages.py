"""The pages of the ledger."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.models import GatewayConnection, Role, Team, User
from generations.lists import counting, ledger
from generations.models import Batch, Generation, Pin, Replay
from generations.models.replay import State
from generations.records import retention
from tests.support import people, rows
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
PATCH = '[{"op": "replace", "path": "/temperature", "value": 0}, {"op": "remove", "path": "/seed"}]'


def replay(team: Team, user: User, **columns: Any) -> Replay:
    of = Generation.objects.filter(team=team).first() or keep(team, b'{"request_id": "r"}', "r")
    return rows.replay(of, user, **columns)


def book(team: Team) -> str:
    return reverse("ledger", args=[team.slug])


def day(ago: int = 0) -> str:
    return str(timezone.now().astimezone(UTC).date() - timedelta(days=ago))


def listed(answer: Any) -> list[str]:
    return [row.why for row in answer.context["page"].rows]


@pytest.mark.parametrize("count", [1, 3])
def test_the_ledger_asks_the_same_queries_for_any_number_of_rows(
    team: Team, ada: User, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        many = Batch.objects.create(team=team, click=uuid4(), parallel=1, size=1, title=f"batch {number}")
        user = people.person(team)
        replay(team, user, patch=PATCH, batch=many, model_id=f"m/{number}", cost_nanos=number, why="because")
    browser = people.browser(ada)
    browser.get(book(team))  # remembers the team in the session
    # session, person with memberships, people, rows, count (five with its time limit), sums, forgotten, offers
    with django_assert_num_queries(12) as queries:
        answer = browser.get(book(team))
    assert (len(answer.context["page"].rows), len(answer.context["sums"].people[0])) == (count, count)
    sql = " ".join(query["sql"] for query in queries.captured_queries)
    assert [name for name in ("packed", "outline", "replayanswer", "replaypart") if name in sql] == []


def test_a_line_tells_who_what_why_and_with_which_patch(team: Team, ada: User) -> None:
    many = Batch.objects.create(team=team, click=uuid4(), parallel=1, size=1, title="Try <b>")
    row = replay(
        team,
        ada,
        patch=PATCH,
        batch=many,
        why="Is it <i>fixed</i>?",
        state=State.SUCCEEDED,
        sent=True,
        cost_nanos=53_300,
        model_id="m/1",
    )
    page = people.html(people.browser(ada).get(book(team)))
    for words in (
        reverse("replay", args=[team.slug, row.pk]),
        reverse("batch", args=[team.slug, many.pk]),
        "Try &lt;b&gt;",
        "Is it &lt;i&gt;fixed&lt;/i&gt;?",
        "temp 0",
        "no seed",
        "$0.0000533",
        'title="53,300 nanos"',
    ):
        assert words in page


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"expected_high": 2_000_000}, "up to $0.002"),
        ({"expected_low": 2_000_000}, "about $0.002"),
        ({"sent": False, "state": State.FAILED}, "not sent"),
        ({"patch": "x" * 5000}, "changed"),
        ({}, "exact"),
        ({"state": State.FAILED, "reproduced": True, "status_code": 502}, "Reproduced"),
    ],
    ids=str,
)
def test_what_is_unknown_says_so(team: Team, ada: User, columns: dict[str, Any], words: str) -> None:
    replay(team, ada, **columns)
    assert words in people.browser(ada).get(book(team)).content.decode()


def test_without_a_time_the_last_thirty_days_show(team: Team, ada: User) -> None:
    for days in (0, 29, 30):
        replay(team, ada, why=str(days), created_at=timezone.now() - timedelta(days=days))
    browser = people.browser(ada)
    assert listed(browser.get(book(team))) == ["0", "29"]
    assert listed(browser.get(book(team), {"when": "1"})) == ["0"]
    assert listed(browser.get(book(team), {"when": "all"})) == ["0", "29", "30"]
    assert listed(browser.get(book(team), {"when": "1", "since": day(30)})) == [
        "0",
        "29",
        "30",
    ]
    assert listed(browser.get(book(team), {"until": day(30)})) == ["30"]


def test_blank_filters_leave_the_address(team: Team, ada: User) -> None:
    answer = people.browser(ada).get(book(team), {"model": " a/b ", "state": "", "junk": "1"})
    assert answer["Location"] == f"{book(team)}?model=a%2Fb"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("when", "5"),
        ("who", "999999999"),
        ("state", "x"),
        ("kind", "x"),
        ("sent_as", "x"),
        ("since", "yesterday"),
        ("until", "9999-12-31"),
        ("since", "0001-01-01"),
        ("model", "a\0"),
    ],
)
def test_a_filter_that_cannot_be_read_says_so(team: Team, ada: User, name: str, value: str) -> None:
    replay(team, ada)
    answer = people.browser(ada).get(book(team), {name: value})
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [name])
    assert b"Nothing was searched" in answer.content
    csv = people.browser(ada).get(reverse("ledger_csv", args=[team.slug]), {name: value})
    assert csv.status_code == 302


def test_days_in_the_wrong_order_say_so(team: Team, ada: User) -> None:
    answer = people.browser(ada).get(book(team), {"since": "2026-11-02", "until": "2026-11-01"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["until"])


@pytest.mark.parametrize(
    "query", ["?older=x", "?newer=", "?newer=x", "?since=2000-01-01", "?until=2999-12-31"]
)
def test_odd_addresses_get_a_page(team: Team, ada: User, query: str) -> None:
    replay(team, ada)
    assert people.browser(ada).get(book(team) + query, follow=True).status_code == 200


def test_pages_lead_on_and_back_with_their_filters(
    team: Team, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger.page, "__defaults__", (None, 2))
    for number in range(3):
        replay(team, ada, why=str(number), patch=PATCH)
    browser = people.browser(ada)
    first = browser.get(book(team), {"sent_as": "changed"})
    older = first.context["page"].older
    assert (
        f"?sent_as=changed&amp;older={str(older).replace(':', '%3A').replace('+', '%2B')}"
        in first.content.decode()
    )
    second = browser.get(book(team), {"sent_as": "changed", "older": str(older)})
    assert (listed(first), listed(second)) == (["2", "1"], ["0"])
    assert b"?sent_as=changed&amp;newer=" in second.content
    assert ("sums" in first.context, "sums" in second.context) == (True, False)


def test_sums_lead_to_what_they_sum(team: Team, ada: User) -> None:
    replay(team, ada, model_id="m/1", cost_nanos=1, patch=PATCH)
    replay(team, people.person(team), created_at=timezone.now() - timedelta(days=1))
    browser = people.browser(ada)
    sums = browser.get(book(team), {"when": "7"}).context["sums"]
    assert sums.people[0][0].query == f"when=7&who={ada.pk}"
    assert [(line.name, line.query) for line in sums.models[0]] == [
        ("m/1", "when=7&model=m%2F1"),
        ("no model answered", ""),
    ]
    assert sums.days[0].query == f"since={day()}&until={day()}"
    for line in (sums.people[0][0], sums.models[0][0], sums.days[0]):
        assert len(listed(browser.get(f"{book(team)}?{line.query}"))) == 1


def test_the_days_are_drawn_and_shown(team: Team, ada: User) -> None:
    replay(team, ada, cost_nanos=1_000_000_000, sent=True)
    page = people.browser(ada).get(book(team)).content.decode()
    assert page.count('role="img"') == 2
    assert f"{timezone.now().astimezone(UTC):%-d %b %Y}: $1.00 known" in page
    assert "style=" not in page


def test_a_ledger_without_rows_says_what_to_do(team: Team, ada: User) -> None:
    browser = people.browser(ada)
    assert b"No replay in the last 30 days" in browser.get(book(team)).content
    assert b"No replay matches" in browser.get(book(team), {"state": "failed"}).content


def test_the_csv_holds_what_the_filters_find(team: Team, ada: User) -> None:
    replay(team, ada, why="yes", state=State.FAILED)
    replay(team, ada, why="no")
    answer: Any = people.browser(ada).get(reverse("ledger_csv", args=[team.slug]), {"state": "failed"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="replays-{team.slug}.csv"'
    assert [line.split(",")[3] for line in lines] == ["why", "yes"]


def test_what_was_forgotten_is_shown(team: Team, ada: User) -> None:
    replay(team, ada, state=State.SUCCEEDED, sent=True, cost_nanos=7)
    retention.forget(Generation.objects.get(), ada)
    replay(team, ada)
    browser = people.browser(ada)
    words = "1 replay of forgotten generations from this period is not included."
    assert words in people.html(browser.get(book(team)))
    assert words not in people.html(browser.get(book(team), {"until": day(1)}))


def test_viewers_read_the_ledger_and_outsiders_do_not(team: Team, ada: User) -> None:
    replay(team, ada, why="ours", created_at=datetime.now(UTC))
    assert listed(people.browser(people.person(team, Role.VIEWER)).get(book(team))) == ["ours"]
    outsider = people.person(people.team(), Role.OWNER)
    assert people.browser(outsider).get(book(team)).status_code == 404
    assert listed(people.browser(outsider).get(book(outsider.memberships.get().team))) == []


# --- orders, filters as chips, what is done to many ----------------------------------------------------------------


def test_orders_filters_and_counts_live_in_the_address(team: Team, ada: User) -> None:
    for number in range(3):
        replay(
            team, ada, why=str(number), cost_nanos=[5, 9, 1][number], sent=True, provider="p", model_id="m/1"
        )
    browser = people.browser(ada)
    answer = browser.get(book(team), {"provider": "p", "sort": "-cost"})
    assert listed(answer) == ["1", "0", "2"]
    text = people.html(answer)
    assert "<b>3</b> results" in text
    assert f'href="{book(team)}?sort=-cost"' in text  # the chip without its filter
    assert 'href="?provider=p&amp;sort=cost"' in text  # the head, the other way round
    assert 'value="p"' in text
    part = browser.get(reverse("ledger_rows", args=[team.slug]), {"provider": "p", "sort": "cost", "who": ""})
    assert (listed(part), part["HX-Push-Url"]) == (["2", "0", "1"], f"{book(team)}?provider=p&sort=cost")
    step = answer.context["rows"][0].url.replace("?list=", "/next?list=")
    assert str(answer.context["page"].rows[1].pk) in browser.get(step)["Location"]
    lines = browser.get(reverse("ledger_jsonl", args=[team.slug])).getvalue().decode().splitlines()
    assert sorted(json.loads(line)["cost_nanos"] for line in lines) == [1, 5, 9]


def test_the_page_does_not_wait_for_sums_that_take_long(
    team: Team, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay(team, ada, cost_nanos=1, sent=True)
    browser, totals = people.browser(ada), reverse("ledger_sums", args=[team.slug])
    with monkeypatch.context() as patch:
        patch.setattr(counting, "in_time", lambda read, ms=0: None)
        page = browser.get(book(team), {"when": "7"})
        assert f'hx-get="{totals}?when=7"' in people.html(page)
        assert (listed(page), "<b>many</b>" in people.html(page)) == ([""], True)
        assert "takes too long" in people.html(browser.get(totals, {"when": "7"}))
    part = browser.get(totals, {"when": "7"}, headers={"HX-Request": "true"})
    assert ("Known cost" in people.html(part), "<html" in people.html(part)) == (True, False)
    assert "invalid" in people.html(browser.get(totals, {"when": "x"}))


def test_selected_replays_are_compared_named_and_filed(team: Team, ada: User) -> None:
    first, second = replay(team, ada, why="a"), replay(team, ada, why="b", state=State.FAILED)
    browser, url = people.browser(ada), reverse("selected_replays", args=[team.slug])

    def do(action: str, *ids: Any, **more: str) -> Any:
        return browser.post(url, {"do": action, "id": ids, **more})

    both = [str(second.pk), str(first.pk), "x"]
    assert do("compare", *both)["Location"].endswith(f"compare?a={first.pk}&b={second.pk}")
    assert do("ids", *both).content.decode().split() == both[:2]
    assert do("csv", all="1", query="state=failed").getvalue().count(b"\n") == 2
    assert json.loads(do("jsonl", first.pk).getvalue())["why"] == "a"
    assert do("compare", first.pk, query="state=failed")["Location"] == f"{book(team)}?state=failed"
    assert do("ids")["Location"] == book(team)
    again = do("replay", *both)["Location"]
    assert again == f"{reverse('replays_again', args=[team.slug])}?id={second.pk}&id={first.pk}"
    strange = people.browser(people.person(people.team(), Role.OWNER))
    assert strange.post(url, {"do": "ids", "id": both}).status_code == 404
    viewer = people.browser(people.person(team, Role.VIEWER))
    assert viewer.post(url, {"do": "pin", "id": both}).status_code == 403
    assert do("pin", first.pk, query="state=failed")["Location"] == f"{book(team)}?state=failed"
    assert people.html(browser.get(book(team))).count(" pinned</span>") == 2
    do("unpin", all="1")
    assert Pin.objects.count() == 0


def test_selected_replays_once_more_are_a_plan_and_one_click(
    team: Team, ada: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.GATEWAY_URLS = ["http://127.0.0.1:9/v1"]
    monkeypatch.setattr("generations.replay.order.start.send_message", lambda pk: None)
    of = rows.generation(team, ada, people.connection(team))
    patch = '[{"op":"add","path":"/seed","value":7}]'
    made = [rows.replay(of, ada, patch=text, state=State.FAILED) for text in ("", patch)]
    browser, url = people.browser(ada), reverse("replays_again", args=[team.slug])
    monkeypatch.setattr("generations.views.lists.replay_selection.MOST_NAMED", 1)
    asked = {"do": "replay", "id": [row.pk for row in made]}
    planned = browser.post(reverse("selected_replays", args=[team.slug]), asked)
    assert ("seed" in people.html(planned), Replay.objects.count()) == (True, 2)
    data: Any = {**people.form_of(planned.content), "id": [row.pk for row in made]}
    answers = [browser.post(url, data)["Location"] for _ in range(2)]
    batch = Batch.objects.get()
    assert answers == [batch.get_absolute_url()] * 2
    assert [row.patch for row in batch.replays.order_by("place")] == ["", patch]
    viewer = people.browser(people.person(team, Role.VIEWER))
    assert (viewer.get(url, data).status_code, viewer.post(url, data).status_code) == (200, 403)
    assert "None of the replays" in people.html(browser.get(url))


def test_words_in_rows_have_a_direction_of_their_own(
    team: Team, ada: User, source: GatewayConnection
) -> None:
    """In one of the page's, an Arabic prompt loses its first words, and two such texts in a line change places."""
    asked = {**rows.CHAT, "messages": [{"role": "user", "content": "مرحبا"}]}
    chat = rows.generation(team, ada, source, replay_request=asked)
    batch = Batch.objects.create(team=team, started_by=ada, click=uuid4(), title="دفعة", parallel=1, size=1)
    rows.replay(chat, ada, batch=batch, place=0, why="سبب", answer_start="أهلا", state=State.SUCCEEDED)
    browser = people.browser(ada)
    page = people.html(browser.get(reverse("ledger", args=[team.slug])))
    page += people.html(browser.get(reverse("batches", args=[team.slug])))
    shown = re.findall(r'dir="auto">([^<]+)<', page)
    assert {"مرحبا", "أهلا", "سبب", "دفعة"} <= set(shown)
    assert shown.count("دفعة") == 2
