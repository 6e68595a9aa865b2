"""A key goes to no address that the operator does not allow, whoever asks."""

import ast
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from dashboard.connections import clients, service
from dashboard.fields import Secret
from dashboard.local.system import LOOPBACK
from dashboard.models import GatewayConnection, Team, User
from generations.gateway.client import Timeouts
from generations.models import Fetch, Generation
from generations.records import lookup, new_generation
from generations.replay.order import model_suggestions, orders
from generations.replay.worker import runner
from tests.support import people, rows

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[3]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A gateway that would be reached."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def withdrawn(team: Team, listener: socket.socket, settings: Settings) -> GatewayConnection:
    """A connection to it, saved when its address was allowed."""
    settings.GATEWAY_URLS, settings.DEMO_GATEWAY = ["http://other.test/v1"], ""
    return people.connection(
        team, f"http://{LOOPBACK}:{listener.getsockname()[1]}/v1", "key", "key-for-replays"
    )


def reached(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def refuses(call: Callable[[], object]) -> bool:
    try:
        call()
    except clients.AddressNotAllowed:
        return True
    return False


def test_the_listener_would_be_reached(
    withdrawn: GatewayConnection, listener: socket.socket, settings: Settings
) -> None:
    settings.GATEWAY_URLS = [withdrawn.base_url]
    asked = clients.client(withdrawn.base_url, withdrawn.read_key, timeouts=Timeouts(1, 0.1, 0.2)).probe()
    assert (asked.healthy, reached(listener)) == (None, True)


def test_trying_a_connection_sends_no_key_to_a_withdrawn_address(
    withdrawn: GatewayConnection, listener: socket.socket
) -> None:
    seen = service.test(withdrawn)
    assert {name: outcome["fault"] for name, outcome in seen.items()} == dict.fromkeys(
        ["read", "replay"],
        "The operator no longer allows this gateway address (GATEWAY_URLS). Its key was not sent.",
    )
    assert not reached(listener)


def test_looking_up_and_refreshing_ask_no_withdrawn_address(
    withdrawn: GatewayConnection, listener: socket.socket, ada: User, team: Team
) -> None:
    stored = rows.generation(team, ada, withdrawn)
    for found in (lookup.find(team, "G-01M0N8538G8F4T0W6X1Y2Z3A4C", ada), lookup.refresh(stored, ada)):
        assert isinstance(found, Fetch)
    answer = lookup.ask([withdrawn], stored.request_id)
    assert "no longer allows" in str(answer.errors[0][1])
    assert not reached(listener)


def test_replays_their_records_and_suggestions_ask_no_withdrawn_address(
    withdrawn: GatewayConnection, listener: socket.socket, ada: User, team: Team
) -> None:
    stored = rows.generation(team, ada, withdrawn)
    replay = rows.replay(stored, ada, connection=withdrawn)
    with pytest.raises(orders.ReplayRefused, match="no longer allows"):
        runner.prepare(replay)
    assert model_suggestions.models(stored) == []
    ended = rows.replay(stored, ada, new_request_id="G-01M0N8538G8F4T0W6X1Y2Z3A4D", state="succeeded")
    assert new_generation.record_of(ended) is None
    assert not reached(listener)
    assert Generation.objects.count() == 1


def test_both_kinds_of_client_ask(withdrawn: GatewayConnection) -> None:
    url, key = withdrawn.base_url, Secret("key")
    assert refuses(lambda: clients.client(url, key))
    assert refuses(lambda: clients.lasting_client(url, key, 1))


def test_a_client_that_was_kept_is_not_used_once_its_address_is_withdrawn(settings: Settings) -> None:
    settings.GATEWAY_URLS = ["http://one.test/v1"]
    kept = clients.lasting_client("http://one.test/v1", Secret("key"), 1)
    assert clients.lasting_client("http://one.test/v1", Secret("key"), 1) is kept
    settings.GATEWAY_URLS = ["http://two.test/v1"]
    assert refuses(lambda: clients.lasting_client("http://one.test/v1", Secret("key"), 1))


def calls(path: Path) -> set[str]:
    """The names that a module calls, without what stands before them."""
    found = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in found}


@pytest.mark.heavy
def test_no_client_is_made_and_no_key_is_opened_elsewhere() -> None:
    ours = [path for folder in ("dashboard", "generations") for path in (ROOT / folder).rglob("*.py")]
    ours = [path for path in ours if "demo" not in path.parts]  # the gateway's side
    called = {str(path.relative_to(ROOT)): calls(path) for path in ours}
    users = {name: {path for path in called if name in called[path]} for name in ("Client", "reveal")}
    alone = "dashboard/connections/clients.py"
    assert users == {"Client": {alone}, "reveal": {alone, "dashboard/fields.py"}}  # the field encrypts it
