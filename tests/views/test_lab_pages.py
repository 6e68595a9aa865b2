"""The replay lab: changes, plan, the click, many generations, and the pages of batches."""

import json
import re
import uuid
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard.models import GatewayConnection, Role, Team, User
from generations.gateway.demo.keys import SCOPED_KEY
from generations.lists import batch_rows
from generations.models import Batch, Generation, Replay, ReplayAnswer, ReplayLimits
from generations.models.replay import EXPIRED_PATCH, State
from generations.records import rebuild
from generations.replay import batches, derived_answer
from generations.replay.order import orders, start
from generations.replay.order.request_edits import RequestEdits
from generations.views.replay.batch import _hoped
from tests.support import calls, people, rows
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent_ids: list[str] = []
    monkeypatch.setattr(start, "send_message", lambda replay_id: sent_ids.append(str(replay_id)))
    return sent_ids


@pytest.fixture
def source(team: Team, settings: Any) -> GatewayConnection:
    return people.connection(team, settings.GATEWAY_URLS[0])


@pytest.fixture
def chat(team: Team, ada: User, source: GatewayConnection) -> Generation:
    return rows.generation(team, ada, source)


class Lab:
    """The pre-flight of one generation in a browser."""

    def __init__(self, of: Generation, user: User, query: str = "") -> None:
        self.of, self.browser = of, people.browser(user)
        self.page = self.browser.get(reverse("replay_form", args=[of.team.slug, of.slug]) + query)
        self.fields = people.form_of(self.page.content)

    def send(self, name: str = "start_replay", **changes: str) -> Any:
        self.fields |= changes
        answer = self.browser.post(reverse(name, args=[self.of.team.slug, self.of.slug]), self.fields)
        self.fields |= {
            name: value for name, value in people.form_of(answer.content).items() if name == "plan_digest"
        }
        return answer


def body_of(replay: Replay) -> dict[str, Any]:
    stored = orders.stored_body(replay.record)
    assert stored is not None
    return dict(json.loads(orders.patched(stored, replay.patch)))


# --- one generation -----------------------------------------------------------------------------------------------


def test_the_form_begins_with_what_is_stored(chat: Generation, ada: User) -> None:
    fields = Lab(chat, ada).fields
    assert fields["v-model"] == "openai/gpt-5-nano"
    assert (fields["v-stream"], fields["v-temperature"], fields["t-0"]) == ("on", "", "Say hi")


def test_sent_back_as_it_came_nothing_is_changed(chat: Generation, ada: User) -> None:
    assert Lab(chat, ada).send().status_code == 302
    assert Replay.objects.get().patch == ""


def test_a_click_builds_its_form_once(chat: Generation, ada: User) -> None:
    """v0.1.0 entered functions of the project 545 times for this click, and built the form twice for a plain button.

    A third of the way is the search for a price that this record, without a cost, does not tell.
    """
    lab = Lab(chat, ada)
    address = reverse("start_replay", args=[chat.team.slug, chat.slug])
    for fields in (lab.fields, {"click": str(uuid.uuid4())}):
        with calls.entered() as entered:
            answer = lab.browser.post(address, fields)
        forms = [name for name in entered if name.endswith("ChangeForm.__init__")]
        assert (answer.status_code, len(forms)) == (302, 1)
        assert len(entered) <= 415


def test_changes_are_shown_before_they_are_sent(chat: Generation, ada: User, sent: list[str]) -> None:
    lab = Lab(chat, ada)
    first = lab.send(**{"v-temperature": "0.2"})
    assert (first.status_code, Replay.objects.count(), sent) == (400, 0, [])
    assert "temperature added: 0.2" in first.content.decode()
    assert lab.send().status_code == 302
    assert body_of(Replay.objects.get()) == {**rows.CHAT, "temperature": 0.2}


def test_another_change_after_the_look_is_shown_again(chat: Generation, ada: User) -> None:
    lab = Lab(chat, ada)
    lab.send(**{"v-temperature": "0.2"})
    assert lab.send(**{"v-temperature": "0.3"}).status_code == 400
    assert Replay.objects.count() == 0


def test_looking_sends_nothing(chat: Generation, ada: User) -> None:
    lab = Lab(chat, ada)
    lab.send(**{"v-model": "openai/gpt-5-mini"})
    answer = lab.send(look="1")
    assert (answer.status_code, Replay.objects.count()) == (200, 0)


def test_the_plan_fragment(chat: Generation, ada: User) -> None:
    answer = Lab(chat, ada).send("replay_plan", **{"t-0": "Say bye"})
    assert b"<html" not in answer.content
    assert "messages[0].content" in answer.content.decode()


def test_a_text_is_edited(chat: Generation, ada: User) -> None:
    lab = Lab(chat, ada)
    lab.send(**{"t-0": "Say <b>bye</b> & go"})
    assert lab.send(why="Ticket 7").status_code == 302
    replay = Replay.objects.get()
    assert body_of(replay)["messages"] == [{"role": "user", "content": "Say <b>bye</b> & go"}]
    assert replay.why == "Ticket 7"


def test_a_value_that_is_not_possible_is_shown_at_its_field(chat: Generation, ada: User) -> None:
    answer = Lab(chat, ada).send(**{"v-temperature": "hot"})
    assert answer.status_code == 400
    assert "Temperature: It must be a number from 0 to 2." in answer.content.decode()


def test_the_whole_request_as_json(chat: Generation, ada: User) -> None:
    lab = Lab(chat, ada, "?edit=json")
    lab.send(whole='{"model": "m", "messages": [], "x": 1.50}')
    assert lab.send().status_code == 302
    replay = Replay.objects.get()
    stored = orders.stored_body(replay.record)
    assert stored is not None
    assert b"1.50" in orders.patched(stored, replay.patch)
    assert body_of(replay) == {"model": "m", "messages": [], "x": 1.5}


def test_broken_json_is_shown_with_its_line(chat: Generation, ada: User) -> None:
    answer = Lab(chat, ada, "?edit=json").send(whole='{"model": "m",\n "messages" []}')
    assert answer.status_code == 400
    assert "Line 2, column" in answer.content.decode()
    assert "&quot;messages&quot; []" in answer.content.decode()


def test_again_begins_with_the_changes_of_the_earlier_one(chat: Generation, ada: User) -> None:
    patch = '[{"op": "add", "path": "/temperature", "value": 0.2}]'
    earlier = rows.replay(chat, ada, patch=patch, state=State.SUCCEEDED)
    lab = Lab(chat, ada, f"?again={earlier.pk}")
    assert lab.fields["v-temperature"] == "0.2"
    assert lab.send().status_code == 302
    assert body_of(Replay.objects.exclude(pk=earlier.pk).get())["temperature"] == 0.2


def test_again_edits_as_json_what_no_field_can_say(chat: Generation, ada: User) -> None:
    earlier = rows.replay(chat, ada, patch='[{"op": "add", "path": "/x", "value": [1]}]', state=State.FAILED)
    lab = Lab(chat, ada, f"?again={earlier.pk}")
    assert lab.send().status_code == 302
    assert body_of(Replay.objects.exclude(pk=earlier.pk).get())["x"] == [1]


def test_several_times_is_a_batch(chat: Generation, ada: User) -> None:
    lab = Lab(chat, ada)
    assert lab.send(times="3", models="openai/gpt-5-mini").status_code == 400
    answer = lab.send()
    assert answer.headers["Location"] == Batch.objects.get().get_absolute_url()
    models = [body_of(replay)["model"] for replay in Replay.objects.order_by("place")]
    assert models == ["openai/gpt-5-nano"] * 3 + ["openai/gpt-5-mini"] * 3


def test_other_models_of_equal_number_are_shown_again(chat: Generation, ada: User) -> None:
    lab = Lab(chat, ada)
    lab.send(models="openai/gpt-5-mini")
    assert (lab.send(models="openai/gpt-5").status_code, Replay.objects.count()) == (400, 0)
    assert lab.send().status_code == 302


def test_a_plan_that_is_no_longer_true_is_shown_again(chat: Generation, ada: User) -> None:
    lab = Lab(chat, ada)
    lab.send(**{"v-temperature": "0.2"})
    assert lab.send(**{"v-temperature": ""}).status_code == 400
    assert lab.send().status_code == 302
    other = Lab(chat, ada)
    address = GatewayConnection.objects.get(team=chat.team).base_url
    GatewayConnection.objects.filter(team=chat.team).delete()
    people.connection(chat.team, address)
    assert (other.send().status_code, Replay.objects.count()) == (400, 1)


def test_back_and_changed_it_is_another_click(chat: Generation, ada: User) -> None:
    lab = Lab(chat, ada)
    assert lab.send().status_code == 302
    lab.send(**{"v-temperature": "0.2"})
    answer = lab.send()
    assert (answer.status_code, Replay.objects.count()) == (409, 1)
    assert "has already started something else" in answer.content.decode()
    lab.fields |= people.form_of(answer.content)
    assert (lab.send().status_code, Replay.objects.count()) == (302, 2)
    assert (lab.send().status_code, Replay.objects.count()) == (302, 2)


def test_every_variant_is_shown(chat: Generation, ada: User) -> None:
    page = Lab(chat, ada).send("replay_plan", models="openai:openai/gpt-5 a/b").content.decode()
    assert "provider pinned to openai by the model&#x27;s name (model openai:openai/gpt-5, was" in page
    assert "model: openai/gpt-5-nano → a/b" in page


def test_blanks_around_a_stored_value_are_no_change(team: Team, ada: User, source: GatewayConnection) -> None:
    odd = {
        **rows.CHAT,
        "model": " openai/gpt ",
        "service_tier": " auto",
        "temperature": " 0.7",
        "user": "a\nb",
    }
    row = rows.generation(team, ada, source, replay_request={**odd, "provider": {"only": ["openai "]}})
    assert Lab(row, ada).send().status_code == 302
    assert Replay.objects.get().patch == ""


def test_letters_of_all_languages_are_themselves_in_the_editor(
    team: Team, ada: User, source: GatewayConnection
) -> None:
    said = "你好 \u0000 \ud83d é \\u4f60"
    row = rows.generation(team, ada, source, replay_request={**rows.CHAT, "user": said})
    lab = Lab(row, ada, "?edit=json")
    assert "你好" in lab.fields["whole"]
    assert lab.send().status_code == 302
    assert Replay.objects.get().patch == ""


def test_too_many_are_refused_before_they_are_made(
    chat: Generation, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(chat, ada)
    monkeypatch.setattr(batches, "_orders", lambda *_: pytest.fail("an order was made"))
    answer = lab.send(times="50", models=" ".join(f"openai/m{number}" for number in range(10)))
    assert (answer.status_code, Replay.objects.count()) == (400, 0)
    assert "These would be 550 replays; a batch has 500 at most." in answer.content.decode()
    url = reverse("lab", args=[chat.team.slug])
    sent = {"id": chat.slug, "click": lab.fields["click"], "times": "50"}
    many = lab.browser.post(url, {**sent, "models": " ".join(f"a/m{number}" for number in range(10))})
    assert (many.status_code, "These would be 550 replays" in many.content.decode()) == (400, True)


def test_what_cannot_be_replayed_has_a_plan_that_says_so(
    team: Team, ada: User, source: GatewayConnection
) -> None:
    row = rows.generation(team, ada, source, replay_request=None)
    answer = people.browser(ada).post(reverse("replay_plan", args=[team.slug, row.slug]), {"v-seed": "4"})
    assert (answer.status_code, b"<html" in answer.content) == (200, False)
    assert "cannot be replayed" in answer.content.decode()


def test_a_change_that_has_expired_is_shown_and_not_repeated(chat: Generation, ada: User) -> None:
    earlier = rows.replay(chat, ada, patch=EXPIRED_PATCH, state=State.SUCCEEDED)
    browser = people.browser(ada)
    assert (
        "some were made, but they are no longer stored"
        in browser.get(earlier.get_absolute_url()).content.decode()
    )
    ledger = reverse("ledger", args=[chat.team.slug])
    assert "changes no longer stored" in browser.get(ledger).content.decode()
    lines = b"".join(browser.get(f"{ledger}.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert ",,[]," in lines
    assert Lab(chat, ada, f"?again={earlier.pk}").send().status_code == 302
    assert Replay.objects.exclude(pk=earlier.pk).get().patch == ""


def test_a_limit_is_shown_and_nothing_is_sent(chat: Generation, ada: User) -> None:
    ReplayLimits.objects.create(team=chat.team, person_day_count=0)
    answer = Lab(chat, ada).send()
    assert (answer.status_code, Replay.objects.count()) == (409, 0)
    assert "You may start 0 replays a day" in answer.content.decode()


def test_what_is_left_today_is_shown(chat: Generation, ada: User) -> None:
    ReplayLimits.objects.create(team=chat.team, team_day_nanos=2_000_000_000, person_day_nanos=10**9)
    page = people.html(Lab(chat, ada).page)
    assert "Left for you today: $1.00 of $1.00." in page
    assert "Left for the team today: $2.00 of $2.00." in page


def test_a_dear_one_is_confirmed(team: Team, ada: User, source: GatewayConnection) -> None:
    dear = rows.generation(team, ada, source, cost_nanos=5_000_000_000)
    ReplayLimits.objects.create(team=team, confirm_nanos=1_000_000_000)
    lab = Lab(dear, ada)
    assert (lab.send().status_code, Replay.objects.count()) == (400, 0)
    assert lab.send(confirm_cost="on").status_code == 302


def test_a_viewer_may_look_and_not_run(chat: Generation) -> None:
    viewer = people.person(chat.team, Role.VIEWER)
    lab = Lab(chat, viewer)
    assert lab.send("replay_plan", **{"v-seed": "4"}).status_code == 200
    assert lab.send().status_code == 403
    url, chosen = reverse("lab", args=[chat.team.slug]), {"id": chat.slug, "click": lab.fields["click"]}
    assert lab.browser.post(url, chosen).status_code == 200
    assert lab.browser.post(url, {**chosen, "run": "1"}).status_code == 403


# --- many generations ---------------------------------------------------------------------------------------------


def test_pasted_ids_become_a_plan_and_a_batch(
    team: Team, ada: User, source: GatewayConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[GatewayConnection] = []
    monkeypatch.setattr("generations.replay.prices.price_lists.listed", asked.append)
    made = [rows.generation(team, ada, source, request_id=f"G-01M0N8538G8F4T0W6X1Y2Z3A4{n}") for n in "BCD"]
    browser, url = people.browser(ada), reverse("lab", args=[team.slug])
    names = [row.request_id for row in made] + ["G-01M0N8538G8F4T0W6X1Y2Z3AZZ"]
    first = browser.post(url, {"ids": "\n".join(names), "click": str(uuid.uuid4())})
    assert "G-01M0N8538G8F4T0W6X1Y2Z3AZZ" in people.html(first)
    assert asked, "the page asks for prices"
    fields: dict[str, Any] = {
        **people.form_of(first.content),
        "v-temperature": "0.1",
        "id": [row.slug for row in made],
    }
    unseen = browser.post(url, {**fields, "run": "1"})
    assert (unseen.status_code, Batch.objects.count()) == (400, 0)
    page = people.html(unseen)
    assert f"POST {source.base_url}/chat/completions</span> with the key of {source.name}" in page
    assert "temperature → 0.1" in page
    asked.clear()
    seen = browser.post(
        url, {**fields, "run": "1", "plan_digest": people.form_of(unseen.content)["plan_digest"]}
    )
    assert (seen.status_code, asked) == (302, [])  # no click waits for prices
    assert [body_of(replay)["temperature"] for replay in Replay.objects.all()] == [0.1] * 3


@pytest.mark.parametrize("name", ["~" + "9" * 18 + "x", "~²", "~" + "9" * 40, "~", "'"])
def test_odd_names_are_not_stored(team: Team, ada: User, name: str) -> None:
    answer = people.browser(ada).get(reverse("lab", args=[team.slug]), {"id": name})
    assert (answer.status_code, answer.context["rows"]) == (200, [])


def test_generations_of_another_team_are_not_found(chat: Generation) -> None:
    eve = people.person(people.team())
    theirs = eve.memberships.get().team
    page = people.browser(eve).get(reverse("lab", args=[theirs.slug]), {"id": [chat.slug, f"~{chat.pk}"]})
    assert "are not stored" in people.html(page)
    assert "The plan" not in people.html(page)


# --- the pages of a batch -----------------------------------------------------------------------------------------


def ended_batch(chat: Generation, ada: User, times: int) -> Batch:
    made = batches.plan_batch([chat], times=times)
    batch = batches.start_batch(chat.team, ada, uuid.uuid4(), "Three times", made, 1)
    facts = {
        "first_token_ms": 412,
        "total_ms": 900,
        "output_tokens": 12,
        "cost_nanos": 53300,
        "text_key": "k",
        "derived": derived_answer.VERSION,
        "finish_reason": "stop",
    }
    batch.replays.update(state=State.SUCCEEDED, **facts)
    return batch


def test_the_page_of_a_batch(chat: Generation, ada: User) -> None:
    batch = ended_batch(chat, ada, 3)
    page = people.html(people.browser(ada).get(batch.get_absolute_url()))
    assert "3 of 3 finished </span>" in page
    assert "1 distinct" in page
    listed = page.partition("<h2>Replays</h2>")[2]
    for words in ("Say hi", "2 · G-01M0", ">exact<", f">{ada}<", 'href="?sort=-total"', "first token"):
        assert words in listed
    assert "Three times" not in listed  # its own name
    assert set(re.findall(r"sort=-?(\w+)", listed)) == set(batch_rows.SORTS)


def test_keys_of_two_readers_are_not_mixed(chat: Generation, ada: User) -> None:
    """A batch whose answers were read by an older Retake says so until all are read again."""
    batch = ended_batch(chat, ada, 3)
    old = batch.replays.get(place=1)
    rows.answer(old, b'{"choices": [{"message": {"content": "Hi"}}]}', "application/json")
    batch.replays.filter(pk=old.pk).update(derived=derived_answer.VERSION - 1)
    ReplayAnswer.objects.update(version=derived_answer.VERSION - 1)
    page = people.html(people.browser(ada).get(batch.get_absolute_url()))
    assert ("Recounting" in page, "distinct<" in page, "1 distinct" in page) == (True, False, False)
    answer: Any = people.browser(ada).get(reverse("batch_json", args=[chat.team.slug, batch.pk]))
    export = json.loads(b"".join(answer.streaming_content))
    assert [replay["text_key"] for replay in export["replays"]] == ["", "", ""]
    assert rebuild.tick()["answers"] == 1
    page = people.html(people.browser(ada).get(batch.get_absolute_url()))
    assert ("Recounting" in page, "2 distinct" in page) == (False, True)


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "99", "9" * 30, ""])
def test_what_is_no_page_is_the_nearest_one(chat: Generation, ada: User, page: str) -> None:
    answer = people.browser(ada).get(
        ended_batch(chat, ada, 3).get_absolute_url(), {"page": page, "sort": "-x"}
    )
    assert (answer.status_code, answer.context["number"], len(answer.context["rows"])) == (200, 1, 3)


def test_it_tells_what_was_changed_and_why(chat: Generation, ada: User) -> None:
    made = batches.plan_batch([chat], [RequestEdits(), RequestEdits([("seed", "7")])], 2)
    batch = batches.start_batch(chat.team, ada, uuid.uuid4(), "Two by two", made, 1, "Is it steady?")
    batch.replays.filter(place=0).update(patch=EXPIRED_PATCH)
    page = people.browser(ada).get(batch.get_absolute_url())
    shown = [(asked.number, asked.lines and asked.lines[0].text) for asked in page.context["asked"]]
    assert shown == [(2, "seed → 7"), (1, None), (1, [])]
    assert (
        "Is it steady?" in page.content.decode(),
        "changed; see each replay" in page.content.decode(),
    ) == (
        True,
        True,
    )


@pytest.mark.parametrize("sort", ["place", "-cost", "verdict", "total", "-first", "finish", "odd", "-"])
def test_it_can_be_sorted(chat: Generation, ada: User, sort: str) -> None:
    batch = ended_batch(chat, ada, 2)
    assert people.browser(ada).get(batch.get_absolute_url(), {"sort": sort}).status_code == 200


@pytest.mark.parametrize("name", ["batch", "batch_live", "batches"])
def test_the_queries_do_not_grow(chat: Generation, ada: User, name: str) -> None:
    counts = []
    for times in (1, 4):
        batch = ended_batch(chat, ada, times)
        browser = people.browser(ada)
        args = [chat.team.slug] if name == "batches" else [chat.team.slug, batch.pk]
        browser.get(reverse(name, args=args))
        with CaptureQueriesContext(connection) as seen:
            browser.get(reverse(name, args=args))
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_exports(chat: Generation, ada: User) -> None:
    batch = ended_batch(chat, ada, 2)
    browser = people.browser(ada)
    sheet = b"".join(browser.get(reverse("batch_csv", args=[chat.team.slug, batch.pk]))).decode("utf-8-sig")
    assert [line.split(",")[0] for line in sheet.splitlines()] == ["place", "0", "1"]
    exported = json.loads(b"".join(browser.get(reverse("batch_json", args=[chat.team.slug, batch.pk]))))
    assert [replay["total_ms"] for replay in exported["replays"]] == [900, 900]


def test_the_export_writes_no_number_anew(chat: Generation, ada: User) -> None:
    batch = ended_batch(chat, ada, 1)
    patch = '[{"op": "add", "path": "/seed", "value": 1.10e400}]'
    batch.replays.update(patch=patch)
    answer: Any = people.browser(ada).get(reverse("batch_json", args=[batch.team.slug, batch.pk]))
    assert patch in answer.getvalue().decode()


def test_the_list_is_paged_without_a_batch_twice_or_lost(chat: Generation, ada: User) -> None:
    at = timezone.now()  # many at the same moment: the ID decides
    made = [
        Batch(
            team=chat.team,
            started_by=ada,
            click=uuid.uuid4(),
            title=f"n{number}",
            parallel=1,
            size=1,
            created_at=at,
        )
        for number in range(120)
    ]
    Batch.objects.bulk_create(made)
    browser, url = people.browser(ada), reverse("batches", args=[chat.team.slug])
    seen: list[str] = []
    asked: dict[str, object] | None = {}
    while asked is not None:
        page = browser.get(f"{url}?{urlencode(asked)}").context["page"]
        seen += [line.row.title for line in page.rows]
        asked = {"older": page.older} if page.older else None
    assert sorted(seen) == sorted(row.title for row in made)
    before = browser.get(f"{url}?{urlencode({'newer': page.newer})}").context["page"]
    assert [line.row.title for line in before.rows] == seen[50:100]


def test_the_list_says_how_far_each_batch_is_and_what_it_cost(chat: Generation, ada: User) -> None:
    batch = ended_batch(chat, ada, 3)
    batch.replays.filter(place=0).update(state="waiting", cost_nanos=None)
    [line] = people.browser(ada).get(reverse("batches", args=[chat.team.slug])).context["page"].rows
    costs = batch.replays.exclude(place=0).values_list("cost_nanos", flat=True)
    assert (line.row, line.ended, line.cost) == (batch, 2, sum(cost or 0 for cost in costs) or None)


@pytest.mark.parametrize("name", ["batch_pause", "batch_resume", "batch_cancel"])
def test_the_buttons_are_for_members(chat: Generation, ada: User, name: str) -> None:
    batch = batches.start_batch(chat.team, ada, uuid.uuid4(), "x", batches.plan_batch([chat], times=2), 1)
    url = reverse(name, args=[chat.team.slug, batch.pk])
    buttons = {
        "viewer": people.browser(people.person(chat.team, Role.VIEWER)).post(url).status_code,
        "outsider": people.browser(people.person(people.team())).post(url).status_code,
        "member": people.browser(ada).post(url).status_code,
    }
    assert buttons == {"viewer": 403, "outsider": 404, "member": 302}


def test_the_buttons_work(chat: Generation, ada: User) -> None:
    batch = batches.start_batch(chat.team, ada, uuid.uuid4(), "x", batches.plan_batch([chat], times=2), 1)
    browser = people.browser(ada)
    states, said = [], []
    for name in ("batch_pause", "batch_resume", "batch_cancel", "batch_cancel"):
        page = browser.post(reverse(name, args=[chat.team.slug, batch.pk]), follow=True)
        batch.refresh_from_db()
        states.append(batch.state)
        said += [str(message).partition(".")[0] for message in page.context["messages"]]
    assert states == ["paused", "running", "cancelled", "cancelled"]
    assert said == ["Paused", "Resumed", "Cancelled"]  # the second time there was nothing to cancel


# --- suggestions --------------------------------------------------------------------------------------------------


def names_of(chat: Generation, user: User) -> list[str]:
    page = people.browser(user).get(reverse("model_names", args=[chat.team.slug, chat.slug])).content.decode()
    return re.findall(r'<option value="([^"]*)">', page)


def test_the_gateways_models_of_the_endpoint_are_offered(
    team: Team, ada: User, demo_gateway: DemoGateway
) -> None:
    source = people.connection(team, demo_gateway.url, SCOPED_KEY)
    names = names_of(rows.generation(team, ada, source), ada)
    assert "openai/gpt-5-mini" in names
    assert "openai/text-embedding-3-small" not in names
    slashed = rows.generation(team, ada, source, request_id="G-2", endpoint="/v1/chat/completions")
    assert names_of(slashed, ada) == names


def test_a_gateway_that_is_unavailable_offers_nothing(chat: Generation, ada: User) -> None:
    assert names_of(chat, ada) == []


def test_a_viewer_causes_no_call(team: Team, ada: User, demo_gateway: DemoGateway) -> None:
    row = rows.generation(team, ada, people.connection(team, demo_gateway.url, SCOPED_KEY))
    assert names_of(row, people.person(team, Role.VIEWER)) == []


def test_no_upper_price_is_named_where_one_is_unknown() -> None:
    def price(unknown: int) -> str:
        figures = {"low": 10**9, "high": 2 * 10**9, "most": 5 * 10**9, "foreign": 0, "basis": []}
        draft = SimpleNamespace(orders=[1, 2], unknown=unknown, **figures)
        return " ".join(render_to_string("generations/lab/batch_price.html", {"draft": draft}).split())

    assert "$1 to $2" in price(0).replace(".00", "")
    assert ("allow up to" in price(0), "allow up to" in price(1)) == (True, False)
    assert "No upper price is known for 1 of 2 replays." in price(1)
    assert [_hoped(known) for known in ([], [1, 2], [1, None])] == [0, 3, None]
