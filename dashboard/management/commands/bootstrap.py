"""`manage.py bootstrap`: the first team, its owner and its gateway connection."""

import os
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email, validate_slug
from django.db import transaction

from dashboard.fields import Secret
from dashboard.forms import PRINTABLE
from dashboard.models import GatewayConnection, Membership, Role, Team, User, allowed_urls
from dashboard.people.team_service import audit

CONNECTION_NAME = "Gateway"


class Command(BaseCommand):
    """Idempotent: what is there already stays, except keys that differ. Prints what it did, never a secret."""

    help = (
        "Make a team with an owner and a gateway connection. Secrets are read from the environment, by name."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--team", required=True, help="the team's address, such as acme")
        parser.add_argument("--email", required=True, help="the owner's email address")
        parser.add_argument("--password-env", required=True, metavar="VAR", help="variable with the password")
        parser.add_argument("--gateway-url", help="one of GATEWAY_URLS, with --read-key-env")
        parser.add_argument(
            "--read-key-env",
            metavar="VAR",
            help="variable with a pasted key for lookups; without it the owner presses Connect after signing in",
        )
        parser.add_argument(
            "--replay-key-env", metavar="VAR", help="variable with a separate key for replays"
        )

    @transaction.atomic
    def handle(self, *_: Any, **options: Any) -> None:
        names = (options["gateway_url"], options["read_key_env"])
        if bool(names[0]) != bool(names[1]) or (options["replay_key_env"] and not all(names)):
            raise CommandError(
                "A pasted key needs both --gateway-url and --read-key-env. Without a key give neither."
            )
        keys = [_key(name) if name else None for name in (options["read_key_env"], options["replay_key_env"])]
        url = _gateway_url(options["gateway_url"]) if options["gateway_url"] else ""
        team = self._team(options["team"])
        user = self._user(_email(options["email"]), options["password_env"])
        self._owner(team, user)
        if keys[0]:
            self._connection(team, url, keys[0], keys[1])
        else:
            self.stdout.write(f"No gateway connection: {user.email} signs in and presses Connect.")

    def _team(self, slug: str) -> Team:
        try:
            validate_slug(slug)
        except ValidationError:
            raise CommandError(f"--team is {slug!r}. Use letters, digits, - and _ only.") from None
        team, made = Team.objects.get_or_create(slug=slug.lower(), defaults={"name": slug})
        self._tell(f"Team {team.slug}", made)
        return team

    def _user(self, email: str, password_env: str) -> User:
        user = User.objects.filter(email=email).first()
        made = user is None
        user = user or User.objects.create_user(email, _password(password_env, email))
        self._tell(f"Account {email}", made, "its password is unchanged")
        return user

    def _owner(self, team: Team, user: User) -> None:
        member, made = Membership.objects.get_or_create(team=team, user=user, defaults={"role": Role.OWNER})
        if not made and member.role != Role.OWNER:
            member.role, made = Role.OWNER, True
            member.save(update_fields=["role"])
        if made:
            audit(team, None, "invitation.accepted", user.email, role=Role.OWNER)
        self._tell(f"{user.email} as owner of {team.slug}", made)

    def _connection(self, team: Team, url: str, read_key: Secret, replay_key: Secret | None) -> None:
        source = team.connections.filter(base_url=url).first()
        made = source is None
        source = source or GatewayConnection(
            team=team, base_url=url, name=_free_name(team), position=team.connections.count()
        )
        stored = (source.read_key, source.replay_key) if source.pk else None
        source.read_key, source.replay_key = (
            read_key,
            replay_key or (source.replay_key if source.pk else None),
        )
        if stored != (source.read_key, source.replay_key):
            source.checked_at = source.check_result = None
            source.save()
            audit(team, None, "connection.added" if made else "connection.changed", source.name)
            self._tell(
                f"Connection {source.name} to {url}", True, verb="created" if made else "given the new keys"
            )
        else:
            self._tell(f"Connection {source.name} to {url}", False)

    def _tell(self, what: str, done: bool, more: str = "", verb: str = "created") -> None:
        state = verb if done else "was there already"
        self.stdout.write(f"{what}: {state}{f'; {more}' if more and not done else ''}.")


def _free_name(team: Team) -> str:
    taken = set(team.connections.values_list("name", flat=True))
    names = [CONNECTION_NAME, *(f"{CONNECTION_NAME} {number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _variable(name: str) -> str:
    """The variable's value, or the content of the file that NAME_FILE names. Raises CommandError when empty."""
    path = os.environ.get(f"{name}_FILE", "")
    value = os.environ.get(name) or (Path(path).read_text().strip() if path and Path(path).is_file() else "")
    if not value:
        raise CommandError(f"The environment variable {name} is missing or empty.")
    return value


def _key(name: str) -> Secret:
    value = _variable(name).strip()
    if not PRINTABLE.fullmatch(value):
        raise CommandError(
            f"The environment variable {name} holds blanks or letters that no gateway key has."
        )
    return Secret(value)


def _password(name: str, email: str) -> str:
    password = _variable(name)
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise CommandError(f"The password in {name} is refused: {' '.join(error.messages)}") from None
    return password


def _email(text: str) -> str:
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError(f"--email is {text!r}, which is not an email address.") from None
    return email


def _gateway_url(text: str) -> str:
    url = text.rstrip("/")
    if url not in allowed_urls():
        raise CommandError(f"--gateway-url is {text}. GATEWAY_URLS allows: {', '.join(allowed_urls())}.")
    return url
