"""Workers and beats that die, are stopped, or are not there."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from dashboard.processes.degraded import NO_WORKER
from generations.replay import trouble
from tests.faults.gateway import silence, stream
from tests.faults.site import Site, check, until
from tests.faults.table import Report, fault

CHECKPOINT_S = 2.5  # a checkpoint a second, on a machine that is busy
SHOWN_S = 30


@contextmanager
def locked(site: Site, table: str) -> Iterator[psycopg.Connection]:
    """Somebody holds a table, as a migration does."""
    with psycopg.connect(site.engines.urls["DATABASE_URL"]) as session:
        session.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield session
        session.rollback()


def waiting_for_locks(site: Site, pattern: str) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
    return int(site.sql(query, pattern)[0][0])


def running(site: Site, click: object) -> bool:
    return bool(site.row(click).state == "running")  # type: ignore[arg-type]


@fault("worker -9 before the claim, message taken")
def before_claim(site: Site, report: Report) -> None:
    site.kill("worker2", signal.SIGTERM)
    site.running["worker1"].send_signal(signal.SIGSTOP)
    click = site.click(stream(20, 0.02), "unclaimed")
    with site.redis() as server:
        until(lambda: server.llen("retake"), 10, "The message was not sent")
        taken = server.lpop("retake")  # as the worker does that dies with it
    site.kill("worker1")
    check(taken and site.row(click).state == "queued", "the message was not taken, or the replay was claimed")
    report.proof = "the message was taken off the queue, the worker is gone, the replay is queued"
    site.start("worker1")
    report.shown_after_s = until(lambda: site.posts(click), 50, "nobody took it again")
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])
    report.shown = "queued, then live"


@fault("worker -9 after the claim, before the POST")
def before_post(site: Site, report: Report) -> None:
    site.kill("worker2", signal.SIGTERM)
    site.gateway_line.freeze()
    click = site.click(stream(20, 0.02), "claimed")
    until(lambda: running(site, click), 20, "The replay was not claimed")
    time.sleep(1)
    site.kill("worker1")
    report.proof = f"claimed, the worker gone, {site.posts(click)} POSTs at the gateway"
    site.gateway_line.refuse()
    begun = time.monotonic()
    site.start("worker1")
    report.end(site, click, state="interrupted|failed")
    report.shown_after_s = time.monotonic() - begun
    page = site.page(click.address).body.decode()
    check("may have been charged" in page, "its page does not say that it may have been charged")
    report.shown = "may have been charged"
    site.gateway_line.pass_on()


@fault("worker -9 in mid-stream")
def mid_stream(site: Site, report: Report) -> None:
    site.kill("worker2", signal.SIGTERM)
    click = site.click(stream(400, 0.02), "midstream")
    until(lambda: len(site.gateway.sent[click.marker].words) > 200, 30, "The stream did not begin")
    killed = time.monotonic()
    site.kill("worker1")
    report.proof = f"killed after {len(site.gateway.sent[click.marker].words)} words of 400"
    site.start("worker1")
    page = ""

    def says_so() -> bool:
        nonlocal page
        page = site.page(click.address).body.decode()
        return "may have been charged" in page

    report.shown_after_s = until(says_so, SHOWN_S, "its page is silent")
    report.shown = "may have been charged"
    report.keeps(
        report.end(site, click, state="interrupted"), site.gateway.sent[click.marker], killed - CHECKPOINT_S
    )


@fault("worker -9 after the last byte, before saving")
def before_saving(site: Site, report: Report) -> None:
    site.kill("worker2", signal.SIGTERM)
    click = site.click(stream(150, 0.02), "unsaved")
    until(lambda: len(site.gateway.sent[click.marker].words) > 20, 30, "The stream did not begin")
    with locked(site, "generations_replayanswer"):
        until(lambda: site.gateway.sent[click.marker].ended_at, 30, "The stream did not end")
        until(lambda: waiting_for_locks(site, "%replayanswer%"), 20, "The worker did not try to save")
        time.sleep(CHECKPOINT_S)
        report.proof = "the last byte was sent, and the statement that saves waits for a lock"
        site.kill("worker1")
    report.keeps(
        report.end(site, click, state="interrupted|succeeded"),
        site.gateway.sent[click.marker],
        site.gateway.sent[click.marker].ended_at - CHECKPOINT_S,
    )
    report.shown = "the partial answer"


@fault("batch of 12, two workers killed in turn")
def batch(site: Site, report: Report) -> None:
    from generations.models import Replay
    from generations.models.replay import OPEN_STATES

    marker, address = site.batch(stream(60, 0.05), 12)
    rows = Replay.objects.filter(generation__request_id=address.rpartition("/")[2])
    for name in ("worker1", "worker2"):
        until(lambda: rows.filter(state="running").exists(), 40, "No member runs")
        time.sleep(1)
        site.kill(name)
        site.start(name)
    until(lambda: not rows.filter(state__in=OPEN_STATES).exists(), 120, "Members stay open")
    claims = rows.exclude(claim=None).count()
    report.proof = f"two workers killed while members ran; {claims} of {rows.count()} claimed"
    report.posts = [site.gateway.sent[marker].posts]
    report.states = [f"{row.state} {row.reason}".strip() for row in rows]
    check(rows.count() == 12, f"{rows.count()} members")
    check(
        site.gateway.sent[marker].posts <= claims <= 12,
        f"{site.gateway.sent[marker].posts} POSTs, {claims} claims",
    )


@fault("no worker at all")
def no_worker(site: Site, report: Report) -> None:
    for name in ("worker1", "worker2"):
        site.kill(name, signal.SIGTERM)
    report.proof = f"{len(site.names('worker'))} workers run"
    click = site.click(stream(20, 0.02), "unworked")
    report.shown_after_s = until(
        lambda: trouble.NO_WORKER in site.page(click.address).body.decode(), SHOWN_S, "its page is silent"
    )
    check(NO_WORKER in site.page("/").body.decode(), "the admin's home is silent")
    full = site.page("/readyz?full")
    check(full.status == 503 and NO_WORKER in full.body.decode(), "/readyz?full is silent")
    check(site.page("/readyz").status == 200, "/readyz is no longer about this process")
    report.shown = trouble.NO_WORKER
    site.start("worker1")
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])


@fault("no beat, and a worker -9 in mid-stream")
def no_beat(site: Site, report: Report) -> None:
    site.kill("beat1", signal.SIGTERM)
    site.kill("worker2", signal.SIGTERM)
    click = site.click(stream(400, 0.02), "beatless")
    until(lambda: len(site.gateway.sent[click.marker].words) > 150, 30, "The stream did not begin")
    killed = time.monotonic()
    site.kill("worker1")
    report.proof = "no beat and no worker run"
    report.shown_after_s = until(
        lambda: "may have been charged" in site.page(click.address).body.decode(),
        SHOWN_S,
        "its page is silent",
    )
    # Nobody sweeps but the web process, for whoever looks.
    until(lambda: site.page(click.address) and site.row(click).state == "interrupted", 60, "It stays running")
    report.keeps(report.end(site, click), site.gateway.sent[click.marker], killed - CHECKPOINT_S)
    report.shown = "may have been charged"


@fault("SIGTERM of a worker: a short, a long and a silent stream")
def sigterm(site: Site, report: Report) -> None:
    site.kill("worker2", signal.SIGTERM)
    short = site.click(stream(60, 0.05), "short")
    long = site.click(stream(700, 0.05), "long")
    silent = site.click(silence, "silent")
    until(lambda: len(site.gateway.sent[long.marker].words) > 20, 30, "The streams did not begin")
    begun = time.monotonic()
    site.kill("worker1", signal.SIGTERM, 25)
    report.proof = f"the worker ended {time.monotonic() - begun:.1f} s after SIGTERM (grace 5 s)"
    report.keeps(report.end(site, short, state="succeeded"), site.gateway.sent[short.marker])
    ended = begun + 5
    report.keeps(report.end(site, long, state="interrupted"), site.gateway.sent[long.marker], ended - 1)
    report.end(site, silent, state="interrupted|failed")


@fault("a worker is stopped (SIGSTOP) for 15 s and goes on")
def frozen_worker(site: Site, report: Report) -> None:
    site.kill("worker2", signal.SIGTERM)
    click = site.click(stream(300, 0.05), "frozen")
    until(lambda: len(site.gateway.sent[click.marker].words) > 40, 30, "The stream did not begin")
    process = site.running["worker1"]
    process.send_signal(signal.SIGSTOP)
    report.shown_after_s = until(
        lambda: "has been silent for" in site.page(click.address).body.decode(), SHOWN_S, "its page is silent"
    )
    report.shown = "Its worker has been silent for ... s; the request may have been charged."
    state = site.row(click).state
    process.send_signal(signal.SIGCONT)
    report.proof = f"stopped for {report.shown_after_s:.0f} s, state {state}"
    report.keeps(report.end(site, click, state="succeeded|interrupted"), site.gateway.sent[click.marker], 0)


@fault("web child -9, web parent -9, SIGTERM: an open page goes on")
def web_dies(site: Site, report: Report) -> None:
    import psutil

    from tests.faults.watcher import Watcher

    click = site.click(stream(500, 0.03), "watched")
    watcher = Watcher(site, click)
    killed = []
    until(lambda: len(watcher.text) > 100, 30, "The watcher sees nothing")
    for name, sent in (("child", signal.SIGKILL), ("parent", signal.SIGKILL), ("parent", signal.SIGTERM)):
        web = site.running["web"]
        if name == "child":
            for child in psutil.Process(web.pid).children():
                child.send_signal(sent)
        else:
            site.kill("web", sent)
            site.start("web")
        killed.append(f"{name} {sent.name}")
        time.sleep(2)
    report.proof = f"killed: {', '.join(killed)}; the watcher's line broke {watcher.broken} times"
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])
    until(lambda: watcher.ended, 20, "The watcher was not told of the end")
    check(watcher.broken > 0, "no line of the watcher broke")
    # What the stream did not bring, the page does: the panel replaces the text at the end.
    whole = site.gateway.sent[click.marker].text()
    check(whole.startswith(watcher.text), "the watcher has a word twice or lacks one")
    report.saw(
        f"the watcher saw {len(watcher.text)} of {len(whole)} characters live, without a gap or a repetition"
    )
