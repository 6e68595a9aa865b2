"""A form that was refused names its cause, and what was written in it is not lost."""

from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from dashboard.web import csrf
from tests.support.people import person, team

pytestmark = pytest.mark.django_db
ORIGIN = "Origin checking failed - https://retake.example.com does not match any trusted origins."


def refused(
    origin: str, *, secure: bool = False, host: str = "retake.example.com", **more: str
) -> csrf.CsrfRefusal:
    headers = {"origin": origin, "host": host, **more}
    return csrf.refusal(RequestFactory(headers=headers).post("/", secure=secure), ORIGIN)


@pytest.fixture(autouse=True)
def anywhere(settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL, settings.TRUST_PROXY = ["*"], "", False
    settings.CSRF_TRUSTED_ORIGINS = []


def test_a_proxy_that_ends_tls() -> None:
    found = refused("https://retake.example.com")
    assert found.what == (
        "The browser is at https://retake.example.com, but this request reached Retake as http://retake.example.com."
    )
    assert found.operator == (
        "Operator: a proxy ends TLS in front of Retake. "
        "Set TRUST_PROXY=true and PUBLIC_URL=https://retake.example.com."
    )
    assert found.facts == [
        ("the browser is at", "https://retake.example.com"),
        ("Retake is at", "http://retake.example.com"),
    ]


def test_a_proxy_that_does_not_say_so(settings: Any) -> None:
    settings.TRUST_PROXY = True
    assert (
        refused("https://retake.example.com").operator
        == "Operator: the proxy must send X-Forwarded-Proto: https."
    )
    assert "X-Forwarded-Host" in refused("https://retake.example.com", host="10.0.0.3:8000").operator


def test_another_address(settings: Any) -> None:
    settings.PUBLIC_URL = "https://retake.example.com"
    found = refused("http://10.0.0.3", host="retake.example.com", secure=True)
    assert found.advice == "Open Retake at https://retake.example.com and repeat what you did."
    assert "set PUBLIC_URL=http://10.0.0.3" in found.operator
    assert refused("null").what == "The browser did not say which page the form came from."


def test_cookies_that_did_not_come(settings: Any) -> None:
    request = RequestFactory(headers={"host": "retake.example.com"}).post("/")
    assert csrf.refusal(request, "CSRF cookie not set.").advice.startswith("Allow cookies for this site")
    request.COOKIES["retake_session"] = "x"
    assert csrf.refusal(request, "CSRF cookie not set.").advice.startswith("It had expired or was deleted.")
    settings.CSRF_COOKIE_SECURE, settings.PUBLIC_URL = True, "https://retake.example.com"
    request.META["HTTP_ORIGIN"] = "http://retake.example.com"
    assert csrf.refusal(request, "CSRF cookie not set.").advice == (
        "Cookies of this Retake are for https only: open https://retake.example.com."
    )


def test_a_form_of_another_sign_in_keeps_what_was_written() -> None:
    user = person(team())
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    client.get("/")
    asked = {"csrfmiddlewaretoken": "x" * 64, "q": "two\n<b>lines</b>", "password": "hush", "api_key": "hush"}
    answer = client.post("/lookup", asked, headers={"referer": "http://testserver/t/x"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "The form belongs to another sign-in" in page
    assert "two\n&lt;b&gt;lines&lt;/b&gt;</textarea>" in page
    assert 'href="http://testserver/t/x"' in page
    assert "hush" not in page
    assert "x" * 64 not in page


def test_another_sites_form_gets_no_way_back_and_no_button() -> None:
    headers = {"origin": "https://evil.example", "referer": "https://evil.example/x"}
    answer = Client(enforce_csrf_checks=True, headers=headers).post(reverse("account_login"), {"login": "a"})
    page = answer.content.decode()
    assert (
        "The browser is at https://evil.example, but this request reached Retake as http://testserver."
        in page
    )
    assert 'href="https://evil.example' not in page
    assert "<form" not in page
    assert "<button" not in page


@pytest.mark.parametrize(
    "reason", ["CSRF token missing.", "CSRF token from POST incorrect.", "", "something new"]
)
def test_every_reason_has_a_sentence(reason: str) -> None:
    assert csrf.refusal(RequestFactory().post("/"), reason).sentence


def test_a_body_that_cannot_be_read_again_is_no_error(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert csrf.fields_of_form(RequestFactory().post("/", {"q": "x" * 100})) == []
