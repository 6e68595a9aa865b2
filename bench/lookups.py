"""An uncached lookup against a bare GET of such a record, at a gateway that takes 50 ms."""

import time

import httpx

from bench import story
from bench.site import Site
from bench.table import Figure, interleaved, ratio
from generations.models import Generation
from generations.records import lookup

DELAY_MS = 50
ROUNDS = 60


def figures(site: Site) -> list[Figure]:
    """The POST of the lookup form up to its redirect, and `lookup.find` alone in this process."""
    ids, gateway = story.fresh_ids(site), story.gateway(site)
    team, owner = story.team(), story.owner()
    csrf = site.owner.get("/").hidden("csrfmiddlewaretoken")
    bare = httpx.Client(headers={"authorization": f"Bearer {story.source().read_key.reveal()}"})

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

    gateway.set(delay_ms=DELAY_MS)
    interleaved(4, get, post, find)  # each web process opens its connections
    bare_ms, posted_ms, found_ms = interleaved(ROUNDS, get, post, find)
    gateway.set(delay_ms=0)
    bare.close()
    return [
        against("uncached lookup, form to redirect, against a bare GET", posted_ms, bare_ms),
        against("uncached lookup, in process, against a bare GET", found_ms, bare_ms),
    ]


def against(name: str, ours: float, bare: float) -> Figure:
    return ratio(name, ours / bare, f"{ours:.1f} against {bare:.1f} ms", most=1.15)


def ms_since(begun: float, *, done: bool) -> float:
    assert done, "the lookup did not find its record"
    return (time.perf_counter() - begun) * 1000
