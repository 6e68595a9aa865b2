"""A demo gateway of its own for these tests: a real process, without waiting."""

from collections.abc import Iterator

import httpx
import pytest

from dashboard.local.system import LOOPBACK, Port
from generations.gateway.demo.keys import SCOPED_KEY
from tests.demo.peer import Peer
from tests.support.processes import process


@pytest.fixture(scope="session")
def running() -> Iterator[int]:
    """The port of a demo gateway that lives as long as the tests."""
    port = Port().release()
    with process("-m", "generations.gateway.demo", "--port", str(port), "--pace", "0", port=port):
        yield port


@pytest.fixture
def peer(running: int) -> Iterator[Peer]:
    """The demo gateway, with nothing received and the settings it began with."""
    with httpx.Client(base_url=f"http://{LOOPBACK}:{running}", timeout=10, verify=False) as http:
        peer = Peer(http, f"http://{LOOPBACK}:{running}", SCOPED_KEY)
        peer.reset()
        yield peer
        peer.reset()
