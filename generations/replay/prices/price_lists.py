"""The price list of each gateway: one request in flight, kept for an hour in Redis and in this process.

A list that could not be read again is used for a day, and says how old it is. Without Redis each process keeps its own.
"""

import hashlib
import logging
import struct
import time
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import ParamSpec, TypeVar

import redis
from django.db import close_old_connections

from dashboard.connections import clients
from dashboard.consents import keys
from dashboard.consents.keys import ConnectionKey
from dashboard.models import GatewayConnection
from generations.gateway import prices
from generations.gateway.client import Client, Timeouts
from generations.gateway.errors import GatewayError
from generations.gateway.prices import ListedPrice
from generations.replay.live.redis_client import client

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

FRESH_SECONDS, KEPT_SECONDS, FAILED_SECONDS, LEASE_SECONDS = 3600, 24 * 3600, 60, 20
PAGE_PATIENCE, POLL = 2.0, 0.03
PATIENCE = Timeouts(connect=3, read=10, total=15)
LARGEST = 8 * 2**20  # bytes of a list
MOST_LISTS = 8  # in one process
SPACE = "retake:prices"  # names in Redis begin with it
_askers = ThreadPoolExecutor(4, thread_name_prefix="prices")


@dataclass(frozen=True)
class PriceList:
    """A gateway's prices, and when they were read (seconds since 1970)."""

    entries: tuple[ListedPrice, ...]
    read_at: float
    _by_model: dict[tuple[str, str], list[ListedPrice]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for entry in self.entries:
            self._by_model.setdefault((entry.capability, entry.model), []).append(entry)

    def of(self, capability: str, model: str, provider: str = "") -> list[ListedPrice]:
        """The entries of a model, at one provider or at all of them."""
        found = self._by_model.get((capability, model), [])
        return [entry for entry in found if provider in ("", entry.provider)]

    def of_capability(self, capability: str) -> list[ListedPrice]:
        """The entries of all models that do the same."""
        return [entry for entry in self.entries if entry.capability == capability]

    @property
    def is_fresh(self) -> bool:
        return time.time() - self.read_at < FRESH_SECONDS

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.read_at, UTC)


_memory: dict[str, PriceList] = {}
_holding = Lock()


def kept(base_url: str) -> PriceList | None:
    """The list that is kept, however old; nobody is asked."""
    known = _memory.get(base_url)
    if known is not None and known.is_fresh:
        return known
    try:
        stored = store().get(_name(base_url))
    except redis.RedisError:
        return known
    if not isinstance(stored, bytes) or (known and struct.unpack_from("d", stored)[0] <= known.read_at):
        return known
    return _remembered(base_url, struct.unpack_from("d", stored)[0], zlib.decompress(stored[8:]))


def listed(source: GatewayConnection, patience: float = PAGE_PATIENCE) -> PriceList | None:
    """The list of the source's gateway: the one that is kept, else a new one within `patience` seconds, else an older one.

    The right to ask is the caller's to check.
    """
    known = kept(source.base_url)
    if known is not None and known.is_fresh:
        return known
    deadline = time.monotonic() + patience
    try:
        while not _claimed(source):
            if _failed(source) or time.monotonic() >= deadline:
                return known
            time.sleep(POLL)
            known = kept(source.base_url)
            if known is not None and known.is_fresh:
                return known
    except redis.RedisError:
        log.info("Redis is unavailable; the price list is kept in this process only")
    asking = ask(_ask, source, keys.pricing(source))
    try:
        return asking.result(timeout=max(0.0, deadline - time.monotonic())) or known
    except StillWaiting:
        return known


def ask(call: Callable[P, T], *values: P.args, **named: P.kwargs) -> Future[T]:
    """`call` in a thread of its own: what comes after the page's patience is kept for the next page."""
    return _askers.submit(_closing, partial(call, *values, **named))


def _closing(call: Callable[[], T]) -> T:
    try:
        return call()
    finally:
        close_old_connections()


def with_keys(
    source: GatewayConnection, used: Iterable[ConnectionKey]
) -> Iterable[tuple[ConnectionKey, Client]]:
    """A client for each key in turn."""
    for item in used:
        yield item, clients.client(source.base_url, item.key, timeouts=PATIENCE, max_record_bytes=LARGEST)


def refused(used: ConnectionKey, fault: GatewayError) -> bool:
    """Whether another key may get further; a consent that has ended is remembered."""
    if used.consent and fault.status == 401:
        keys.refuse(used.consent.pk, fault.reason)
    return fault.status in (401, 403)


# --- asking -------------------------------------------------------------------------------------------------------


def _ask(source: GatewayConnection, used: list[ConnectionKey]) -> PriceList | None:
    """The list, asked for with one key after the other. Runs in a thread of its own."""
    found = None
    try:
        body = _body(source, used)
        found = _remembered(source.base_url, time.time(), body) if body is not None else None
        if found is not None and body is not None:
            _keep(source.base_url, found.read_at, body)
        return found
    finally:
        _end(source, failed=found is None)


def _body(source: GatewayConnection, used: list[ConnectionKey]) -> bytes | None:
    try:
        for item, asked in with_keys(source, used):
            try:
                return prices.list_bytes(asked)
            except GatewayError as fault:
                if not refused(item, fault):
                    return None
    except ValueError:  # an address or a key that cannot be used
        return None
    return None


def _remembered(base_url: str, read_at: float, body: bytes) -> PriceList | None:
    entries = prices.read_list(body)
    if entries is None:
        return None
    found = PriceList(entries, read_at)
    with _holding:
        _memory.pop(base_url, None)
        _memory[base_url] = found
        while len(_memory) > MOST_LISTS:
            del _memory[next(iter(_memory))]
    return found


# --- in Redis -----------------------------------------------------------------------------------------------------


def store() -> "redis.Redis":
    """The Redis that keeps prices."""
    return client(8, 1)


def _name(base_url: str) -> str:
    return f"{SPACE}:{hashlib.sha256(base_url.encode()).hexdigest()}"


def _keep(base_url: str, read_at: float, body: bytes) -> None:
    try:
        store().set(_name(base_url), struct.pack("d", read_at) + zlib.compress(body, 1), ex=KEPT_SECONDS)
    except redis.RedisError:
        log.info("A price list could not be kept in Redis")


def _claimed(source: GatewayConnection) -> bool:
    """Whether it is ours to ask: nobody else does, and this connection has not failed a moment ago."""
    return not _failed(source) and bool(
        store().set(f"{_name(source.base_url)}:asked", b"1", nx=True, ex=LEASE_SECONDS)
    )


def _failed(source: GatewayConnection) -> bool:
    return bool(store().exists(f"{_name(source.base_url)}:failed:{source.pk}"))


def _end(source: GatewayConnection, *, failed: bool) -> None:
    try:
        if failed:
            store().set(f"{_name(source.base_url)}:failed:{source.pk}", b"1", ex=FAILED_SECONDS)
        store().delete(f"{_name(source.base_url)}:asked")
    except redis.RedisError:
        log.info("The end of a question for prices could not be noted")
