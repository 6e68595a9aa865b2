"""PostgreSQL goes, hangs, takes no writes, is locked or full."""

import http.client
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from dashboard.health.database import CAUSES, FULL
from dashboard.local.system import LOOPBACK
from dashboard.processes.degraded import DATABASE_READ_ONLY
from dashboard.web import outage
from tests.faults.gateway import stream
from tests.faults.site import Failed, Site, check, until
from tests.faults.table import Red, Report, fault
from tests.faults.worker_faults import locked

PAGE_S = 2.0
HEALTH_S = 0.05
BACK = "over in a second or two; pages that were asked for meanwhile say so and come back by themselves"


def ask(site: Site, path: str, method: str = "GET", body: str = "") -> tuple[int, str, float]:
    """Status, text and seconds of an answer, on a line of its own."""
    line = http.client.HTTPConnection(LOOPBACK, site.port, timeout=30)
    begun = time.monotonic()
    headers = {"Cookie": site.person.cookie, "Content-Type": "application/x-www-form-urlencoded"}
    line.request(method, path, body, headers)
    answer = line.getresponse()
    text = answer.read().decode(errors="replace")
    line.close()
    return answer.status, text, time.monotonic() - begun


def pages_explain(site: Site, report: Report, words: str) -> None:
    """While the database cannot be used: health at once, ready within 2 s, pages a 503 that says so."""
    health = sorted(ask(site, "/healthz") for _ in range(15))
    took = sorted(seconds for _status, _text, seconds in health)
    check({status for status, _text, _seconds in health} == {200}, "/healthz is not 200")
    pages = [ask(site, path) for path in ("/", "/t/acme/replays", "/accounts/login/")]
    ready = ask(site, "/readyz")
    report.saw(
        f"/healthz median {took[7] * 1000:.0f} ms, /readyz {ready[0]} in {ready[2]:.2f} s, "
        f"pages {[status for status, _text, _seconds in pages]} in {max(seconds for *_rest, seconds in pages):.2f} s"
    )
    check(took[7] < HEALTH_S, f"/healthz took {took[7]:.3f} s")
    check(ready[0] == 503 and ready[2] < PAGE_S + 0.5, f"/readyz {ready[0]} in {ready[2]:.2f} s")
    for status, text, seconds in pages:
        check(status == 503 and words in text, f"a page answered {status} without an explanation")
        check(seconds < PAGE_S + 0.5, f"a page took {seconds:.2f} s")
        check('http-equiv="refresh"' in text, "a page does not try again by itself")
    report.shown = words


def recovers(site: Site, report: Report) -> None:
    took = until(lambda: ask(site, "/")[0] == 200, 10, "Pages do not come back")
    report.saw(f"pages are back after {took:.1f} s")


def outage_of(
    site: Site, report: Report, seconds: float, begin: Callable[[], str], end: Callable[[], None], name: str
) -> None:
    """A replay streams through an outage of the database, and ends in the middle of it."""
    click = site.click(stream(300, 0.03), name)
    until(lambda: len(site.gateway.sent[click.marker].words) > 60, 30, "The stream did not begin")
    begun = time.monotonic()
    report.proof = begin()
    try:
        pages_explain(site, report, outage.UNAVAILABLE.title)
        report.shown_after_s = time.monotonic() - begun
        report.looks_red(site, doctor=True)
        time.sleep(max(0.0, seconds - (time.monotonic() - begun)))
    finally:
        end()
    recovers(site, report)
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])


def refused(site: Site) -> str:
    try:
        psycopg.connect(site.environment["DATABASE_URL"], connect_timeout=2).close()
    except psycopg.OperationalError as error:
        return str(error).strip().splitlines()[0][-90:]
    raise Failed("the database still answers")


@fault("PostgreSQL restarts (fast)", over=BACK)
def restart_fast(site: Site, report: Report) -> None:
    restart(site, report, signal.SIGINT)


@fault("PostgreSQL restarts (immediate)", over=BACK)
def restart_immediate(site: Site, report: Report) -> None:
    restart(site, report, signal.SIGQUIT)


def restart(site: Site, report: Report, sent: signal.Signals) -> None:
    click = site.click(stream(250, 0.03), "restart")
    until(lambda: len(site.gateway.sent[click.marker].words) > 60, 30, "The stream did not begin")
    engine, before = site.engine("PostgreSQL"), site.sql("SELECT pg_postmaster_start_time()")[0][0]
    engine.process.send_signal(sent)
    engine.process.wait(30)
    engine.start()
    engine.wait_ready()
    after = site.sql("SELECT pg_postmaster_start_time()")[0][0]
    check(after > before, "the server did not start anew")
    report.proof = f"{sent.name}; started anew at {after:%H:%M:%S}"
    recovers(site, report)
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])
    report.shown = "the page is back by itself"


@fault("PostgreSQL is down for 15 s", red=Red("Database", CAUSES["closed the connection"]))
def down(site: Site, report: Report) -> None:
    engine = site.engine("PostgreSQL")

    def begin() -> str:
        engine.process.send_signal(signal.SIGINT)
        engine.process.wait(30)
        return f"the server has ended ({engine.process.returncode}); {refused(site)}"

    def end() -> None:
        engine.start()
        engine.wait_ready()

    outage_of(site, report, 15, begin, end, "down")


@fault(
    "PostgreSQL is unreachable for 75 s, and the replay ends meanwhile",
    red=Red("Database", CAUSES["refused"]),
)
def long_down(site: Site, report: Report) -> None:
    def begin() -> str:
        site.database.refuse()
        return f"the line is cut: {refused(site)}"

    outage_of(site, report, 75, begin, site.database.pass_on, "longdown")


@fault("PostgreSQL hangs for 15 s: lines stay open, nothing comes", red=Red("Database", CAUSES["timeout"]))
def hangs(site: Site, report: Report) -> None:
    def begin() -> str:
        site.database.freeze()
        return f"the line is silent: {refused(site)}"

    outage_of(site, report, 15, begin, site.database.pass_on, "hangs")


@contextmanager
def read_only(site: Site) -> Iterator[None]:
    site.sql("ALTER SYSTEM SET default_transaction_read_only = on")
    site.sql("SELECT pg_reload_conf()")
    time.sleep(0.5)
    try:
        yield
    finally:
        site.sql_writable("ALTER SYSTEM RESET default_transaction_read_only")
        site.sql_writable("SELECT pg_reload_conf()")


@fault(
    "PostgreSQL is read-only for 70 s, and the replay ends meanwhile", red=Red("Database", DATABASE_READ_ONLY)
)
def is_read_only(site: Site, report: Report) -> None:
    click = site.click(stream(300, 0.03), "readonly")
    until(lambda: len(site.gateway.sent[click.marker].words) > 60, 30, "The stream did not begin")
    begun = time.monotonic()
    with read_only(site):
        try:
            site.sql("UPDATE dashboard_team SET name = name")
            raise Failed("the database still takes writes")
        except psycopg.errors.ReadOnlySqlTransaction as error:
            report.proof = str(error).strip()
        csrf = site.person.cookies.get("retake_csrf", "")
        form = f"login=nobody%40example.com&password=wrong&csrfmiddlewaretoken={csrf}"
        status, text, _seconds = ask(site, "/accounts/login/", "POST", form)
        check("Too many" not in text, "sign-in says too many attempts")
        check(
            outage.READ_ONLY.title in text or status in (302, 403),
            f"sign-in answered {status} without an explanation",
        )
        full = ask(site, "/readyz?full")[1]
        check("read-only" in full, "/readyz?full is silent")
        report.shown, report.shown_after_s = outage.READ_ONLY.title, time.monotonic() - begun
        report.looks_red(site, doctor=True)
        time.sleep(max(0.0, 70 - (time.monotonic() - begun)))
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])


@fault("a table is locked for 27 s, as a migration does", red=Red("Database", "A lock holds up"))
def table_lock(site: Site, report: Report) -> None:
    from tests.faults.watcher import Watcher

    click = site.click(stream(900, 0.03), "locked")
    watcher = Watcher(site, click)
    until(lambda: len(watcher.text) > 100, 30, "The watcher sees nothing")
    with locked(site, "generations_replay"):
        begun, before = time.monotonic(), len(watcher.text)
        time.sleep(3)
        report.proof = f"{site.sql(HELD)[0][0]} statements wait for the table"
        status, text, seconds = ask(site, click.address)
        check(
            status == 503 and outage.BUSY.title in text, f"its page answered {status} without an explanation"
        )
        check(seconds < PAGE_S + 0.5, f"its page took {seconds:.1f} s")
        report.shown, report.shown_after_s = outage.BUSY.title, time.monotonic() - begun
        report.looks_red(site, doctor=True)
        time.sleep(max(0.0, 27 - (time.monotonic() - begun)))
        grown = len(watcher.text) - before
        report.saw(f"live text grew by {grown} characters while the table was locked")
    check(grown > 1000, f"live text froze: {grown} characters in 27 s")
    check(site.row(click).state == "running", f"the replay was called {site.row(click).state}")
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])


HELD = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'generations_replay'::regclass
"""


@fault("PostgreSQL has no connection left", red=Red("Database", FULL))
def no_connection(site: Site, report: Report) -> None:
    clicks = [site.click(stream(100, 0.05), f"crowd{number}") for number in range(4)]
    lines: list[psycopg.Connection] = []
    try:
        while len(lines) < 200:
            try:
                lines.append(psycopg.connect(site.environment["DATABASE_URL"], connect_timeout=2))
            except psycopg.OperationalError as error:
                report.proof = f"{len(lines)} lines of ours, then: {str(error).strip()[-70:]}"
                break
        check("clients" in report.proof or "slots" in report.proof, f"the server is not full: {report.proof}")
        answers = [ask(site, "/") for _ in range(6)]
        explained = [status == 200 or outage.FULL.title in text or outage.UNAVAILABLE.title in text
                     for status, text, _seconds in answers]  # fmt: skip
        report.saw(f"pages answered {[status for status, *_rest in answers]}")
        check(all(explained), "a page without an explanation")
        begun = time.monotonic()
        report.looks_red(site, doctor=True)
        time.sleep(max(0.0, 6 - (time.monotonic() - begun)))
    finally:
        for line in lines:
            line.close()
    for click in clicks:
        report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])
    report.shown = "pages, or an explanation"
