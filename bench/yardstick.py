"""How fast this machine is: a fixed loop, so that figures of two machines can be compared."""

import json
import statistics
import time

from bench.site import Site
from bench.table import Figure

ROUNDS = 9
LOOPS = 2_000
_DOCUMENT = {"messages": [{"role": "user", "content": "word " * 40, "n": number} for number in range(5)]}


def figures(site: Site) -> list[Figure]:
    """The median and the spread of a loop of pure Python and JSON, in ms of wall and of CPU time."""
    walls, cpus = zip(*[_round() for _ in range(ROUNDS)], strict=True)
    wall, cpu = statistics.median(walls), statistics.median(cpus)
    measured = f"{wall:.0f} ms ({min(walls):.0f} to {max(walls):.0f}), {cpu:.0f} ms of CPU"
    return [Figure("yardstick: a fixed loop of this machine", measured, "", None, wall)]


def _round() -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(LOOPS):
        read = json.loads(json.dumps(_DOCUMENT))
        sum(len(message["content"].split()) for message in read["messages"])
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000
