"""What "copy value" copies: the very bytes that stand in the record."""

import pytest

from dashboard.models import Role, Team, User
from generations.models import Generation
from tests.support import people
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
NUMBERS = b'{"b~/": [ 1e2 , 0.10, -0, 123456789012345678901234567890 ]}'
TEXT = b'"\\u00e9\\ud800 \xc3\xa9\\n"'
RAW = b'{"request_id": "G-1", "a": ' + NUMBERS + b', "a b": ' + TEXT + b"}"


@pytest.fixture
def ada(team: Team) -> User:
    return people.person(team, Role.VIEWER)


@pytest.fixture
def row(team: Team) -> Generation:
    return keep(team, RAW, "G-1")


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("", RAW),
        ("/a", NUMBERS),
        ("/a/b~0~1/0", b"1e2"),
        ("/a/b~0~1/1", b"0.10"),
        ("/a/b~0~1/2", b"-0"),
        ("/a b", TEXT),
    ],
)
def test_the_bytes_are_those_of_the_record(ada: User, row: Generation, at: str, value: bytes) -> None:
    answer = people.browser(ada).get(f"{row.get_absolute_url()}/parts/value", {"at": at})
    assert answer.content == value
    assert (answer["Content-Type"], answer["X-Content-Type-Options"], answer["Content-Security-Policy"]) == (
        "application/json",
        "nosniff",
        "default-src 'none'; sandbox",
    )


def test_what_is_not_there_and_who_is_not_of_the_team(team: Team, ada: User, row: Generation) -> None:
    url = f"{row.get_absolute_url()}/parts/value"
    assert people.browser(ada).get(url, {"at": "/b"}).status_code == 404
    assert people.browser(ada).post(url, {"at": "/a"}).status_code == 405
    assert people.browser(people.person(people.team())).get(url, {"at": "/a"}).status_code == 404
    assert people.browser().get(url, {"at": "/a"}).status_code == 302
