"""An uncached lookup against a bare GET of the same record, at a gateway that takes 50 ms."""

import itertools
import json
import time
import urllib.request
from collections.abc import Iterator

import httpx

from bench.site import Site
from bench.table import Figure, interleaved, ratio
from dashboard.models import GatewayConnection, Team, User
from generations import lookup
from generations.gateway.demo import ulid
from generations.gateway.demo.examples import EXAMPLE_IDS
from generations.models import Generation

DELAY_MS = 50
ROUNDS = 60
AGO_MS = 30 * 24 * 3600 * 1000


def figures(site: Site) -> list[Figure]:
    """The POST of the lookup form up to its redirect, and `lookup.find` alone in this process.

    Each lookup has an ID of its own of the same story: the gateway reads the time out of its first half.
    """
    ids = fresh_ids()
    team, owner = Team.objects.get(slug="acme"), User.objects.get(email="ada@example.com")
    source = GatewayConnection.objects.filter(team=team).get()
    csrf = site.owner.get("/").hidden("csrfmiddlewaretoken")
    set_delay(site, DELAY_MS)

    with httpx.Client(headers={"authorization": f"Bearer {source.read_key.reveal()}"}) as bare:

        def get() -> float:
            begun = time.perf_counter()
            answer = bare.get(f"{site.gateway}/generations", params={"id": next(ids)})
            return ms_since(begun, done=answer.status_code == 200)

        def post() -> float:
            request_id, begun = next(ids), time.perf_counter()
            answer = site.owner.post("/lookup", {"q": request_id, "csrfmiddlewaretoken": csrf})
            return ms_since(begun, done=answer.location.endswith(f"/g/{request_id}"))

        def find() -> float:
            request_id, begun = next(ids), time.perf_counter()
            found = lookup.find(team, request_id, owner)
            return ms_since(begun, done=isinstance(found, Generation))

        for measure in (get, post, find, get, post, find):
            measure()
        bare_ms, posted_ms, found_ms = interleaved(ROUNDS, get, post, find)
    set_delay(site, 0)
    return [
        ratio("uncached lookup, form to redirect, against a bare GET", posted_ms / bare_ms, told(posted_ms, bare_ms), most=1.15),
        ratio("uncached lookup, in process, against a bare GET", found_ms / bare_ms, told(found_ms, bare_ms), most=1.15),
    ]


def told(ours: float, bare: float) -> str:
    return f"{ours:.1f} against {bare:.1f} ms"


def ms_since(begun: float, *, done: bool) -> float:
    assert done, "the lookup did not find its record"
    return (time.perf_counter() - begun) * 1000


def fresh_ids() -> Iterator[str]:
    """IDs of the same chat, made one second after the other a month ago."""
    suffix, now = EXAMPLE_IDS["chat"][-16:], round(time.time() * 1000)
    return (ulid.request_id(now - AGO_MS + 1000 * number, suffix) for number in itertools.count())


def set_delay(site: Site, delay_ms: int) -> None:
    """How long the demo gateway waits before it answers a GET."""
    body = json.dumps({"delay_ms": delay_ms}).encode()
    address = f"{site.gateway.removesuffix('/v1')}/demo/settings"
    urllib.request.urlopen(urllib.request.Request(address, body, {"content-type": "application/json"})).close()
