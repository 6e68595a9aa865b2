"""Pre-flight, the click, the replay's page and its fragments."""

import json
import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from dashboard.models import GatewayConnection, Role, Team, User
from generations.models import Batch, Generation, Replay, ReplayAnswer
from generations.models.replay import State
from generations.replay import siblings
from generations.replay.live import follow
from generations.replay.order import start
from generations.views.replay.replay import replay_events
from tests.reading.samples import demo_record
from tests.support import people, rows
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
OSLO = "G-01M0N8538G8F4T0W6X1Y2Z3A4B"
SEATS = "G-01M0N8A1Q8SEATSNXT14A2B3C4"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr(start, "send_message", lambda replay_id: messages.append(str(replay_id)))
    return messages


@pytest.fixture
def source(team: Team, settings: Any) -> GatewayConnection:
    return people.connection(team, settings.GATEWAY_URLS[0])


@pytest.fixture
def chat(team: Team, source: GatewayConnection) -> Generation:
    return keep(team, demo_record("oslo-cancelled"), OSLO)


@pytest.fixture
def kept(team: Team, source: GatewayConnection) -> Generation:
    """A generation whose answer was kept: it was no stream."""
    return keep(team, demo_record("seat-together"), SEATS)


def ended(chat: Generation, ada: User, text: str = "Hello", **columns: Any) -> Replay:
    columns = {"state": State.SUCCEEDED, "finished_at": timezone.now(), "sent": True, **columns}
    replay = rows.replay(chat, ada, **columns)
    wire = b'{"id":"G-1","choices":[{"message":{"role":"assistant","content":"' + text.encode() + b'"}}]}'
    rows.answer(replay, wire, "application/json")
    return replay


def url(replay: Replay, name: str = "replay") -> str:
    return reverse(name, args=[replay.team.slug, replay.pk])


def post_click(chat: Generation, user: User, **data: Any) -> Any:
    address = reverse("generation_replays", args=[chat.team.slug, chat.slug])
    return people.browser(user).post(address, {"click": str(uuid.uuid4()), **data})


# --- before the click -----------------------------------------------------------------------------------------


def test_the_preflight_says_what_is_sent_where_and_with_what(
    ada: User, chat: Generation, source: GatewayConnection
) -> None:
    page = people.browser(ada).get(f"{chat.get_absolute_url()}/replay").content.decode()
    assert "None: sent exactly as stored." in page
    assert f"POST {source.base_url}/chat/completions" in page
    assert f"the key of {source.name}" in page
    assert "$0.0000338 to $0.0000853" in page
    assert "read-key" not in page


def test_a_viewer_sees_the_preflight_but_cannot_run(team: Team, chat: Generation) -> None:
    viewer = people.person(team, Role.VIEWER)
    page = people.browser(viewer).get(f"{chat.get_absolute_url()}/replay").content.decode()
    assert "Viewers cannot replay" in page
    assert post_click(chat, viewer).status_code == 403
    assert Replay.objects.count() == 0


def test_what_cannot_be_replayed_says_why(team: Team, ada: User, source: GatewayConnection) -> None:
    video = keep(
        team, b'{"request_id": "v", "endpoint": "video.generation", "replay_request": {"model": "m"}}', "v"
    )
    answer = people.browser(ada).get(f"{video.get_absolute_url()}/replay")
    assert "This generation cannot be replayed." in answer.content.decode()
    assert post_click(video, ada).status_code == 409
    assert Replay.objects.count() == 0


def test_a_team_without_a_connection_is_shown(ada: User, chat: Generation, source: GatewayConnection) -> None:
    source.delete()
    assert (
        "no longer has a gateway connection"
        in people.browser(ada).get(f"{chat.get_absolute_url()}/replay").content.decode()
    )


def test_a_withdrawn_address_is_not_used(ada: User, chat: Generation, settings: Any) -> None:
    settings.GATEWAY_URLS = ["https://other.example/v1"]
    assert post_click(chat, ada).status_code == 409


def test_damaged_values_must_be_confirmed(team: Team, ada: User, source: GatewayConnection) -> None:
    raw = (
        b'{"request_id": "d", "endpoint": "chat.completions", "replay_supported": true, "replay_request": '
        b'{"model": "m", "messages": [{"role": "user", "content": "[redacted]"}]}}'
    )
    damaged = keep(team, raw, "d")
    refused = post_click(damaged, ada)
    assert refused.status_code == 400
    assert "messages[0].content" in refused.content.decode()
    assert "Check the box" in refused.content.decode()
    assert post_click(damaged, ada, confirm_altered="on").status_code == 302


# --- the click ------------------------------------------------------------------------------------------------


def test_a_click_starts_a_replay(
    ada: User, chat: Generation, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = post_click(chat, ada)
    replay = Replay.objects.get()
    assert (replay.state, replay.requested_by, answer["Location"]) == (
        State.QUEUED,
        ada,
        replay.get_absolute_url(),
    )


def test_the_same_click_twice_is_one_replay(ada: User, chat: Generation) -> None:
    click = str(uuid.uuid4())
    first, second = post_click(chat, ada, click=click), post_click(chat, ada, click=click)
    assert first["Location"] == second["Location"]
    assert Replay.objects.count() == 1


@pytest.mark.parametrize("click", ["", "not a uuid"])
def test_a_click_without_its_token_is_refused(ada: User, chat: Generation, click: str) -> None:
    assert post_click(chat, ada, click=click).status_code == 400
    assert Replay.objects.count() == 0


# --- the page ---------------------------------------------------------------------------------------------------


def test_a_queued_replay_follows_its_stream(ada: User, chat: Generation) -> None:
    replay = rows.replay(chat, ada)
    page = people.browser(ada).get(url(replay)).content.decode()
    assert 'data-state="queued"' in page
    assert f'sse-connect="{url(replay, "replay_events")}"' in page
    assert '<meta http-equiv="refresh" content="3">' in page


def test_an_open_replay_shows_what_came_so_far(ada: User, chat: Generation) -> None:
    replay = rows.replay(chat, ada, state=State.RUNNING)
    rows.part(replay, 1, "<b>so far")
    assert "&lt;b&gt;so far" in people.browser(ada).get(url(replay)).content.decode()


def test_an_ended_replay_stands_next_to_its_original(ada: User, kept: Generation) -> None:
    page = people.browser(ada).get(url(ended(kept, ada, "I am sorry indeed", total_ms=5))).content.decode()
    assert 'data-state="succeeded"' in page
    assert "sse-connect" not in page
    assert "<ins>" in page
    assert "measured here" in page


def test_page_and_panel_render_the_same_partial(ada: User, chat: Generation) -> None:
    browser, replay = people.browser(ada), ended(chat, ada)
    panel = browser.get(url(replay, "replay_panel")).content.decode().strip()
    page = browser.get(url(replay)).content.decode()
    assert panel.splitlines()[0].strip() in page
    assert panel.splitlines()[-1].strip() == "</div>"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"state": State.FAILED, "reason": "truncated"}, "The answer broke off."),
        ({"state": State.FAILED, "reason": "deadline", "detail": "Too slow."}, "The replay took too long."),
        ({"state": State.FAILED, "reason": "never_started"}, "Never started."),
        ({"state": State.FAILED, "reason": "not_sent"}, "Nothing was sent."),
        ({"state": State.FAILED, "reason": "connection_lost"}, "The connection to the gateway was lost."),
        ({"state": State.FAILED, "reason": "gateway_error"}, "The gateway answered with an error."),
        (
            {
                "state": State.FAILED,
                "reason": "gateway_error",
                "status_code": 429,
                "detail": "Slow down. Wait a minute.",
            },
            "Slow down. Wait a minute.",
        ),
        ({"state": State.FAILED, "reason": "gateway_error", "status_code": 429}, "Rate-limited"),
        ({"state": State.FAILED, "reason": "gateway_error", "status_code": 502}, "with an error: 502."),
        ({"state": State.FAILED, "reason": "deadline"}, "pause 3 min, total 30 min."),
        ({"state": State.FAILED, "reproduced": True, "status_code": 502}, "Reproduced."),
        ({"state": State.CANCELLED, "reason": "before_start"}, "Cancelled before it started."),
        ({"state": State.CANCELLED, "reason": "stopped"}, "may charge for all of it"),
        ({"state": State.INTERRUPTED, "reason": "worker_stopped"}, "Interrupted: the outcome is unknown."),
        ({"state": State.INTERRUPTED, "reason": "worker_lost", "detail": "Lost."}, "Lost."),
    ],
)
def test_every_end_explains_itself(
    ada: User, chat: Generation, columns: dict[str, Any], message: str
) -> None:
    """Also when the answer, which would explain an error better, is no longer stored."""
    replay = ended(chat, ada, **columns)
    ReplayAnswer.objects.filter(replay=replay, replay__reason="gateway_error").delete()
    assert message in strip_tags(people.html(people.browser(ada).get(url(replay))))


@pytest.mark.parametrize(
    ("columns", "outcome", "title"),
    [
        ({"state": State.FAILED, "reproduced": True}, "reproduced", "Reproduced · replay of"),
        ({"reason": "empty_answer"}, "empty", "Finished without an answer · replay of"),
    ],
)
def test_the_tab_says_what_the_page_says(
    ada: User, chat: Generation, columns: dict[str, Any], outcome: str, title: str
) -> None:
    """title.js writes the same, from the panel that comes at the end or, in a hidden tab, from the JSON."""
    replay, browser = ended(chat, ada, **columns), people.browser(ada)
    page = people.html(browser.get(url(replay)))
    assert (f"<title>{title}" in page, f'data-outcome="{outcome}"' in page) == (True, True)
    assert browser.get(f"{url(replay)}.json").json()["outcome"] == outcome
    script = (Path(__file__).parents[2] / "static/js/title.js").read_text()
    assert f'{outcome}: "{title.partition(" ·")[0]}"' in script


def test_a_queued_replay_tells_its_deadlines(ada: User, chat: Generation) -> None:
    deadlines = "Time limits: first byte 10 min, pause 3 min, total 30 min."
    assert deadlines in people.browser(ada).get(url(rows.replay(chat, ada))).content.decode()
    waiting = rows.replay(chat, ada, state=State.WAITING)
    assert "Waiting for its turn in the batch." in people.browser(ada).get(url(waiting)).content.decode()


def test_what_was_changed_why_and_in_which_batch(team: Team, ada: User, chat: Generation) -> None:
    batch = Batch.objects.create(
        team=team, started_by=ada, click=uuid.uuid4(), title="Two <models>", parallel=1, size=2
    )
    patch = '[{"op": "replace", "path": "/model", "value": "<b>other"}, {"op": "add", "path": "/seed", "value": 7}]'
    page = people.html(
        people.browser(ada).get(url(ended(chat, ada, patch=patch, why="for <Grace>", batch=batch)))
    )
    assert "<del>openai/gpt-5-nano</del> → <ins>&lt;b&gt;other</ins>" in page
    assert '<ins>7</ins> <span class="likeness new">added</span>' in page
    assert f'<a href="{batch.get_absolute_url()}">Two &lt;models&gt;</a>' in page
    assert "for &lt;Grace&gt;" in page


def test_the_head_names_one_total_and_its_clock_and_leads_to_the_siblings(
    team: Team, ada: User, chat: Generation
) -> None:
    cool = ended(chat, ada, patch='[{"op": "add", "path": "/temperature", "value": 0.2}]', total_ms=1610)
    made = keep(team, demo_record("seat-together"), SEATS)
    exact = ended(chat, ada, total_ms=1500, new_generation=made, model_id="other/model")
    page = people.html(people.browser(ada).get(url(cool)))
    assert "<b>1.61 s</b> measured here" in page
    strip = page[page.index('class="siblings"') : page.index("</nav>", page.index('class="siblings"'))]
    assert ("temp 0.2" in strip, "as stored" in strip, strip.count('aria-current="page"')) == (True, True, 1)
    assert f"/compare?a={cool.pk}&amp;b={exact.pk}" in strip
    assert f"/compare?a={chat.slug}&amp;b={cool.pk}" in strip
    recorded = people.html(people.browser(ada).get(url(exact)))
    assert "as the gateway recorded it" in recorded
    assert "measured here" not in recorded[: recorded.index('class="siblings"')]
    status = people.browser(ada).get(url(cool, "replay_status")).content.decode()
    assert ("Run again" in status, "Compare in" in status, "<h1>" in status) == (True, True, True)


def test_a_long_line_of_siblings_is_bounded_and_keeps_the_one_that_is_shown(
    ada: User, chat: Generation
) -> None:
    made = [rows.replay(chat, ada, state=State.SUCCEEDED) for _ in range(4)]
    others = [pair[:2] for pair in siblings.of(made[1]).others]  # few: each pair without this one
    assert others == [
        *(("Original", name) for name in "134"),
        *(("1", "3"), ("1", "4"), ("3", "4")),
    ]
    made += [rows.replay(chat, ada, state=State.SUCCEEDED) for _ in range(siblings.SHOWN - 1)]
    strip = siblings.of(made[0])
    assert strip.others == []
    assert len(strip.pairs) == siblings.SHOWN + 1
    assert [sibling.number for sibling in strip.shown] == [1, *range(5, siblings.SHOWN + 4)]
    assert strip.number == 1
    assert ([not sibling.compare for sibling in strip.shown].index(True), strip.left) == (0, 3)


def test_an_unchanged_replay_says_so(ada: User, chat: Generation) -> None:
    page = people.html(people.browser(ada).get(url(ended(chat, ada))))
    assert "Changes: none. Sent exactly as stored." in strip_tags(page)


def test_changes_are_shown_when_the_request_is_no_longer_stored(ada: User, chat: Generation) -> None:
    replay = ended(chat, ada, patch='[{"op": "remove", "path": "/nowhere/else"}]')
    page = people.browser(ada).get(url(replay)).content.decode()
    assert "nowhere.else" in page


def test_run_again_is_a_link_to_the_preflight_with_the_same_changes(
    team: Team, ada: User, chat: Generation
) -> None:
    replay = ended(chat, ada)
    link = f'href="{reverse("replay_form", args=[team.slug, chat.slug])}?again={replay.pk}"'
    assert link in people.browser(ada).get(url(replay)).content.decode()
    viewer = people.person(team, Role.VIEWER)
    assert link not in people.browser(viewer).get(url(replay)).content.decode()
    assert Replay.objects.count() == 1


@pytest.mark.parametrize(("view", "markup"), [("side", "<table"), ("inline", "<ins>"), ("changes", "<ins>")])
def test_the_diff_has_three_views(ada: User, kept: Generation, view: str, markup: str) -> None:
    replay = ended(kept, ada, "I am sorry indeed", content_type="application/json")
    page = people.browser(ada).get(url(replay), {"view": view}).content.decode()
    differs = page.partition('id="differs"')[2].partition('id="figures"')[0]
    assert re.findall(r'<a id="view-(\w+)"[^>]*aria-current', differs) == [view]
    assert markup in differs


def test_a_cut_answer_is_marked(ada: User, chat: Generation) -> None:
    replay = ended(chat, ada, received_bytes=40_100_000)
    ReplayAnswer.objects.update(size=2**25)
    page = people.browser(ada).get(url(replay)).content.decode()
    assert "Cut: the first 33.6 MB of 40.1 MB are kept." in page


def test_an_odd_id_of_the_new_generation_still_has_a_link(ada: User, chat: Generation) -> None:
    replay = ended(chat, ada, new_request_id="a/b <c>")
    page = people.browser(ada).get(url(replay)).content.decode()
    assert f'href="{reverse("waiting", args=[replay.team.slug])}?id=a%2Fb+%3Cc%3E"' in page


def test_the_original_without_an_answer_leads_to_other_replays(
    team: Team, ada: User, source: GatewayConnection
) -> None:
    lost = rows.generation(team, ada, source)
    other, replay = ended(lost, ada), ended(lost, ada)
    page = people.browser(ada).get(url(replay)).content.decode()
    assert f'href="{reverse("compare", args=[team.slug])}?a={other.pk}&amp;b={replay.pk}"' in page


@pytest.mark.parametrize(("fixture", "queries"), [("kept", 8), ("chat", 10)])
def test_the_page_costs_the_same_however_many_replays_there_are(
    request: pytest.FixtureRequest,
    ada: User,
    fixture: str,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """Where the original's answer was not kept, the page also looks for other replays."""
    generation = request.getfixturevalue(fixture)
    replay = ended(generation, ada, patch='[{"op": "add", "path": "/seed", "value": 7}]')
    for _ in range(5):
        ended(generation, ada)
    browser = people.browser(ada)
    browser.get(url(replay))
    with django_assert_num_queries(queries):
        browser.get(url(replay))


def test_the_new_generation_is_linked(team: Team, ada: User, chat: Generation) -> None:
    new = keep(
        team, b'{"request_id": "G-new", "endpoint": "chat.completions", "generation_ms": 915}', "G-new"
    )
    replay = ended(chat, ada, new_generation=new, new_request_id="G-new")
    page = people.browser(ada).get(url(replay)).content.decode()
    assert f'href="{new.get_absolute_url()}"' in page
    assert "both as the gateway recorded them" in page


def test_an_answer_without_an_id_says_so(ada: User, chat: Generation) -> None:
    page = people.browser(ada).get(url(ended(chat, ada))).content.decode()
    assert "The gateway did not return the ID of the new generation" in page


def test_the_status_fragment_tells_the_page_that_it_is_over(ada: User, chat: Generation) -> None:
    browser = people.browser(ada)
    ended_now = browser.get(url(ended(chat, ada), "replay_status"))
    assert "replay-ended" in json.loads(ended_now["HX-Trigger"])
    assert "HX-Trigger" not in browser.get(url(rows.replay(chat, ada), "replay_status"))


def test_json_tells_state_and_figures(ada: User, chat: Generation) -> None:
    data = people.browser(ada).get(url(ended(chat, ada, cost_nanos=5), "replay_json")).json()
    assert (data["state"], data["cost_nanos"], data["text"], data["request_id"]) == (
        "succeeded",
        5,
        "Hello",
        OSLO,
    )


def test_the_raw_answer_is_a_download_of_the_exact_bytes(ada: User, chat: Generation) -> None:
    replay = ended(chat, ada, content_type="application/json; charset=utf-8")
    answer = people.browser(ada).get(url(replay, "replay_raw"))
    assert answer.content == ReplayAnswer.objects.get().wire
    assert answer["Content-Disposition"] == f'attachment; filename="replay-{replay.pk}.json"'
    policy = "default-src 'none'; sandbox"
    assert (answer["X-Content-Type-Options"], answer["Content-Security-Policy"]) == ("nosniff", policy)


def test_an_odd_type_is_served_as_bytes(ada: User, chat: Generation) -> None:
    replay = ended(chat, ada, content_type="text/html")
    assert people.browser(ada).get(url(replay, "replay_raw"))["Content-Type"] == "application/octet-stream"


def test_without_an_answer_there_is_no_download(ada: User, chat: Generation) -> None:
    assert people.browser(ada).get(url(rows.replay(chat, ada), "replay_raw")).status_code == 404


# --- stop -------------------------------------------------------------------------------------------------------


def test_stop_asks_the_worker(ada: User, chat: Generation) -> None:
    replay = rows.replay(chat, ada, state=State.RUNNING)
    answer = people.browser(ada).post(url(replay, "stop_replay"))
    replay.refresh_from_db()
    assert (answer.status_code, replay.state, replay.cancelled_by) == (302, State.RUNNING, ada)
    assert replay.cancel_asked_at is not None


def test_stop_by_htmx_answers_with_the_status(ada: User, chat: Generation) -> None:
    replay = rows.replay(chat, ada, state=State.RUNNING)
    answer = people.browser(ada, hx_request="true").post(url(replay, "stop_replay"))
    assert "stopping" in answer.content.decode()
    assert "may still finish and charge" in json.loads(answer["HX-Trigger"])["said"]["value"]


def test_what_has_not_begun_is_said_to_be_stopped(ada: User, chat: Generation) -> None:
    replay = rows.replay(chat, ada, state=State.QUEUED)
    answer = people.browser(ada, hx_request="true").post(url(replay, "stop_replay"))
    events = json.loads(answer["HX-Trigger"])
    assert events["said"]["value"] == "Stopped. Nothing was sent."
    assert "replay-ended" in events


def test_a_start_is_announced_to_the_person_who_started(team: Team, ada: User, chat: Generation) -> None:
    started = 'data-said="Replay started"'
    replay = rows.replay(chat, ada, state=State.RUNNING)
    assert started in people.browser(ada).get(url(replay, "replay")).content.decode()
    grace = people.person(team, Role.MEMBER)
    assert started not in people.browser(grace).get(url(replay, "replay")).content.decode()
    Replay.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    assert started not in people.browser(ada).get(url(replay, "replay")).content.decode()


def test_a_viewer_cannot_stop(team: Team, ada: User, chat: Generation) -> None:
    replay = rows.replay(chat, ada, state=State.RUNNING)
    assert (
        people.browser(people.person(team, Role.VIEWER)).post(url(replay, "stop_replay")).status_code == 403
    )


# --- outsiders --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("replay", "replay_panel", "replay_status", "replay_record", "replay_json", "replay_raw"),
        *("replay_part_text", "replay_part_raw", "replay_part_media"),
    ],
)
def test_another_teams_replay_is_not_found(team: Team, ada: User, chat: Generation, name: str) -> None:
    replay = ended(chat, ada)
    outsider = people.person(people.team())
    assert people.browser(outsider).get(url(replay, name)).status_code == 404
    other = people.person(people.team("elsewhere"))
    assert people.browser(other).get(reverse(name, args=["elsewhere", replay.pk])).status_code == 404


def open_stream(replay: Replay, user: User | AnonymousUser, **headers: str) -> Any:
    request = RequestFactory().get(url(replay, "replay_events"), headers=headers)
    request.user = user
    return replay_events.open(request, team=replay.team.slug, replay_id=replay.pk)


def test_a_stream_opens_for_the_team(team: Team, ada: User, chat: Generation) -> None:
    replay = rows.replay(chat, ada)
    assert open_stream(replay, ada) is not None
    assert open_stream(replay, people.person(team, Role.VIEWER)) is not None


def test_a_stream_does_not_open_for_others(ada: User, chat: Generation) -> None:
    replay = rows.replay(chat, ada)
    for user in (people.person(people.team()), AnonymousUser()):
        with pytest.raises(Http404):
            open_stream(replay, user)
    replay.team = people.team()
    assert open_stream(replay, people.person(replay.team)) is None


@pytest.mark.parametrize(
    ("header", "seen"), [("", None), ("7", 7), ("x", None), ("-1", None), ("9" * 11, None)]
)
def test_only_a_number_is_a_usable_last_event_id(
    ada: User, chat: Generation, monkeypatch: pytest.MonkeyPatch, header: str, seen: int | None
) -> None:
    asked: list[int | None] = []
    monkeypatch.setattr(follow, "follow", lambda _id, last, _reread: asked.append(last))
    open_stream(rows.replay(chat, ada), ada, last_event_id=header)
    assert asked == [seen]
