"""How much of each resource a rate of replays, or a number of stored generations, takes: arithmetic over measured figures.

`python -m bench.tools.scale` prints the tables of `docs/scale.md`. Every constant says where it was measured; what was not
measured at these rates is an extrapolation in a straight line, and says so there.
"""

import math
from dataclasses import dataclass

# Milliseconds of CPU, measured in one process on the machine of `bench/results.md`.
PAGE_MS = 10.1  # a cached page of a generation
CLICK_MS = 15.0  # assumed: the plan's form with its limits, rows and message; its page costs 10
STORE_MS = 8.3  # a record of 21 KB: parsed, outlined, stored
WORKER_MS = 15.0  # a streamed replay of 150 frames from its claim to its end
# Per replay; the first two are counted in the code, the others assumed.
PAGES = 3  # the generation, the plan, the replay
COMMITS = 6  # row and message, claim, two checkpoints, end, record
WAL_KB = 60  # rows with their indexes, two checkpoints, answer and record
STREAM_S = 10.0  # from its first to its last byte, and somebody watches
# What one of each bears.
CORE_MS = 1000 * 0.7  # a core that is busy seven tenths of the time
SLOTS = 200  # WORKER_CONCURRENCY at which a worker process was measured
COMMITS_S = 2_000  # assumed: small commits a second on a cloud's disk
# Bytes of a stored generation, from 3,000 records of the demo gateway of 21 KB; the indexes that were added since
# (orders by cost, wait and tokens, `place_of_id`) from 1,000,000 rows of `bench/lists.py`.
ROW, INDEXES, WORDS, BODIES = 366, 1_002 + 230, 519, 11_770


@dataclass(frozen=True, slots=True)
class Demand:
    """What a number of replays a second takes."""

    rate: float

    @property
    def web_cores(self) -> float:
        return self.rate * (PAGES * PAGE_MS + CLICK_MS) / CORE_MS

    @property
    def worker_cores(self) -> float:
        return self.rate * (WORKER_MS + STORE_MS) / CORE_MS

    @property
    def worker_processes(self) -> int:
        """By the slots that wait for the gateway, or by CPU, whichever is more: a process has one interpreter."""
        return math.ceil(max(self.rate * STREAM_S / SLOTS, self.worker_cores))

    @property
    def commits(self) -> float:
        return self.rate * COMMITS

    @property
    def wal_mb(self) -> float:
        return self.rate * WAL_KB / 1000

    @property
    def streams(self) -> float:
        return self.rate * STREAM_S


def rates(*wanted: float) -> str:
    """One row of Markdown for each resource, one column for each rate."""
    each = [Demand(rate) for rate in wanted]
    rows = {
        "web, cores": [f"{demand.web_cores:.1f}" for demand in each],
        "workers, cores": [f"{demand.worker_cores:.1f}" for demand in each],
        f"worker processes of {SLOTS} slots": [f"{demand.worker_processes}" for demand in each],
        "open event streams": [f"{demand.streams:,.0f}" for demand in each],
        "commits a second": [f"{demand.commits:,.0f}" for demand in each],
        "of one database's commits": [f"{demand.commits / COMMITS_S:.0%}" for demand in each],
        "write-ahead log, MB/s": [f"{demand.wal_mb:.1f}" for demand in each],
        "log of a day, GB": [f"{demand.wal_mb * 86.4:,.0f}" for demand in each],
    }
    return _table("replays a second", [f"{rate:g}" for rate in wanted], rows)


def stored(*wanted: int) -> str:
    """What so many generations take on disk, in GB."""
    rows = {
        name: [f"{size * count / 1e9:,.1f}" for count in wanted]
        for name, size in (
            ("rows, GB", ROW),
            ("their indexes, GB", INDEXES),
            ("words of the search, GB", WORDS),
            ("bodies, compressed, GB", BODIES),
            ("all, GB", ROW + INDEXES + WORDS + BODIES),
        )
    }
    return _table("generations", [f"{count:,}" for count in wanted], rows)


def _table(corner: str, heads: list[str], rows: dict[str, list[str]]) -> str:
    lines = [[corner, *heads], *([name, *cells] for name, cells in rows.items())]
    made = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([made[0], "|---" * (len(heads) + 1) + "|", *made[1:]])


RATES, COUNTS = (1, 10, 100, 1000), (10**6, 10**7, 10**8)

if __name__ == "__main__":
    print(rates(*RATES), stored(*COUNTS), sep="\n\n")
