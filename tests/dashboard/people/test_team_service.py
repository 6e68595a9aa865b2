"""Rules that hold when two people do something at the same moment."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection as database
from django.db import transaction

from dashboard.access import TeamRequest
from dashboard.models import Invitation, Membership, Role, Team, User
from dashboard.people import team_service
from dashboard.people.team_service import RuleError
from tests.support.people import person, team
from tests.support.processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def asks(user: User, of: Team) -> TeamRequest:
    request = TeamRequest()
    request.user, request.team, request.role = user, of, Role.OWNER
    return request


def others_wait() -> bool:
    """Whether some other connection of this database waits for a lock."""
    with database.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")  # inside a transaction the view would stand still
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0]) > 0


def in_thread(pool: ThreadPoolExecutor, *call: object) -> "Future[str]":
    """What the call raises, as text; empty when it succeeds."""

    def run() -> str:
        function, *arguments = call
        try:
            function(*arguments)  # type: ignore[operator]
        except RuleError as error:
            return str(error)
        finally:
            database.close()
        return ""

    return pool.submit(run)


def test_two_owners_cannot_demote_each_other() -> None:
    ours = team()
    ada, ben = person(ours, Role.OWNER), person(ours, Role.OWNER)
    members = {user: Membership.objects.get(user=user) for user in (ada, ben)}
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            team_service.change_role(asks(ada, ours), members[ben], Role.MEMBER)
            second = in_thread(pool, team_service.change_role, asks(ben, ours), members[ada], Role.MEMBER)
            wait_for(others_wait)
        assert second.result() == f"{ada} is the last owner of this team. Make someone else an owner first."
    assert list(ours.memberships.filter(role=Role.OWNER).values_list("user", flat=True)) == [ada.pk]


def test_two_people_cannot_use_one_invitation() -> None:
    ours = team()
    offer, _link = team_service.invite(asks_with_host(person(ours, Role.OWNER), ours), Role.MEMBER)
    first, second = person(), person()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            team_service.join(offer, first)
            late = in_thread(pool, team_service.join, Invitation.objects.get(), second)
            wait_for(others_wait)
        assert late.result() == "This invitation was just used. Ask for a new one."
    assert list(ours.memberships.filter(role=Role.MEMBER).values_list("user", flat=True)) == [first.pk]


def asks_with_host(user: User, of: Team) -> TeamRequest:
    request = asks(user, of)
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    return request
