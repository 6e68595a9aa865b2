"""What every template may ask for: the team, the role in it, the switcher. Costs nothing until it is asked."""

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import cached_property

from dashboard import access
from dashboard.consents import notices
from dashboard.middleware import LAST_TEAM
from dashboard.models import Membership, Role, Team

# The first part of a path below a team -> the list that its pages belong to.
SECTIONS = {
    "": "home",
    "g": "generations",
    "generations": "generations",
    "lookup": "generations",
    "lookups": "generations",
    "log": "log",
    "r": "replays",
    "replays": "replays",
    "compare": "replays",
    "b": "batches",
    "batches": "batches",
    "lab": "batches",
    "trends": "trends",
}


UNDO_OFFERS = "undo_offers"  # in the session: what who asks has removed a moment ago, the last one last


class Site:
    """`site` in templates: one query for the memberships, made when a template first asks for them."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def memberships(self) -> list[Membership]:
        """The memberships of who asks, with their teams; empty when signed out."""
        signed_in = hasattr(self.request, "user") and self.request.user.is_authenticated
        return access.memberships(self.request) if signed_in else []

    @cached_property
    def membership(self) -> Membership | None:
        """The membership in the current team: the URL's team, else the last one used, else the first."""
        entered: Membership | None = getattr(self.request, "membership", None)
        return entered or (current_membership(self.request) if self.memberships else None)

    @cached_property
    def team(self) -> Team | None:
        return self.membership.team if self.membership else None

    @cached_property
    def role(self) -> Role | None:
        return Role(self.membership.role) if self.membership else None

    @cached_property
    def may(self) -> Mapping[str, bool]:
        """Rights in the current team by name: `site.may.replay`, `site.may.manage`, ..."""
        return access.named_rights(self.role)

    @property
    def section(self) -> str:
        """The list that this page belongs to; "" for none of them."""
        parts = self.request.path_info.split("/")
        if parts == ["", ""]:
            return "home"
        return SECTIONS.get(parts[3], "") if parts[1] == "t" and len(parts) > 3 else ""

    @property
    def shows_log(self) -> bool:
        """Whether there may be a log of a gateway to browse: its page says why there is none."""
        return bool(self.membership and self.membership.connected and self.may["look_up"])

    @cached_property
    def frame(self) -> tuple[object, ...]:
        """What the head and the foot of every page depend on."""
        user = getattr(self.request, "user", None)
        person = (user.pk, str(user), user.initials) if user is not None and user.is_authenticated else None
        teams = tuple((mine.team.slug, mine.team.name) for mine in self.memberships)
        current = self.team.slug if self.team else ""
        return person, teams, current, self.role, self.section, self.shows_log, self.is_demo

    @cached_property
    def notices(self) -> list[notices.Notice]:
        """Consents that end soon or have ended, for those who can reconnect."""
        mine = self.membership
        return notices.for_team(mine.team) if mine and mine.needs_consent and self.may["manage"] else []

    @cached_property
    def undo(self) -> dict[str, Any] | None:
        """The last thing that can be undone now: `key`, `words`, `team`, and `left`, the seconds that are left."""
        offers = self.request.session.get(UNDO_OFFERS, []) if hasattr(self.request, "session") else []
        now = time.time()
        for offered in reversed(offers):
            if not offered.get("done") and offered["until"] > now:
                return {**offered, "left": f"{offered['until'] - now:.1f}"}
        return None

    @property
    def is_demo(self) -> bool:
        return bool(settings.DEMO_GATEWAY)


def current_membership(request: HttpRequest) -> Membership | None:
    """Of who asks: in the URL's team, else in the team used last, else in the first by name; None without a team."""
    mine = access.memberships(request)
    team: Team | None = getattr(request, "team", None)
    slug = team.slug if team else request.session.get(LAST_TEAM)
    return next(
        (membership for membership in mine if membership.team.slug == slug), mine[0] if mine else None
    )


def site(request: HttpRequest) -> dict[str, Any]:
    """The context processor: `site`."""
    return {"site": Site(request)}
