"""A cached generation page against the cheapest signed-in view."""

from functools import partial

from bench.site import Site
from bench.table import Figure, interleaved, ratio
from bench.tools.load import requests_per_s
from generations.gateway.demo.examples import EXAMPLE_IDS

CONNECTIONS = 12
SECONDS = 2.5
ROUNDS = 5


def figures(site: Site) -> list[Figure]:
    """The page of a chat whose request is 2 KB and that was looked up before, in requests/s.

    The cheapest signed-in view is the redirect of `/g/<id>`: session, user, memberships and one query, and no page
    to draw.
    """
    chat, team = EXAMPLE_IDS["chat"], "acme"
    page = f"/t/{team}/g/{chat}"
    assert site.owner.get(f"/g/{chat}").status == 302
    assert site.owner.get(page).status == 200
    ask = partial(
        requests_per_s, site.owner.place, connections=CONNECTIONS, seconds=SECONDS, cookie=site.owner.cookie
    )
    pages, redirects = interleaved(
        ROUNDS, lambda: ask(page, status=200), lambda: ask(f"/g/{chat}", status=302)
    )
    detail = f"{pages:.0f} against {redirects:.0f} requests/s"
    return [
        ratio(
            "cached generation page against the cheapest signed-in view",
            pages / redirects,
            detail,
            least=0.75,
        )
    ]
