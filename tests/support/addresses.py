"""Every URL of the site, but those of the admin."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dashboard.models import Team
from dashboard.web.event_streams import EventStream

SAMPLES = {"IntConverter": 1, "StringConverter": "x", "SlugConverter": "x", "UUIDConverter": UUID(int=0)}
# Live streams ask for a right inside themselves, again and again. Each has a test of its own with its view.
STREAMS = {"replay_events"}


class Address(NamedTuple):
    """A named URL: its view, and the converters of everything that stands in its path."""

    name: str
    view: Any
    converters: dict[str, Any]

    @property
    def right(self) -> Any:
        return "stream" if isinstance(self.view, EventStream) else getattr(self.view, "right", None)

    def url(self, of: Team | None = None) -> str:
        """The URL, with samples for what it takes besides the team."""
        values = {key: SAMPLES[type(converter).__name__] for key, converter in self.converters.items()}
        return reverse(self.name, kwargs=values | ({"team": of.slug} if of else {}))


def addresses(resolver: URLResolver, outer: dict[str, Any]) -> Iterator[Address]:
    """Every URL but those of the admin, which has a test of its own."""
    for pattern in resolver.url_patterns:
        converters = outer | pattern.pattern.converters
        if isinstance(pattern, URLPattern):
            yield Address(str(pattern.name), pattern.callback, converters)
        elif pattern.namespace != "admin":
            yield from addresses(pattern, converters)


ALL = list(addresses(get_resolver(), {}))
