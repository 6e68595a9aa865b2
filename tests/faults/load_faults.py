"""Many replays: their records, and two hundred at once next to a process that takes the machine's time."""

import signal
import statistics
import subprocess
import sys
import time
import uuid

import psutil

from tests.faults.gateway import RECORD_NANOS, recorded, stream
from tests.faults.site import ROOT, Click, Site, check, until
from tests.faults.table import Report, fault

RECORD_S = 60
NO_FAULT = "it is carried; *Queue* is red where more comes than can be, after two minutes of waiting"
ROUNDS, SIZE, EVERY_S = 6, 25, 5.0  # five replays a second for half a minute


@fault("records of replays, five a second, next to running ones", over=NO_FAULT)
def records(site: Site, report: Report) -> None:
    from generations.models import Replay

    steady = [site.click(stream(560, 0.05), f"steady{number}") for number in range(3)]
    batches, begun = [], time.monotonic()
    for number in range(ROUNDS):
        time.sleep(max(0.0, begun + number * EVERY_S - time.monotonic()))
        batches.append(site.batch(recorded(site.gateway, 20, 0.02, after_s=3), SIZE))
    made = [address.rpartition("/")[2] for _, address in batches]
    rows = Replay.objects.filter(generation__request_id__in=made)
    for click in steady:
        report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])
    late = [behind(site, click) for click in steady]
    report.saw(f"the steady streams ended {max(late):.2f} s at most after their last byte was sent")
    count = ROUNDS * SIZE
    until(lambda: rows.filter(state="succeeded").count() == count, 60, "Replays stay open")
    fetched = until(
        lambda: rows.exclude(new_generation=None).count() == count, RECORD_S, "Records are not fetched"
    )
    kept = site.gateway.records.values()
    waits = sorted(record.given_at - record.there_at for record in kept if record.given_at)
    asked = sum(record.asked for record in kept)
    report.proof = f"{count} replays in {ROUNDS * EVERY_S:.0f} s, each record there 3 s after its answer, {asked} questions"
    report.saw(
        f"a record was fetched {statistics.median(waits):.1f} s after it was there, the last one {waits[-1]:.1f} s"
    )
    report.posts += [site.gateway.sent[marker].posts for marker, _ in batches]
    check(sum(report.posts) == count + len(steady), f"{sum(report.posts)} POSTs")
    check(len(waits) == count and waits[-1] < RECORD_S, f"a record came {waits[-1]:.0f} s after it was there")
    check(max(late) < 1.0, f"a running replay was {max(late):.1f} s late")
    costs = list(rows.values_list("cost_nanos", flat=True))
    check(costs == [RECORD_NANOS] * count, "the ledger lacks the cost of a record")
    report.shown, report.shown_after_s = "costs in the ledger", fetched


def behind(site: Site, click: Click) -> float:
    """Seconds that the worker's last byte came after it was sent, both counted from their beginnings."""
    sent, row = site.gateway.sent[click.marker], site.row(click)
    return float((row.total_ms - row.first_token_ms) / 1000 - (sent.ended_at - sent.words[0][0]))


SWEPT = """
SELECT extract(epoch FROM now() - heard_at) FROM dashboard_process WHERE kind = 'beat' AND name = 'sweep'
"""


@fault("long replays take every thread: the clock's work goes on", over=NO_FAULT)
def all_taken(site: Site, report: Report) -> None:
    site.one_worker(WORKER_CONCURRENCY="2")
    first = site.click(recorded(site.gateway, 5, 0.02, after_s=3), "first")
    site.ended(first)
    long = [site.click(stream(500, 0.04), f"long{number}") for number in range(2)]
    until(lambda: all(site.gateway.sent[click.marker].words for click in long), 20, "They do not begin")
    late = site.click(stream(5, 0.02), "late")
    fetched = until(lambda: site.row(first).new_generation_id, 15, "The record is not fetched")
    time.sleep(2)
    swept = float(site.sql(SWEPT)[0][0])
    states = [site.row(click).state for click in (*long, late)]
    check(states == ["running", "running", "queued"], f"a third one was taken: {states}")
    report.proof = f"2 threads run 2 replays, and the third waits with {site.posts(late)} POSTs"
    report.saw(f"a record came {fetched:.1f} s after they were taken, the last sweep was {swept:.1f} s ago")
    check(swept < 12, f"nobody has swept for {swept:.0f} s")
    for click in (*long, late):
        report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])
    report.shown, report.shown_after_s = "queued, until a thread is free", fetched
    site.kill("worker1", signal.SIGTERM)


CROWD, LEAST = 200, 0.7


def bare(site: Site, marker: str) -> float:
    """Seconds that a bare client takes for as many of the same streams."""
    address = f"{site.gateway.url}/chat/completions"
    command = [sys.executable, "-m", "bench.bare_client", address, "x", str(CROWD)]
    done = subprocess.run(command, cwd=ROOT, input=marker.encode(), capture_output=True, check=True)
    return float(done.stdout)


def crowd(site: Site, address: str) -> tuple[float, list[uuid.UUID]]:
    """Two hundred clicks at once; gives the seconds until all have ended, and their rows."""
    from bench import crowd as clicks
    from dashboard.models import GatewayConnection, User
    from generations.models import Generation

    chat = Generation.objects.get(request_id=address.rpartition("/")[2])
    replays, begun = clicks.click_at_once(chat, User.objects.get(), GatewayConnection.objects.get())
    until(lambda: not clicks.open_ones(replays), 60, "Replays stay open")
    return time.monotonic() - begun, replays


@fault("200 replays at once on one worker, next to a process that spins", over=NO_FAULT)
def two_hundred(site: Site, report: Report) -> None:
    from bench.spinning import spinning
    from generations.models import ReplayAnswer

    site.one_worker(WORKER_CONCURRENCY=str(CROWD))
    ratios, words = [], 40
    with spinning() as neighbour:
        for _ in range(2):
            idle, _page = site.generation(stream(words, 0.1), "bare")
            theirs = bare(site, idle)
            marker, address = site.generation(stream(words, 0.1), "crowd")
            ours, replays = crowd(site, address)
            ratios.append(theirs / ours)
            report.posts.append(site.gateway.sent[marker].posts)
            kept = list(ReplayAnswer.objects.filter(replay__in=replays).values_list("text", flat=True))
            whole = "".join(f"w{number} " for number in range(words))
            check(kept == [whole] * CROWD, f"{kept.count(whole)} of {CROWD} texts are whole")
            check(report.posts[-1] == CROWD, f"{report.posts[-1]} POSTs")
        used = sum(psutil.Process(neighbour.pid).cpu_times()[:2])
    report.proof = f"the neighbour took {used:.1f} s of the machine's time"
    report.kept = f"{CROWD} of {CROWD} texts, twice"
    report.saw(f"a bare client's time against ours: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    check(max(ratios) > LEAST, f"ours took {1 / max(ratios):.2f} of a bare client's time")
    report.shown = "live text, and the end"
    site.kill("worker1", signal.SIGTERM)
