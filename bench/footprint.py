"""What a started site costs: memory of all its processes, and the time to its first page."""

import time

import psutil

from bench.site import Site
from bench.table import Figure, limit

SETTLE_S = 5.0
MIB = 2**20


def figures(site: Site) -> list[Figure]:
    """Directly after a warm start and one sign-in. Memory is the sum of PSS, engines and demo gateway included."""
    time.sleep(SETTLE_S)
    shares = [pss_of(process) for process in site.processes()]
    first_page = limit("warm start to the first page", site.started_s, "s", 3)
    if any(share is None for share in shares):
        return [
            Figure("memory after sign-in, all processes", "no PSS on this system", "at most 320 MiB", None),
            first_page,
        ]
    total = sum(share or 0 for share in shares) / MIB
    return [
        limit("memory after sign-in, all processes", total, "MiB", 320, f"{len(shares)} processes"),
        first_page,
    ]


def pss_of(process: psutil.Process) -> int | None:
    """The process's proportional share of memory in bytes; None where the system does not tell."""
    return getattr(process.memory_full_info(), "pss", None)
