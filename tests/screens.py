"""Pictures of every page, in light and dark, at 1280 and 390 px, in `.local/screens`; the best three in `docs/screens`.

`python -m tests.screens [URL] [--only NAME]`. URL is the address that `make up` printed, with its sign-in token
(or the environment's RETAKE_URL); without one a Retake of its own is started, with engines and demo gateway, and
ended again. Replays are started only where the footer tells that the gateway is the demo gateway: elsewhere they
cost money.
"""

import argparse
import base64
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from dashboard.local.servers import Engines
from dashboard.local.system import LOOPBACK, Port
from generations.gateway.demo.examples import EXAMPLE_IDS
from tests.support.processes import BEAT, FLAGS, ROOT, WORKER, chromium, demo_process, process

OUT, BEST = ROOT / ".local" / "screens", ROOT / "docs" / "screens"
FOR_README = {
    "generation-light-1280": "generation",
    "replay-light-1280": "replay",
    "failed-dark-1280": "failed",
    "changed-light-1280": "changed",
    "batch-dark-1280": "batch",
    "log-light-1280": "log",
    "connect-light-1280": "connect",
}
LARGEST = 200_000
SCHEMES = ("light", "dark")
WIDTHS = (1280, 390)
HEIGHT = 900
SETTLE_MS = 300
REPLAY_MS = 30_000
UNKNOWN_ID = "G-01ARZ3NDEKTSV4RRFFQ69G5FAV"
CHAT, FAILED = EXAMPLE_IDS["chat"], EXAMPLE_IDS["failed"]
KEPT = EXAMPLE_IDS["kept"]

# Takes a signed-in tab that stands on home; gives the address of the page, or None if there is none.
Find = Callable[[Page], str | None]


@dataclass(frozen=True, slots=True)
class Shot:
    """A page to photograph: its file name, and its path or how to find it from home."""

    name: str
    where: str | Find
    signed_in: bool = True


def below(path: str, more: str) -> Find:
    """The page at `more` below the address that `path` leads to."""

    def find(tab: Page) -> str | None:
        tab.goto(urljoin(tab.url, path))
        return f"{tab.url}/{more}"

    return find


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


def replay_of(request_id: str) -> Find:
    """Replays a generation at the demo gateway and waits for the end, and for the record of the new one."""

    def find(tab: Page) -> str | None:
        if "Demo gateway" not in tab.locator("footer.foot").inner_text():
            return None
        tab.goto(below(f"/g/{request_id}", "replay")(tab) or "")
        tab.get_by_role("button", name="Run replay").click()
        tab.locator('[data-state="succeeded"], [data-state="failed"]').first.wait_for(timeout=REPLAY_MS)
        tab.get_by_text("The replay is a generation of its own").wait_for(timeout=REPLAY_MS)
        return tab.url

    return find


def changed(tab: Page) -> str | None:
    """The plan of a replay with changes, as somebody sees it who is about to run one like an earlier one."""
    return edited(tab, "1.1") and tab.locator('main a[href*="again="]').first.get_attribute("href")


def compared(tab: Page) -> str | None:
    """A changed replay next to its original."""
    return edited(tab, "0.9") and tab.locator('main a[data-key="d"]').first.get_attribute("href")


def compared_failure(tab: Page) -> str | None:
    """A replay that failed next to its failed original."""
    failed = replay_of(FAILED)(tab)
    return failed and tab.locator('main a[data-key="d"]').first.get_attribute("href")


def edited(tab: Page, temperature: str, times: str = "1") -> str | None:
    """Replays the chat with another temperature, so many times; where that leads to when all of it has ended."""
    if "Demo gateway" not in tab.locator("footer.foot").inner_text():
        return None
    tab.goto(below(f"/g/{KEPT}", "replay")(tab) or "")
    tab.get_by_text("Change something").click()
    tab.get_by_label("Temperature").fill(temperature)
    tab.get_by_text("Run several times").click()
    tab.get_by_label("Times").fill(times)
    tab.get_by_role("textbox", name="Reason").fill("Is the answer steady?")
    tab.get_by_role("button", name="Preview changes").click()
    tab.get_by_role("button", name="Start" if times != "1" else "Run replay").click()
    ended = f"text={times} of {times} finished" if times != "1" else '[data-state="succeeded"]'
    tab.locator(ended).first.wait_for(timeout=REPLAY_MS)
    return tab.url


CONNECTIONS = '.menu-list a:has-text("Gateway connections")'
PAGES = (
    Shot("sign-in", "/accounts/login/", signed_in=False),
    Shot("reset", "/accounts/password/reset/", signed_in=False),
    Shot("replay", replay_of(KEPT)),
    Shot("replay-failed", replay_of(FAILED)),
    Shot("compare-failed", compared_failure),
    Shot("home", "/"),
    Shot("generation", f"/g/{KEPT}"),
    Shot("last-frame", f"/g/{CHAT}"),
    Shot("provider", below(f"/g/{KEPT}", "provider")),
    Shot("paste", below(f"/g/{CHAT}", "paste")),
    Shot("connect", "/t/newcomers/"),
    *(Shot(name, below(f"/g/{CHAT}", name)) for name in ("parameters", "cost", "timing", "json", "replays")),
    Shot("found", below(f"/g/{CHAT}", "json?find=oslo")),
    Shot("many", f"/t/acme/lookups?id={CHAT}&id={FAILED}&id={UNKNOWN_ID}"),
    Shot("copy", below(f"/g/{CHAT}", "copy")),
    Shot("forget", below(f"/g/{CHAT}", "forget")),
    Shot("log", "/t/acme/log"),
    Shot("generations", "/t/acme/generations"),
    Shot("preflight", below(f"/g/{CHAT}", "replay")),
    Shot("changed", changed),
    Shot("edited", lambda tab: edited(tab, "0.7")),
    Shot("batch", lambda tab: edited(tab, "1.2", "12")),
    Shot("batches", "/t/acme/batches"),
    Shot("compare", compared),
    Shot("lab", f"/t/acme/lab?id={CHAT}&id={FAILED}"),
    Shot("lab-empty", "/t/acme/lab"),
    Shot("ledger", "/t/acme/replays"),
    Shot("limits", "/t/acme/settings/limits"),
    Shot("failed", f"/g/{FAILED}"),
    Shot("failed-timing", below(f"/g/{FAILED}", "timing")),
    Shot("legacy", f"/g/{EXAMPLE_IDS['legacy']}"),
    Shot("not-recorded", f"/lookup?q={UNKNOWN_ID}"),
    Shot("not-recognized", "/lookup?q=hello+world"),
    Shot("members", link('.menu-list a:has-text("Members")')),
    Shot("connections", link(CONNECTIONS)),
    Shot("new-connection", link(CONNECTIONS, 'main a[href$="/connections/new"]')),
    Shot("health", "/t/acme/settings/health"),
    Shot("trends", "/t/acme/trends"),
    Shot("palette", "/t/acme/go"),
    Shot("preferences", "/accounts/preferences/"),
    Shot("profile", "/accounts/profile/"),
    Shot("health", "/t/acme/settings/health"),
    Shot("preferences", "/accounts/preferences/"),
    Shot("help", "/help"),
    Shot("palette", "/t/acme/go"),
    Shot("new-team", "/teams/new"),
    Shot("not-found", "/nothing-here"),
)


# --- a Retake of its own ----------------------------------------------------------------------------------------


@contextmanager
def own_site() -> Iterator[str]:
    """Engines, demo gateway, web and worker until the block ends; gives the address that signs in."""
    with tempfile.TemporaryDirectory(prefix="retake-") as folder:
        engines, demo, web = Engines(Path(folder), {}, durable=False), Port(), Port()
        environment = site_environment(engines, demo, web)
        engines.start()
        try:
            with demo_process(demo):
                prepare = [sys.executable, str(ROOT / "manage.py"), "prepare", "--demo"]
                path = subprocess.check_output(prepare, env={**os.environ, **environment}, text=True)
                yield from serving(environment, web, path.split()[-1])
        finally:
            engines.stop()


def serving(environment: dict[str, str], web: Port, path: str) -> Iterator[str]:
    port = web.release()
    with (
        process("-m", "dashboard.web.serve", env=environment, port=port),
        process(*WORKER, env=environment),
        process(*BEAT, env=environment),
    ):
        yield urljoin(environment["PUBLIC_URL"], path)


def site_environment(engines: Engines, demo: Port, web: Port) -> dict[str, str]:
    gateway = f"http://{LOOPBACK}:{demo.number}/v1"
    return {
        **engines.urls,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "GATEWAY_URLS": gateway,
        "DEMO_GATEWAY": gateway,
        "ALLOWED_HOSTS": LOOPBACK,
        "PORT": str(web.number),
        "WEB_HOST": LOOPBACK,
        "WEB_CONCURRENCY": "1",
        "LOG_LEVEL": "CRITICAL",  # pages that say no are photographed too
        "PUBLIC_URL": f"http://{LOOPBACK}:{web.number}",
    }


# --- the pictures -----------------------------------------------------------------------------------------------


def sign_in(browser: Browser, url: str) -> StorageState:
    """The cookies of whoever the printed address signs in, with the example generations looked up once."""
    tab = browser.new_page()
    tab.goto(url)
    for example in tab.locator(".stories .mono").all_inner_texts():
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


def photograph(tab: Page, address: str, name: str) -> None:
    """One picture of a whole page; a page wider than its window is named on the terminal."""
    tab.goto(address)
    tab.wait_for_timeout(SETTLE_MS)
    path = OUT / f"{name}.png"
    tab.screenshot(path=path, full_page=True)
    wide = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    print(path.name if wide <= 0 else f"{path.name}: {wide} px wider than the window")
    if name in FOR_README:
        best = tab.screenshot(path=BEST / f"{FOR_README[name]}.png")
        assert len(best) < LARGEST, f"{name} has {len(best):,} bytes"


def photograph_all(browser: Browser, url: str, shots: list[Shot]) -> None:
    """Every page in every scheme and width."""
    cookies = sign_in(browser, url)
    found = addresses(browser, url, cookies, shots)
    for scheme in SCHEMES:
        for width in WIDTHS:
            for signed_in in (True, False):
                context = window(browser, scheme, width, cookies if signed_in else None)
                for shot in (found_shot for found_shot in found if found_shot.signed_in == signed_in):
                    tab = context.new_page()
                    photograph(tab, found[shot], f"{shot.name}-{scheme}-{width}")
                    tab.close()
                context.close()


def take(url: str, shots: list[Shot]) -> None:
    for folder in (OUT, BEST):
        folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        photograph_all(browser, url, shots)
        browser.close()


def main() -> int:
    """0 when the pictures are taken; 1 with a sentence where no Chromium is."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens")
    parser.add_argument("url", nargs="?", default=os.environ.get("RETAKE_URL", ""))
    parser.add_argument("--only", action="append", choices=[shot.name for shot in PAGES])
    given = parser.parse_args()
    shots = [shot for shot in PAGES if not given.only or shot.name in given.only]
    if chromium() is None:
        print("No Chromium was found. On Debian: apt-get install chromium")
        return 1
    if given.url:
        take(given.url, shots)
    else:
        with own_site() as url:
            take(url, shots)
    return 0


if __name__ == "__main__":
    sys.exit(main())
