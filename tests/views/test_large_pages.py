"""A conversation of 5 MiB and a text of 50 MiB: pages stay small, everything is reached, memory stays bounded."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

import psutil
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.models import Team, User
from generations.models import Generation
from tests.support import large, people
from tests.support.memory import growth
from tests.support.processes import ROOT
from tests.views.kept import keep

pytestmark = pytest.mark.heavy

PARTS = ("/parts/turns", "/parts/level", "/parts/text")
TABS = ("", "/parameters", "/cost", "/timing", "/provider", "/json", "/replays")
LIST, TEXT = "/replay_request/messages", "/replay_request/messages/0/content"
HTML_LIMIT = 150_000  # bytes
READ_LIMIT, LOOKUP_LIMIT = 64, 256  # MiB
REQUEST_IDS = {"small": "G-1", "5 MiB": "G-5", "8 MiB": "G-8", "50 MiB": "G-50"}


@pytest.fixture
def large_rows(team: Team) -> dict[str, Generation]:
    """Rows that are kept in chunks of 256 KiB, so that 8 MiB are read as 50 are, and one that is not."""
    return kept(team, "small", "5 MiB", "8 MiB")


def kept(team: Team, *names: str) -> dict[str, Generation]:
    return {name: keep(team, large.record(name), REQUEST_IDS[name]) for name in names}


def sent(name: str) -> Any:
    """The request in the record of this size."""
    return json.loads(large.record(name))["replay_request"]


def body(browser: Client, row: Generation, path: str, **query: Any) -> Any:
    answer = browser.get(row.get_absolute_url() + path, query)
    assert answer.status_code == 200, path
    return answer


@pytest.mark.django_db
def test_pages_and_queries_do_not_grow(ada: User, large_rows: dict[str, Generation]) -> None:
    heavy = {}
    for path in (*TABS, *PARTS):
        counts = {}
        for name, row in large_rows.items():
            browser = people.browser(ada)
            answer = body(browser, row, path, at=LIST)  # the visit is noted once
            if path in TABS and len(answer.content) > HTML_LIMIT:
                heavy[path, name] = len(answer.content)
            with CaptureQueriesContext(connection) as queries:
                body(browser, row, path, at=LIST)
            counts[name] = len(queries)
        chunks = path in PARTS  # one more reads all the chunks that are needed
        assert max(counts.values()) <= counts["small"] + chunks, path
    assert heavy == {}


@pytest.mark.django_db
def test_every_message_is_reached(team: Team, ada: User) -> None:
    browser, row = people.browser(ada), keep(team, large.conversation(300), "G-5")
    page = body(browser, row, "").content.decode()
    page = re.sub(r"<ol>.*?</ol>", "", page, flags=re.DOTALL)  # the outline of turns
    seen = re.findall(r"Message (\d+):", page)
    assert [*map(int, seen[-4:])] == [296, 297, 298, 299]
    more = rf"/parts/turns\?at={re.escape(quote(LIST, safe=''))}&amp;start=(\d+)&amp;until=(\d+)"
    while found := re.search(more, page):
        where = {"start": int(found[1]), "until": int(found[2])}
        page = body(browser, row, "/parts/turns", at=LIST, **where).content.decode()
        seen += re.findall(r"Message (\d+):", page)
    assert sorted(map(int, seen)) == [*range(300)]


@pytest.mark.django_db
def test_a_large_text_is_reached_from_end_to_end(team: Team, ada: User) -> None:
    browser, row = people.browser(ada), kept(team, "8 MiB")["8 MiB"]
    text = sent("8 MiB")["messages"][0]["content"]
    page = body(browser, row, "").content.decode()
    assert f"Show all {len(text.encode()) / 1e6:.1f} MB" in page
    first = body(browser, row, "/parts/text", at=TEXT)
    shown, following = first.context["text"], first.context["next"]
    middle = body(browser, row, "/parts/text", at=TEXT, start=following)
    shown += middle.context["text"]
    assert text.startswith(shown)
    assert len(shown) > 100_000
    raw_length = len(json.dumps(text, ensure_ascii=False).encode()) - 2
    last = body(browser, row, "/parts/text", at=TEXT, start=raw_length - 12)
    assert (last.context["text"], last.context["next"]) == ("the very end", None)


@pytest.mark.django_db
def test_raw_values_levels_and_hits(ada: User, large_rows: dict[str, Generation]) -> None:
    browser, five, eight = people.browser(ada), large_rows["5 MiB"], large_rows["8 MiB"]
    for name, row in large_rows.items():
        assert whole(browser, row, ".json") == large.record(name)
    assert json.loads(whole(browser, five, "/parts/raw", at="/replay_request")) == sent("5 MiB")
    messages = sent("8 MiB")["messages"]
    assert whole(browser, eight, "/parts/raw", at=TEXT).decode() == messages[0]["content"]
    assert json.loads(whole(browser, eight, "/parts/value", at=LIST)) == messages
    level = body(browser, five, "/parts/level", at=LIST, start=1900)
    assert [node.key for node in level.context["nodes"]] == [str(number) for number in range(1900, 2000)]
    found = body(browser, five, "/json", find="message 1999:", where="request").context["hits"]
    assert [shown.hit.at for shown in found] == [f"{LIST}/1999/content"]
    found = body(browser, eight, "/json", find="the VERY", where="request").context["hits"]
    assert [shown.hit.at for shown in found] == [TEXT]


def whole(browser: Client, row: Generation, path: str, **query: Any) -> bytes:
    """All bytes of an answer, which are as many as it says."""
    answer: Any = browser.get(row.get_absolute_url() + path, query)
    content: bytes = answer.getvalue()
    assert answer.status_code == 200
    assert int(answer.get("Content-Length", len(content))) == len(content)
    return content


# -- memory --------------------------------------------------------------------------------------------------


@pytest.fixture
def web(site: str) -> list[psutil.Process]:
    """The processes of the web server that runs for the tests."""
    ours = psutil.Process().children(recursive=True)
    return [process for process in ours if "dashboard.web.serve" in process.cmdline()]


def read(site: str, cookie: str, path: str) -> int:
    """GET, and how many bytes came: they are not kept here either."""
    with closing(HTTPConnection(urlsplit(site).netloc, timeout=60)) as line:
        line.request("GET", path, headers={"Cookie": cookie})
        answer = line.getresponse()
        assert answer.status == 200, path
        return sum(len(piece) for piece in iter(lambda: answer.read(65536), b""))


def everything(site: str, cookie: str, base: str) -> Iterator[int]:
    """Read the page, every tab, parts from its beginning and its end, levels, hits, and all that is raw."""
    for tab in TABS:
        yield read(site, cookie, base + tab)
    for kind in ("text", "turns", "level", "raw", "value"):
        for at in ("", "/replay_request", LIST, TEXT):
            yield read(site, cookie, f"{base}/parts/{kind}?at={quote(at, safe='')}&start=0")
    yield read(site, cookie, f"{base}/json?find=xyzzy")
    yield read(site, cookie, f"{base}/json?find=e")
    yield read(site, cookie, f"{base}.json")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_reading_takes_little_memory(site: str, web: list[psutil.Process], team: Team, ada: User) -> None:
    rows = kept(team, "small", "5 MiB", "50 MiB")
    session = people.browser(ada).cookies[settings.SESSION_COOKIE_NAME].value
    cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
    list(everything(site, cookie, rows["small"].get_absolute_url()))
    for name in ("5 MiB", "50 MiB"):
        with growth(web) as grown:
            total = sum(everything(site, cookie, rows[name].get_absolute_url()))
        assert total > 3 * len(large.record(name))
        if grown.mib is None:
            pytest.skip("this system does not tell peaks of memory")
        assert grown.mib <= READ_LIMIT, name


@pytest.mark.django_db(transaction=True)
def test_a_sound_takes_little_memory(site: str, web: list[psutil.Process], team: Team, ada: User) -> None:
    row = keep(team, large.chat("data:audio/wav;base64," + "UklG" * (13 * large.MIB)), "G-1")
    session = people.browser(ada).cookies[settings.SESSION_COOKIE_NAME].value
    cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
    read(site, cookie, row.get_absolute_url())
    with growth(web) as grown:
        assert (
            read(site, cookie, f"{row.get_absolute_url()}/parts/media?at={quote(TEXT, safe='')}")
            == 39 * large.MIB
        )
    if grown.mib is None:
        pytest.skip("this system does not tell peaks of memory")
    assert grown.mib <= READ_LIMIT


LOOKUP = """
import sys, django; django.setup()
import psutil
from dashboard.models import GatewayConnection, Team, User
from generations.records import lookup
from tests.support.memory import growth
team, user, source = Team.objects.get(), User.objects.get(), GatewayConnection.objects.get()
def look_up(request_id):
    assert lookup.claim(team, request_id, user, again=False)
    return lookup.store_answer(team, request_id, user, lookup.ask([source], request_id))
look_up("G-1")
with growth([psutil.Process()]) as grown:
    print(look_up(sys.argv[1]).records.get().size)
print(grown.mib)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["5 MiB", "50 MiB"])
def test_a_lookup_takes_bounded_memory(
    team: Team, ada: User, site_environment: dict[str, str], name: str
) -> None:
    with large.gateway(
        {REQUEST_IDS[size]: partial(large.record, size) for size in ("small", name)}
    ) as address:
        people.connection(team, address)
        finished = subprocess.run(
            [sys.executable, "-c", LOOKUP, REQUEST_IDS[name]],
            cwd=ROOT,
            env={
                **os.environ,
                **site_environment,
                "GATEWAY_URLS": address,
                "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            },
            capture_output=True,
            text=True,
        )
    assert finished.returncode == 0, finished.stderr
    size, mib = finished.stdout.split()
    assert int(size) == len(large.record(name))
    if mib == "None":
        pytest.skip("this system does not tell peaks of memory")
    assert float(mib) <= LOOKUP_LIMIT
