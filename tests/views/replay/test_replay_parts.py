"""Texts, pictures and sound of a replay's answer, one part at a time."""

import base64
import json
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.urls import reverse

from dashboard.models import Role, Team, User
from generations.models import Generation, Replay, ReplayAnswer
from generations.models.replay import State
from tests.support import people, rows

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n picture"
MP3 = bytes(range(256)) * 4
CONTENT = "/answer/choices/0/message/content"
LONG = "Lorem ipsum <b> & more é. " * 6_000


@pytest.fixture
def chat(team: Team, ada: User) -> Generation:
    return rows.generation(team, ada, people.connection(team))


def replayed(of: Generation, ada: User, wire: bytes, content_type: str = "application/json") -> Replay:
    row = rows.replay(of, ada, state=State.SUCCEEDED, content_type=content_type, received_bytes=len(wire))
    rows.answer(row, wire)
    return row


def answer_body(**message: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", **message}}]}).encode()


def part(user: User, replay: Replay, name: str, at: str, **query: Any) -> Any:
    address = reverse(f"replay_part_{name}", args=[replay.team.slug, replay.pk])
    return people.browser(user).get(address, {"at": at, **query})


def read(answer: HttpResponseBase) -> bytes:
    return answer.getvalue() if answer.streaming else answer.content  # type: ignore[attr-defined]


def page(user: User, replay: Replay) -> str:
    return people.browser(user).get(replay.get_absolute_url()).content.decode()


# --- text -------------------------------------------------------------------------------------------------------


def test_a_long_text_is_read_in_windows(ada: User, chat: Generation) -> None:
    replay = replayed(chat, ada, answer_body(content=LONG))
    assert (
        f'hx-get="{replay.get_absolute_url()}/parts/text?at=%2Fanswer%2Fchoices%2F0%2Fmessage%2Fcontent&amp;kind=markdown"'
        in page(ada, replay)
    )
    first = part(ada, replay, "text", CONTENT, kind="text").content.decode()
    assert "Lorem ipsum &lt;b&gt; &amp; more é." in first
    assert "Show more" in first
    assert read(part(ada, replay, "raw", CONTENT)).decode() == LONG


def test_a_value_inside_json(ada: User, team: Team) -> None:
    vectors = rows.generation(team, ada, people.connection(team), endpoint="embeddings")
    replay = replayed(vectors, ada, b'{"data": [{"index": 0, "embedding": [0.10, 1e2]}]}')
    assert ">0.10, 1e2<" in page(ada, replay)
    raw = part(ada, replay, "raw", "/answer/data/0/embedding")
    assert (read(raw), raw["Content-Type"]) == (b"[0.10, 1e2]", "application/json")
    assert "1e2" in part(ada, replay, "text", "/answer/data").content.decode()


@pytest.mark.parametrize("at", ["/1", "/answer/x", "/answer/choices/1", "/x", "/-1"])
@pytest.mark.parametrize("name", ["text", "raw", "media"])
def test_what_is_not_there_is_not_found(ada: User, chat: Generation, name: str, at: str) -> None:
    assert part(ada, replayed(chat, ada, answer_body(content="x")), name, at).status_code == 404


def test_a_replay_without_an_answer_has_no_parts(ada: User, chat: Generation) -> None:
    assert part(ada, rows.replay(chat, ada), "text", "/answer").status_code == 404


# --- pictures ---------------------------------------------------------------------------------------------------


@pytest.fixture
def poster(team: Team, ada: User) -> Replay:
    images = rows.generation(team, ada, people.connection(team), endpoint="images.generations")
    data = base64.b64encode(PNG).decode()
    svg = base64.b64encode(b"<svg onload='alert(1)'/>").decode()
    many = [
        {"b64_json": data},
        {"b64_json": svg, "mime_type": "image/svg+xml"},
        {"url": "https://x.example/p.png"},
    ]
    return replayed(images, ada, json.dumps({"data": many}).encode())


def test_pictures_are_a_gallery_that_loads_nothing_by_itself(ada: User, poster: Replay) -> None:
    text = page(ada, poster)
    assert base64.b64encode(PNG).decode() not in text
    assert 'src="https://' not in text
    gallery = text.partition('aria-label="Pictures"')[2].partition("</section>")[0]
    source = (
        f"{poster.get_absolute_url()}/parts/media?at=%2Fanswer%2Fdata%2F0%2Fb64_json&amp;mime=image%2Fpng"
    )
    assert gallery.count("<img") == gallery.count(f'src="{source}"') == 1
    assert 'loading="lazy"' in gallery


def test_a_picture_is_served_as_what_it_is(ada: User, poster: Replay) -> None:
    answer = part(ada, poster, "media", "/answer/data/0/b64_json", mime="image/png")
    assert (read(answer), answer["Content-Type"]) == (PNG, "image/png")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("mime", ["image/svg+xml", "text/html", "", "image/png\r\nX: y"])
def test_what_may_hold_scripts_is_a_download(ada: User, poster: Replay, mime: str) -> None:
    answer = part(ada, poster, "media", "/answer/data/1/b64_json", mime=mime)
    assert answer["Content-Type"] in ("image/svg+xml", "application/octet-stream")
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_text_is_no_picture(ada: User, chat: Generation) -> None:
    answer = part(
        ada, replayed(chat, ada, answer_body(content="<script>")), "media", CONTENT, mime="text/html"
    )
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")


# --- sound ------------------------------------------------------------------------------------------------------


@pytest.fixture
def speech(team: Team, ada: User) -> Replay:
    spoken = rows.generation(team, ada, people.connection(team), endpoint="audio.speech")
    return replayed(spoken, ada, MP3, "audio/mpeg")


def test_sound_has_a_player(ada: User, speech: Replay) -> None:
    source = f'src="{speech.get_absolute_url()}/parts/media?at=%2Fbytes&amp;mime=audio%2Fmpeg"'
    text = page(ada, speech)
    assert source in text.partition("<audio")[2].partition(">")[0]
    assert "<textarea" not in text.partition('aria-label="Replay"')[2].partition("</section>")[0]


@pytest.mark.parametrize("name", ["replay_raw", "replay_part_media"])
def test_a_player_may_ask_for_a_range(ada: User, speech: Replay, name: str) -> None:
    address = reverse(name, args=[speech.team.slug, speech.pk])
    answer = people.browser(ada, range="bytes=1000-2000").get(address, {"at": "/bytes"})
    assert (answer.status_code, answer["Content-Range"]) == (206, "bytes 1000-1023/1024")
    assert (read(answer), answer["Content-Type"]) == (MP3[1000:], "audio/mpeg")
    whole = people.browser(ada).get(address, {"at": "/bytes"})
    assert (whole.status_code, read(whole), whole["Accept-Ranges"]) == (200, MP3, "bytes")


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "nonsense"])
def test_a_body_of_another_kind_is_a_download(ada: User, speech: Replay, kind: str) -> None:
    Replay.objects.update(content_type=kind)
    answer = people.browser(ada).get(reverse("replay_raw", args=[speech.team.slug, speech.pk]))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


# --- JSON -------------------------------------------------------------------------------------------------------


def test_the_whole_answer_level_by_level(ada: User, chat: Generation) -> None:
    frames = b'data: {"choices":[{"index":0,"delta":{"content":"Hi","odd":{"n":1.50}}}]}\n\n'
    frames += b'event: strange\ndata: {"x":1}\n\n'
    replay = replayed(chat, ada, frames, "text/event-stream")
    address = reverse("replay_explorer", args=[replay.team.slug, replay.pk])
    assert f'href="{address}"' in page(ada, replay)
    assert "strange" in page(ada, replay)
    text = people.browser(ada).get(address).content.decode()
    for root in ("answer", "other_events"):
        assert f'hx-get="{replay.get_absolute_url()}/parts/level?at=%2F{root}"' in text
    level = part(ada, replay, "level", "/answer/choices/0/message").content.decode()
    assert (
        "odd" in level,
        "1.50" in part(ada, replay, "level", "/answer/choices/0/message/odd").content.decode(),
    ) == (
        True,
        True,
    )
    assert read(part(ada, replay, "value", "/answer/choices/0/message/odd")) == b'{"n":1.50}'
    assert read(part(ada, replay, "value", "/other_events/0/data")) == b'{"x":1}'


def test_a_text_is_found_in_the_answer(ada: User, chat: Generation) -> None:
    replay = replayed(chat, ada, answer_body(content="It is cold in Oslo."))
    address = reverse("replay_explorer", args=[replay.team.slug, replay.pk])
    found = people.browser(ada).get(address, {"find": "oslo", "where": "answer"}).content.decode()
    assert "answer.choices[0].message.content" in found
    assert "<mark>Oslo</mark>" in found


def test_the_page_holds_short_texts_only(ada: User, chat: Generation) -> None:
    assert "data-copy-from" in page(ada, replayed(chat, ada, answer_body(content="short")))
    replay = replayed(chat, ada, answer_body(content="word " * 20_000))
    shown = page(ada, replay)
    assert ("data-copy-from" in shown, "word " * 2_000 in shown) == (False, False)
    address = reverse("replay_text", args=[replay.team.slug, replay.pk])
    assert f'href="{address}"' in shown
    assert read(people.browser(ada).get(address)).decode() == "word " * 20_000


# --- who --------------------------------------------------------------------------------------------------------


def test_viewers_may_read_and_outsiders_may_not(team: Team, chat: Generation, poster: Replay) -> None:
    assert (
        part(
            people.person(team, Role.VIEWER), poster, "media", "/answer/data/0/b64_json", mime="image/png"
        ).status_code
        == 200
    )
    assert (
        part(
            people.person(people.team()), poster, "media", "/answer/data/0/b64_json", mime="image/png"
        ).status_code
        == 404
    )


def test_a_cut_answer_still_has_its_beginning(ada: User, chat: Generation) -> None:
    """The bytes beyond the limit are gone; the parts that were whole can be read."""
    frame = b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n'
    wire = frame % b"kept" + frame % b"lost"
    replay = replayed(chat, ada, wire, "text/event-stream")
    ReplayAnswer.objects.all().delete()
    rows.answer(replay, wire[:-20])
    assert ReplayAnswer.objects.get().text == "kept"
    assert read(part(ada, replay, "raw", CONTENT)).decode() == "kept"
    assert "Cut: the first" in page(ada, replay)
