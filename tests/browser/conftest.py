"""One Chromium and one site for the whole folder, a window for each person.

The site reaches Redis through a line that a test can cut. Every window fails its test on a console error, a page
error, a failed request or a report of the Content-Security-Policy that the test did not expect.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

from dashboard.local.servers import Engines
from dashboard.local.system import LOOPBACK, Port
from dashboard.models import GatewayConnection, Role, Team, User
from generations.gateway.demo.keys import SCOPED_KEY
from generations.models import Generation, Replay
from tests.browser.line import Line, line_to
from tests.browser.teller import Teller
from tests.support import people, rows
from tests.support.page_checks import DESKTOP, PHONE
from tests.support.processes import FLAGS, WORKER, DemoGateway, chromium, process, wait_for

TIMEOUT_MS = 15_000
# Scripts are compiled once: compiling them better meanwhile pays only on pages that are visited for longer.
FRUGAL = "--js-flags=--no-opt --no-maglev"
ABORTED = "net::ERR_ABORTED"  # a page that is left ends its own requests

# Runs before any script of a page, and outside its CSP: policy reports go to the console, and `window.seen` keeps
# every text that the live answer ever showed.
WATCH = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`));
window.seen = [];
new MutationObserver(() => {
  const out = document.getElementById("out");
  if (!out) return;
  const text = [...out.querySelectorAll(".live-text")].map((part) => part.textContent).join("");
  if (text !== window.seen.at(-1)) window.seen.push(text);
}).observe(document, { childList: true, subtree: true, characterData: true });
"""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last, so that one Chromium and one worker serve them all and no other test meets these."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


# --- the site ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="package")
def redis_line(engines: Engines) -> Iterator[Line]:
    """The line between the site and Redis."""
    address = urlsplit(engines.urls["REDIS_URL"])
    with line_to(address.port or 6379, address.hostname or LOOPBACK) as line:
        yield line


@pytest.fixture(scope="package")
def teller_of_package() -> Iterator[Teller]:
    teller = Teller()
    yield teller
    teller.forget()
    teller.peer.close()


@pytest.fixture(scope="package")
def site_environment(
    site_environment: dict[str, str],
    redis_line: Line,
    demo_process_of_session: DemoGateway,
    teller_of_package: Teller,
) -> dict[str, str]:
    """The usual one, on a port of its own, with Redis behind the line, and as a demo."""
    port = Port()
    redis = urlsplit(os.environ["REDIS_URL"])
    place = f"{redis.netloc.rpartition('@')[0]}@{LOOPBACK}:{redis_line.port}".removeprefix("@")
    return {
        **site_environment,
        "PORT": str(port.release()),
        "PUBLIC_URL": f"http://{LOOPBACK}:{port.number}",
        "REDIS_URL": redis._replace(netloc=place).geturl(),
        "DEMO_GATEWAY": demo_process_of_session.url,
        "GATEWAY_URLS": f"{demo_process_of_session.url},{teller_of_package.peer.url}",
    }


@pytest.fixture(scope="package")
def web_process(site_environment: dict[str, str]) -> Iterator[str]:
    """The real web server, its address."""
    with process("-m", "dashboard.web.serve", env=site_environment, port=int(site_environment["PORT"])):
        yield site_environment["PUBLIC_URL"]


@pytest.fixture(scope="package")
def worker(site_environment: dict[str, str], engines: Engines) -> Iterator[int]:
    """One Celery worker for all, its pid."""
    with process(*WORKER, env=site_environment) as running:
        yield running.pid


# --- what is in it ----------------------------------------------------------------------------------------------


@pytest.fixture
def team(site: str) -> Team:
    return people.team("acme", "Acme Travel")


@pytest.fixture
def source(team: Team, demo_gateway: DemoGateway) -> GatewayConnection:
    return people.connection(team, demo_gateway.url, SCOPED_KEY)


@pytest.fixture
def ada(team: Team, source: GatewayConnection) -> User:
    return people.person(team, Role.OWNER, "ada@example.com")


@pytest.fixture
def grace(team: Team) -> User:
    return people.person(team, Role.MEMBER, "grace@example.com")


@pytest.fixture
def chat(team: Team, ada: User, source: GatewayConnection) -> Generation:
    """A stored chat that streams when it is replayed."""
    return rows.generation(team, ada, source)


@pytest.fixture
def teller(teller_of_package: Teller) -> Iterator[Teller]:
    """A gateway that says what the test tells it to, when it tells."""
    yield teller_of_package
    teller_of_package.forget()


@pytest.fixture
def scripted_chat(team: Team, ada: User, source: GatewayConnection, teller: Teller) -> Generation:
    """A stored chat whose replay is answered by the teller."""
    source.base_url = teller.peer.url
    source.save()
    return rows.generation(team, ada, source)


# --- windows ----------------------------------------------------------------------------------------------------


class Windows(Protocol):
    """Opens a window; what it does not name is a signed-out desktop with scripts."""

    def __call__(
        self,
        user: User | None = None,
        /,
        *,
        base: str | None = None,
        phone: bool = False,
        scripts: bool = True,
        expect: tuple[str, ...] = (),
    ) -> Page: ...


class Window:
    """One page in a context of its own, and what it complained about; `expected` holds patterns of what it may.

    The next test gets it again without its cookies: a new context costs more than most tests.
    """

    def __init__(self, context: BrowserContext) -> None:
        context.set_default_timeout(TIMEOUT_MS)
        context.add_init_script(WATCH)
        self.context, self.page = context, context.new_page()
        self.size = self.page.viewport_size
        self.expected: tuple[str, ...] = ()
        self.seen: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.seen.append(f"error in the page: {error}"))
        self.page.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.seen.append(f"{message.type}: {message.text} {message.location.get('url', '')}")

    def _failed(self, request: Request) -> None:
        if request.failure != ABORTED:
            self.seen.append(f"failed: {request.failure} {request.url}")

    def unexpected(self) -> list[str]:
        return [line for line in self.seen if not any(re.search(pattern, line) for pattern in self.expected)]

    def begin(self, user: User | None, address: str, expected: tuple[str, ...]) -> Page:
        self.expected, self.seen = expected, []
        if user is not None:
            name = settings.SESSION_COOKIE_NAME
            self.context.add_cookies([{"name": name, "value": session(user), "url": address}])
        return self.page

    def end(self) -> None:
        self.page.unroute_all(behavior="ignoreErrors")
        self.page.goto("about:blank")
        self.page.emulate_media(color_scheme="light")
        if self.size is not None and self.page.viewport_size != self.size:
            self.page.set_viewport_size(self.size)
        self.context.clear_cookies()


class Pool:
    """The windows of one Chromium, by kind: address, whether a phone, whether with scripts."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.free: dict[tuple[str, bool, bool], list[Window]] = defaultdict(list)

    def take(self, kind: tuple[str, bool, bool]) -> Window:
        return self.free[kind].pop() if self.free[kind] else Window(self._context(*kind))

    def _context(self, address: str, phone: bool, scripts: bool) -> BrowserContext:
        return self.browser.new_context(
            base_url=address,
            viewport=PHONE if phone else DESKTOP,
            is_mobile=phone,
            has_touch=phone,
            java_script_enabled=scripts,
            color_scheme="light",
            reduced_motion="reduce",
        )


@pytest.fixture(scope="package")
def pool(web_process: str, worker: int) -> Iterator[Pool]:
    """One Chromium. Playwright's event loop stands in this thread, which Django has to tolerate."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=TIMEOUT_MS)
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, FRUGAL])
        yield Pool(browser)
        browser.close()


@pytest.fixture
def window(pool: Pool, site: str) -> Iterator[Windows]:
    """Opens windows, each with cookies of its own; looks at the end at what they complained about."""
    taken: list[tuple[tuple[str, bool, bool], Window]] = []

    def open_window(
        user: User | None = None,
        /,
        *,
        base: str | None = None,
        phone: bool = False,
        scripts: bool = True,
        expect: tuple[str, ...] = (),
    ) -> Page:
        kind = (base or site, phone, scripts)
        opened = pool.take(kind)
        taken.append((kind, opened))
        return opened.begin(user, site, expect)

    yield open_window
    complaints = [line for _, opened in taken for line in opened.unexpected()]
    for kind, opened in taken:
        opened.end()
        pool.free[kind].append(opened)
    assert complaints == []


def session(user: User) -> str:
    """The key of a session in which `user` is signed in."""
    return people.browser(user).cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture(autouse=True)
def _calm_end(transactional_db: None, redis_line: Line) -> Iterator[None]:
    """No test leaves a cut line to the next one, or a worker that still writes rows that are being deleted."""
    yield
    redis_line.mend()
    Replay.objects.unfinished().update(cancel_asked_at=timezone.now())
    wait_for(lambda: not Replay.objects.running().exists())
