"""From the replay form's request to the POST that the gateway receives."""

import time
from uuid import UUID

from bench import story
from bench.site import Site
from bench.table import Figure, limit, p
from generations.models import Replay
from generations.models.replay import OPEN_STATES
from tests.support.processes import wait_for

CLICKS = 40


def figures(site: Site) -> list[Figure]:
    """Both times are of this machine's clock: when the form was sent, and what the gateway noted."""
    chat, gateway = story.chat(site), story.gateway(site)
    form_page = f"{chat.get_absolute_url()}/replay"
    gateway.reset(keep_consents=True)
    gateway.set(pace=0)
    sent_ms = [click(site, form_page, chat.get_absolute_url()) for _ in range(CLICKS)]
    received_ms = [seen["received_ms"] for seen in gateway.requests()]
    assert len(received_ms) == CLICKS, f"{CLICKS} clicks made {len(received_ms)} POSTs"
    gateway.reset(keep_consents=True)
    took = [received - sent for sent, received in zip(sent_ms, received_ms, strict=True)][2:]
    detail = f"p95 {p(0.95, took):.0f} ms, {len(took)} clicks"
    return [limit("replay form sent to POST received at the gateway, p50", p(0.5, took), "ms", 25, detail)]


def click(site: Site, form_page: str, base: str) -> float:
    """Send the form, wait for the replay's end; gives the time it was sent at, in ms since 1970."""
    page = site.owner.get(form_page)
    form = {name: page.hidden(name) for name in ("csrfmiddlewaretoken", "click")}
    begun = time.time() * 1000
    answer = site.owner.post(f"{base}/replays", form)
    assert answer.status == 302, f"the click was answered {answer.status}"
    replay = Replay.objects.filter(pk=UUID(answer.location.rpartition("/")[2]))
    wait_for(lambda: not replay.filter(state__in=OPEN_STATES).exists())
    return begun
