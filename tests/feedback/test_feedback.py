"""Feedback: one press, at most one POST whose outcome is open, and the page that says what became of it."""

import json
import uuid
from base64 import b64decode
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.consents.models import Consent
from dashboard.models import GatewayConnection, Role, Team, User
from generations.feedback import checking, giving, offers, sending
from generations.forms.feedback import FeedbackForm
from generations.gateway import feedback
from generations.gateway.demo.keys import FULL_KEY
from generations.gateway.demo.stories import EXAMPLE_IDS
from generations.gateway.errors import GatewayError
from generations.gateway.http.exchange import Timeouts
from generations.models import Feedback, Generation
from generations.models.feedback import FeedbackState
from generations.models.replay import State
from tests.dashboard import consents
from tests.support import rows
from tests.support.people import browser, html, person
from tests.support.processes import DemoGateway, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.heavy]
CHAT = EXAMPLE_IDS["chat"]


@pytest.fixture(autouse=True)
def messages(broker: Any, monkeypatch: Any) -> list[uuid.UUID]:
    """The messages to the workers, which nobody takes off the queue."""
    sent: list[uuid.UUID] = []
    for module in (giving, sending):
        monkeypatch.setattr(module, "send_message", sent.append)
    return sent


@pytest.fixture
def admin(team: Team, demo_gateway: DemoGateway, settings: Any) -> Client:
    consents.set_up(demo_gateway, settings, scopes=" ".join(consents.WITH_FEEDBACK))
    return browser(person(team, Role.ADMIN))


@pytest.fixture
def source(team: Team, admin: Client, demo_gateway: DemoGateway) -> GatewayConnection:
    """A connection whose consent may send and read feedback."""
    consents.connect(admin, team, demo_gateway, scope=consents.WITH_FEEDBACK)
    return team.connections.get()


@pytest.fixture
def chat(team: Team, ada: User, source: GatewayConnection) -> Generation:
    return rows.generation(team, ada, source, request_id=CHAT)


def press(client: Client, of: Generation, **said: Any) -> Any:
    """The answer to a press; `click` is a new one unless it is named."""
    path = reverse("give_to_generation", args=[of.team.slug, of.slug])
    return client.post(path, {"click": uuid.uuid4(), **said})


def posts(demo: DemoGateway) -> list[Any]:
    """The bodies of every POST of feedback."""
    seen = [request for request in demo.requests() if request["path"] == "/v1/feedback"]
    return [json.loads(b64decode(request["body"])) for request in seen]


def given(of: Generation, user: User) -> Feedback:
    """Feedback that waits."""
    press(browser(user), of, rating="thumbs_up")
    return Feedback.objects.latest("created_at")


def run(row: Feedback) -> tuple[str, str]:
    """Its state and reason after a worker took it."""
    sending.run(row.pk)
    row.refresh_from_db()
    return row.state, row.reason


def page_of(client: Client, of: Generation, **query: str) -> str:
    return html(client.get(reverse("generation_feedback", args=[of.team.slug, of.slug]), query))


def test_what_is_said_reaches_the_gateway_once_and_is_shown(
    chat: Generation, ada: User, demo_gateway: DemoGateway, messages: list[uuid.UUID]
) -> None:
    client, click = browser(ada), uuid.uuid4()
    said = {
        "rating": "partly_correct",
        "tags": "tone, facts , tone",
        "comment": "Half\r\nright 👍",
        "click": click,
    }
    page = reverse("generation_feedback", args=[chat.team.slug, chat.slug])
    assert [press(client, chat, **said).url for _ in range(2)] == [page, page]
    row = Feedback.objects.get()
    assert messages == [row.pk]
    assert "on its way" in html(client.get(f"{page}/bar"))
    assert run(row) == ("sent", "")
    sending.run(row.pk)
    marked = {"request_id": CHAT, "source": "user", "metadata": {"retake": str(row.pk)}}
    expected = {"rating": "partly_correct", "reason_tags": ["tone", "facts"], "comment": "Half\nright 👍"}
    assert posts(demo_gateway) == [marked | expected]
    assert row.consent == Consent.objects.get()
    bar = html(client.get(f"{page}/bar"))
    assert "<b>Partly correct</b>" in bar
    assert "thumbs_up" not in bar  # more of it is a step of its own
    text = page_of(client, chat, listed="1")
    assert text.count("Half<br>right 👍") == 2
    assert "given here" in text
    assert row.connection is not None
    assert row.gateway_id == checking.at_gateway(row.connection, CHAT).rows[0].id
    assert press(client, chat, **{**said, "comment": "Other"}).status_code == 409
    assert Feedback.objects.count() == 1


def test_while_an_outcome_is_open_nothing_more_is_sent(
    chat: Generation, ada: User, demo_gateway: DemoGateway
) -> None:
    """A double click with two tokens, two people, a press after a lost answer: one POST."""
    row = given(chat, ada)
    other = browser(person(chat.team))
    assert press(other, chat, rating="correct").status_code == 409
    demo_gateway.set(feedback="no-answer")
    assert run(row)[0] == "unknown"
    assert press(other, chat, rating="correct").status_code == 409
    sending.sweep(timezone.now() + timedelta(hours=1))
    assert run(row)[0] == "unknown"
    assert (Feedback.objects.count(), len(posts(demo_gateway))) == (1, 1)
    text = page_of(other, chat)
    assert "is unknown. It is not sent again." in text
    assert "Send feedback" not in text
    path = reverse("check_feedback", args=[chat.team.slug, row.pk])
    assert checking.FOUND in html(other.post(path, follow=True))
    row.refresh_from_db()
    assert (row.state, len(posts(demo_gateway))) == ("sent", 1)


@pytest.mark.parametrize("fault", ["silence", "lost", "html-502"])
def test_an_answer_that_does_not_come_leaves_the_outcome_unknown(
    chat: Generation, ada: User, demo_gateway: DemoGateway, fault: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(feedback, "PATIENCE", Timeouts(connect=2, answer=0.3))
    demo_gateway.set(feedback=fault)
    row = given(chat, ada)
    assert run(row)[0] == "unknown"
    if fault == "lost":
        assert checking.check(row) == checking.NOT_YET
        Feedback.objects.update(claimed_at=timezone.now() - timedelta(minutes=3))
        row.refresh_from_db()
        with monkeypatch.context() as patched:
            patched.setattr(feedback, "MOST_LISTED", 0)
            assert checking.check(row) == checking.NOT_AMONG
        assert checking.check(row) == checking.ABSENT
        demo_gateway.set(feedback=None)
        assert run(given(chat, ada)) == ("sent", "")
    else:
        assert checking.check(row) == checking.FOUND
    assert len(posts(demo_gateway)) == (2 if fault == "lost" else 1)


def test_a_404_is_tried_again_until_the_record_is_there(
    team: Team, ada: User, source: GatewayConnection, demo_gateway: DemoGateway, messages: list[uuid.UUID]
) -> None:
    demo_gateway.set(record_ms=600)
    with httpx.Client(trust_env=False, verify=False, headers={"authorization": f"Bearer {FULL_KEY}"}) as http:
        http.post(f"{demo_gateway.url}/chat/completions", json=rows.CHAT | {"stream": False})
        late = demo_gateway.requests()[-1]["request_id"]
        row = given(rows.generation(team, ada, source, request_id=late), ada)
        assert run(row) == ("waiting", "")
        assert (row.tries, row.claimed_at) == (1, None)
        wait_for(lambda: http.get(f"{demo_gateway.url}/generations", params={"id": late}).is_success)
    messages.clear()
    sending.sweep()
    assert messages == []
    sending.sweep(timezone.now() + timedelta(seconds=3))
    assert messages == [row.pk]
    assert run(row) == ("sent", "")
    assert len(posts(demo_gateway)) == 2


def test_what_the_gateway_never_knows_ends_as_not_sent(
    team: Team, ada: User, source: GatewayConnection, demo_gateway: DemoGateway
) -> None:
    row = given(rows.generation(team, ada, source, request_id="G-01M0N8538G000000000NOBODYS"), ada)
    Feedback.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    assert run(row) == ("refused", "not_found")
    assert len(posts(demo_gateway)) == 1


def test_it_waits_until_the_record_of_a_replay_is_there(
    chat: Generation, ada: User, demo_gateway: DemoGateway
) -> None:
    ended = {"state": State.SUCCEEDED, "finished_at": timezone.now(), "new_request_id": CHAT}
    replay = rows.replay(chat, ada, **ended)
    path = reverse("give_to_replay", args=[chat.team.slug, replay.pk])
    browser(ada).post(path, {"click": uuid.uuid4(), "rating": "thumbs_down"})
    row = Feedback.objects.get(replay=replay)
    assert run(row) == ("waiting", "")
    assert posts(demo_gateway) == []
    replay.new_generation = chat
    replay.save()
    assert run(row) == ("sent", "")
    for name, ours in (("replay_feedback", replay.pk), ("generation_feedback", chat.slug)):
        assert ">Bad<" in html(browser(ada).get(reverse(name, args=[chat.team.slug, ours])))


def test_a_worker_killed_between_claim_and_answer_leaves_it_unknown(
    chat: Generation, ada: User, demo_gateway: DemoGateway, monkeypatch: Any
) -> None:
    """Killed after the POST: the row says sending, written before it. The gateway has it; nobody sends it again."""
    row = given(chat, ada)

    def killed(*_: Any, **__: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Feedback, "end", killed)
        with pytest.raises(SystemExit):
            sending.run(row.pk)
    assert run(row) == ("sending", "")
    sending.sweep()
    assert run(row) == ("sending", "")
    sending.sweep(timezone.now() + timedelta(minutes=2))
    assert run(row) == ("unknown", "worker_lost")
    assert len(posts(demo_gateway)) == 1
    assert row.end(FeedbackState.SENT, gateway_id="late")  # it comes back after all
    assert not row.end(FeedbackState.UNKNOWN)


def test_a_refusal_is_final_and_says_why(
    chat: Generation, ada: User, team: Team, admin: Client, demo_gateway: DemoGateway
) -> None:
    demo_gateway.call("/demo/oauth", {"active": {"olga": False}})
    row = given(chat, ada)
    assert run(row)[0] == "refused"
    assert Consent.objects.get().refused == "oauth_authorization_revoked"
    assert page_of(browser(ada), chat).count("Feedback is off.") == 1
    press(browser(ada), chat, rating="correct")
    assert Feedback.objects.count() == 1
    consents.connect(
        admin, team, demo_gateway, team.connections.get(), scope=consents.WITH_FEEDBACK, person="mia"
    )
    again = given(chat, ada)
    Consent.objects.update(ended_at=timezone.now())
    assert run(again) == ("refused", "no_consent")
    assert len(posts(demo_gateway)) == 1


def test_without_the_scope_it_is_off_with_the_reason_and_the_button(
    team: Team, ada: User, admin: Client, demo_gateway: DemoGateway, settings: Any
) -> None:
    consents.connect(admin, team, demo_gateway)
    source = team.connections.get()
    chat = rows.generation(team, ada, source, request_id=CHAT)
    text = page_of(admin, chat)
    assert "may send feedback" in text
    assert "Ask for it: reconnect" in text
    assert f'value="{source.pk}"' in text
    assert "Send feedback" not in text
    plain = page_of(browser(ada), chat)
    assert "Ask an admin of the team" in plain
    assert "Ask for it" not in plain
    bar = html(admin.get(reverse("generation_feedback_bar", args=[team.slug, chat.slug])))
    assert "Feedback is off." in bar
    assert "thumbs_up" not in bar
    settings.GATEWAY_OAUTH_SCOPES = ""
    assert offers.of(source).mends == offers.CLIENT
    assert "Use a registered client" in page_of(admin, chat)


def test_a_viewer_sees_what_was_given_and_asks_the_gateway_for_nothing(
    chat: Generation, ada: User, monkeypatch: Any
) -> None:
    row = given(chat, ada)
    monkeypatch.setattr(checking, "at_gateway", None)
    viewer = browser(person(chat.team, Role.VIEWER))
    text = page_of(viewer, chat, listed="1")
    assert "<b>Good</b>" in text
    assert "At the gateway" not in text
    assert press(viewer, chat, rating="correct").status_code == 403
    assert viewer.post(reverse("check_feedback", args=[chat.team.slug, row.pk])).status_code == 403


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "Nothing was said"),
        ({"rating": "great"}, "great is not one of the available choices"),
        ({"comment": "c" * 2049}, "2,049 characters, as the gateway counts them"),
        ({"comment": "👍" * 1025}, "2,050 characters, as the gateway counts them"),
        ({"tags": ",".join(f"t{place}" for place in range(21))}, "21 tags; the gateway keeps 20"),
        ({"tags": "t" * 129}, "has over 128 characters"),
        ({"comment": "a\0b"}, "Null characters are not allowed"),
        ({"comment": "Use sk-abcdefghijklmnopqrstuvwx instead"}, "looks like a key"),
        ({"tags": "keyofthisteam"}, "looks like a key"),
    ],
)
def test_what_the_gateway_would_cut_is_refused_here(said: dict[str, str], words: str) -> None:
    form = FeedbackForm({"click": str(uuid.uuid4()), **said}, secrets=["keyofthisteam"])
    assert not form.is_valid()
    assert words in str(form.errors)


def test_the_longest_that_the_gateway_keeps_is_taken() -> None:
    tags = ",".join(f"{place:0>128}" for place in range(20))
    form = FeedbackForm({"click": str(uuid.uuid4()), "comment": "👍" * 1024, "tags": tags})
    assert form.is_valid(), form.errors


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"data":5}', b'{"data":[5,{"reason_tags":[1],"metadata":[],"created_at":"x"}]}']
)
def test_a_list_that_is_none_is_said_and_odd_rows_do_no_harm(body: bytes) -> None:
    class Odd:
        def get(self, *_: Any) -> bytes:
            return body

    if b"[5" in body:
        assert [row.tags for row in feedback.listed(Odd(), "G-1")] == [(), ("",)]  # type: ignore[arg-type]
    else:
        with pytest.raises(GatewayError):
            feedback.listed(Odd(), "G-1")  # type: ignore[arg-type]
