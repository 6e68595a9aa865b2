"""Paste the answer that the gateway did not keep: who may, what is stored, how it is shown, how it goes."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from dashboard.models import AuditEvent, Role, Team, User
from generations.models import Generation, PastedAnswer
from generations.models.forgetting import UNDO_TIME
from generations.reading.answer import pasted
from generations.records import forgetting, pasted_answers, retention
from generations.views.generation.drawn_parts import forget_drawn
from tests.support import people, rows

pytestmark = pytest.mark.django_db
FRAME = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
WHOLE = {"choices": [{"message": {"role": "assistant", "content": "Kept at last"}}]}
NOT_KEPT = "only the last frame of this stream"


@pytest.fixture(autouse=True)
def nothing_drawn() -> None:
    forget_drawn()


def made(team: Team, ada: User, answer: Any = FRAME, **record: Any) -> Generation:
    log = {"status": "stored", "payload": {"request_payload": rows.CHAT, "gateway_response": answer}}
    return rows.generation(team, ada, people.connection(team), io_log=log, **{"stream": True, **record})


@pytest.fixture
def chat(team: Team, ada: User) -> Generation:
    """A streamed chat of which the gateway kept the last frame."""
    return made(team, ada)


def send(user: User, row: Generation, text: str, **more: str) -> Any:
    return people.browser(user).post(f"{row.get_absolute_url()}/paste", {"answer": text, **more})


def page(user: User, row: Generation, path: str = "") -> str:
    answer = people.browser(user).get(row.get_absolute_url() + path)
    assert answer.status_code == 200
    return people.html(answer)


def test_the_page_offers_it_where_the_answer_was_not_kept(team: Team, ada: User, chat: Generation) -> None:
    shown = page(ada, chat)
    assert NOT_KEPT in shown
    assert f'href="{chat.get_absolute_url()}/paste"' in shown
    assert f'href="{chat.get_absolute_url()}/replays"' in shown
    viewer = page(people.person(team, Role.VIEWER), chat)
    assert NOT_KEPT in viewer
    assert "/paste" not in viewer


def test_what_was_pasted_is_shown_with_who_and_when(team: Team, chat: Generation) -> None:
    ada = people.person(team, email="ada@example.com")
    answer = send(ada, chat, "Hello from my log")
    assert (answer.status_code, answer.url) == (302, chat.get_absolute_url())
    shown = page(ada, chat)
    assert "Hello from my log" in shown
    assert "pasted by ada@example.com, " in shown
    assert "Not from the gateway." in shown
    assert NOT_KEPT in shown
    assert "Hello from my log" in page(people.person(team, Role.VIEWER), chat)
    assert "paste/remove" not in page(people.person(team, Role.VIEWER), chat)


@pytest.mark.parametrize(
    ("role", "status"), [(Role.OWNER, 302), (Role.ADMIN, 302), (Role.MEMBER, 302), (Role.VIEWER, 403)]
)
def test_members_may_and_viewers_may_not(team: Team, chat: Generation, role: Role, status: int) -> None:
    somebody = people.person(team, role)
    assert send(somebody, chat, "Hello").status_code == status
    assert PastedAnswer.objects.count() == (1 if status == 302 else 0)
    removed = people.browser(somebody).post(f"{chat.get_absolute_url()}/paste/remove")
    assert removed.status_code == status


def test_outsiders_find_nothing(chat: Generation) -> None:
    outsider = people.person(people.team())
    assert send(outsider, chat, "Hello").status_code == 404
    assert people.browser(outsider).get(f"{chat.get_absolute_url()}/paste").status_code == 404
    assert people.browser().post(f"{chat.get_absolute_url()}/paste", {"answer": "x"}).status_code == 302
    assert PastedAnswer.objects.count() == 0


def test_it_is_replaced_with_an_audit_event(team: Team, ada: User, chat: Generation) -> None:
    send(ada, chat, "The first")
    assert "Pasting again replaces it" in page(ada, chat, "/paste")
    send(ada, chat, "The second")
    assert PastedAnswer.objects.get().text == "The second"
    shown = page(ada, chat)
    assert ("The second" in shown, "The first" in shown) == (True, False)
    assert people.actions(team) == [pasted_answers.PASTED, pasted_answers.REPLACED]
    event = AuditEvent.objects.latest("pk")
    assert (event.subject, event.actor) == (chat.request_id, ada)
    assert event.details == {"size": 10, "kind": "text", "credentials_removed": 0}


def test_it_is_removed(team: Team, ada: User, chat: Generation) -> None:
    send(ada, chat, "Hello from my log")
    people.browser(ada).post(f"{chat.get_absolute_url()}/paste/remove")
    people.browser(ada).post(f"{chat.get_absolute_url()}/paste/remove")
    assert "Hello from my log" not in page(ada, chat)
    forgetting.finish_due(timezone.now() + UNDO_TIME)
    assert people.actions(team) == [pasted_answers.PASTED, pasted_answers.REMOVED]


def test_markup_is_text(ada: User, chat: Generation) -> None:
    for text in ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))"):
        for form in (text, json.dumps({"choices": [{"message": {"role": text, "content": text}}]})):
            assert send(ada, chat, form).status_code == 302
            shown = page(ada, chat)
            assert "<script>alert" not in shown
            assert "<img src=x" not in shown
            assert 'href="javascript' not in shown


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Nothing was pasted."),
        ("   ", "Nothing was pasted."),
        (json.dumps(FRAME), "end of a stream"),
        ('{"error": "upstream_error"}', "an error, not an answer"),
        ("a\x00b", "Null characters"),
        ("x" * (pasted.LIMIT + 1), "At most 2 MB"),
    ],
)
def test_what_is_no_answer_is_shown_and_stays_in_the_form(
    ada: User, chat: Generation, text: str, why: str
) -> None:
    answer = send(ada, chat, text)
    assert answer.status_code == 400
    assert why in answer.content.decode()
    assert escape(text.strip()[:30]) in answer.content.decode().replace("\n", "")
    assert PastedAnswer.objects.count() == 0


@pytest.mark.parametrize("text", ["x" * 3_000_000, "\u4e16" * 1_000_000])
def test_a_form_that_is_too_large_is_refused_before_it_is_read(
    ada: User, chat: Generation, text: str
) -> None:
    answer = send(ada, chat, text)
    assert answer.status_code == 413
    assert "more than 2 MB" in answer.content.decode()
    assert PastedAnswer.objects.count() == 0


def test_the_most_that_may_be_pasted_is_taken(ada: User, chat: Generation) -> None:
    assert send(ada, chat, "\u4e16" * (pasted.LIMIT // 3)).status_code == 302
    shown = page(ada, chat)
    assert len(shown) < 150_000
    assert "parts/text?at=pasted%3A" in shown
    assert "\u4e16" * 1000 in page(ada, chat, "/parts/text?at=pasted%3A")


def test_a_form_without_its_token_is_refused(ada: User, chat: Generation) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    url = f"{chat.get_absolute_url()}/paste"
    assert client.post(url, {"answer": "Hello"}).status_code == 403
    assert client.post(f"{url}/remove").status_code == 403
    token = client.get(url).context["csrf_token"]
    assert client.post(url, {"answer": "Hello", "csrfmiddlewaretoken": token}).status_code == 302


def test_the_pasted_answer_can_be_removed_from_the_page(ada: User, chat: Generation) -> None:
    send(ada, chat, "Hello")
    assert 'name="csrfmiddlewaretoken"' in page(ada, chat, "/parts/conversation")


def test_credentials_are_not_stored(team: Team, ada: User, chat: Generation) -> None:
    secret = team.connections.get().read_key.reveal()
    key = "sk-proj-abcdefghijklmnop1234"
    answer = people.browser(ada).post(
        f"{chat.get_absolute_url()}/paste", {"answer": f"{key} and {secret}"}, follow=True
    )
    assert "2 credentials in it were replaced" in answer.content.decode()
    pasted = PastedAnswer.objects.get()
    assert pasted.text == "[credential removed] and [credential removed]"
    assert key not in str(AuditEvent.objects.values_list("details", flat=True))


def test_line_breaks_of_browsers_become_those_of_answers(ada: User, chat: Generation) -> None:
    send(ada, chat, "one\r\ntwo")
    assert PastedAnswer.objects.get().text == "one\ntwo"


def test_where_the_answer_was_kept_nothing_is_pasted(team: Team, ada: User) -> None:
    row = made(team, ada, WHOLE)
    assert "/paste" not in page(ada, row)
    assert pasted_answers.KNOWN.replace("'", "&#x27;") in page(ada, row, "/paste")
    assert send(ada, row, "Hello").status_code == 409
    assert PastedAnswer.objects.count() == 0


def test_binary_answers_cannot_be_pasted(team: Team, ada: User) -> None:
    row = made(team, ada, None, endpoint="audio.speech")
    assert "/paste" not in page(ada, row)
    assert send(ada, row, "Hello").status_code == 409


@pytest.mark.parametrize(
    ("code", "offered"), [("upstream:upstream_stream_failure", True), ("upstream:upstream_error", False)]
)
def test_a_broken_stream_may_have_said_something(team: Team, ada: User, code: str, offered: bool) -> None:
    row = made(team, ada, {"error": "x"}, success=False, status_code=502, error_code=code)
    assert ("/paste" in page(ada, row)) == offered
    assert send(ada, row, "What came before it broke").status_code == 302


def test_an_answer_that_comes_later_stands_above_what_was_pasted(
    team: Team, ada: User, chat: Generation
) -> None:
    send(ada, chat, "Hello from my log")
    made(team, ada, WHOLE)
    shown = page(ada, chat)
    assert shown.index("Kept at last") < shown.index("Hello from my log")
    assert "pasted by" in shown


def test_it_goes_with_its_generation(ada: User, chat: Generation) -> None:
    assert "the pasted answer" not in page(ada, chat, "/forget")
    send(ada, chat, "Hello")
    assert "the pasted answer" in page(ada, chat, "/forget")
    retention.forget(chat, ada)
    assert PastedAnswer.objects.count() == 0


def test_it_expires_by_its_own_age(ada: User, chat: Generation, settings: Any) -> None:
    settings.BODY_RETENTION_DAYS = 30
    send(ada, chat, "Hello")
    now = timezone.now()
    assert retention.expire(now + timedelta(days=29))["pasted"] == 0
    assert PastedAnswer.objects.count() == 1
    assert retention.expire(now + timedelta(days=31))["pasted"] == 1
    assert PastedAnswer.objects.count() == 0


def test_nobody_pastes_for_what_is_forgotten(ada: User, chat: Generation) -> None:
    Generation.objects.filter(pk=chat.pk).delete()
    assert send(ada, chat, "Hello").status_code == 404
    with pytest.raises(Generation.DoesNotExist):
        pasted_answers.keep(chat, ada, "Hello")
