"""What most tests begin with; a folder or a file may have its own of the same name."""

import uuid

import pytest

from dashboard.models import GatewayConnection, Team, User
from generations.gateway.demo.keys import PLAIN_KEY, SCOPED_KEY
from generations.replay.prices import price_lists
from tests.support import people
from tests.support.processes import DemoGateway


@pytest.fixture
def team(db: None) -> Team:
    """A team without members."""
    return people.team()


@pytest.fixture
def ada(team: Team) -> User:
    """A member of the team."""
    return people.person(team)


@pytest.fixture
def source(team: Team, demo_gateway: DemoGateway) -> GatewayConnection:
    """The team's connection to the demo gateway, which gives it stored requests."""
    return people.connection(team, demo_gateway.url, SCOPED_KEY)


@pytest.fixture
def priced_source(team: Team, demo_gateway: DemoGateway) -> GatewayConnection:
    """A connection whose second key may read prices; its first may not."""
    return people.connection(team, demo_gateway.url, SCOPED_KEY, PLAIN_KEY)


@pytest.fixture(autouse=True)
def no_kept_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """No price list of an earlier test is kept, in this process or in Redis."""
    monkeypatch.setattr(price_lists, "_memory", {})
    monkeypatch.setattr(price_lists, "SPACE", f"retake:prices:{uuid.uuid4()}")
