"""Gateway connections: keys go in, are stored encrypted, and never come out."""

import pytest
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from dashboard.models import AuditEvent, GatewayConnection, Role, Team, User
from dashboard.templatetags.people import check_facts
from generations.gateway.demo.keys import EXPIRED_KEY, PLAIN_KEY, SCOPED_KEY
from tests.support.people import browser, connection, person, team
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.django_db
FIRST_URL, SECOND_URL = "http://127.0.0.1:9/v1", "http://127.0.0.1:10/v1"
SECRET, OTHER = "key-that-nobody-sees", "key-for-replays-only"


@pytest.fixture(autouse=True)
def addresses(settings: Settings) -> None:
    settings.GATEWAY_URLS, settings.DEMO_GATEWAY = [FIRST_URL, SECOND_URL, *settings.GATEWAY_URLS], ""


@pytest.fixture
def ours() -> Team:
    return team()


@pytest.fixture
def admin(ours: Team) -> Client:
    return browser(person(ours, Role.ADMIN))


Outcome = GatewayConnection | dict[str, list[str]]


def add(admin: Client, of: Team, **values: str) -> Outcome:
    """The connection that the form saved, or the errors that it showed."""
    data = {"name": "Main", "base_url": FIRST_URL, "read_key": SECRET} | values
    return outcome(admin, reverse("new_connection", args=[of.slug]), data)


def edit(admin: Client, source: GatewayConnection, **values: str) -> Outcome:
    data = {"name": source.name, "base_url": source.base_url} | values
    return outcome(admin, reverse("edit_connection", args=[source.team.slug, source.pk]), data)


def outcome(admin: Client, url: str, data: dict[str, str]) -> Outcome:
    answer = admin.post(url, data)
    if answer.status_code == 200:
        assert SECRET not in answer.content.decode()
        return dict(answer.context["form"].errors)
    return GatewayConnection.objects.get(name=data["name"])


def wrong(outcome: Outcome) -> list[str]:
    """The fields that the form found wrong."""
    assert isinstance(outcome, dict)
    return list(outcome)


def keys(source: GatewayConnection) -> tuple[str | None, str | None]:
    source.refresh_from_db()
    return tuple(key.reveal() if key else None for key in (source.read_key, source.replay_key))  # type: ignore[return-value]


# --- Keys ---------------------------------------------------------------------------------------------------------


def test_keys_are_stored_encrypted_and_read_back(admin: Client, ours: Team) -> None:
    made = add(admin, ours, replay_key=OTHER)
    assert isinstance(made, GatewayConnection)
    assert keys(made) == (SECRET, OTHER)
    with database.cursor() as cursor:
        cursor.execute(
            "select convert_from(read_key, 'UTF8') || convert_from(replay_key, 'UTF8') from dashboard_gatewayconnection"
        )
        stored = cursor.fetchone()[0]
    assert (SECRET in stored, OTHER in stored) == (False, False)


def test_no_page_shows_a_key(admin: Client, ours: Team) -> None:
    source = connection(ours, FIRST_URL, SECRET, OTHER)
    urls = [
        reverse("team_connections", args=[ours.slug]),
        reverse("edit_connection", args=[ours.slug, source.pk]),
    ]
    pages = "".join(admin.get(url).content.decode() for url in urls)
    assert (SECRET in pages, OTHER in pages) == (False, False)


def test_the_admin_shows_no_key(ours: Team) -> None:
    superuser, source = person(), connection(ours, FIRST_URL, SECRET, OTHER)
    User.objects.filter(pk=superuser.pk).update(is_superuser=True)
    urls = [f"/admin/dashboard/gatewayconnection/{end}" for end in ("", f"{source.pk}/change/")]
    answers = [browser(superuser).get(url) for url in urls]
    pages = "".join(answer.content.decode() for answer in answers)
    assert ([answer.status_code for answer in answers], SECRET in pages, OTHER in pages) == (
        [200, 200],
        False,
        False,
    )


def test_an_audit_event_names_what_changed_without_its_value(admin: Client, ours: Team) -> None:
    made = add(admin, ours)
    assert isinstance(made, GatewayConnection)
    edit(admin, made, replay_key=OTHER)
    events = AuditEvent.objects.order_by("pk").values_list("action", "subject", "details")
    assert list(events) == [
        ("connection.added", "Main", {"changed": ["base_url", "read_key"]}),
        ("connection.changed", "Main", {"changed": ["replay_key"]}),
    ]


def test_an_empty_field_keeps_the_stored_key(admin: Client, ours: Team) -> None:
    source = connection(ours, FIRST_URL, SECRET, OTHER)
    edit(admin, source, read_key="", replay_key="")
    assert keys(source) == (SECRET, OTHER)


def test_the_key_for_replays_can_be_removed(admin: Client, ours: Team) -> None:
    source = connection(ours, FIRST_URL, SECRET, OTHER)
    edit(admin, source, forget_replay_key="on")
    assert keys(source) == (SECRET, None)


def test_a_new_connection_needs_a_key(admin: Client, ours: Team) -> None:
    assert add(admin, ours, read_key="") == {"read_key": ["Enter a key."]}


def test_a_stored_key_does_not_follow_to_another_address(admin: Client, ours: Team) -> None:
    source = connection(ours, FIRST_URL, SECRET, OTHER)
    again = ["Enter this key again: it was saved for another address."]
    assert edit(admin, source, base_url=SECOND_URL) == {"read_key": again, "replay_key": again}
    assert edit(admin, source, base_url=SECOND_URL, read_key="new", forget_replay_key="on") == source
    assert keys(source) == ("new", None)


@pytest.mark.parametrize("key", ["two words", "line\nend", "ключ", "nul\0"])
def test_a_key_that_cannot_stand_in_a_header_is_refused(admin: Client, ours: Team, key: str) -> None:
    assert wrong(add(admin, ours, read_key=key)) == ["read_key"]


def test_blanks_around_a_pasted_key_are_cut_off(admin: Client, ours: Team) -> None:
    made = add(admin, ours, read_key=f"  {SECRET}\n")
    assert isinstance(made, GatewayConnection)
    assert keys(made)[0] == SECRET


# --- Addresses ----------------------------------------------------------------------------------------------------


def test_the_address_is_one_of_the_operators(admin: Client, ours: Team) -> None:
    errors = add(admin, ours, base_url="http://169.254.169.254/v1")
    assert wrong(errors) == ["base_url"]
    assert GatewayConnection.objects.count() == 0


def test_the_demo_gateway_is_offered_where_it_runs(admin: Client, ours: Team, settings: Settings) -> None:
    settings.DEMO_GATEWAY = "http://127.0.0.1:11/v1"
    assert isinstance(add(admin, ours, base_url=settings.DEMO_GATEWAY), GatewayConnection)


def test_an_address_that_is_no_longer_allowed_is_marked(admin: Client, ours: Team) -> None:
    connection(ours, "http://old.example.com/v1")
    page = admin.get(reverse("team_connections", args=[ours.slug])).content.decode()
    assert page.count("no longer in GATEWAY_URLS") == 1


def test_two_connections_of_a_team_have_two_names(admin: Client, ours: Team) -> None:
    add(admin, ours)
    connection(team())
    assert add(admin, ours) == {"name": ["This team already has a connection with this name."]}


# --- Order, removal, other teams ----------------------------------------------------------------------------------


def test_connections_are_asked_in_the_order_that_the_team_chose(admin: Client, ours: Team) -> None:
    first, second, third = (connection(ours) for _ in range(3))
    for _ in range(2):
        admin.post(reverse("move_connection", args=[ours.slug, third.pk]))
    assert list(ours.connections.all()) == [third, first, second]
    admin.post(reverse("move_connection", args=[ours.slug, third.pk]))
    assert list(ours.connections.all()) == [third, first, second]


def test_removing_deletes_the_keys(admin: Client, ours: Team) -> None:
    source = connection(ours)
    admin.post(reverse("remove_connection", args=[ours.slug, source.pk]))
    assert list(ours.connections.all()) == []
    assert AuditEvent.objects.get().details == {"base_url": source.base_url}


@pytest.mark.parametrize(
    "name", ["edit_connection", "test_connection", "move_connection", "remove_connection"]
)
def test_connections_of_another_team_are_out_of_reach(admin: Client, ours: Team, name: str) -> None:
    theirs = connection(team())
    assert admin.post(reverse(name, args=[ours.slug, theirs.pk])).status_code == 404
    assert GatewayConnection.objects.count() == 1


# --- The test -----------------------------------------------------------------------------------------------------


def words_after_test(admin: Client, source: GatewayConnection) -> list[tuple[str, str]]:
    admin.post(reverse("test_connection", args=[source.team.slug, source.pk]))
    source.refresh_from_db()
    return [(fact.label, fact.word) for fact in check_facts(source)]


@pytest.mark.parametrize(("key", "sends"), [(SCOPED_KEY, "unknown"), (PLAIN_KEY, "yes")])
def test_what_cannot_be_known_yet_is_said_to_be_unknown(
    admin: Client, ours: Team, demo_gateway: DemoGateway, key: str, sends: str
) -> None:
    assert words_after_test(admin, connection(ours, demo_gateway.url, key)) == [
        ("Gateway reachable", "yes"),
        ("Key accepted", "yes"),
        ("Can look up generations", "yes"),
        ("Can read stored requests", "unknown"),
        ("Can send replays", sends),
    ]


def test_a_refused_key_is_shown_with_what_to_do(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    words = words_after_test(admin, connection(ours, demo_gateway.url, EXPIRED_KEY))
    assert words[:3] == [
        ("Gateway reachable", "yes"),
        ("Key accepted", "no"),
        ("Can look up generations", "no"),
    ]
    assert words[-1][0] == "What to do"


def test_a_refused_key_is_not_called_scopeless(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    source = connection(ours, demo_gateway.url, EXPIRED_KEY)
    words_after_test(admin, source)
    shown = admin.get(reverse("team_connections", args=[ours.slug])).content.decode()
    assert "generations:read" not in shown
    assert "expired" in shown


def test_a_test_keeps_what_lookups_have_shown(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    source = connection(ours, demo_gateway.url, SCOPED_KEY)
    source.remember_check({"read": {"reads_bodies": True}})
    assert ("Can read stored requests", "yes") in words_after_test(admin, source)
    source.remember_check({"read": {"accepted": False, "reads_bodies": None}})
    assert not source.reads_bodies


def test_a_separate_key_for_replays_is_tried_too(
    admin: Client, ours: Team, demo_gateway: DemoGateway
) -> None:
    source = connection(ours, demo_gateway.url, SCOPED_KEY, EXPIRED_KEY)
    words = words_after_test(admin, source)
    assert words[4:6] == [
        ("Replay key: key accepted", "no"),
        ("Replay key: can send replays", "no"),
    ]


def test_a_gateway_that_does_not_answer_is_shown(admin: Client, ours: Team) -> None:
    words = words_after_test(admin, connection(ours, FIRST_URL))
    assert words[0] == ("Gateway reachable", "no")
    assert words[1:4] == [
        ("Key accepted", "unknown"),
        ("Can look up generations", "unknown"),
        ("Can read stored requests", "unknown"),
    ]


def test_a_test_costs_nothing(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    words_after_test(admin, connection(ours, demo_gateway.url, SCOPED_KEY))
    assert demo_gateway.requests() == []


def test_what_a_test_saw_is_forgotten_with_the_key(admin: Client, ours: Team) -> None:
    source = connection(ours)
    source.remember_check({"read": {"reachable": True}})
    edit(admin, source, name="Other name")
    source.refresh_from_db()
    assert source.check_result == {"read": {"reachable": True}}
    edit(admin, source, read_key="new")
    source.refresh_from_db()
    assert (source.check_result, source.checked_at) == (None, None)
