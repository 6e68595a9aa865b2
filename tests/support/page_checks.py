"""What is wrong with a page as a browser draws it: by axe, wider than a phone, or a layout that jumps."""

from collections.abc import Iterable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
AXE = Axe()
CALM = 0.05
OPTIONS: dict[str, object] = {"resultTypes": ["violations"], "preload": False, "iframes": False}
ONLY_CONTRAST: dict[str, object] = {"runOnly": ["color-contrast"]}  # nothing else depends on the scheme
TARGETS: dict[str, object] = {"rules": {"target-size": {"enabled": True}}}  # axe leaves it out by itself
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SHIFTS = """(wait_ms) => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), wait_ms);
})"""


def complaints(page: Page, paths: Iterable[str], part: str | None = None) -> list[str]:
    """What axe finds on these pages (or in a part of them) in light and dark, and which scroll sideways on a phone."""
    return [line for path in paths for line in look(page, path, part)]


def look(page: Page, path: str, part: str | None) -> list[str]:
    page.goto(path)
    return inspect(page, part)


def inspect(page: Page, part: str | None = None) -> list[str]:
    """The same of the page as it stands."""
    path = page.url
    page.emulate_media(color_scheme="light")
    load_axe(page)
    found = [f"{path}: {line}" for line in violations(page, part)]
    page.emulate_media(color_scheme="dark")
    found += [f"{path} in the dark: {line}" for line in violations(page, part, ONLY_CONTRAST)]
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size(PHONE)
    found += [f"{path}: {line}" for line in too_wide(page)]
    page.set_viewport_size(before)
    return found


def load_axe(page: Page) -> None:
    """Once for each document, before `violations`."""
    page.evaluate(AXE.axe_script)


def violations(page: Page, part: str | None = None, options: dict[str, object] | None = None) -> list[str]:
    """What axe finds on the page, or in a part of it."""
    run = "([part, options]) => axe.run(part ?? document, options)"
    found = page.evaluate(run, [part, {**OPTIONS, **(options or {})}])["violations"]
    return [f"{violation['id']} {node['target']}" for violation in found for node in violation["nodes"]]


def too_wide(page: Page) -> list[str]:
    """Whether it scrolls sideways."""
    return [f"{pixels} px too wide" for pixels in [page.evaluate(WIDER)] if pixels > 0]


def jumps(page: Page, wait_ms: int) -> list[str]:
    """Whether its layout has shifted until now, or does in the next `wait_ms`."""
    return [f"jumps by {shift:.3f}" for shift in [page.evaluate(SHIFTS, wait_ms)] if shift >= CALM]
