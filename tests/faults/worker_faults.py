"""Workers and beats that die, are stopped, or are not there."""

import signal
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from dashboard.health.database import CAUSES
from dashboard.processes.degraded import NO_BEAT, NO_WORKER
from dashboard.web import outage
from generations.replay import trouble
from tests.faults.gateway import silence, stream
from tests.faults.site import Click, Site, check, until
from tests.faults.table import SHOWN_S, Red, Report, fault

CHECKPOINT_S = 2.5  # a checkpoint a second, on a machine that is busy
RESTARTED = "over in a second, when it is started again; pages of replays say what it has cost them"


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


def asking(server: "redis.Redis") -> bool:
    """Whether somebody waits for a message."""
    clients: list[dict[str, str]] = server.client_list()
    return any(client["cmd"] == "brpop" and "b" in client["flags"] for client in clients)


@fault("worker -9 before the claim, message taken", over=RESTARTED)
def before_claim(site: Site, report: Report) -> None:
    site.kill("worker2", signal.SIGTERM)
    site.running["worker1"].send_signal(signal.SIGSTOP)
    with site.redis() as server:
        # Until its last question has run out, of a second, the broker would answer it with the message.
        until(lambda: not asking(server), 10, "The stopped worker still asks")
        click = site.click(stream(20, 0.02), "unclaimed")
        until(lambda: server.llen("retake"), 10, "The message was not sent")
        taken = server.lpop("retake")  # as the worker does that dies with it
    site.kill("worker1")
    check(taken and site.row(click).state == "queued", "the message was not taken, or the replay was claimed")
    report.proof = "the message was taken off the queue, the worker is gone, the replay is queued"
    site.start("worker1")
    report.shown_after_s = until(lambda: site.posts(click), 50, "nobody took it again")
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])
    report.shown = "queued, then live"


@fault(
    "worker -9 after the claim, before the POST, and the gateway gone",
    red=Red("Gateway", "Retake could not connect to the gateway's address."),
)
def before_post(site: Site, report: Report) -> None:
    site.kill("worker2", signal.SIGTERM)
    site.gateway_line.freeze()
    click = site.click(stream(20, 0.02), "claimed")
    until(lambda: running(site, click), 20, "The replay was not claimed")
    time.sleep(1)
    site.kill("worker1")
    report.proof = f"claimed, the worker gone, {site.posts(click)} POSTs at the gateway"
    site.gateway_line.refuse()
    report.looks_red(site)
    begun = time.monotonic()
    site.start("worker1")
    report.end(site, click, state="interrupted|failed")
    report.shown_after_s = time.monotonic() - begun
    page = site.page(click.address).body.decode()
    check("may have been charged" in page, "its page does not say that it may have been charged")
    report.shown = "may have been charged"
    site.gateway_line.pass_on()


@fault("worker -9 in mid-stream", over=RESTARTED)
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


@fault("worker -9 after the last byte, before saving", over=RESTARTED)
def before_saving(site: Site, report: Report) -> None:
    site.kill("worker2", signal.SIGTERM)
    click = site.click(stream(150, 0.02), "unsaved")
    until(lambda: len(site.gateway.sent[click.marker].words) > 20, 30, "The stream did not begin")
    with locked(site, "generations_replayanswer"):
        until(lambda: site.gateway.sent[click.marker].ended_at, 30, "The stream did not end")
        time.sleep(CHECKPOINT_S)
        until(lambda: waiting_for_locks(site, "%WITH ended AS%"), 20, "The worker did not try to save")
        report.proof = "the last byte was sent, and the statement that saves waits for a lock"
        site.kill("worker1")
    site.start("worker1")  # what waited may end the replay yet; else this one joins the checkpoints
    report.keeps(
        report.end(site, click, state="interrupted|succeeded"),
        site.gateway.sent[click.marker],
        site.gateway.sent[click.marker].ended_at - CHECKPOINT_S,
    )
    report.shown = "the partial answer"


@fault("batch of 12, two workers killed in turn", over=RESTARTED)
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


@fault(
    "two batches of 50 on three workers, one killed",
    over="two other workers run; the lost replays' pages say so",
)
def batch_of_hundred(site: Site, report: Report) -> None:
    from django.db import connection

    from generations.models import Replay, ReplayAnswer
    from generations.models.replay import OPEN_STATES

    site.start("worker3")
    until(lambda: len(members_of(site)) == 3, 30, "Three workers were not heard of")
    words = 60
    batches = [site.batch(stream(words, 0.03), 50) for _ in range(2)]
    connection.close()
    rows = Replay.objects.filter(generation__request_id__in=[at.rpartition("/")[2] for _, at in batches])
    until(lambda: rows.filter(state="succeeded").count() >= 15, 60, "The members do not run")
    held = until_runs(site, "worker2")
    site.kill("worker2")
    until(lambda: not rows.filter(state__in=OPEN_STATES).exists(), 120, "Members stay open")
    states = [f"{row.state} {row.reason}".strip() for row in rows]
    lost, claims = rows.filter(state="interrupted"), rows.exclude(claim=None).count()
    report.proof = f"worker2 was killed while it ran {held} of {len(states)}; {claims} were claimed"
    report.states, report.posts = states, [site.gateway.sent[marker].posts for marker, _ in batches]
    check(sum(report.posts) <= claims <= 100, f"{sum(report.posts)} POSTs, {claims} claims")
    check(1 <= len(lost) <= 16, f"{len(lost)} were lost with one worker of 16 threads")
    check(rows.filter(state="succeeded").count() + len(lost) == 100, f"not all others succeeded: {states}")
    whole = "".join(f"w{number} " for number in range(words))
    kept = list(ReplayAnswer.objects.filter(replay__in=rows).values_list("replay__state", "text"))
    cut = [text for state, text in kept if text != whole and (state == "succeeded" or text not in whole)]
    check(not cut, f"{len(cut)} answers hold other words than were sent")
    report.kept = f"{sum(text == whole for _, text in kept)} answers whole, {len(kept)} in all"
    page = site.page(f"/t/acme/r/{lost[0].pk}").body.decode()
    check("may have been charged" in page, "the page of a lost member is silent")
    report.shown = "may have been charged"
    site.kill("worker3", signal.SIGTERM)


def members_of(site: Site) -> dict[int, int]:
    """The workers that are heard of: process ID -> how many replays it runs."""
    from generations.replay.worker import presence

    ours = {site.running[name].pid for name in site.names("worker")}
    return {worker.pid: len(worker.running) for worker in presence.workers() or () if worker.pid in ours}


def until_runs(site: Site, name: str) -> int:
    """Wait until this worker runs some; gives how many."""
    pid = site.running[name].pid
    until(lambda: members_of(site).get(pid), 30, f"{name} runs nothing")
    return members_of(site).get(pid, 0)


@fault("no worker at all", red=Red("Worker", NO_WORKER))
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
    report.looks_red(site)
    report.shown = trouble.NO_WORKER
    site.start("worker1")
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])


@fault("no beat, the database goes, and a worker -9 in mid-stream", red=Red("Beat", NO_BEAT))
def no_beat(site: Site, report: Report) -> None:
    site.kill("beat1", signal.SIGTERM)
    site.kill("worker2", signal.SIGTERM)
    click = site.click(stream(400, 0.02), "beatless")
    until(lambda: len(site.gateway.sent[click.marker].words) > 150, 30, "The stream did not begin")
    killed = time.monotonic()
    site.database.refuse()
    site.kill("worker1")
    time.sleep(5)
    check(outage.UNAVAILABLE.title in site.page("/").body.decode(), "the database still answers")
    site.database.pass_on()
    report.proof = "the database was away for 5 s, no beat and no worker run"
    report.shown_after_s = until(
        lambda: "may have been charged" in site.page(click.address).body.decode(),
        SHOWN_S,
        "its page is silent",
    )
    # Nobody sweeps but the web process, for whoever looks.
    until(lambda: site.page(click.address) and site.row(click).state == "interrupted", 60, "It stays running")
    report.keeps(report.end(site, click), site.gateway.sent[click.marker], killed - CHECKPOINT_S)
    report.looks_red(site)
    report.shown = "may have been charged"


@fault("SIGTERM of a worker: a short, a long and a silent stream", red=Red("Worker", NO_WORKER))
def sigterm(site: Site, report: Report) -> None:
    site.kill("worker2", signal.SIGTERM)
    short = site.click(stream(60, 0.05), "short")
    long = site.click(stream(700, 0.05), "long")
    silent = site.click(silence, "silent")
    until(lambda: len(site.gateway.sent[long.marker].words) > 20, 30, "The streams did not begin")
    begun = time.monotonic()
    site.kill("worker1", signal.SIGTERM, 25)
    report.proof = f"the worker ended {time.monotonic() - begun:.1f} s after SIGTERM (grace 5 s)"
    report.looks_red(site)
    report.keeps(report.end(site, short, state="succeeded"), site.gateway.sent[short.marker])
    ended = begun + 5
    report.keeps(report.end(site, long, state="interrupted"), site.gateway.sent[long.marker], ended - 1)
    report.end(site, silent, state="interrupted|failed")


def spooled(site: Site) -> list[Path]:
    return sorted(Path(site.environment["SPOOL_DIR"]).glob("*.spool"))


def leave_unsaved(site: Site, count: int) -> list[Click]:
    """Answers of 150 words that a worker received whole and could not save before it ended. The database stays cut off."""
    site.kill("worker2", signal.SIGTERM)
    clicks = [site.click(stream(150, 0.02), f"unsaved{number}") for number in range(count)]
    sent = [site.gateway.sent[click.marker] for click in clicks]
    until(lambda: all(len(item.words) > 30 for item in sent), 30, "The streams did not begin")
    site.database.refuse()
    until(lambda: all(item.ended_at for item in sent), 30, "The streams did not end")
    site.kill("worker1", signal.SIGTERM, 25)
    return clicks


@fault(
    "SIGTERM of a worker while its answer cannot be saved: the next one delivers it",
    red=Red("Database", CAUSES["refused"]),
)
def sigterm_unsaved(site: Site, report: Report) -> None:
    (click,) = leave_unsaved(site, 1)
    files = spooled(site)
    check(len(files) == 1, f"{len(files)} files are in the spool")
    held, mode = files[0].read_bytes(), stat.S_IMODE(files[0].stat().st_mode)
    is_open = b" w149" in held or b"w149 " in held  # by itself it may stand in a token, which is base64
    check(not is_open and mode == 0o600, f"the file (mode {mode:o}) can be read by others")
    report.proof = f"the worker ended without the database, and left an encrypted file of {len(held)} bytes"
    begun = time.monotonic()
    check(outage.UNAVAILABLE.title in site.page(click.address).body.decode(), "its page explains nothing")
    report.shown, report.shown_after_s = outage.UNAVAILABLE.title, time.monotonic() - begun
    report.looks_red(site, doctor=True)
    site.database.pass_on()
    check(site.row(click).state == "running", f"the row was {site.row(click).state} already")
    site.start("worker1")
    took = until(lambda: site.row(click).state == "succeeded", 40, "The next worker did not deliver it")
    report.saw(f"delivered {took:.1f} s after the next worker was started")
    until(lambda: not spooled(site), 10, "The file stays in the spool")
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])


@fault(
    "a worker is stopped (SIGSTOP) for 15 s and goes on",
    over="*Worker* is red after 20 s; before, the replay's page says how long it has been silent",
)
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


@fault("web child -9, web parent -9, SIGTERM: four open pages go on", over=RESTARTED)
def web_dies(site: Site, report: Report) -> None:
    import psutil

    from tests.faults.watcher import Watcher

    click = site.click(stream(500, 0.03), "watched")
    watchers = [Watcher(site, click) for _ in range(4)]
    killed = []
    until(lambda: all(len(watcher.text) > 100 for watcher in watchers), 30, "A watcher sees nothing")
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
    broken = [watcher.broken for watcher in watchers]
    report.proof = f"killed: {', '.join(killed)}; the watchers' lines broke {broken} times"
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])
    until(lambda: all(watcher.ended for watcher in watchers), 20, "A watcher did not see the end")
    check(all(broken), "the line of a watcher did not break")
    # What the stream did not bring, the page does: the panel replaces the text at the end.
    whole = site.gateway.sent[click.marker].text()
    check(all(whole.startswith(watcher.text) for watcher in watchers), "a word came twice, or is missing")
    seen = [len(watcher.text) for watcher in watchers]
    report.saw(f"the watchers saw {seen} of {len(whole)} characters live, without a gap or a repetition")
