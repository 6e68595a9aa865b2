"""How much a process's memory grows, peaks included. Linux notes the peaks; elsewhere nothing is known."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

MIB = 2**20


@dataclass
class Growth:
    """In MiB; None where the system does not report it."""

    mib: float | None = None


@contextmanager
def growth(processes: Sequence[psutil.Process]) -> Iterator[Growth]:
    """Of the process that grows most while the block runs; known at its end."""
    measured = Growth()
    try:
        for process in processes:
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # the peak is the present use again
    except OSError:
        yield measured
        return
    before = {process.pid: process.memory_info().rss for process in processes}
    yield measured
    measured.mib = max(_peak(process) - before[process.pid] for process in processes) / MIB


def _peak(process: psutil.Process) -> int:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
