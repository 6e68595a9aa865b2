"""What is measured of each product."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import psutil
from playwright.sync_api import Browser

from bench import sizes
from bench.footprint import MIB, pss_of
from bench.peers.products import Running
from bench.peers.rows import Row
from bench.peers.watching import RUNS, Record, opened
from bench.site import Site
from generations.gateway.demo import ulid

SIZES = sizes.SIZES[:3]
OPENINGS = "click to visible text, nothing cached", "the same once more, scripts and styles cached"


@dataclass(frozen=True, slots=True)
class Product:
    """A running product with its records by size."""

    title: str
    records: Mapping[str, Record]
    processes: Callable[[], list[psutil.Process]]
    started_s: float


def retake(site: Site) -> Product:
    """Ours: each record is looked up, as a person's would be, and left for as long as the run takes."""
    records = {}
    for size in SIZES:
        request_id = ulid.request_id(sizes.made_ms(), ulid.new_suffix())
        list(sizes.looked_up(size, [request_id]))
        path = f"{sizes.BASE}/{request_id}"
        records[size.name] = Record(
            "Retake", site.address, path, "/healthz", "#view", dict(site.owner.cookies)
        )
    return Product("Retake", records, site.processes, site.started_s)


def peer(running: Running) -> Product:
    """A peer, with the same texts exported to it."""
    of, records = running.peer, {}
    for size in SIZES:
        path = running.put(list(sizes.messages(size)))
        records[size.name] = Record(of.name, running.address, path, of.plain, of.inside, {})
    return Product(of.title, records, running.processes, running.started_s)


def measure(browser: Browser, products: Sequence[Product]) -> Iterator[Row]:
    """`RUNS` rounds for each size, in which the products take turns; then what each costs as a whole."""
    for size in SIZES:
        rounds = [[opened(browser, product.records[size.name]) for product in products] for _ in range(RUNS)]
        for number, name in enumerate(OPENINGS):
            columns = [[seen[number] for seen in column] for column in zip(*rounds, strict=True)]
            yield Row(f"{size.name}: {name}", "ms", columns)
    yield Row("memory of all processes after that, PSS", "MiB", [[_memory(product)] for product in products])
    yield Row("warm start to the first answer", "s", [[product.started_s] for product in products])


def _memory(product: Product) -> float:
    return sum(pss_of(process) or 0 for process in product.processes()) / MIB
