"""Pages that no cache keeps, fragments whose login was lost."""

import pytest
from django.urls import reverse

from tests.support.people import browser, person, team

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/profile/", "/no/such/page", "/"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_no_cache_keeps_a_page(path: str, signed_in: bool) -> None:
    answer = browser(person() if signed_in else None).get(path)
    words = set(answer.headers["Cache-Control"].split(", "))
    assert {"no-store", "private"} <= words


def test_what_a_view_says_about_caching_stays() -> None:
    assert browser().get("/favicon.ico").headers["Cache-Control"] == "public, max-age=86400"


def test_a_fragment_that_lost_its_login_sends_the_page_to_sign_in() -> None:
    ours = team()
    url = reverse("team_members", args=[ours.slug])
    client = browser(HX_Request="true", HX_Current_URL="http://testserver/t/acme/g/G-1?tab=cost")
    answer = client.get(url)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=%2Ft%2Facme%2Fg%2FG-1%3Ftab%3Dcost"


@pytest.mark.parametrize("current", ["http://evil.example.com/x", ""])
def test_the_way_back_stays_on_this_site(current: str) -> None:
    answer = browser(HX_Request="true", HX_Current_URL=current).get(reverse("profile"))
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=%2F"


def test_other_redirects_of_a_fragment_stay() -> None:
    answer = browser(person(), HX_Request="true").get(reverse("account_change_password"))
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("account_set_password"))
