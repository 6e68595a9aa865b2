"""`make soak`: minutes of mixed load on a whole site; at the end every invariant is looked at.

Clicks alone and in batches, watchers that come and go, lookups, lists, stops, and a worker and a beat that end now and then.
"""

import argparse
import random
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import psutil

from tests.faults.gateway import (
    RECORD_NANOS,
    Gateway,
    GatewayRecord,
    Script,
    after,
    answer,
    gateway,
    recorded,
    silence,
    stream,
)
from tests.faults.site import Click, Failed, Site, check, site, until

CLICKERS, WATCHERS, READERS = 3, 4, 2
BATCH = 8  # members
BATCH_SECONDS, RESTART_SECONDS = (
    20.0,
    60.0,
)  # between two batches, and between two restarts of a worker and a beat
WARM_MINUTES = 1.0  # before memory is first measured
BUSY = 0.01  # of the pages may say that the database is busy, on a machine that is
LINES = 40  # most lines to the database when all is quiet
FUNDS = b'{"error": {"code": "insufficient_funds", "message": "Balance under $1."}}'


@dataclass
class Soak:
    """What was clicked, and what went wrong while it ran."""

    site: Site
    until: float
    clicks: list[Click] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)  # their markers
    restarts: int = 0
    pages: int = 0
    busy: int = 0  # of them that said so: the database was busy
    watched: list[bool] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self.until

    def script(self) -> Script:
        """Mostly streams; also short answers, refusals, lines that break, and silence."""
        return random.choices(
            [
                stream(random.randint(5, 200), random.choice([0.0, 0.005, 0.02])),
                recorded(self.site.gateway, random.randint(5, 60), 0.01, after_s=random.uniform(0, 6)),
                answer(
                    200,
                    b'{"choices":[{"message":{"role":"assistant","content":"Hi."},"finish_reason":"stop"}]}',
                ),
                answer(402, FUNDS),
                after(20, lambda call: call.reset()),
                silence,
            ],
            [50, 25, 10, 6, 6, 3],
        )[0]

    def person(self) -> Site:
        """The same site with a connection of its own."""
        from dataclasses import replace

        from bench.person import Person

        mine = replace(self.site)
        mine.person = Person(self.site.person.place, dict(self.site.person.cookies))
        return mine

    def run(self, work: str) -> None:
        mine = self.person()
        while self.goes_on:
            try:
                getattr(self, work)(mine)
            except Failed as failed:
                self.faults.append(f"{work}: {failed}")
            except OSError as error:
                self.statuses[f"{work}: {type(error).__name__}"] += 1
                mine = self.person()

    def click(self, mine: Site) -> None:
        click = mine.click(self.script(), "soak")
        with self.lock:
            self.clicks.append(click)
        if random.random() < 0.05:
            form = {"csrfmiddlewaretoken": mine.page(click.address).hidden("csrfmiddlewaretoken")}
            mine.person.post(f"{click.address}/stop", form)
        time.sleep(random.uniform(0.2, 1.2))

    def batch(self, mine: Site) -> None:
        marker, _address = mine.batch(stream(40, 0.01), BATCH)
        self.batches.append(marker)
        self.pause(BATCH_SECONDS)

    def restart(self, mine: Site) -> None:
        """As a deploy does: a worker ends within its grace, a beat at once."""
        self.pause(RESTART_SECONDS)
        if self.goes_on:
            self.site.kill("worker2", signal.SIGTERM)
            self.site.kill("beat1")
            self.site.start("worker2")
            self.site.start("beat1")
            self.restarts += 1

    def pause(self, seconds: float) -> None:
        time.sleep(max(0.0, min(seconds, self.until - time.monotonic())))

    def watch(self, mine: Site) -> None:
        from tests.faults.watcher import Watcher

        if not self.clicks:
            time.sleep(0.5)
            return
        click = random.choice(self.clicks[-5:])
        watcher = Watcher(mine, click)
        end = time.monotonic() + 60
        while not watcher.ended and time.monotonic() < end:
            time.sleep(0.1)
        self.watched.append(watcher.ended)
        check(watcher.ended, "a watcher never saw the end")
        whole = self.site.gateway.sent[click.marker].text()
        check(whole.startswith(watcher.text) or not whole, "a watcher saw other words than were sent")

    def read(self, mine: Site) -> None:
        path = random.choice(
            ["/", "/t/acme/replays", "/t/acme/generations", "/t/acme/batches", "/readyz", "/healthz"]
        )
        page = mine.page(path)
        self.statuses[f"{path} {page.status}"] += 1
        explains = page.status == 503 and (path == "/readyz" or b'http-equiv="refresh"' in page.body)
        self.pages, self.busy = self.pages + 1, self.busy + explains
        check(page.status == 200 or explains, f"{path} answered {page.status}")
        time.sleep(random.uniform(0.05, 0.5))


class Held(NamedTuple):
    """What one process holds: memory in MiB, open files and sockets, threads."""

    mib: float
    files: int
    threads: int


# After the warm part; a worker's 16 threads begin when they are first needed.
MOST_GROWTH = Held(60.0, 24, 40)


def tree(site: Site) -> dict[str, Held]:
    """What each process holds, children apart. A name is that of the process which has it now."""
    held = {}
    for name, running in list(site.running.items()):  # another thread restarts some of them
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(running.pid)
            for number, child in enumerate([process, *process.children()]):
                size = child.memory_info().rss / 2**20
                held[f"{name}.{number}"] = Held(size, child.num_fds(), child.num_threads())
    return held


def shown(held: Held | None) -> str:
    return f"{held.mib:.0f} {held.files} {held.threads}" if held else "gone"


def leaks(before: dict[str, Held], after_all: dict[str, Held]) -> list[str]:
    """What has grown since the warm part by more than it may."""
    wrong = []
    for name, held in before.items():
        now = after_all.get(name)
        if now is None:
            wrong.append(f"{name} is gone")
            continue
        grown = [new - old > most for old, new, most in zip(held, now, MOST_GROWTH, strict=True)]
        wrong += [
            f"{name}: {kind} grew from {held[place]:.0f} to {now[place]:.0f}"
            for place, kind in enumerate(Held._fields)
            if grown[place]
        ]
    return wrong


def awaited(site: Site) -> list[GatewayRecord]:
    """The records of those replays that have received their request's ID: one stopped before that knows none."""
    known = {name for (name,) in site.sql("SELECT new_request_id FROM generations_replay")}
    return [record for name, record in site.gateway.records.items() if name in known]


def invariants(soak: Soak, before: dict[str, Held]) -> list[str]:
    """What does not hold at the end, in sentences."""
    ours, wrong = soak.site, list(dict.fromkeys(soak.faults))
    for name, found, expected in [
        ("checkpoints without their replay's end", ORPHAN_PARTS, 0),
        ("ended replays that received bytes and kept none", EMPTY, 0),
        ("answers without a replay", ORPHAN_ANSWERS, 0),
        ("replays", "SELECT count(*) FROM generations_replay", len(soak.clicks) + BATCH * len(soak.batches)),
    ]:
        count = ours.sql(found)[0][0]
        wrong += [] if count == expected else [f"{count} {name}, not {expected}"]
    wrong += [f"{count} stay {state} (batch: {batch})" for state, batch, count in ours.sql(OPEN)]
    wrong += [f"{soak.busy} of {soak.pages} pages were busy"] if soak.busy > soak.pages * BUSY else []
    wrong += posts(soak)
    wrong += texts(soak)
    missing = [record.asked for record in awaited(ours) if not record.given_at]
    wrong += [f"{len(missing)} records are not fetched (asked for {missing} times)"] if missing else []
    costs, expected = ours.sql(COSTS)[0][0], len(awaited(ours)) * RECORD_NANOS
    wrong += [] if costs == expected else [f"the ledger's costs are {costs} nanos, not {expected}"]
    after_all = tree(ours)
    wrong += leaks(before, after_all)
    lines = ours.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'retake'")[0][0]
    wrong += [f"{lines} lines to the database are open"] if lines > LINES else []
    with ours.redis() as server:
        queued, keys = server.llen("retake"), server.dbsize()
    wrong += [f"{queued} messages are left in the queue"] if queued else []
    sums = ours.sql(SUMS)[0]
    print(
        f"{len(soak.clicks)} clicks, {ours.gateway.posts} POSTs, {len(soak.watched)} watchers, "
        f"{soak.restarts} restarts of a worker and a beat, {keys} keys in Redis"
    )
    print(f"states: {dict(ours.sql('SELECT state, count(*) FROM generations_replay GROUP BY 1'))}")
    print(f"bytes received {sums[0]}, kept {sums[1]}; pages {dict(soak.statuses)}")
    print(
        "MiB, files, threads: "
        + "; ".join(f"{name} {shown(held)} -> {shown(after_all.get(name))}" for name, held in before.items())
    )
    wrong += [] if sums[0] == sums[1] else [f"{sums[0]} bytes were received and {sums[1]} are kept"]
    return wrong


OPEN = """
SELECT state, batch_id IS NOT NULL, count(*) FROM generations_replay WHERE finished_at IS NULL GROUP BY 1, 2
"""
COSTS = "SELECT coalesce(sum(cost_nanos), 0) FROM generations_replay"
ORPHAN_PARTS = """
SELECT count(*) FROM generations_replaypart AS part JOIN generations_replay AS replay ON replay.id = part.replay_id
WHERE replay.finished_at IS NOT NULL
"""
ORPHAN_ANSWERS = """
SELECT count(*) FROM generations_replayanswer AS answer
LEFT JOIN generations_replay AS replay ON replay.id = answer.replay_id WHERE replay.id IS NULL
"""
EMPTY = """
SELECT count(*) FROM generations_replay AS replay
LEFT JOIN generations_replayanswer AS answer ON answer.replay_id = replay.id
WHERE replay.received_bytes > 0 AND answer.replay_id IS NULL
"""
SUMS = """
SELECT coalesce(sum(replay.received_bytes), 0), coalesce(sum(answer.size), 0)
FROM generations_replay AS replay LEFT JOIN generations_replayanswer AS answer ON answer.replay_id = replay.id
"""


def posts(soak: Soak) -> list[str]:
    """One POST a click, none for those that were stopped before their start."""
    wrong = []
    for click in soak.clicks:
        count, row = soak.site.posts(click), soak.site.row(click)
        if count > 1 or (count == 0 and row.reason != "before_start"):
            wrong.append(f"{count} POSTs for the click {click.address} ({row.state} {row.reason})")
    claims = "SELECT count(*) FROM generations_replay WHERE batch_id IS NOT NULL AND claim IS NOT NULL"
    members, sent = (
        soak.site.sql(claims)[0][0],
        sum(soak.site.gateway.sent[name].posts for name in soak.batches),
    )
    return wrong + ([f"{sent} POSTs for {members} claimed members of batches"] if sent > members else [])


def texts(soak: Soak) -> list[str]:
    """Each succeeded stream is kept word for word."""
    wrong = []
    for click in soak.clicks:
        sent = soak.site.gateway.sent[click.marker].text()
        if sent and soak.site.row(click).state == "succeeded" and soak.site.text(click) != sent:
            wrong.append(f"{click.address} keeps other words than were sent")
    return wrong


def soak(ours: Gateway, minutes: float) -> list[str]:
    with site(ours) as running:
        load = Soak(running, time.monotonic() + minutes * 60)
        kinds = ["click"] * CLICKERS + ["watch"] * WATCHERS + ["read"] * READERS + ["batch"]
        threads = [threading.Thread(target=load.run, args=[kind], daemon=True) for kind in kinds]
        for thread in threads:
            thread.start()
        time.sleep(min(WARM_MINUTES, minutes / 2) * 60)
        before = tree(running)
        load.run("restart")  # in this thread: a child is ended with the thread that started it
        for thread in threads:
            thread.join(minutes * 60 + 90)
        with suppress(Failed):  # what stays open is reported with the rest
            until(lambda: not running.sql(OPEN), 120, "Replays stay open")
        records = awaited(running)
        with suppress(Failed):
            until(lambda: all(record.given_at for record in records), 120, "Records are not fetched")
        time.sleep(3)
        wrong = invariants(load, before)
        print("" if not wrong else running.log.read_text()[-3000:])
        return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    with gateway() as ours:
        wrong = soak(ours, options.minutes)
    print("\n".join(wrong) or "Every invariant holds.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
