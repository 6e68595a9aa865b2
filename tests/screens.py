"""Pictures of every page, in light and dark, at 1280 and 390 px.

`python -m tests.screens [URL] [--only NAME] [--out FOLDER]`, where URL is the address that `make up` printed,
with its sign-in token; without one the environment's RETAKE_URL is taken. Replays are started only where the
footer says that the gateway is the demo gateway, because elsewhere they cost money.
"""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OUT = Path(__file__).parents[1] / "docs" / "screens"
SCHEMES = ("light", "dark")
WIDTHS = (1280, 390)
HEIGHT = 900
SETTLE_MS = 400
REPLAY_MS = 30_000
UNKNOWN_ID = "G-01ARZ3NDEKTSV4RRFFQ69G5FAV"

# Takes a signed-in tab that stands on home; gives the address of the page, or None if there is none.
Find = Callable[[Page], str | None]


@dataclass(frozen=True, slots=True)
class Shot:
    """A page to photograph: its file name, and its path or how to find it from home."""

    name: str
    where: str | Find
    signed_in: bool = True


def link(*selectors: str) -> Find:
    """Finds a page by following, from home, the first link that matches each selector in turn."""

    def find(tab: Page) -> str | None:
        for selector in selectors:
            first = tab.locator(selector).first
            if first.count() == 0:
                return None
            tab.goto(urljoin(tab.url, first.get_attribute("href") or ""))
        return tab.url

    return find


def finished_replay(tab: Page) -> str | None:
    """Replays the first good generation at the demo gateway and waits for its end."""
    if "Demo gateway" not in tab.locator("footer.foot").inner_text() or link(*PREFLIGHT)(tab) is None:
        return None
    tab.locator("main form .btn.primary").click()
    tab.locator('[data-state="succeeded"], [data-state="failed"]').first.wait_for(timeout=REPLAY_MS)
    return tab.url


GOOD = "tr:has(.pill.good) a[data-row]"
PREFLIGHT = (GOOD, 'a[data-key="r"]')
PAGES = (
    Shot("sign-in", "/accounts/login/", signed_in=False),
    Shot("home", "/"),
    Shot("generation", link(GOOD)),
    Shot("failed", link("tr:has(.pill.bad) a[data-row]")),
    Shot("not-recorded", f"/lookup?q={UNKNOWN_ID}"),
    Shot("preflight", link(*PREFLIGHT)),
    Shot("replay", finished_replay),
    Shot("members", link('.menu-list a:has-text("Members")')),
    Shot("connections", link('.menu-list a:has-text("Gateway connections")')),
    Shot(
        "new-connection",
        link('.menu-list a:has-text("Gateway connections")', 'main a[href$="/connections/new"]'),
    ),
    Shot("profile", "/accounts/profile/"),
    Shot("not-found", "/nothing-here"),
)


def sign_in(browser: Browser, url: str) -> StorageState:
    """The cookies of whoever the printed address signs in, with the example generations looked up once."""
    tab = browser.new_page()
    tab.goto(url)
    for example in tab.locator(".hero a.mono").all_inner_texts():
        tab.request.get(urljoin(url, f"/g/{example}"))
    cookies = tab.context.storage_state()
    tab.context.close()
    return cookies


def addresses(browser: Browser, url: str, cookies: StorageState, shots: list[Shot]) -> dict[Shot, str]:
    """Where each page is; pages that do not exist here are left out and named on the terminal."""
    tab = browser.new_page(storage_state=cookies)
    found: dict[Shot, str] = {}
    for shot in shots:
        tab.goto(urljoin(url, "/"))
        where = shot.where if isinstance(shot.where, str) else shot.where(tab)
        if where is None:
            print(f"left out {shot.name}: no such page here")
        else:
            found[shot] = urljoin(url, where)
    tab.context.close()
    return found


def window(browser: Browser, scheme: str, width: int, cookies: StorageState | None) -> BrowserContext:
    """A browser window of one scheme and width; the narrow one is a phone with a touch screen."""
    phone = width < 500
    return browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        has_touch=phone,
        is_mobile=phone,
        storage_state=cookies,
    )


def photograph(tab: Page, address: str, path: Path) -> None:
    """One picture of a whole page; a page wider than its window is named on the terminal."""
    tab.goto(address)
    tab.wait_for_timeout(SETTLE_MS)
    tab.screenshot(path=path, full_page=True)
    wide = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    print(path.name if wide <= 0 else f"{path.name}: {wide} px wider than the window")


def photograph_all(browser: Browser, url: str, shots: list[Shot], out: Path) -> None:
    """Every page in every scheme and width."""
    cookies = sign_in(browser, url)
    found = addresses(browser, url, cookies, shots)
    for scheme in SCHEMES:
        for width in WIDTHS:
            for shot, address in found.items():
                with window(browser, scheme, width, cookies if shot.signed_in else None) as context:
                    photograph(context.new_page(), address, out / f"{shot.name}-{scheme}-{width}.png")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.screens")
    parser.add_argument("url", nargs="?", default=os.environ.get("RETAKE_URL", ""))
    parser.add_argument("--only", action="append", choices=[shot.name for shot in PAGES])
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args()


def main() -> int:
    """0 when the pictures are taken; 1 with a sentence where no address is known."""
    given = arguments()
    if not urlsplit(given.url).netloc:
        print("Which Retake? Start `make up`, then: make screens RETAKE_URL='the address it printed'")
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    shots = [shot for shot in PAGES if not given.only or shot.name in given.only]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        photograph_all(browser, given.url, shots, given.out)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
