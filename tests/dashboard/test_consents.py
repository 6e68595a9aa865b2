"""Connecting over real HTTP against the demo gateway: the way there, the way back, and every way it can fail."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from dashboard.consents import ending, flow, keys, notices
from dashboard.consents.models import Consent, ConsentRequest, RegisteredClient
from dashboard.consents.outcomes import STRAY, WORDS
from dashboard.fields import Secret
from dashboard.models import AuditEvent, GatewayConnection, Role, Team, User
from generations.gateway.client import Timeouts
from generations.gateway.demo.keys import PLAIN_KEY, WORKSPACE
from generations.gateway.demo.server.oauth.people import SECOND_WORKSPACE
from generations.gateway.oauth import client as clients
from tests.dashboard import consents
from tests.dashboard.consents import come_back, connect, decide, press
from tests.support.people import browser, connection, person, team
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def set_up(demo_gateway: DemoGateway, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    consents.set_up(demo_gateway, settings)
    monkeypatch.setattr(flow, "GRACE_SECONDS", 0)


@pytest.fixture
def ours() -> Team:
    return team()


@pytest.fixture
def ada(ours: Team) -> User:
    return person(ours, Role.ADMIN)


@pytest.fixture
def admin(ada: User) -> Client:
    return browser(ada)


def url_of(admin: Client, ours: Team, demo: DemoGateway, source: GatewayConnection | None = None) -> str:
    return str(press(admin, ours, source, demo.url).context["begun"].url)


# --- the way there and back ---------------------------------------------------------------------------------------


def test_an_empty_team_is_connected_without_a_pasted_key(
    admin: Client, ours: Team, demo_gateway: DemoGateway
) -> None:
    consent = connect(admin, ours, demo_gateway)
    source = ours.connections.get()
    assert (source.base_url, source.workspace_id) == (demo_gateway.url, WORKSPACE)
    assert not source.read_key
    used = keys.sending(source)
    assert used is not None
    assert used.consent == consent
    assert consent.key is not None
    assert used.key == consent.key
    assert set(consent.scopes.split()) == set(consents.SCOPES)
    assert timedelta(days=6, hours=23) < consent.left < timedelta(days=7)
    assert AuditEvent.objects.filter(action="consent.given").count() == 1


def test_the_press_answers_with_a_plain_link_and_no_redirect(
    admin: Client, ours: Team, demo_gateway: DemoGateway
) -> None:
    answer = press(admin, ours, None, demo_gateway.url)
    assert answer.status_code == 200
    assert f'href="{answer.context["begun"].url.replace("&", "&amp;")}"' in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store, private"


def test_the_key_is_stored_encrypted_and_shown_nowhere(
    admin: Client, ours: Team, demo_gateway: DemoGateway
) -> None:
    consent = connect(admin, ours, demo_gateway)
    assert consent.key is not None
    key = consent.key.reveal()
    with database.cursor() as cursor:
        cursor.execute("SELECT convert_from(key, 'UTF8') FROM dashboard_consent")
        assert key not in str(cursor.fetchall())
    page = admin.get(reverse("team_connections", args=[ours.slug])).content.decode()
    assert key not in page
    assert "Can send replays, read stored requests, browse the log" in page
    assert "cannot send feedback" in page


def test_neither_code_nor_verifier_nor_state_nor_key_is_kept_anywhere(
    admin: Client,
    ours: Team,
    demo_gateway: DemoGateway,
    broker: "redis.Redis",
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    verifiers: list[str] = []
    end = ConsentRequest.use

    def use(row: ConsentRequest) -> bool:
        verifiers.append(row.verifier.reveal() if row.verifier else "")
        return end(row)

    monkeypatch.setattr(ConsentRequest, "use", use)
    query = decide(url_of(admin, ours, demo_gateway))
    caplog.clear()  # the browser's own requests
    answer = come_back(admin, query)
    key = Consent.objects.get().key
    assert key is not None
    secrets = [query["code"], query["state"], verifiers[0], key.reveal()]
    assert not any(secret in answer.url for secret in secrets)
    seen = caplog.text + json.dumps(list(ConsentRequest.objects.values("outcome", "details", "state_hash")))
    seen += str([broker.dump(name) for name in broker.scan_iter()])
    page = admin.get(answer.url)
    seen += page.content.decode() + str(list(AuditEvent.objects.values_list("details", flat=True)))
    assert not any(secret in seen for secret in secrets)
    assert ConsentRequest.objects.get().verifier is None


def test_what_was_unticked_is_said_and_can_be_asked_for_again(
    admin: Client, ours: Team, demo_gateway: DemoGateway
) -> None:
    connect(admin, ours, demo_gateway, scope=("generations:read",))
    page = admin.get(reverse("team_connections", args=[ours.slug])).content.decode()
    assert "cannot browse the log" in page
    assert "browse the log" in page.split("Not granted:")[1].partition("<")[0]


def test_feedback_is_asked_for_where_the_client_has_it(
    admin: Client, ours: Team, demo_gateway: DemoGateway, settings: Any
) -> None:
    settings.GATEWAY_OAUTH_SCOPES = "generations:read activity:read feedback:write feedback:read"
    begun = press(admin, ours, None, demo_gateway.url).context["begun"]
    assert (
        begun.request.scopes
        == "openid gateway:access activity:read generations:read feedback:write feedback:read"
    )


def test_a_team_may_have_a_client_of_its_own(
    admin: Client, ours: Team, demo_gateway: DemoGateway, settings: Any
) -> None:
    settings.GATEWAY_OAUTH_CLIENT_ID = ""
    form = reverse("registered_client", args=[ours.slug])
    fields = {
        "base_url": demo_gateway.url,
        "client_id": consents.CLIENT_ID,
        "secret": consents.SECRET,
        "scopes": "",
    }
    assert admin.post(form, fields).status_code == 302
    page = admin.get(form).content.decode()
    assert consents.SECRET not in page
    assert f"{consents.PUBLIC_URL}/oauth/callback" in page
    assert connect(admin, ours, demo_gateway).is_good
    admin.post(form, fields | {"secret": ""})
    row = RegisteredClient.objects.get()
    assert row.secret == Secret(consents.SECRET)
    admin.post(form, fields | {"secret": "", "client_id": "another"})
    row.refresh_from_db()
    assert row.secret is None


# --- ways in which it fails ---------------------------------------------------------------------------------------


def failed(admin: Client, answer: Any) -> str:
    """The page that the callback leads to; nothing was stored."""
    assert answer.status_code == 302
    assert "code" not in answer.url
    assert Consent.objects.live().count() == 0
    page = admin.get(answer.url)
    return str(page.content.decode())


def shown_words(code: str) -> str:
    return escape((WORDS.get(code) or STRAY[code])[0])


def test_a_denial_says_so(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    query = decide(url_of(admin, ours, demo_gateway), choice="deny")
    assert "iss" not in query
    assert shown_words("denied") in failed(admin, come_back(admin, query))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"iss": "https://elsewhere.example/oauth"}, "issuer"),
        ({"iss": ""}, "issuer"),
        ({"code": ""}, "no_code"),
        ({"code": "x" * 5000}, "invalid_grant"),
        ({"code": "made up"}, "invalid_grant"),
        ({"state": "made up"}, "unknown"),
        ({"state": ""}, "unknown"),
        ({"error": "server_error"}, "gateway_error"),
    ],
)
def test_an_answer_that_is_not_right(
    admin: Client, ours: Team, demo_gateway: DemoGateway, change: dict[str, str], code: str
) -> None:
    query = decide(url_of(admin, ours, demo_gateway)) | change
    page = failed(admin, come_back(admin, query))
    assert shown_words(code) in page


def test_an_answer_counts_once(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    query = decide(url_of(admin, ours, demo_gateway))
    come_back(admin, query)
    assert come_back(admin, query).url == f"{reverse('oauth_stray')}?why=unknown"
    assert Consent.objects.good().count() == 1


def test_an_answer_counts_for_who_pressed(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    query = decide(url_of(admin, ours, demo_gateway))
    other = browser(person(ours, Role.OWNER))
    assert shown_words("unknown") in failed(other, come_back(other, query))
    assert come_back(admin, query).url == reverse("team_connections", args=[ours.slug])


def test_an_answer_counts_ten_minutes(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    query = decide(url_of(admin, ours, demo_gateway))
    ConsentRequest.objects.update(created_at=timezone.now() - timedelta(minutes=10, seconds=1))
    assert shown_words("late") in failed(admin, come_back(admin, query))


def test_an_answer_counts_while_the_right_is_there(
    admin: Client, ada: User, ours: Team, demo_gateway: DemoGateway
) -> None:
    query = decide(url_of(admin, ours, demo_gateway))
    ada.memberships.update(role=Role.MEMBER)
    come_back(admin, query)
    assert ConsentRequest.objects.get().outcome == "no_right"
    assert Consent.objects.count() == 0


def test_signed_out_in_between(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    query = decide(url_of(admin, ours, demo_gateway))
    page = failed(browser(), come_back(browser(), query))
    assert shown_words("signed_out") in page
    assert query["code"] not in page


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("429", "rate_limited"),
        ("500", "server_fault"),
        ("html", "not_json"),
        ("large", "too_large"),
        ("slow", "timeout"),
    ],
)
def test_a_token_endpoint_that_fails(
    admin: Client,
    ours: Team,
    demo_gateway: DemoGateway,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    code: str,
) -> None:
    monkeypatch.setattr(clients, "PATIENCE", Timeouts(connect=1, read=0.5, total=1))
    query = decide(url_of(admin, ours, demo_gateway))
    demo_gateway.call("/demo/oauth", {"faults": {"token": fault}})
    page = failed(admin, come_back(admin, query))
    assert shown_words(code) in page
    assert ("60 seconds" in page) is (fault == "429")
    assert press(admin, ours, None, demo_gateway.url).status_code == (409 if fault == "429" else 200)
    sent = [
        request
        for request in demo_gateway.call("/demo/oauth")["requests"]
        if request["path"] == "/oauth/token"
    ]
    assert len(sent) <= 1


@pytest.mark.parametrize("fault", ["429", "500", "html"])
def test_a_key_of_nobody_knows_whom_is_revoked(
    admin: Client, ours: Team, demo_gateway: DemoGateway, fault: str
) -> None:
    query = decide(url_of(admin, ours, demo_gateway))
    demo_gateway.call("/demo/oauth", {"faults": {"userinfo": fault}})
    failed(admin, come_back(admin, query))
    assert demo_gateway.call("/demo/oauth")["live_keys"] == 0


def test_the_workspace_was_lost_in_between(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    query = decide(url_of(admin, ours, demo_gateway))
    demo_gateway.call("/demo/oauth", {"left": {"olga": True}})
    assert shown_words("workspace_lost") in failed(admin, come_back(admin, query))


def test_another_workspace_is_refused_with_both_names(
    admin: Client, ours: Team, demo_gateway: DemoGateway
) -> None:
    consent = connect(admin, ours, demo_gateway)
    source = ours.connections.get()
    query = decide(url_of(admin, ours, demo_gateway, source), workspace=SECOND_WORKSPACE)
    page = admin.get(come_back(admin, query).url).content.decode()
    assert WORKSPACE in page
    assert SECOND_WORKSPACE in page
    assert list(Consent.objects.live()) == [consent]
    assert demo_gateway.call("/demo/oauth")["live_keys"] == 1


def test_an_address_that_was_withdrawn(
    admin: Client, ours: Team, demo_gateway: DemoGateway, settings: Any
) -> None:
    source = connection(ours, demo_gateway.url, PLAIN_KEY)
    query = decide(url_of(admin, ours, demo_gateway, source))
    settings.GATEWAY_URLS = ["http://127.0.0.1:9/v1"]
    come_back(admin, query)
    assert ConsentRequest.objects.get().outcome in ("withdrawn", "client_gone")
    assert press(admin, ours, source).status_code == 404


def test_closed_in_between_is_said_with_causes(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    url_of(admin, ours, demo_gateway)
    page = reverse("team_connections", args=[ours.slug])
    assert "did not come back" not in admin.get(page).content.decode()
    ConsentRequest.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    shown = admin.get(page).content.decode()
    assert "did not come back" in shown
    assert f"{consents.PUBLIC_URL}/oauth/callback" in shown


# --- no button ----------------------------------------------------------------------------------------------------


def test_a_gateway_without_oauth_has_no_button(admin: Client, ours: Team, settings: Any) -> None:
    settings.GATEWAY_URLS = ["http://127.0.0.1:9/v1"]
    page = admin.get(reverse("team_connections", args=[ours.slug]))
    assert page.context["offers"] == []
    assert press(admin, ours, None, "http://127.0.0.1:9/v1").status_code == 409


@pytest.mark.parametrize(
    ("public_url", "says"),
    [("", "does not know its own address"), ("http://retake.example", "no public https address")],
)
def test_where_nobody_can_connect_the_page_says_why(
    admin: Client, ours: Team, demo_gateway: DemoGateway, settings: Any, public_url: str, says: str
) -> None:
    settings.GATEWAY_OAUTH_CLIENT_ID, settings.PUBLIC_URL = "", public_url
    assert says in admin.get(reverse("team_connections", args=[ours.slug])).content.decode()
    answer = press(admin, ours, None, demo_gateway.url)
    assert (answer.status_code, says in answer.content.decode()) == (409, True)


def test_a_bad_document_is_found_before_the_gateway_is(
    admin: Client, ours: Team, demo_gateway: DemoGateway, settings: Any
) -> None:
    settings.GATEWAY_OAUTH_CLIENT_ID, settings.PUBLIC_URL = "", "https://127.0.0.1:9"
    answer = press(admin, ours, None, demo_gateway.url)
    assert (answer.status_code, "cannot be read" in answer.content.decode()) == (409, True)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_only_those_who_manage_connect(ours: Team, demo_gateway: DemoGateway, role: Role) -> None:
    assert press(browser(person(ours, role)), ours, None, demo_gateway.url).status_code == 403
    assert press(browser(person(team())), ours, None, demo_gateway.url).status_code == 404


def test_no_other_address_is_asked(admin: Client, ours: Team) -> None:
    assert press(admin, ours, None, "http://169.254.169.254/v1").status_code == 404
    assert press(admin, team(), None, "").status_code == 404
    theirs = connection(team())
    assert press(admin, ours, theirs).status_code == 404


# --- the document -------------------------------------------------------------------------------------------------


def test_the_document_is_made_of_the_public_address_alone(settings: Any) -> None:
    settings.PUBLIC_URL = "https://retake.example"
    answer = browser().get(reverse("oauth_client"), headers={"host": "localhost"})
    document = json.loads(answer.content)
    assert document["client_id"] == "https://retake.example/oauth/client.json"
    assert document["redirect_uris"] == ["https://retake.example/oauth/callback"]
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.headers["Content-Type"] == "application/json"
    assert not answer.cookies


@pytest.mark.parametrize("public_url", ["", "http://retake.example", "http://127.0.0.1:8000"])
def test_there_is_no_document_without_https(settings: Any, public_url: str) -> None:
    settings.PUBLIC_URL = public_url
    assert browser().get(reverse("oauth_client")).status_code == 404


# --- whose, how long ----------------------------------------------------------------------------------------------


def test_two_people_connect_and_the_newest_is_used(
    admin: Client, ours: Team, demo_gateway: DemoGateway
) -> None:
    first = connect(admin, ours, demo_gateway)
    source = ours.connections.get()
    second = connect(browser(person(ours, Role.OWNER)), ours, demo_gateway, source, person="mia")
    assert [used.consent for used in keys.reading(source)] == [second, first]
    keys.refuse(second.pk, "key_not_found_or_revoked")
    assert [used.consent for used in keys.reading(source)] == [first]


def test_a_reconnect_swaps_the_key(admin: Client, ours: Team, demo_gateway: DemoGateway) -> None:
    first = connect(admin, ours, demo_gateway)
    source = ours.connections.get()
    second = connect(admin, ours, demo_gateway, source)
    first.refresh_from_db()
    assert (first.end_reason, first.key) == ("replaced", None)
    assert [used.consent for used in keys.reading(source)] == [second]
    source.refresh_from_db()
    assert source.swapping_at is None


def test_a_second_team_of_the_same_person_ends_the_firsts_key_and_both_are_notified(
    admin: Client, ada: User, ours: Team, demo_gateway: DemoGateway
) -> None:
    first = connect(admin, ours, demo_gateway)
    theirs = team()
    person_there = person(theirs, Role.OWNER)
    there = browser(person_there)
    theirs.memberships.create(user=ada, role=Role.ADMIN)
    begun = press(admin, theirs, None, demo_gateway.url)
    assert [consent.pk for consent in begun.context["begun"].ending] == [first.pk]
    assert str(ours) in begun.content.decode()
    query = decide(begun.context["begun"].url)
    come_back(admin, query)
    first.refresh_from_db()
    assert (first.end_reason, theirs.consents.good().count()) == ("replaced", 1)
    (notice,) = notices.for_team(ours)
    assert "for another team" in notice.text
    assert notices.for_team(theirs) == []
    assert there.get("/").status_code == 200


def test_disconnecting_revokes_at_the_gateway_and_deletes_here(
    admin: Client, ours: Team, demo_gateway: DemoGateway, django_capture_on_commit_callbacks: Any
) -> None:
    consent = connect(admin, ours, demo_gateway)
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin.post(reverse("disconnect", args=[ours.slug, consent.pk]), follow=True)
    assert "is disconnected" in answer.content.decode()
    consent.refresh_from_db()
    assert (consent.key, consent.end_reason, consent.revoke_due) == (None, "disconnected", False)
    assert demo_gateway.call("/demo/oauth")["live_keys"] == 0
    assert notices.for_team(ours) == []


def test_a_gateway_that_is_unavailable_is_asked_again_to_revoke(
    admin: Client, ours: Team, demo_gateway: DemoGateway, django_capture_on_commit_callbacks: Any
) -> None:
    consent = connect(admin, ours, demo_gateway)
    demo_gateway.call("/demo/oauth", {"faults": {"revoke": "500"}})
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(reverse("remove_connection", args=[ours.slug, ours.connections.get().pk]))
    consent.refresh_from_db()
    assert (consent.connection, consent.revoke_due, consent.key is not None) == (None, True, True)
    demo_gateway.call("/demo/oauth", {"faults": {"revoke": ""}})
    ending.tidy()
    consent.refresh_from_db()
    assert (consent.key, demo_gateway.call("/demo/oauth")["live_keys"]) == (None, 0)


def test_who_leaves_takes_the_consent_along(
    admin: Client, ours: Team, demo_gateway: DemoGateway, django_capture_on_commit_callbacks: Any
) -> None:
    person(ours, Role.OWNER)
    connect(admin, ours, demo_gateway)
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin.post(reverse("leave_team", args=[ours.slug]))
    assert answer.status_code == 302
    assert Consent.objects.live().count() == 0
    assert demo_gateway.call("/demo/oauth")["live_keys"] == 0


def test_the_address_of_a_consent_stays(
    admin: Client, ours: Team, demo_gateway: DemoGateway, settings: Any
) -> None:
    connect(admin, ours, demo_gateway)
    source = ours.connections.get()
    settings.GATEWAY_URLS = [demo_gateway.url, "http://127.0.0.1:9/v1"]
    fields = {"name": source.name, "base_url": "http://127.0.0.1:9/v1", "read_key": "x"}
    answer = admin.post(reverse("edit_connection", args=[ours.slug, source.pk]), fields)
    assert list(answer.context["form"].errors) == ["base_url"]


# --- a week -------------------------------------------------------------------------------------------------------


def test_a_week(
    admin: Client, ada: User, ours: Team, demo_gateway: DemoGateway, settings: Any, mailoutbox: list[Any]
) -> None:
    settings.MAIL_WORKS = True
    home = reverse("team_home", args=[ours.slug])
    connect(admin, ours, demo_gateway)
    member = browser(person(ours, Role.MEMBER))

    def mails_after(days: float, before: float) -> int:
        consents.pass_days(demo_gateway, days, before)
        notices.send_due()
        notices.send_due()
        ending.tidy()
        return len(mailoutbox)

    assert mails_after(4.9, 0) == 0
    assert "Reconnect" not in admin.get(home).content.decode()
    assert mails_after(5.1, 4.9) == 1
    assert mailoutbox[0].to == [ada.email]
    page = admin.get(home).content.decode()
    assert "ends soon" in page
    assert "1\xa0day, 21\xa0hours left" in page
    assert "ends soon" not in member.get(home).content.decode()
    assert mails_after(6.1, 5.1) == 2
    source = ours.connections.get()
    assert keys.sending(source) is not None
    assert mails_after(7.01, 6.1) == 2
    assert keys.sending(source) is None
    assert "has ended: a consent lasts seven days" in admin.get(home).content.decode()
    assert Consent.objects.get().key is None
    connect(admin, ours, demo_gateway, source)
    assert keys.sending(source) is not None
    assert "Reconnect" not in admin.get(home).content.decode()
