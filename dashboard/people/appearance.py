"""How a person wants Retake to look and to write: kept with the person, used by every page.

Templates have no request where a tag formats a time or a number, so the middleware `apply` notes who asks; without a
person (signed out, a task, an error page) everything is as by default.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import cast
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponseBase

from dashboard.models import User
from dashboard.people.preferences import choices

BROWSER = "browser"
THEMES = (("system", "As the system"), ("light", "Light"), ("dark", "Dark"))
DENSITIES = (("comfortable", "Comfortable"), ("compact", "Compact"))
FIRST_DAYS = (("monday", "Monday"), ("sunday", "Sunday"), ("saturday", "Saturday"))
WEEKDAYS = {"monday": 0, "saturday": 5, "sunday": 6}
NUMBERS = (
    ("en", "English: 1,234.5"),
    ("de", "German, Spanish, Italian: 1.234,5"),
    ("fr", "French, Swedish, Polish: 1\N{NARROW NO-BREAK SPACE}234,5"),
    ("ch", "Swiss: 1\N{RIGHT SINGLE QUOTATION MARK}234.5"),
)
# What stands between thousands, and before the fraction.
SEPARATORS = {
    "en": (",", "."),
    "de": (".", ","),
    "fr": ("\N{NARROW NO-BREAK SPACE}", ","),
    "ch": ("\N{RIGHT SINGLE QUOTATION MARK}", "."),
}


@cache
def zones() -> tuple[tuple[str, str], ...]:
    """The browser's zone, UTC, and every place of the tz database by its name."""
    names = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    named = tuple((name, name.replace("_", " ")) for name in names)
    return ((BROWSER, "The browser's"), ("UTC", "UTC"), *named)


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices of one person; a value that is not offered (any more) counts as the default."""

    theme: str = "system"
    zone: str = BROWSER
    first_day: str = "monday"
    density: str = "comfortable"
    numbers: str = "en"

    @property
    def tzinfo(self) -> tzinfo:
        """The zone that the server writes in: UTC where the browser's is wanted, whose script knows it."""
        return UTC if self.zone == BROWSER else ZoneInfo(self.zone)

    @property
    def zone_name(self) -> str:
        return "UTC" if self.zone == BROWSER else self.zone

    def week_begins(self, today: date) -> date:
        """The first day of the week of `today`."""
        return today - timedelta(days=(today.weekday() - WEEKDAYS[self.first_day]) % 7)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.tzinfo)


CHOICES: dict[str, Callable[[], tuple[tuple[str, str], ...]]] = {
    "theme": lambda: THEMES,
    "zone": zones,
    "first_day": lambda: FIRST_DAYS,
    "density": lambda: DENSITIES,
    "numbers": lambda: NUMBERS,
}
DEFAULTS = Preferences()


@cache
def offered(name: str) -> frozenset[str]:
    """The values of one preference."""
    return frozenset(value for value, _ in CHOICES[name]())


def read(user: User) -> Preferences:
    """What is kept with a person, as preferences."""
    kept = choices(user)
    return Preferences(
        **{name: kept[name] for name in CHOICES if name in kept and is_offered(name, kept[name])}
    )


def is_offered(name: str, value: object) -> bool:
    return isinstance(value, str) and value in offered(name)


_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


def current() -> Preferences:
    """Those of who asks for the page that is being made: read once a page."""
    request = _request.get()
    if request is None:
        return DEFAULTS
    if not hasattr(request, "_preferences"):
        user = getattr(request, "user", None)
        known = user is not None and user.is_authenticated
        request._preferences = read(cast(User, user)) if known else DEFAULTS  # type: ignore[attr-defined]
    return cast(Preferences, request._preferences)  # type: ignore[attr-defined]


def apply(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware: while a page is made, `current` are the preferences of who asks for it."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        token = _request.set(request)
        try:
            return get_response(request)
        finally:
            _request.reset(token)

    return answer
