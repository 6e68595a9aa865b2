"""What `/metrics` counts in the web processes. Without METRICS_TOKEN nothing is counted and nothing is loaded.

Each process writes its figures to files in PROMETHEUS_MULTIPROC_DIR, which the parent makes before the client is loaded;
whoever answers `/metrics` adds them up. No label holds a team, a model or an ID: their values come from short lists.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge, Histogram

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LOOKUPS = ("found", "not_yet", "not_found", "no_connection", "refused", "unavailable", "other")


@dataclass(frozen=True, slots=True)
class Instruments:
    """The figures of the web processes."""

    requests: "Counter"
    request_seconds: "Histogram"
    lookups: "Counter"
    gateway_seconds: "Histogram"
    streams: "Gauge"
    pool_connections: "Gauge"
    pool_waiting: "Gauge"


@cache
def instruments() -> Instruments:
    """Made once a process, after the folder is known."""
    from prometheus_client import Counter, Gauge, Histogram

    if folder := os.environ.get(FOLDER):
        Path(folder).mkdir(mode=0o700, exist_ok=True)  # somebody may have tidied /tmp
    return Instruments(
        Counter("retake_requests", "Requests answered, by view.", ["method", "route", "status"]),
        Histogram("retake_request_seconds", "From a request to its answer's end.", ["kind"], buckets=SECONDS),
        Counter("retake_lookups", "Questions to the gateway for a record that a page asked.", ["outcome"]),
        Histogram(
            "retake_gateway_seconds", "The gateway's answers to lookups.", ["outcome"], buckets=SECONDS
        ),
        Gauge("retake_streams", "Open event streams.", multiprocess_mode="livesum"),
        Gauge(
            "retake_pool_connections",
            "Database connections of the pool.",
            ["state"],
            multiprocess_mode="livesum",
        ),
        Gauge("retake_pool_waiting", "Requests that wait for one.", multiprocess_mode="livesum"),
    )


def begin() -> None:
    """In the parent, before anything is counted: a folder of its own, which ends with it."""
    if settings.METRICS_TOKEN:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="retake-metrics-")


def end() -> None:
    if settings.METRICS_TOKEN and FOLDER in os.environ:
        shutil.rmtree(os.environ[FOLDER], ignore_errors=True)


def process_ended(pid: int) -> None:
    """What a process that has ended had open is open no more."""
    if settings.METRICS_TOKEN:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]


def saw_request(method: str, route: str, status: int, seconds: float) -> None:
    """`route` is a pattern of the site, which holds nobody's values."""
    if settings.METRICS_TOKEN:
        kind = "stream" if route.endswith("/events") else "page"
        instruments().requests.labels(method, route, str(status)).inc()
        instruments().request_seconds.labels(kind).observe(seconds)


def saw_lookup(outcome: str, seconds: float | None = None) -> None:
    """The gateway was asked for a record. `seconds`: how long it took, where that is known."""
    if settings.METRICS_TOKEN:
        name = outcome if outcome in LOOKUPS else "other"
        instruments().lookups.labels(name).inc()
        if seconds is not None:
            instruments().gateway_seconds.labels(name).observe(seconds)


def saw_process(streams: int, pool: dict[str, int]) -> None:
    """What this process holds open now. `pool`: the statistics of psycopg's pool."""
    if settings.METRICS_TOKEN:
        size, idle = pool.get("pool_size", 0), pool.get("pool_available", 0)
        instruments().streams.set(streams)
        instruments().pool_connections.labels("idle").set(idle)
        instruments().pool_connections.labels("used").set(size - idle)
        instruments().pool_waiting.set(pool.get("requests_waiting", 0))


def exposed(rows: "dict[str, float] | None") -> tuple[bytes, str]:
    """The figures of all web processes, and `rows` (`row_figures.py`), in Prometheus' text form; and its content type."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    instruments()
    registry = CollectorRegistry()
    if folder := os.environ.get(FOLDER):
        registry.register(FileCollector(Path(folder)))
    registry.register(RowCollector(rows))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class FileCollector:
    """The figures of all web processes. A file without content is one that its process is making, or was killed over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def collect(self) -> "list[Any]":
        from prometheus_client.multiprocess import MultiProcessCollector

        files = [str(path) for path in self.folder.glob("*.db") if _has_content(path)]
        return list(MultiProcessCollector.merge(files))  # type: ignore[no-untyped-call]


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:  # that of a process which has just ended
        return False


class RowCollector:
    """Figures that come from rows, as gauges. Without a database they are missing, and `retake_database_up` is 0."""

    def __init__(self, rows: "dict[str, float] | None") -> None:
        self.rows = rows

    def collect(self) -> "list[Any]":
        from prometheus_client.core import GaugeMetricFamily

        up = GaugeMetricFamily("retake_database_up", "1 where the database answered in time, else 0.")
        up.add_metric([], 0 if self.rows is None else 1)
        families = {"retake_database_up": up}
        for key, value in (self.rows or {}).items():
            name, _, label = key.partition(" ")
            label_name, _, label_value = label.partition("=")
            family = families.setdefault(
                name,
                GaugeMetricFamily(
                    name, "From rows; see docs/operating.md.", labels=[label_name] if label else []
                ),
            )
            family.add_metric([label_value] if label else [], value)
        return list(families.values())
