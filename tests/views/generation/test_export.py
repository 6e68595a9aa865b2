"""Copy as code, the bundle, find in the JSON, and what a pasted link shows."""

import io
import json
import re
import zipfile
from html import unescape
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from django.urls import reverse

from dashboard.models import Role, Team, User
from dashboard.templatetags.unfurl import unfurled
from generations.gateway.record import Record
from generations.models import Generation
from generations.reading.export import snippets
from tests.reading.samples import demo_record
from tests.support import people, rows
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
OSLO = "G-01M0N8538G8F4T0W6X1Y2Z3A4B"


@pytest.fixture
def chat(team: Team) -> Generation:
    return keep(team, demo_record("oslo-cancelled"), OSLO)


# --- copy as ----------------------------------------------------------------------------------------------------


def test_the_page_shows_the_code_that_is_copied(ada: User, chat: Generation) -> None:
    browser, url = people.browser(ada), f"{chat.get_absolute_url()}/copy"
    page = browser.get(url).content.decode()
    shown = {
        name: unescape(code)
        for name, code in re.findall(
            r'<pre class="code" id="code-(\w+)" tabindex="0">(.*?)</pre>', page, re.DOTALL
        )
    }
    assert list(shown) == ["curl", "python", "javascript", "openai"]
    for name, text in shown.items():
        answer = browser.get(f"{url}/{name}")
        assert (answer["Content-Type"], answer.content.decode()) == ("text/plain; charset=utf-8", text)


def test_a_hostile_body_does_not_act_on_the_page(team: Team, ada: User) -> None:
    evil = "</pre><script>alert(1)</script>'\"`$(id)"
    body = {"model": evil, "messages": [{"role": "user", "content": evil}]}
    made = rows.generation(team, ada, people.connection(team), replay_request=body)
    page = people.browser(ada).get(f"{made.get_absolute_url()}/copy").content.decode()
    assert page.count("<script>alert") == 0
    assert page.count("&lt;script&gt;alert") == 8


def test_the_menu_is_there_only_with_a_stored_request(team: Team, ada: User, chat: Generation) -> None:
    browser = people.browser(ada)
    page = browser.get(chat.get_absolute_url()).content.decode()
    assert page.count(f'data-copy-url="{chat.get_absolute_url()}/copy/curl"') == 1
    bare = keep(team, b'{"request_id": "G-2", "endpoint": "chat.completions"}', "G-2")
    assert f"{bare.get_absolute_url()}/copy" not in browser.get(bare.get_absolute_url()).content.decode()
    codes = [
        browser.get(f"{bare.get_absolute_url()}/{path}").status_code
        for path in ("copy", "copy/curl", "request.json")
    ]
    assert codes == [404, 404, 404]


def test_a_large_body_comes_from_a_file(team: Team, ada: User) -> None:
    body = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": "x" * 70_000}]}
    made = rows.generation(team, ada, people.connection(team), replay_request=body)
    browser, url = people.browser(ada), made.get_absolute_url()
    page = browser.get(f"{url}/copy").content
    assert b"--data-binary @request.json" in page
    assert len(page) < 24_000
    answer = browser.get(f"{url}/request.json")
    assert answer.content == Record.read(made.records.get().raw).request_body
    assert (answer["Content-Disposition"], answer["X-Content-Type-Options"]) == (
        'attachment; filename="request.json"',
        "nosniff",
    )


def test_the_address_is_that_of_the_connection(team: Team, ada: User, settings: Any) -> None:
    settings.GATEWAY_URLS = ["http://first.test/v1", "http://second.test/v1"]
    made = rows.generation(team, ada, people.connection(team, "http://second.test/v1"))
    url = f"{made.get_absolute_url()}/copy/curl"
    body = Record.read(made.records.get().raw).request_body
    assert body is not None
    text = people.browser(ada).get(url).content.decode()
    assert text == snippets.curl("http://second.test/v1/chat/completions", body.decode())


@pytest.mark.parametrize("path", ["copy", "copy/curl", "request.json", "bundle.zip"])
def test_owner_member_viewer_and_outsider(team: Team, chat: Generation, path: str) -> None:
    url = f"{chat.get_absolute_url()}/{path}"
    for role in (Role.OWNER, Role.MEMBER, Role.VIEWER):
        answer = people.browser(people.person(team, role)).get(url)
        assert (role, answer.status_code, answer.getvalue() != b"") == (role, 200, True)
    assert people.browser(people.person(people.team())).get(url).status_code == 404


# --- the bundle -------------------------------------------------------------------------------------------------


def test_the_bundle_is_a_zip(ada: User, chat: Generation) -> None:
    answer = people.browser(ada).get(f"{chat.get_absolute_url()}/bundle.zip")
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        "application/zip",
        f'attachment; filename="{OSLO}.zip"',
    )
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as bundle:
        assert bundle.read("record.json") == demo_record("oslo-cancelled")


def test_the_masked_bundle_has_no_content(ada: User, chat: Generation) -> None:
    answer = people.browser(ada).get(f"{chat.get_absolute_url()}/bundle.zip?masked=1")
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as bundle:
        assert json.loads(bundle.read("metadata.json"))["masked"] is True
        assert [name for name in bundle.namelist() if b"Oslo" in bundle.read(name)] == []


# --- find -------------------------------------------------------------------------------------------------------


def test_find_counts_and_leads_to_the_value(ada: User, chat: Generation) -> None:
    browser = people.browser(ada)
    page = browser.get(f"{chat.get_absolute_url()}/json?find=oslo&where=request").content.decode()
    links = re.findall(r'<a data-row href="([^"]+)">([^<]+)</a>', page)
    assert links != []
    assert [path for _, path in links if not path.startswith("replay_request.")] == []
    for link, _ in links:
        assert b"oslo" in browser.get(unescape(link)).content.lower()


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", None),
        ("?find=", None),
        ("?find=nowhere-to-be-found", "No matches for"),
        (f"?find={'x' * 201}", "at most 200 characters"),
        ("?find=oslo&where=elsewhere", "at most 200 characters"),
        ("?find=%3Cscript%3E&where=record", "&lt;script&gt;"),
    ],
)
def test_find_with_odd_input(ada: User, chat: Generation, query: str, says: str | None) -> None:
    for path in ("json", "parts/json"):
        answer = people.browser(ada).get(f"{chat.get_absolute_url()}/{path}{query}")
        assert answer.status_code == 200
        assert (says is None) or says in answer.content.decode()


def test_find_shows_values_as_text(team: Team, ada: User) -> None:
    evil = "<script>alert(1)</script>"
    body = {"model": "m", "messages": [{"role": "user", "content": evil, evil: 1}]}
    made = rows.generation(team, ada, people.connection(team), replay_request=body)
    page = people.html(people.browser(ada).get(f"{made.get_absolute_url()}/json?find=alert"))
    assert ("<script>alert" in page, "2 hits in 2 places" in page) == (False, True)


# --- links in a chat --------------------------------------------------------------------------------------------


SHOWN = re.compile(r'<meta property="og:(\w+)" content="([^"]*)">')
GHOST = OSLO[:-1] + "9"
MADE_ANEW = {"Content-Length", "Expires"}  # Expires is the second of the answer


def unfurl(url: str) -> tuple[list[int], dict[str, str], str]:
    """What a chat program is answered: statuses, headers and page, with all that is made anew each time left out."""
    answer = people.browser().get(url, follow=True, headers={"user-agent": "Slackbot-LinkExpanding 1.0"})
    headers = {name: value for name, value in answer.headers.items() if name not in MADE_ANEW}
    page = re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", answer.content.decode())
    return [code for _, code in answer.redirect_chain] + [answer.status_code], headers, page


@pytest.mark.parametrize(
    "tail", ["", "/cost", "/json?find=secret", ".json", "/replay", "/copy", "/parts/raw?at="]
)
@pytest.mark.parametrize("ghost", ["id", "team"])
def test_a_pasted_link_tells_nobody_what_exists(team: Team, chat: Generation, tail: str, ghost: str) -> None:
    there = chat.get_absolute_url() + tail
    elsewhere = there.replace(OSLO, GHOST) if ghost == "id" else there.replace(team.slug, "nobody", 1)
    seen, unseen = unfurl(there), unfurl(elsewhere)
    names = re.compile(f"{OSLO}|{GHOST}|{team.slug}|nobody")
    assert (seen[:2], names.sub("NAME", seen[2])) == (unseen[:2], names.sub("NAME", unseen[2]))
    assert dict(SHOWN.findall(seen[2])) == {
        "site_name": "Retake",
        "type": "website",
        "title": f"Retake · {OSLO}",
        "description": "Sign in to see it.",
    }
    assert [word for word in (team.name, "gpt-5-nano", "Oslo was cancelled") if word in seen[2]] == []


def test_a_link_to_a_replay_tells_nobody_what_exists(team: Team, ada: User, chat: Generation) -> None:
    people.connection(team)
    there = rows.replay(chat, ada).get_absolute_url()
    elsewhere = reverse("replay", args=[team.slug, UUID(int=7)])
    seen, unseen = unfurl(there), unfurl(elsewhere)
    ids = [re.search(r"/r/([0-9a-f-]{36})", url) for url in (there, elsewhere)]
    names = [found[1] for found in ids if found]
    pages = [
        page.replace(name, "ID").replace(name[:8], "ID")
        for (_, _, page), name in zip((seen, unseen), names, strict=True)
    ]
    assert (seen[:2], pages[0]) == (unseen[:2], pages[1])


def test_nobody_signed_in_sees_a_difference_or_what_is_for_chats(team: Team, chat: Generation) -> None:
    outsider = people.browser(people.person(people.team()))
    urls = [chat.get_absolute_url(), chat.get_absolute_url().replace(OSLO, GHOST)]
    answers = [outsider.get(url) for url in urls]
    pages = [re.sub(r'"X-CSRFToken": "[^"]+"', "", answer.content.decode()) for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert pages[0].replace(OSLO, "ID") == pages[1].replace(GHOST, "ID")
    assert "og:" not in people.browser(people.person(team)).get(urls[0]).content.decode()


@pytest.mark.parametrize(
    ("path", "title"),
    [
        (f"/t/acme/g/{OSLO}", f"Retake · {OSLO}"),
        (f"/t/acme/g/{OSLO}/cost?x=1", f"Retake · {OSLO}"),
        (f"/t/acme/g/{OSLO}.json", f"Retake · {OSLO}"),
        (f"/g/{OSLO}", f"Retake · {OSLO}"),
        ("/t/acme/r/0b8f2b5e-5f0e-4d3e-9a53-6c1be0a7c7aa", "Retake · Replay 0b8f2b5e"),
        ("/t/acme/g/You-have-been-hacked", "Retake"),
        ("/t/acme/g/G-Call-555-1234-now", "Retake"),
        (f"https://elsewhere.test/t/acme/g/{OSLO}", "Retake"),
        ("/t/acme/settings", "Retake"),
        ("", "Retake"),
        (None, "Retake"),
    ],
)
def test_only_known_addresses_have_a_title(path: str | None, title: str) -> None:
    assert unfurled(path) == title


def test_the_sign_in_page_repeats_nothing_else_of_its_address() -> None:
    page = people.browser().get(f"{reverse('account_login')}?next={quote('/t/a/g/<b>evil')}").content.decode()
    assert '<meta property="og:title" content="Retake">' in page
