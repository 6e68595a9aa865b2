"""The demo team and its sign-in link: one use, ten minutes, this machine only."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from dashboard.consents import keys
from dashboard.models import GatewayConnection, Membership, SignInLink
from generations.gateway.demo.examples import EXAMPLE_IDS
from generations.gateway.demo.keys import SCOPED_KEY
from generations.records import lookup
from tests.support.people import browser
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.django_db
DEMO = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def demo(settings: Settings) -> None:
    settings.DEMO_GATEWAY, settings.TRUST_PROXY = DEMO, False


def link(person: str = "ada") -> str:
    """The only line that is printed."""
    out = StringIO()
    call_command("demo_team", person=person, stdout=out)
    (line,) = out.getvalue().splitlines()
    return line


def who(path: str, **headers: str) -> str | None:
    """The email address of whom the link signs in; None when it signs nobody in."""
    client = browser(**headers)
    answer = client.get(path)
    if answer.status_code != 302:
        return None
    return str(client.get("/accounts/profile/").context["user"].email)


def test_the_team_and_its_people() -> None:
    link()
    link()
    members = Membership.objects.order_by("pk").values_list("team__name", "user__name", "user__email", "role")
    assert list(members) == [
        ("Acme Travel", "Ada Lovelace", "ada@example.com", "owner"),
        ("Acme Travel", "Grace Hopper", "grace@example.com", "member"),
        ("Acme Travel", "Linus Pauling", "linus@example.com", "viewer"),
        ("Newcomers", "Ada Lovelace", "ada@example.com", "owner"),
    ]
    source = GatewayConnection.objects.get()
    assert (source.base_url, source.read_key.reveal(), source.replay_key) == (DEMO, SCOPED_KEY, None)


def test_the_connection_follows_the_demo_gateway(settings: Settings) -> None:
    link()
    settings.DEMO_GATEWAY = "http://127.0.0.1:10/v1"
    link()
    assert GatewayConnection.objects.get().base_url == "http://127.0.0.1:10/v1"


@pytest.mark.parametrize("person", ["ada", "grace", "linus"])
def test_the_link_signs_in(person: str) -> None:
    assert who(link(person)) == f"{person}@example.com"


def test_the_link_works_once() -> None:
    path = link()
    assert (who(path), who(path), browser().get(path).status_code) == ("ada@example.com", None, 410)


def test_the_link_works_for_ten_minutes() -> None:
    path = link()
    stored = SignInLink.objects.get()
    assert stored.expires_at - stored.created_at == pytest.approx(
        timedelta(minutes=10), abs=timedelta(seconds=9)
    )
    SignInLink.objects.update(expires_at=timezone.now())
    assert who(path) is None


def test_a_new_link_ends_the_old_one() -> None:
    old = link()
    assert (who(link()), who(old)) == ("ada@example.com", None)


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "X_Real_IP", "Via"])
def test_the_link_does_not_work_through_a_proxy(header: str) -> None:
    path = link()
    assert who(path, **{header: "127.0.0.1"}) is None
    assert who(path) == "ada@example.com"


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "::2", "", "unix:"])
def test_the_link_works_on_this_machine_only(address: str) -> None:
    assert browser().get(link(), REMOTE_ADDR=address).status_code == 404


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
def test_every_loopback_address_is_this_machine(address: str) -> None:
    assert browser().get(link(), REMOTE_ADDR=address).status_code == 302


@pytest.mark.parametrize(("name", "value"), [("TRUST_PROXY", True), ("DEMO_GATEWAY", "")])
def test_the_link_needs_a_demo_without_a_proxy(settings: Settings, name: str, value: object) -> None:
    path = link()
    setattr(settings, name, value)
    assert browser().get(path).status_code == 404


def test_looking_at_the_link_without_opening_it_does_not_use_it() -> None:
    path = link()
    assert browser().head(path).status_code == 405
    assert who(path) == "ada@example.com"


def test_who_is_signed_in_already_goes_home() -> None:
    client, path = browser(), link()
    answers = [client.get(path).headers["Location"] for _ in range(2)]
    assert answers == ["/", "/"]


def test_without_a_demo_gateway_there_is_no_demo_team(settings: Settings) -> None:
    settings.DEMO_GATEWAY = ""
    with pytest.raises(CommandError, match=r"^DEMO_GATEWAY is not set"):
        link()
    assert Membership.objects.count() == 0


def test_the_team_is_connected_by_the_demo_gateways_consent(
    demo_gateway: DemoGateway, settings: Settings
) -> None:
    settings.DEMO_GATEWAY, settings.PUBLIC_URL = demo_gateway.url, "http://127.0.0.1:8123"
    settings.GATEWAY_URLS = [demo_gateway.url]
    for _ in range(2):
        link()
        source = GatewayConnection.objects.get()
        used = keys.sending(source)
        assert used is not None
        assert used.consent is not None
        assert lookup.ask([source], EXAMPLE_IDS["chat"]).used == used
