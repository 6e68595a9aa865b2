"""How long a browser takes from a click to visible text: of the site's page, and of the same text as a static file."""

import http.server
import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape

from playwright.sync_api import Browser, BrowserContext, Page

from dashboard.local.system import LOOPBACK

# For a script that runs before any of the page: `clicked` is when the link was clicked, on the page before; `drawn` takes
# when the text was found and leaves in `window.shown` the ms from the click until then, or until the page's first paint.
CLICK = """
addEventListener("click", (event) =>
  sessionStorage.setItem("clicked", performance.timeOrigin + event.timeStamp), {capture: true});
const clicked = Number(sessionStorage.getItem("clicked"));
const drawn = (found) => {
  const painted = performance.getEntriesByName("first-contentful-paint")[0];
  if (!painted) return requestAnimationFrame(() => drawn(found));
  window.shown = performance.timeOrigin + Math.max(found, painted.startTime) - clicked;
};
"""
# When text of the conversation was drawn, and long tasks.
WATCH = """
window.tasks = [];
new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((one) => [one.startTime, one.duration])))
  .observe({type: "longtask", buffered: true});
const look = () => {
  const texts = [...document.querySelectorAll("#view .turn .text, #view .turn .prose")];
  if (texts.some((text) => text.checkVisibility() && text.textContent.trim())) drawn(performance.now());
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
AFTER_LOAD = """() => {
  const loaded = performance.getEntriesByType("navigation")[0].loadEventEnd;
  return Math.max(0, ...window.tasks.filter(([start]) => start > loaded).map(([, duration]) => duration));
}"""
OPENINGS = 5


@dataclass(frozen=True, slots=True)
class Opened:
    """Medians of both in ms, the worst of the site's, and its longest task after load."""

    ours: float
    static: float
    worst: float
    task: float


@dataclass(frozen=True, slots=True)
class Way:
    """From the page `start`, with these cookies, the link to `path`; `after` walks what was opened."""

    start: str
    path: str
    cookies: dict[str, str]
    after: Callable[[Page], None]


def opened(browser: Browser, ours: Way, static: Way) -> Opened:
    """Both ways, taking turns; each time a new browser profile."""
    seen = [(opening(browser, ours), opening(browser, static)) for _ in range(OPENINGS)]
    clicks = [mine[1] for mine, _ in seen]
    return Opened(
        statistics.median(clicks),
        statistics.median(theirs[1] for _, theirs in seen),
        max(clicks),
        max(mine[0] for mine, _ in seen),
    )


def opening(browser: Browser, way: Way) -> tuple[float, float]:
    """The longest task after load and the time from the click to the text, in ms."""
    context = browser.new_context()
    page = _beginning(context, way)
    page.locator(f'main a[href="{way.path}"]').first.click()
    page.wait_for_function(f"() => window.shown !== undefined && location.pathname === {way.path!r}")
    seen: float = page.evaluate("() => window.shown")
    way.after(page)
    longest: float = page.evaluate(AFTER_LOAD)
    context.close()
    return longest, seen


def _beginning(context: BrowserContext, way: Way) -> Page:
    """The page with the link, signed in, watched and without a cache for what follows."""
    context.add_cookies(
        [{"name": name, "value": value, "url": way.start} for name, value in way.cookies.items()]
    )
    context.add_init_script(CLICK + WATCH)
    page = context.new_page()
    page.goto(way.start)
    uncached = context.new_cdp_session(page)
    uncached.send("Network.enable")
    uncached.send("Network.setCacheDisabled", {"cacheDisabled": True})
    return page


def _stay(_: Page) -> None:
    """Nothing more to open."""


_START = '<!doctype html><title>start</title><main><a href="/text">text</a></main>'
_TEXT = '<!doctype html><title>text</title><div id="view"><div class="turn"><pre class="text">{}</pre></div></div>'


class _Pages(http.server.BaseHTTPRequestHandler):
    pages: dict[str, str]

    def do_GET(self) -> None:
        body = self.pages.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the table is the output."""


@contextmanager
def static_file(text: str) -> Iterator[Way]:
    """A server of one text as a plain page, and of a page with a link to it."""
    handler = type("Pages", (_Pages,), {"pages": {"/": _START, "/text": _TEXT.format(escape(text))}})
    server = http.server.ThreadingHTTPServer((LOOPBACK, 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Way(f"http://{LOOPBACK}:{server.server_port}/", "/text", {}, _stay)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
