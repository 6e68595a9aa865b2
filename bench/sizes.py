"""Records of 2 KB, 200 KB, 5 MiB and 50 MiB: pages, parts, memory of the web processes, and what a browser does."""

import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

import psutil
from playwright.sync_api import Page, sync_playwright

from bench import story
from bench.partials import FLAGS
from bench.site import ROOT, Site
from bench.table import Figure, interleaved, limit, ratio
from bench.tools import opening
from dashboard.fields import Secret
from dashboard.models import GatewayConnection
from generations.gateway.demo import ulid
from generations.models import Generation
from generations.records import lookup
from tests.support import large
from tests.support.memory import Growth, growth
from tests.support.processes import chromium

COPIES = 3  # of each record: a page is drawn once, so the first view of each is measured
AGAIN = 15
BASE = "/t/acme/g"
LAST = "/replay_request/messages/{}/content"
WORDS = (
    "the gateway answers with a record of the request and every provider that was tried before somebody asks why it "
    "took so long or what it cost and the page tells that without being asked because the figures stand in it"
).split()


@dataclass(frozen=True, slots=True)
class Size:
    """A conversation: so many messages of so many bytes. `part_ms` is the goal for one part of it.

    `of_static`: whether the time to its text has a goal against a static file of all of it.
    """

    name: str
    messages: int
    length: int
    part_ms: int = 300
    of_static: bool = False

    @property
    def parts(self) -> list[str]:
        """Everything that a reader may ask for: texts from end to end, further turns, levels, raw values, a search."""
        at, turns = quote(LAST.format(self.messages - 1), safe=""), quote("/replay_request/messages", safe="")
        middle, late = self.length // 2, max(0, self.messages - 60)
        return [
            f"/parts/text?at={at}",
            f"/parts/text?at={at}&start={middle}",
            f"/parts/text?at={turns}",
            f"/parts/turns?at={turns}&start={late}",
            "/parts/level?at=",
            "/parts/level?at=%2Freplay_request",
            f"/parts/level?at={turns}&start={late}",
        ]

    @property
    def wholes(self) -> list[str]:
        """What is read from one end to the other."""
        at = quote(LAST.format(self.messages - 1), safe="")
        return [".json", "/json?find=xyzzy", f"/parts/raw?at={at}", "/parts/raw?at=%2Freplay_request"]


SIZES = (
    Size("2 KB", 4, 400, of_static=True),
    Size("200 KB", 80, 2400, of_static=True),
    Size("5 MiB of 2,000 messages", 2000, 2560),
    Size("50 MiB, one text", 1, 50 * large.MIB, part_ms=2000),
)
TABS = ("", "/parameters", "/cost", "/timing", "/json", "/replays")


def record(size: Size, request_id: str) -> bytes:
    """A finished chat with these messages."""
    return large.chat(*messages(size), request_id=request_id, model_id="openai/gpt-5-nano", provider="openai")


def messages(size: Size) -> Iterator[str]:
    """The texts of its conversation, each of its own beginning."""
    texts = prose(size.length + 977 * min(size.messages, 100))
    return (texts[977 * (number % 100) :][: size.length] for number in range(size.messages))


def prose(length: int) -> str:
    """Words in no order that comes again within what a compressor looks back."""
    turns = (number * number % 2477 for number in itertools.count())
    said = ((WORDS[next(turns) % len(WORDS)], number) for number in range(20_000))
    block = " ".join(f"{word} {number % 7919}" + ("" if number % 9 else " ✓\n") for word, number in said)
    return (block * (length // len(block) + 1))[:length]


# -- the lookup ------------------------------------------------------------------------------------------------

ALONE = "import django; django.setup(); from bench import sizes; sizes.look_up()"


def looked_up(size: Size, ids: list[str]) -> Iterator[Figure]:
    """What a web process does for a lookup, in a process of its own: the site's own gateway has no such records."""
    with large.gateway({request_id: partial(record, size, request_id) for request_id in ids}) as address:
        finished = subprocess.run(
            [sys.executable, "-c", ALONE],
            cwd=ROOT,
            env={**os.environ, "GATEWAY_URLS": address},
            input=json.dumps([address, ids]),
            capture_output=True,
            text=True,
            check=True,
        )
    seconds, mib = json.loads(finished.stdout)
    yield grown(f"{size.name}: process grows by, looked up in {seconds:.1f} s", Growth(mib), 256)


def look_up() -> None:
    """Look the IDs of standard input up; tell the seconds for each and the most MiB that memory grew by."""
    address, ids = json.load(sys.stdin)
    source = GatewayConnection(name="sizes", base_url=address, read_key=Secret("bench-key"))
    lookup.ask([], ids[0])
    with growth([psutil.Process()]) as grew:
        begun = time.perf_counter()
        for request_id in ids:
            answer = lookup.ask([source], request_id)
            assert answer.record, answer.errors
            lookup.claim(story.team(), request_id, story.owner(), again=False)
            lookup.store_answer(story.team(), request_id, story.owner(), answer)
            del answer
        seconds = (time.perf_counter() - begun) / len(ids)
    print(json.dumps([seconds, grew.mib]))


# -- figures ---------------------------------------------------------------------------------------------------


def grown(name: str, growth: Growth, most: float) -> Figure:
    if growth.mib is None:
        return Figure(name, "no peaks on this system", f"at most {most:g} MiB", None)
    return limit(name, growth.mib, "MiB", most)


def figures(site: Site) -> Iterator[Figure]:
    """Each record is looked up by a web process, read whole and in parts, then opened in a browser."""
    cheapest = f"/g/{story.chat(site).request_id}"
    for size in SIZES:
        mine = [ulid.request_id(made_ms(), ulid.new_suffix()) for _ in range(COPIES)]
        yield from looked_up(size, mine)
        yield from pages(site, size, mine, cheapest)
        yield from read(site, size, mine[0])
        yield from shown(site, size, mine[0])
        Generation.objects.filter(request_id__in=mine).delete()


def made_ms() -> int:
    """A month ago: a record of that age is not asked for again."""
    return round(time.time() * 1000) - story.AGO_MS


def pages(site: Site, size: Size, ids: list[str], cheapest: str) -> Iterator[Figure]:
    """The first view, which draws the page, of the record's other tabs too; and the views after it."""
    views = {tab: [took(site, f"{BASE}/{request_id}{tab}") for request_id in ids] for tab in TABS}
    slowest = max(statistics.median(ms for ms, _ in seen) for seen in views.values())
    weight = max(length for seen in views.values() for _, length in seen)
    again, bare = interleaved(
        AGAIN, lambda: took(site, f"{BASE}/{ids[0]}")[0], lambda: took(site, cheapest)[0]
    )
    yield limit(f"{size.name}: a page or tab, drawn first", slowest, "ms", 300, f"again {again:.1f} ms")
    yield limit(f"{size.name}: HTML of the largest tab", weight / 1000, "KB", 150)
    yield ratio(
        f"{size.name}: page against the cheapest signed-in view", again / bare, f"{again:.1f} ms", most=2
    )


def read(site: Site, size: Size, request_id: str) -> Iterator[Figure]:
    base = f"{BASE}/{request_id}"
    with growth(site.named("web")) as grew:
        ms = {part: statistics.median(took(site, base + part)[0] for _ in range(3)) for part in size.parts}
        whole = {part: took(site, base + part)[0] for part in size.wholes}
        for tab in TABS:
            site.owner.get(base + tab)
    worst = max(ms, key=lambda part: ms[part])
    yield limit(
        f"{size.name}: a part, the slowest kind", ms[worst], "ms", size.part_ms, worst.partition("?")[0]
    )
    detail = ", ".join(f"{part.partition('?')[0]} {whole[part]:.0f}" for part in size.wholes)
    yield limit(f"{size.name}: raw, found or downloaded", max(whole.values()), "ms", 2000, detail)
    yield grown(f"{size.name}: web process grows by, read", grew, 64)


def took(site: Site, path: str) -> tuple[float, int]:
    """Milliseconds and bytes of one answer."""
    begun = time.perf_counter()
    answer = site.owner.get(path)
    assert answer.status < 400, f"{path} was answered {answer.status}"
    return (time.perf_counter() - begun) * 1000, len(answer.body)


# -- the browser -----------------------------------------------------------------------------------------------


def shown(site: Site, size: Size, request_id: str) -> Iterator[Figure]:
    task = f"{size.name}: longest browser task after load"
    if chromium() is None:
        yield Figure(task, "no Chromium was found", "at most 100 ms", None)
        return
    way = opening.Way(f"{site.address}/t/acme/", f"{BASE}/{request_id}", dict(site.owner.cookies), explore)
    text = "\n".join(prose(size.length) for _ in range(size.messages))
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium(), args=FLAGS) as browser,
        opening.static_file(text) as static,
    ):
        seen = opening.opened(browser, way, static)
    yield limit(task, seen.task, "ms", 100, "none of 50 ms or more" if not seen.task else "")
    yield from clicked(size, seen)


def clicked(size: Size, seen: opening.Opened) -> Iterator[Figure]:
    name = f"{size.name}: click to visible text, nothing cached"
    detail = f"worst {seen.worst:.0f} ms; the same text as a static file {seen.static:.0f} ms"
    yield limit(name, seen.ours, "ms", 350, detail)
    if size.of_static:
        yield ratio(f"{name}, against a static file", seen.ours / seen.static, detail, most=2)


def explore(page: Page) -> None:
    """Open what is cut short, scroll to the end, open the JSON."""
    page.wait_for_load_state("load")
    for name in ("Show more", "Show all"):
        link = page.locator("#view a.more:visible", has_text=name).first
        if link.count():
            with page.expect_response(lambda answer: "/parts/" in answer.url):
                link.click()
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    page.get_by_role("link", name="JSON", exact=True).first.click()
    with page.expect_response(lambda answer: "/parts/level" in answer.url):
        page.locator(".json-root summary").first.click()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))")
