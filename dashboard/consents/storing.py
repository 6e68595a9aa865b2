"""Keeping the key of a consent: which connection it belongs to, which older key it replaces."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from dashboard.consents.models import REPLACED, Consent, ConsentRequest
from dashboard.fields import Secret
from dashboard.models import GatewayConnection, Team
from dashboard.people.team_service import audit
from generations.gateway.oauth import Grant, UserInfo

PHASEO = "AI Stats (Phaseo)"


class OtherWorkspace(Exception):
    """The person chose a workspace that is not the connection's."""

    def __init__(self, chosen: str, bound: str) -> None:
        self.chosen, self.bound = chosen, bound
        super().__init__(chosen, bound)


def gateway_name(base_url: str) -> str:
    """How a gateway is called: by its product's name, or by its host where that is another one."""
    host = urlsplit(base_url).hostname or base_url
    return PHASEO if host == "phaseo.app" or host.endswith(".phaseo.app") else host


@transaction.atomic
def keep(row: ConsentRequest, grant: Grant, person: UserInfo) -> Consent:
    """The stored consent. Raises OtherWorkspace, and nothing is stored then."""
    source = _connection(row, person.workspace_id)
    _end_older(row, person)
    now = timezone.now()
    made = Consent.objects.create(
        team=row.team,
        connection=source,
        connected_by_id=row.user_id,
        base_url=row.base_url,
        client_id=row.client_id,
        subject=person.subject[:100],
        workspace_id=person.workspace_id[:100],
        scopes=" ".join(grant.scopes),
        key=Secret(grant.key),
        granted_at=now,
        expires_at=now + timedelta(seconds=grant.seconds),
    )
    GatewayConnection.objects.filter(pk=source.pk).update(
        workspace_id=made.workspace_id, checked_at=None, check_result=None
    )
    audit(row.team, row.user, "consent.given", source.name, scopes=made.scopes)
    return made


def _end_older(row: ConsentRequest, person: UserInfo) -> None:
    """The gateway has ended the key that this person had through this client in this workspace."""
    place = (row.base_url, row.client_id, person.subject[:100], person.workspace_id[:100])
    for old in (
        Consent.objects.live()
        .of_place(*place)
        .select_for_update(of=["self"])
        .select_related("team", "connection")
    ):
        old.end(REPLACED)
        if old.team_id != row.team_id:
            audit(old.team, None, "consent.replaced", old.connection.name if old.connection else "")


def _connection(row: ConsentRequest, workspace_id: str) -> GatewayConnection:
    """The connection that the consent is for. Raises OtherWorkspace."""
    team = Team.objects.select_for_update().get(pk=row.team_id)
    asked = row.connection
    if asked is not None and asked.workspace_id in ("", workspace_id):
        return asked
    bound = team.connections.filter(base_url=row.base_url, workspace_id=workspace_id).first()
    if asked is None:
        return bound or _new(team, row.base_url)
    raise OtherWorkspace(workspace_id, asked.workspace_id)


def _new(team: Team, base_url: str) -> GatewayConnection:
    """A connection without a pasted key, asked last."""
    wish, taken = gateway_name(base_url), set(team.connections.values_list("name", flat=True))
    names = (wish if number == 1 else f"{wish} {number}" for number in range(1, len(taken) + 2))
    name = next(name for name in names if name not in taken)
    made = GatewayConnection(
        team=team, name=name, base_url=base_url, read_key=Secret(""), position=len(taken)
    )
    made.save()
    return made
