"""`manage.py demo_team`: a team to try Retake out with. Works only where a demo gateway is set up."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dashboard.consents import flow, identity, scopes
from dashboard.consents.models import RegisteredClient
from dashboard.fields import Secret
from dashboard.models import SIGN_IN_LIFE, GatewayConnection, Membership, Role, SignInLink, Team, User
from generations.gateway.demo.keys import SCOPED_KEY
from generations.gateway.demo.server.oauth import visitor
from generations.gateway.oauth import origin_of

TEAM = "Acme Travel"
SLUG = "acme"
NEWCOMER, NEWCOMER_SLUG = "Newcomers", "newcomers"
CONNECTION_NAME = "Demo gateway"
PEOPLE = {
    "ada": ("Ada Lovelace", Role.OWNER),
    "grace": ("Grace Hopper", Role.MEMBER),
    "linus": ("Linus Pauling", Role.VIEWER),
}


class Command(BaseCommand):
    """Idempotent. The only output is the path that signs one of the people in: once, within 10 minutes."""

    help = "Make the demo team and print a sign-in path."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--person", choices=PEOPLE, default="ada", help="whom the path signs in")

    @transaction.atomic
    def handle(self, *_: Any, **options: Any) -> None:
        if not settings.DEMO_GATEWAY:
            raise CommandError(
                "DEMO_GATEWAY is not set, so there is no demo team. Make a team with `bootstrap`."
            )
        team, _made = Team.objects.get_or_create(slug=SLUG, defaults={"name": TEAM})
        people = {key: _person(team, key) for key in PEOPLE}
        source = _connect(team)
        _team(NEWCOMER, NEWCOMER_SLUG, people["ada"])
        _consent(team, people["ada"], source)
        SignInLink.objects.filter(user__in=people.values()).delete()
        _link, token = SignInLink.issue(SIGN_IN_LIFE, user=people[options["person"]])
        self.stdout.write(reverse("demo_sign_in", args=[token]))


def _person(team: Team, key: str) -> User:
    """A member without a password: nobody signs in as them but through a printed path."""
    name, role = PEOPLE[key]
    email = f"{key}@example.com"
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
    Membership.objects.get_or_create(team=team, user=user, defaults={"role": role})
    return user


def _team(name: str, slug: str, owner: User) -> None:
    """A team without a connection: there a newcomer presses Connect."""
    team, _made = Team.objects.get_or_create(slug=slug, defaults={"name": name})
    Membership.objects.get_or_create(team=team, user=owner, defaults={"role": Role.OWNER})


def _connect(team: Team) -> GatewayConnection:
    """The demo gateway's port may differ at each start."""
    values = {"base_url": settings.DEMO_GATEWAY, "read_key": Secret(SCOPED_KEY)}
    return GatewayConnection.objects.update_or_create(team=team, name=CONNECTION_NAME, defaults=values)[0]


def _consent(team: Team, user: User, source: GatewayConnection) -> None:
    """Connect by the demo gateway's own consent. It forgets its keys when it ends, so each start asks anew.

    Where it does not answer yet, the pasted key does.
    """
    source.consents.live().exclude(base_url=source.base_url).update(ended_at=timezone.now(), key=None)
    try:
        client_id = visitor.register(origin_of(source.base_url), identity.redirect_uri())
        RegisteredClient.objects.update_or_create(
            team=team,
            base_url=source.base_url,
            defaults={"client_id": client_id, "scopes": " ".join((*scopes.ASKED, *scopes.FEEDBACK))},
        )
        begun = flow.begin(team, user, source.base_url, source)
        flow.finish(user, visitor.allow(begun.url))
    except (OSError, identity.CannotConnect, flow.UnmatchedCallback):
        return
