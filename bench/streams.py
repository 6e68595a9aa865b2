"""Three hundred open event streams: what they hold, at rest and while two hundred replays run."""

import selectors
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

import psutil

from bench import crowd, story
from bench.site import Site
from bench.table import Figure, limit
from tests.support.processes import wait_for

STREAMS = 300
QUIET_MS = 8000
SAMPLE_S = 0.2


class Watchers:
    """Open event streams, read by one thread of the bench; `ended` counts the closing events."""

    def __init__(self, site: Site, replays: list[UUID]) -> None:
        self.selector, self.ended, self.closing = selectors.DefaultSelector(), 0, False
        paths = [f"/t/acme/r/{replays[number % len(replays)]}/events" for number in range(STREAMS)]
        self.sockets = [self._open(site, path) for path in paths]
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _open(self, site: Site, path: str) -> socket.socket:
        host, _, port = site.owner.place.partition(":")
        opened = socket.create_connection((host, int(port)), timeout=30)
        opened.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {site.owner.place}\r\nCookie: {site.owner.cookie}\r\n\r\n".encode()
        )
        self.selector.register(opened, selectors.EVENT_READ, bytearray())
        return opened

    def _read(self) -> None:
        while not self.closing:
            for key, _ in self.selector.select(0.1):
                assert isinstance(key.fileobj, socket.socket)
                data = key.fileobj.recv(65536)
                key.data.extend(data)
                if not data or b"event: end\n" in key.data:
                    self.ended += bool(data)
                    self.selector.unregister(key.fileobj)

    def greeted(self) -> int:
        """How many are open and were answered."""
        return sum(b": hello" in key.data for key in list(self.selector.get_map().values()))

    def close(self) -> None:
        self.closing = True
        self.thread.join()
        for opened in self.sockets:
            opened.close()


def figures(site: Site) -> list[Figure]:
    """Streams on replays that wait for their first byte, then the same streams while the answers run."""
    gateway, web, ours = story.gateway(site), site.named("web"), site.named("web", "worker", "beat")
    postgres, redis = port_of(site, "DATABASE_URL"), port_of(site, "REDIS_URL")
    threads_before = threads(web)
    gateway.reset(keep_consents=True)
    gateway.set(**crowd.pace(first_byte_ms=QUIET_MS))
    replays, _ = crowd.click_at_once(crowd.chat(), story.owner(), story.source())
    wait_for(lambda: len(gateway.requests()) == crowd.CROWD)
    opened(site, replays).close()  # the pools are then as large as streams make them
    links_before = links(web, postgres)
    watchers = opened(site, replays)
    held, threads_added = links(web, postgres) - links_before, threads(web) - threads_before
    most_redis, most_postgres = busiest(lambda: (links(ours, redis), links(ours, postgres)), replays)
    wait_for(lambda: watchers.ended == STREAMS, 20)
    watchers.close()
    crowd.forget(replays)
    gateway.reset(keep_consents=True)
    return [
        limit("300 open streams: Postgres connections held", held, "", 0),
        limit("300 open streams: threads added to the web processes", threads_added, "", 9),
        limit("and 200 replays: Redis connections of web, worker, beat", most_redis, "", 15),
        limit("and 200 replays: Postgres connections of web, worker, beat", most_postgres, "", 20),
    ]


def opened(site: Site, replays: list[UUID]) -> Watchers:
    """STREAMS watchers, when all of them are greeted."""
    watchers = Watchers(site, replays)
    wait_for(lambda: watchers.greeted() + watchers.ended == STREAMS)
    return watchers


def threads(processes: list[psutil.Process]) -> int:
    return sum(process.num_threads() for process in processes)


def links(processes: list[psutil.Process], port: int) -> int:
    """How many connections these processes have open to a server on this port."""
    found = [link for process in processes for link in process.net_connections("tcp")]
    return sum(
        link.status == psutil.CONN_ESTABLISHED and bool(link.raddr) and link.raddr.port == port
        for link in found
    )


def port_of(site: Site, name: str) -> int:
    """The port of the engine that this variable names."""
    return urlsplit(site.environment[name]).port or 0


def busiest(look: Callable[[], tuple[int, int]], replays: list[UUID]) -> tuple[int, int]:
    """The highest of each count while replays are open."""
    seen = [look()]
    while crowd.open_ones(replays):
        seen.append(look())
        time.sleep(SAMPLE_S)
    return max(first for first, _ in seen), max(second for _, second in seen)
