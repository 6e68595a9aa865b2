"""Error pages: a whole page for a page, a short message for a fragment, the status kept."""

import pytest
from django.core.cache import cache
from django.db import connection as database
from django.test import Client, RequestFactory
from django.urls import reverse

from dashboard.models import Role
from dashboard.views import errors
from dashboard.web import csrf
from tests.support.people import PASSWORD, browser, person, team

pytestmark = pytest.mark.django_db
FRAGMENT = '<div class="notice bad" role="alert">\n  <p>{}</p>\n</div>\n'


@pytest.fixture(autouse=True)
def forget_tries() -> None:
    cache.clear()


def templates(answer: object) -> str | None:
    return str(answer.templates[0].name)  # type: ignore[attr-defined]


def test_403_tells_the_reason() -> None:
    ours = team()
    answer = browser(person(ours, Role.VIEWER)).get(reverse("team_connections", args=[ours.slug]))
    assert (answer.status_code, templates(answer)) == (403, "403.html")
    assert answer.context["reason"] == (
        "Your role in this team is viewer. Only admins and above may manage members, gateway connections and replay limits. "
        "Ask an admin of the team to change your role."
    )


@pytest.mark.parametrize("who", [None, "somebody"])
def test_404(who: str | None) -> None:
    answer = browser(person() if who else None).get("/no/such/page")
    assert (answer.status_code, templates(answer), answer.context["reason"]) == (
        404,
        "404.html",
        errors.HIDDEN,
    )


def test_a_form_without_its_token() -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "a@example.com"})
    assert (answer.status_code, templates(answer)) == (403, "403_csrf.html")
    assert answer.context["refusal"].title == "The browser sent no cookie"


def test_a_host_name_that_is_not_allowed() -> None:
    answer = Client(headers={"host": "evil.example.com"}).get("/")
    assert (answer.status_code, templates(answer)) == (400, "400.html")


def test_500_needs_no_database_and_shows_no_cause() -> None:
    request = RequestFactory().get("/")
    with database.execute_wrapper(refuse):
        answer = errors.server_error(request)
    assert answer.status_code == 500
    assert (errors.BROKEN in answer.content.decode(), "hunter2" in answer.content.decode()) == (True, False)


def refuse(*_: object) -> None:
    raise AssertionError("hunter2: an error page asked the database")


def test_a_crash_gives_the_500_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.views.people._members", refuse)
    ours = team()
    client = browser(person(ours))
    client.raise_request_exception = False
    answer = client.get(reverse("team_members", args=[ours.slug]))
    assert (answer.status_code, "hunter2" in answer.content.decode()) == (500, False)
    assert errors.BROKEN in answer.content.decode()


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (lambda request: errors.forbidden(request, PermissionError("No <b>.")), 403, "No &lt;b&gt;."),
        (lambda request: errors.not_found(request, KeyError("x")), 404, errors.HIDDEN),
        (errors.csrf_failure, 403, csrf.LATE),
        (errors.too_many_requests, 429, errors.MANY),
        (errors.server_error, 500, errors.BROKEN),
    ],
)
def test_a_fragment_gets_a_message_and_the_status(answer: object, status: int, reason: str) -> None:
    request = RequestFactory().get("/", headers={"HX-Request": "true"})
    got = answer(request)  # type: ignore[operator]
    assert (got.status_code, got.content.decode()) == (status, FRAGMENT.format(reason))


def test_a_boosted_request_gets_the_page() -> None:
    answer = browser(HX_Request="true", HX_Boosted="true").get("/no/such/page")
    assert (answer.status_code, templates(answer)) == (404, "404.html")


def test_too_many_failed_sign_ins_get_the_429_page() -> None:
    user, client = person(password=PASSWORD), browser()
    wrong = {"login": user.email, "password": "wrong"}
    statuses = [client.post(reverse("account_login"), wrong).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    answer = client.post(reverse("account_login"), wrong)
    assert answer.context["reason"] == errors.MANY


def test_too_many_sign_ins_from_one_address_get_the_429_page() -> None:
    client = browser()
    statuses = [client.post(reverse("account_login"), {}).status_code for _ in range(31)]
    assert (statuses.count(200), statuses[-1]) == (30, 429)
