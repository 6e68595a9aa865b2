"""What every figure works on: the demo team, its owner, its connection, and one chat of the demo gateway."""

import itertools
import time
from collections.abc import Iterator

from bench.site import Site
from dashboard.consents import notices
from dashboard.models import GatewayConnection, Team, User
from generations.gateway.demo import ulid
from generations.gateway.demo.examples import EXAMPLE_IDS
from generations.models import Generation
from tests.support.processes import DemoGateway

CHAT = EXAMPLE_IDS["chat"]
STORY = "Lost bag in Lisbon, answered in Portuguese"
AGO_MS = 30 * 24 * 3600 * 1000


def team() -> Team:
    return Team.objects.get(slug="acme")


def owner() -> User:
    return User.objects.get(email="ada@example.com")


def source() -> GatewayConnection:
    return GatewayConnection.objects.get(team__slug="acme")


def check_connection() -> None:
    """A page that says that a key has ended is not the page to measure. Raises AssertionError then."""
    said = [notice.text for notice in notices.for_team(team())]
    assert not said, said


def chat(site: Site) -> Generation:
    """The stored generation of a streamed chat whose request is 2 KB."""
    site.owner.get(f"/t/acme/g/{CHAT}")
    return Generation.objects.select_related("team").get(team__slug="acme", request_id=CHAT)


def gateway(site: Site) -> DemoGateway:
    """The control API of the site's demo gateway."""
    return DemoGateway(int(site.gateway.removesuffix("/v1").rpartition(":")[2]))


def fresh_ids(site: Site) -> Iterator[str]:
    """IDs of one chat, made a second apart a month ago, each looked up for the first time.

    The second half of an ID names the story, the first half its time.
    """
    records = gateway(site).call("/demo/catalogue")["records"]
    tail = next(record["request_id"][-16:] for record in records if record["title"] == STORY)
    before = round(time.time() * 1000) - AGO_MS
    return (ulid.request_id(before + 1000 * number, tail) for number in itertools.count())
