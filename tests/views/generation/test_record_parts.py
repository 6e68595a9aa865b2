"""Fragments of the generation page: one value of the stored record at a time."""

import base64
import json
import re
from typing import Any

import pytest
from django.http import HttpResponse

from dashboard.models import Team, User
from generations.models import Generation
from tests.support import people
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n picture"
LONG = "Lorem ipsum <b> & more. " * 10_000


@pytest.fixture
def row(team: Team) -> Generation:
    data = base64.b64encode(PNG).decode()
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": LONG},
        {"role": "assistant", "content": "A **bold** word"},
        {
            "role": "user",
            "content": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}],
        },
        {
            "role": "user",
            "content": [{"type": "file", "file": {"file_data": f"data:image/svg+xml;base64,{data}"}}],
        },
        *({"role": "user", "content": f"message {number}"} for number in range(4, 300)),
    ]
    payload = {
        "endpoint": "chat.completions",
        "replay_supported": True,
        "replay_request": {"messages": messages},
    }
    return keep(team, json.dumps(payload).encode(), "G-1")


def part(user: User, row: Generation, name: str, at: str, **query: str | int) -> HttpResponse:
    asked: dict[str, str | int] = {"at": at, **query}
    answer = people.browser(user).get(f"{row.get_absolute_url()}/parts/{name}", asked)
    assert isinstance(answer, HttpResponse)
    return answer


def message(number: int, *more: str) -> str:
    return "/".join(["/replay_request/messages", str(number), *more])


def test_a_long_text_comes_in_windows_and_loses_nothing(ada: User, row: Generation) -> None:
    seen, start = "", 0
    while start < len(LONG):
        answer = people.browser(ada).get(
            f"{row.get_absolute_url()}/parts/text", {"at": message(0, "content"), "start": str(start)}
        )
        text = answer.context["text"]
        seen, start = seen + text, start + len(text)
        assert answer.context["next"] == (start if start < len(LONG) else None)
        assert "<b>" not in answer.content.decode()
    assert seen == LONG


def test_markdown_is_rendered_on_request(ada: User, row: Generation) -> None:
    at = message(1, "content")
    rendered = part(ada, row, "text", at, kind="markdown").content.decode()
    assert "<strong>bold</strong>" in rendered
    assert re.search(r"as plain text</summary>\s*<p class=\"text\">A \*\*bold\*\* word", rendered)
    page = people.browser(ada).get(row.get_absolute_url()).content.decode()
    assert re.search(r"as plain text</summary>\s*<p class=\"text\">A \*\*bold\*\* word", page)
    assert "A **bold** word" in part(ada, row, "text", at).content.decode()


def test_raw_values_are_exact(ada: User, row: Generation) -> None:
    text = part(ada, row, "raw", message(0, "content"))
    assert (text.content.decode(), text["Content-Type"]) == (LONG, "text/plain; charset=utf-8")
    value = part(ada, row, "raw", message(5))
    assert (value.content, value["Content-Type"]) == (
        b'{"role": "user", "content": "message 5"}',
        "application/json",
    )
    assert value["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_media_pass_the_allow_list(ada: User, row: Generation) -> None:
    picture = part(ada, row, "media", message(2, "content", "0", "image_url", "url"))
    assert (picture.content, picture["Content-Type"], picture["X-Content-Type-Options"]) == (
        PNG,
        "image/png",
        "nosniff",
    )
    assert (picture["Content-Disposition"], picture["Content-Security-Policy"]) == (
        'inline; filename="G-1.png"',
        "default-src 'none'; sandbox",
    )
    drawing = part(ada, row, "media", message(3, "content", "0", "file", "file_data"))
    assert drawing["Content-Disposition"] == 'attachment; filename="G-1.svg"'
    odd = part(ada, row, "media", message(5, "content"), mime="text/html")
    assert (odd["Content-Type"], odd["Content-Disposition"]) == (
        "application/octet-stream",
        'attachment; filename="G-1.bin"',
    )


def test_a_player_may_ask_for_a_range(ada: User, row: Generation) -> None:
    at = message(2, "content", "0", "image_url", "url")
    address = f"{row.get_absolute_url()}/parts/media"
    answer = people.browser(ada).get(address, {"at": at}, headers={"Range": "bytes=2-5"})
    assert (answer.status_code, answer.content, answer["Content-Range"]) == (
        206,
        PNG[2:6],
        f"bytes 2-5/{len(PNG)}",
    )
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    beyond = people.browser(ada).get(address, {"at": at}, headers={"Range": "bytes=999-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(PNG)}")


def test_further_turns_follow_until_the_end(ada: User, row: Generation) -> None:
    first = part(ada, row, "turns", "/replay_request/messages", start=200).content.decode()
    assert "message 200" in first
    assert "message 249" in first
    assert "message 250" not in first
    assert "start=250" in first
    last = part(ada, row, "turns", "/replay_request/messages", start=250).content.decode()
    assert "message 299" in last
    assert "start=" not in last


def test_json_opens_level_by_level(ada: User, row: Generation) -> None:
    level = part(ada, row, "level", "/replay_request").content.decode()
    assert "messages" in level
    assert "message 5" not in level
    page = part(ada, row, "level", "/replay_request/messages", start=200).content.decode()
    assert page.count('class="k"') == 100


@pytest.mark.parametrize("name", ["text", "raw", "media", "turns", "level"])
@pytest.mark.parametrize("query", ["?at=/nothing", "?at=/replay_request/messages/9999", "?at=x&start=-1"])
def test_what_is_not_there_is_404(ada: User, row: Generation, name: str, query: str) -> None:
    assert people.browser(ada).get(f"{row.get_absolute_url()}/parts/{name}{query}").status_code == 404


def test_the_page_links_every_part_that_is_cut(ada: User, row: Generation) -> None:
    page = people.browser(ada).get(row.get_absolute_url()).content.decode()
    assert "/parts/text?at=%2Freplay_request%2Fmessages%2F0%2Fcontent" in page
    assert "/parts/turns?at=%2Freplay_request%2Fmessages&amp;start=" in page


def test_json_is_readable_in_every_language(team: Team, ada: User) -> None:
    made = keep(team, '{"request_id": "G-2", "a": {"b": "\\u6f22 é \\ud800"}}'.encode(), "G-2")
    page = part(ada, made, "text", "/a").content.decode()
    assert "漢 é \\ud800" in page


def test_keys_that_stand_twice_are_shown(ada: User, team: Team) -> None:
    raw = b'{"request_id": "G-2", "success": true, "success": false, "replay_request": {"a": {"b": 1, "b": "<i>"}}}'
    page = people.html(people.browser(ada).get(keep(team, raw, "G-2").get_absolute_url()))
    assert (
        "The key <code>success</code> stands 2 times; the last one counts: <code>true, false</code>" in page
    )
    assert (
        "The key <code>replay_request.a.b</code> stands 2 times; the last one counts: <code>1, &lt;i&gt;</code>"
        in page
    )


def test_a_damaged_record_shows_how_it_begins(ada: User, team: Team) -> None:
    page = (
        people.browser(ada)
        .get(keep(team, b'{\n // a <note>\n "a": 1}', "G-3").get_absolute_url())
        .content.decode()
    )
    assert "a comment at byte 3; JSON has none" in page
    assert "// a &lt;note&gt;" in page
