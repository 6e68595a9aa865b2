"""A team with a connection to the demo gateway, and a stored chat."""

import pytest

from dashboard.models import GatewayConnection, Team, User
from generations.gateway.demo.keys import SCOPED_KEY
from generations.models import Generation
from tests import people
from tests.processes import DemoGateway
from tests.replay import rows


@pytest.fixture
def team(transactional_db: None) -> Team:
    return people.team()


@pytest.fixture
def ada(team: Team) -> User:
    return people.person(team)


@pytest.fixture
def source(team: Team, demo_gateway: DemoGateway) -> GatewayConnection:
    return people.connection(team, demo_gateway.url, SCOPED_KEY)


@pytest.fixture
def chat(team: Team, ada: User, source: GatewayConnection) -> Generation:
    return rows.generation(team, ada, source)
