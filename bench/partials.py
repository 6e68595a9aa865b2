"""From the answer's last byte to the final partial in a browser."""

from playwright.sync_api import Page, sync_playwright

from bench import story
from bench.site import Site
from bench.table import Figure, limit, p
from tests.support.processes import DemoGateway, chromium

REPLAYS = 15
NAME = "last byte to final partial in the browser, p50"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
# Gives the time, in ms since 1970, at which the page showed the end of its replay.
END_SHOWN = """() => new Promise((found) => {
    const now = () => performance.timeOrigin + performance.now();
    const look = () => document.querySelector("#panel")?.dataset.state === "succeeded" && found(now());
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
})"""


def figures(site: Site) -> list[Figure]:
    """The gateway notes when it has sent the last byte, the page when the partial stands in it: one clock."""
    if chromium() is None:
        return [Figure(NAME, "no Chromium was found", "at most 150 ms", None)]
    chat, gateway = story.chat(site), story.gateway(site)
    gateway.set(pace=1, first_byte_ms=200, frames=40, frame_ms=20)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium(), args=FLAGS) as browser,
    ):
        context = browser.new_context()
        context.add_cookies(
            [
                {"name": name, "value": value, "url": site.address}
                for name, value in site.owner.cookies.items()
            ]
        )
        page = context.new_page()
        took = [replay(page, site.address + chat.get_absolute_url(), gateway) for _ in range(REPLAYS)][1:]
    gateway.reset(keep_consents=True)
    return [limit(NAME, p(0.5, took), "ms", 150, f"p95 {p(0.95, took):.0f} ms, {len(took)} replays")]


def replay(page: Page, address: str, gateway: DemoGateway) -> float:
    """Run one replay in the page; gives the ms from its last byte to its final partial."""
    page.goto(f"{address}/replay")
    page.get_by_role("button", name="Run replay").click()
    page.wait_for_url("**/r/*")
    shown_ms: float = page.evaluate(END_SHOWN)
    done_ms: float = gateway.requests()[-1]["done_ms"]
    return shown_ms - done_ms
