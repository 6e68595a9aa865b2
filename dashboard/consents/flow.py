"""One consent: the request and the way back. Nothing is half-made: a key that cannot be kept is revoked.

The gateway ends the old key of the same person, client and workspace when it makes the new one. Exchanges of one client
therefore run one after another (a lock in the database), and replays that would begin with a key of that client wait.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from dashboard.access import Right
from dashboard.connections import clients
from dashboard.consents import identity, storing
from dashboard.consents.identity import CannotConnect, ClientIdentity
from dashboard.consents.models import Consent, ConsentRequest, hash_state
from dashboard.consents.outcomes import CONNECTED
from dashboard.fields import Secret
from dashboard.models import GatewayConnection, Membership, Team, User
from generations.gateway import oauth

LONGEST_WAIT_S = 600
GRACE_SECONDS = 0.5  # between a worker's claim of a replay and its POST lie some milliseconds


class UnmatchedCallback(Exception):
    """An answer that belongs to no request of the person."""


class ConsentFailed(Exception):
    """A request that came to nothing. `code` is a key of `outcomes.WORDS`."""

    def __init__(self, code: str, **details: object) -> None:
        self.code, self.details = code, details
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class ConsentStart:
    """What the page before the gateway shows: the link, and teams whose key would end."""

    url: str
    request: ConsentRequest
    ending: list[Consent]


# --- the press ----------------------------------------------------------------------------------------------------


def begin(team: Team, user: User, base_url: str, source: GatewayConnection | None) -> ConsentStart:
    """A request with its state, and the gateway's address to go to. Raises CannotConnect."""
    _require_patience(base_url)
    found = discover(base_url)
    client = identity.choose(team, base_url, found)
    if client.is_document:
        _require_document()
    asked = ConsentRequest.issue(
        team=team,
        user=user,
        connection=source,
        base_url=base_url,
        client_id=client.client_id,
        redirect_uri=identity.redirect_uri(),
        scopes=" ".join(client.scopes),
    )
    request, state, verifier = asked
    protocol = _protocol(base_url, client)
    url = protocol.consent_url(state, verifier, client.scopes)
    return ConsentStart(url, request, _endangered(team, user, base_url, client, source))


def discover(base_url: str) -> oauth.Discovery:
    """What the gateway announces. Raises CannotConnect."""
    try:
        return clients.discovery(base_url)
    except clients.AddressNotAllowed as reason:
        raise CannotConnect(str(reason), "Choose another gateway address.") from None
    except (oauth.OAuthUnusable, oauth.OAuthFailure) as reason:
        raise CannotConnect(
            f"This gateway offers no way to connect now: {reason}",
            "Check the gateway's address, or paste a key of it instead.",
        ) from None


def _require_patience(base_url: str) -> None:
    """Keep to the time that the gateway named when it took no more requests. Raises CannotConnect."""
    limited = ConsentRequest.objects.filter(base_url=base_url, outcome="rate_limited", used_at__isnull=False)
    last = limited.order_by("-used_at").first()
    wait = min(last.details.get("wait") or 60, LONGEST_WAIT_S) if last else 0
    if last and last.used_at and timezone.now() < (end := last.used_at + timedelta(seconds=wait)):
        raise CannotConnect(
            "The gateway takes no more OAuth requests from here for now.",
            f"It asked to wait until {end:%H:%M:%S} UTC. Connect then.",
        )


def _require_document() -> None:
    if found := identity.document_faults():
        raise CannotConnect(
            "The gateway would not accept Retake's client metadata document.",
            " ".join(found),
        )


def _protocol(base_url: str, client: ClientIdentity) -> oauth.OAuthClient:
    return clients.oauth_client(base_url, client.client_id, client.secret, identity.redirect_uri())


def _endangered(
    team: Team, user: User, base_url: str, client: ClientIdentity, source: GatewayConnection | None
) -> list[Consent]:
    """Consents of other teams whose key would end: of the same person at the gateway, as far as that is known."""
    live = Consent.objects.live().filter(base_url=base_url, client_id=client.client_id).defer("key")
    subjects = set(live.filter(connected_by=user).values_list("subject", flat=True))
    if source is not None:
        subjects |= set(live.filter(connection=source, connected_by=user).values_list("subject", flat=True))
        live = live.filter(workspace_id=source.workspace_id) if source.workspace_id else live
    return list(live.filter(subject__in=subjects).exclude(team=team).select_related("team"))


# --- the way back -------------------------------------------------------------------------------------------------


def finish(user: User, query: dict[str, str]) -> ConsentRequest:
    """Use what the browser brought back. The request's row says what came of it. Raises UnmatchedCallback."""
    state = query.get("state", "")
    row = (
        ConsentRequest.objects.select_related("team", "connection")
        .filter(state_hash=hash_state(state))
        .first()
    )
    if not state or row is None or row.user_id != user.pk:
        raise UnmatchedCallback
    verifier = row.verifier
    if not row.use() or verifier is None or not verifier.is_readable:
        raise UnmatchedCallback
    try:
        consent = _redeem(row, verifier, query)
    except ConsentFailed as ended:
        row.end(ended.code, **ended.details)
    except oauth.OAuthFailure as failure:
        row.end(failure.code, wait=failure.retry_after)
    else:
        row.connection = consent.connection
        row.save(update_fields=["connection"])
        row.end(CONNECTED)
    return row


def _redeem(row: ConsentRequest, verifier: Secret, query: dict[str, str]) -> Consent:
    """The consent that the code stands for, stored. Raises ConsentFailed, oauth.OAuthFailure."""
    if not row.is_fresh:
        raise ConsentFailed("late")
    if "error" in query:
        raise ConsentFailed("denied" if query["error"] == "access_denied" else "gateway_error")
    client = _still_there(row)
    try:
        protocol = clients.oauth_client(row.base_url, row.client_id, client.secret, row.redirect_uri)
    except clients.AddressNotAllowed:
        raise ConsentFailed("withdrawn") from None
    except oauth.OAuthUnusable:
        raise ConsentFailed("no_oauth") from None
    if query.get("iss") != protocol.found.issuer:
        raise ConsentFailed("issuer")
    if not query.get("code"):
        raise ConsentFailed("no_code")
    with exchanging(row.base_url, row.client_id):
        grant = clients.exchange(protocol, query["code"], verifier, tuple(row.scopes.split()))
        return _kept(row, protocol, grant)


def _still_there(row: ConsentRequest) -> ClientIdentity:
    """The client, where person, right and client are as when Connect was pressed. Raises ConsentFailed."""
    member = Membership.objects.filter(team=row.team, user=row.user_id, user__is_active=True).first()
    if member is None or not Right.MANAGE.held_by(member.role):
        raise ConsentFailed("no_right")
    client = identity.recalled(row.team, row.base_url, row.client_id)
    if client is None:
        raise ConsentFailed("client_gone")
    return client


def _kept(row: ConsentRequest, protocol: oauth.OAuthClient, grant: oauth.Grant) -> Consent:
    """The stored consent. Raises ConsentFailed or oauth.OAuthFailure after revoking a key that cannot be kept."""
    try:
        person = protocol.person(grant.key)
        if person.client_id and person.client_id != row.client_id:
            raise ConsentFailed("other_client")
        if "gateway:access" not in grant.scopes:
            raise ConsentFailed("no_scope")
        return storing.keep(row, grant, person)
    except storing.OtherWorkspace as other:
        _drop(protocol, grant, ConsentFailed("other_workspace", chosen=other.chosen, bound=other.bound))
    except Exception as reason:  # whatever it is, nobody here holds the key
        _drop(protocol, grant, reason)


def _drop(protocol: oauth.OAuthClient, grant: oauth.Grant, reason: Exception) -> NoReturn:
    with suppress(oauth.OAuthFailure):  # it ends by itself after seven days
        protocol.revoke(grant.key)
    raise reason from None


@contextmanager
def exchanging(base_url: str, client_id: str) -> Iterator[None]:
    """One exchange of this client at a time; replays do not begin with a key of its consents meanwhile."""
    touched = GatewayConnection.objects.filter(
        consents__base_url=base_url, consents__client_id=client_id, consents__ended_at=None
    )
    ours = GatewayConnection.objects.filter(pk__in=list(touched.values_list("pk", flat=True).distinct()))
    try:
        if ours.update(swapping_at=timezone.now()):
            time.sleep(GRACE_SECONDS)
        with transaction.atomic():
            with database.cursor() as cursor:
                name = f"{base_url} {client_id}"
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 12))", [name])
            yield
    finally:
        ours.update(swapping_at=None)
