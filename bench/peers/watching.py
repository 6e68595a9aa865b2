"""From the click on a link to a record until its text is drawn, with one definition for every product."""

import json
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize
from playwright.sync_api import TimeoutError as NotShownError

from bench.tools.opening import CLICK

WAIT_MS = 240_000
# Three words with their numbers, as `bench.sizes.prose` writes them; for Python and JavaScript.
WORDS = r"[a-z]+ \d+ [a-z]+ \d+ [a-z]+ \d+"
RUNS = 3  # of each opening
VIEW = ViewportSize(width=1280, height=900)
# Runs before any script of a page. The text is visible when an element with WORDS in one text node, inside the record's part
# of the page, is drawn within the window. As in `bench.tools.opening` the time is taken in the first frame that finds it so,
# and never lies before the page's first contentful paint.
WATCH = """
(() => {
  %s
  const inside = %s, words = new RegExp(%s), near = new Set(), kept = new WeakSet();
  if (!clicked) return;
  const look = () => {
    if (window.found || ![...near].some((element) =>
      element.checkVisibility({visibilityProperty: true, opacityProperty: true}))) return;
    window.found = performance.now();
    drawn(window.found);
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) near[entry.isIntersecting ? "add" : "delete"](entry.target);
    look();
  });
  const keep = (text) => {
    const holder = text.parentElement;
    if (kept.has(holder) || !words.test(text.data) || !holder?.closest(inside)) return;
    kept.add(holder);
    seen.observe(holder);
  };
  const search = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return keep(node);
    if (!words.test(node.textContent)) return;
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) keep(walker.currentNode);
  };
  new MutationObserver((records) => {
    for (const record of records) (record.type === "childList" ? record.addedNodes : [record.target]).forEach(search);
  }).observe(document, {childList: true, subtree: true, characterData: true});
  const again = () => window.found || (look(), requestAnimationFrame(again));
  again();
})();
"""
LINK = """(path) => {
  const main = document.createElement("main"), link = document.createElement("a");
  Object.assign(link, {href: path, textContent: "the record"});
  main.append(link);
  document.body.replaceChildren(main);
}"""


@dataclass(frozen=True, slots=True)
class Record:
    """Where a product shows a conversation: server, path, a light page of the server, the record's part of the page."""

    product: str
    address: str
    path: str
    plain: str
    inside: str
    cookies: dict[str, str]


def opened(browser: Browser, record: Record) -> tuple[float, float]:
    """In a new profile: ms from the click to the text, first with nothing cached, then once more with what was kept."""
    context = browser.new_context(viewport=VIEW)
    context.add_init_script(WATCH % (CLICK, json.dumps(record.inside), json.dumps(WORDS)))
    context.add_cookies(
        [{"name": name, "value": value, "url": record.address} for name, value in record.cookies.items()]
    )
    page = context.new_page()
    first, again = _click(page, record), _click(page, record)
    context.close()
    return first, again


def _click(page: Page, record: Record) -> float:
    page.goto(record.address + record.plain)
    page.evaluate(LINK, record.path)
    page.get_by_role("link", name="the record").click()
    try:
        page.wait_for_function("() => window.shown !== undefined", timeout=WAIT_MS)
    except NotShownError:
        picture = Path(f"/tmp/retake-bench-{record.product.lower()}.png")
        page.screenshot(path=picture)
        raise SystemExit(f"{record.product} did not show the text within {WAIT_MS} ms: {picture}") from None
    shown: float = page.evaluate("() => window.shown")
    return shown
