"""What a person prefers is kept, and every page is made with it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse

from dashboard.models import GatewayConnection, Team, User
from dashboard.people import appearance
from dashboard.people.appearance import Preferences, read
from dashboard.people.preferences import choose
from tests.support import people, rows

pytestmark = pytest.mark.django_db
CHOSEN = {
    "theme": "dark",
    "density": "compact",
    "zone": "Asia/Kolkata",
    "first_day": "sunday",
    "numbers": "de",
}


def save(user: User, **changes: str) -> Any:
    return people.browser(user).post(reverse("preferences"), {**CHOSEN, **changes}, follow=True)


def test_choices_are_kept_and_shown_on_every_page(ada: User, team: Team, source: GatewayConnection) -> None:
    old = "2025-12-31T20:00:00Z"
    row = rows.generation(team, ada, source, cost_nanos=53_300, created_at=old)
    choose(ada, columns={"generations": ["model"]})
    page = people.html(save(ada))
    assert "Your preferences are saved." in page
    assert '<html lang="en" data-theme="dark" data-density="compact" data-zone="Asia/Kolkata"' in page
    assert '<meta name="color-scheme" content="dark">' in page
    assert '<option value="Asia/Kolkata" selected>Asia/Kolkata</option>' in page
    ada.refresh_from_db()
    assert ada.preferences == {**CHOSEN, "columns": {"generations": ["model"]}}
    page = people.html(people.browser(ada).get(row.get_absolute_url()))
    assert all(text in page for text in ("0,0000533", "1 Jan 2026", "2026-01-01 01:30:00 Asia/Kolkata"))
    other = people.html(people.browser(people.person(team)).get(row.get_absolute_url()))
    assert all(text in other for text in ('data-theme="system"', "0.0000533", "31 Dec 2025"))


def test_what_is_not_offered_is_refused_and_never_read(ada: User) -> None:
    refused = people.html(save(ada, zone="../etc/passwd", theme="pink"))
    assert refused.count("is not one of the available choices") == 2
    ada.refresh_from_db()
    assert ada.preferences is None
    assert read(User(preferences={"zone": "Mars/Base", "theme": ["dark"], "columns": 3})) == Preferences()


def test_a_week_begins_as_preferred() -> None:
    saturday = date(2026, 11, 28)
    begins = {day: Preferences(first_day=day).week_begins(saturday).day for day, _ in appearance.FIRST_DAYS}
    assert begins == {"monday": 23, "sunday": 22, "saturday": 28}


def test_a_moment_is_written_in_the_zone(rf: Any, ada: User) -> None:
    moment = datetime(2026, 11, 28, 23, 5, tzinfo=UTC)
    ada.preferences = {"zone": "Europe/Berlin"}
    request = rf.get("/")
    request.user = ada
    shown = appearance.apply(lambda _: appearance.current().local(moment))(request)  # type: ignore[arg-type, return-value]
    assert str(shown) == "2026-11-29 00:05:00+01:00"
    assert appearance.current() == Preferences()
