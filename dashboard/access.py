"""The only place that answers "may they?".

Signed out: the sign-in page (Django's LoginRequiredMiddleware), the same whether the row exists or not.
Signed in but not of the team: 404. Of the team without the right: 403 with the reason.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache, wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone

from dashboard.consents.models import DISCONNECTED, IN_FORCE, SOON
from dashboard.models import Membership, Role, Team, User
from dashboard.rows.joined_rows import RowPart

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

P = ParamSpec("P")

RANK = {Role.VIEWER: 0, Role.MEMBER: 1, Role.ADMIN: 2, Role.OWNER: 3}


class Right(Enum):
    """A right, the least role that has it, and the sentence for those who have not."""

    READ = Role.VIEWER, "read this team's pages"
    LOOK_UP = Role.MEMBER, "ask the gateway for a generation"
    PASTE = Role.MEMBER, "paste the answer that a generation lacks"
    FEEDBACK = Role.MEMBER, "send feedback to the gateway"
    REPLAY = Role.MEMBER, "replay a generation, because a replay costs money"
    MANAGE = Role.ADMIN, "manage members, gateway connections and replay limits"
    OWN = Role.OWNER, "change or remove owners"

    @property
    def least(self) -> Role:
        return self.value[0]

    def held_by(self, role: str) -> bool:
        """Whether `role` has this right."""
        return RANK[Role(role)] >= RANK[self.value[0]]

    def refusal(self, role: str) -> str:
        """The reason shown on the 403 page."""
        return (
            f"Your role in this team is {Role(role).label.lower()}. Only {Role(self.least).label.lower()}s and above may "
            f"{self.value[1]}. Ask an admin of the team to change your role."
        )


@cache
def rights_of(role: Role | None) -> frozenset[Right]:
    """The rights that `role` has; without a role none."""
    return frozenset(right for right in Right if role is not None and right.held_by(role))


@cache
def named_rights(role: Role | None) -> Mapping[str, bool]:
    """Whether `role` has each right, by the right's name in small letters: for templates."""
    return MappingProxyType({right.name.lower(): right in rights_of(role) for right in Right})


class SignedInRequest(HttpRequest):
    """A request behind sign-in: `user` is a `User`."""

    user: User
    htmx: "HtmxDetails"


class TeamRequest(SignedInRequest):
    """A request inside one team, with the role of who asks."""

    team: Team
    role: Role
    membership: Membership


def memberships(request: HttpRequest) -> list[Membership]:
    """The memberships of who asks by team name, with `team` and `connected`: read with the account, else one query."""
    if not hasattr(request, "_memberships"):
        request._memberships = _memberships(request.user)  # type: ignore[attr-defined]
    return cast(list[Membership], request._memberships)  # type: ignore[attr-defined]


def _memberships(user: User | AnonymousUser) -> list[Membership]:
    if not user.is_authenticated:
        return []
    known = user if hasattr(user, READ) else account(user.pk)
    return cast(list[Membership], getattr(known, READ, []))


READ = "memberships_read"  # where `account` leaves them


def account(pk: int) -> User | None:
    """The account with this number, its memberships read with it; None for none."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNT, {"at": timezone.now() + SOON, "person": pk})
        rows = cursor.fetchall()
    if not rows:
        return None
    user = _USER.row(iter(rows[0]))
    found = [_membership(iter(row[len(_USER.names) :])) for row in rows]
    setattr(user, READ, [mine for mine in found if mine is not None])
    return user


_USER, _MEMBERSHIP, _TEAM = RowPart(User), RowPart(Membership), RowPart(Team)
_ACCOUNT = f"""
SELECT {_USER.listed("person")}, {_MEMBERSHIP.listed("mine")}, {_TEAM.listed("team")},
       EXISTS (SELECT FROM dashboard_gatewayconnection WHERE team_id = team.id),
       EXISTS (SELECT FROM dashboard_gatewayconnection source WHERE team_id = team.id
               AND EXISTS (SELECT FROM dashboard_consent
                           WHERE connection_id = source.id AND end_reason <> '{DISCONNECTED}')
               AND NOT EXISTS (SELECT FROM dashboard_consent consent
                               WHERE connection_id = source.id AND {IN_FORCE}))
FROM dashboard_user person
LEFT JOIN dashboard_membership mine ON mine.user_id = person.id LEFT JOIN dashboard_team team ON team.id = mine.team_id
WHERE person.id = %(person)s ORDER BY team.name, team.id
"""  # noqa: S608 -- columns of our own models, and constants


def _membership(values: Iterator[Any]) -> Membership | None:
    """The part of a row of `_ACCOUNT` that follows the account; None for somebody without a team."""
    mine = _MEMBERSHIP.row_or_none(values)
    if mine is not None:
        mine.team = _TEAM.row(values)
        mine.connected, mine.needs_consent = values
    return mine


def membership(request: HttpRequest, slug: str, right: Right) -> Membership:
    """The membership in team `slug` of who asks. Raises Http404 outside it, PermissionDenied without the right."""
    for membership in memberships(request):
        if membership.team.slug == slug:
            if not right.held_by(membership.role):
                raise PermissionDenied(right.refusal(membership.role))
            return membership
    raise Http404("No such team, or you are not a member of it.")


def enter(request: HttpRequest, slug: str, right: Right) -> TeamRequest:
    """Put `team` and `role` on the request after the check of `membership`."""
    mine = membership(request, slug, right)
    entered = cast(TeamRequest, request)
    entered.team, entered.role, entered.membership = mine.team, Role(mine.role), mine
    return entered


def for_team(
    right: Right,
) -> Callable[[Callable[Concatenate[TeamRequest, P], HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A view of one team: takes the URL's `team` slug, asks for `right`, hands on a `TeamRequest`."""

    def decorate(
        view: Callable[Concatenate[TeamRequest, P], HttpResponseBase],
    ) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def inner(request: HttpRequest, team: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            return view(enter(request, team, right), *args, **kwargs)

        inner.right = right  # type: ignore[attr-defined]
        return inner

    return decorate


def for_person(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view for anybody signed in, which shows only what is theirs."""
    view.right = "person"  # type: ignore[attr-defined]
    return view


def for_everybody(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view without sign-in. The names of all of them stand in `OPEN_VIEWS`; a test holds the list."""
    view.right = "everybody"  # type: ignore[attr-defined]
    return login_not_required(view)


OPEN_VIEWS = {
    *("healthz", "readyz", "demo_sign_in", "invitation", "favicon", "account_reset_password"),
    # The callback says so to a person who is signed out: the sign-in page's address would keep the code.
    *("oauth_client", "oauth_callback", "oauth_stray"),
}


def may(request: TeamRequest, right: Right) -> bool:
    """Whether who asks has `right` in the team of this request (for showing and hiding controls)."""
    return right in rights_of(request.role)
