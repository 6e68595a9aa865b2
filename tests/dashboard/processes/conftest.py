"""A team with a connection, and a stored chat."""

import pytest

from dashboard.models import GatewayConnection, Team, User
from generations.models import Generation
from tests.support import people, rows


@pytest.fixture
def team(transactional_db: None) -> Team:
    return people.team()


@pytest.fixture
def chat(team: Team, ada: User, source: GatewayConnection) -> Generation:
    return rows.generation(team, ada, source)
