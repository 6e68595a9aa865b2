"""Answers that were pasted, or are the provider's, stand in where the gateway kept none: compared, and marked."""

import json
import re
from typing import Any

import pytest

from dashboard.models import Role, Team, User
from generations.compare.comparison import Comparison
from generations.compare.sides import GenerationSide, ReplaySide
from generations.models import Generation, Replay
from generations.models.replay import State
from generations.records import pasted_answers
from generations.replay import derived_answer
from generations.replay.raw_answer import Excerpt
from tests.support import people, rows

pytestmark = pytest.mark.django_db
FRAME = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
LACKS = "only the last frame of this stream"


def body(words: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": words}
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }


def made(team: Team, ada: User, **payload: Any) -> Generation:
    log = {
        "status": "stored",
        "payload": {"request_payload": rows.CHAT, "gateway_response": FRAME, **payload},
    }
    return rows.generation(team, ada, people.connection(team), io_log=log, stream=True)


def replayed(of: Generation, ada: User, words: str) -> Replay:
    raw = Excerpt.of(json.dumps(body(words)).encode())
    row = rows.replay(
        of, ada, state=State.SUCCEEDED, content_type="application/json", received_bytes=raw.size
    )
    derived_answer.read(of.endpoint, "application/json", raw).row(row.pk, raw).save()
    return Replay.objects.get(pk=row.pk)


def compared(of: Generation, replay: Replay) -> Comparison:
    return Comparison(GenerationSide(of), ReplaySide(replay))


def page(user: User, url: str) -> str:
    answer = people.browser(user).get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_one_there_is_nothing_to_compare(team: Team, ada: User) -> None:
    chat = made(team, ada)
    replay = replayed(chat, ada, "Hello there")
    found = compared(chat, replay)
    assert found.answers is None
    assert LACKS in found.offers[0].why
    shown = page(ada, replay.get_absolute_url())
    assert f'href="{chat.get_absolute_url()}/paste"' in shown
    assert "0%" not in shown
    viewer = people.person(team, Role.VIEWER)
    assert "/paste" not in page(viewer, replay.get_absolute_url())


@pytest.mark.parametrize("form", ["Hello there", json.dumps(body("Hello there"))])
def test_a_pasted_answer_is_compared_like_an_original(team: Team, ada: User, form: str) -> None:
    chat = made(team, ada)
    same, other = replayed(chat, ada, "Hello there"), replayed(chat, ada, "Hello again")
    pasted_answers.keep(chat, ada, form)
    answers, differs = compared(chat, same).answers, compared(chat, other).answers
    assert answers is not None
    assert differs is not None
    assert [passage.equal for passage in answers.passages if passage.label == "Text"] == [True]
    assert [passage.equal for passage in differs.passages if passage.label == "Text"] == [False]
    assert compared(chat, same).a.stands_in == "pasted"


def test_pages_say_that_it_was_pasted(team: Team, ada: User) -> None:
    chat = made(team, ada)
    replay = replayed(chat, ada, "Hello again")
    pasted_answers.keep(chat, ada, "Hello there")
    shown = page(ada, replay.get_absolute_url())
    assert f"pasted by {ada}" in shown
    assert "Hello" in shown
    asked = f"/t/{team.slug}/compare?a={chat.slug}&b={replay.pk}"
    assert f"answer pasted by {ada}" in page(ada, asked)


def test_the_providers_answer_is_compared_and_marked(team: Team, ada: User) -> None:
    chat = made(team, ada, provider_response=json.dumps(body("Hello there")))
    replay = replayed(chat, ada, "Hello there")
    found = compared(chat, replay)
    assert (found.answers is not None, found.a.stands_in) == (True, "provider")
    assert "from the provider's answer" in page(ada, f"/t/{team.slug}/compare?a={chat.slug}&b={replay.pk}")


def test_the_gateways_own_answer_goes_before_what_was_pasted(team: Team, ada: User) -> None:
    chat = made(team, ada)
    pasted_answers.keep(chat, ada, "Hello there")
    made(team, ada, gateway_response=body("Kept at last"))
    assert (GenerationSide(chat).stands_in, GenerationSide(chat).pasted) == ("", None)
    said = GenerationSide(chat).said
    assert said is not None
    assert said.facts.text == "Kept at last"


def test_replays_are_compared_with_each_other_where_the_original_is_silent(team: Team, ada: User) -> None:
    chat = made(team, ada)
    first, second = replayed(chat, ada, "Hello there"), replayed(chat, ada, "Hello again")
    asked = f"{chat.get_absolute_url()}/replays"
    chosen = re.findall(r'name="([ab])" value="([^"]+)"[^>]* checked', page(ada, asked))
    assert sorted(chosen) == [("a", str(first.pk)), ("b", str(second.pk))]
    assert compared(chat, first).answers is None
    pasted_answers.keep(chat, ada, "Hello there")
    assert ("a", chat.slug) in re.findall(r'name="([ab])" value="([^"]+)"[^>]* checked', page(ada, asked))
