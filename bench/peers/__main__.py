"""`make bench-peers`: how long each product takes to show the same conversation. Kept in `bench/peers.md` and `.json`.

Every product runs on this machine at the same time, on loopback, and the openings take turns. The peers are installed from
`bench/peers/*.txt` into environments of their own, once; each starts with an empty store, and again for the warm start.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench import yardstick
from bench.__main__ import say, use
from bench.peers.products import PEERS, Peer, Running, running
from bench.peers.rows import Row, keep, table
from bench.site import Site, checkout
from bench.site import running as running_site
from bench.tools import results
from tests.support.processes import FLAGS, chromium

# Pages of peers that ask for something elsewhere are refused at once, instead of waiting for it.
LOCAL_ONLY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


def main() -> None:
    if chromium() is None:
        sys.exit("No Chromium was found. On Debian: apt-get install chromium-headless-shell")
    begun = time.monotonic()
    with ExitStack() as stack:
        started = [_started(stack, peer) for peer in PEERS]
        site = _own(stack)
        titles, rows = _compared(site, started)
        [loop] = yardstick.figures(site)
    print(table(titles, rows))
    keep({**results.run(time.monotonic() - begun), loop.name: loop.measured}, titles, rows)


def _started(stack: ExitStack, peer: Peer) -> Running:
    """The peer at its second start."""
    say(f"{peer.title}: installing, if this machine has not got it, and starting")
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="retake-peer-")))
    with running(peer, folder):
        pass
    return stack.enter_context(running(peer, folder))


def _own(stack: ExitStack) -> Site:
    say("Retake: starting, twice as well")
    folder = stack.enter_context(checkout())
    with running_site(folder):
        pass
    site = stack.enter_context(running_site(folder))
    use(site)
    return site


def _compared(site: Site, started: Sequence[Running]) -> tuple[list[str], list[Row]]:
    from bench.peers import comparison  # imports models, which need the site that runs by now

    say("giving each the same conversations")
    products = [comparison.retake(site), *map(comparison.peer, started)]
    say("opening them, each in a new browser profile")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, LOCAL_ONLY]) as browser,
    ):
        rows = list(map(_said, comparison.measure(browser, products)))
    return [product.title for product in products], rows


def _said(row: Row) -> Row:
    say(f"{row.name}: {', '.join(row.cells)}")
    return row


if __name__ == "__main__":
    main()
