"""Gateway connections of a team: saving, ordering, trying one out."""

from typing import Any

from django.db import transaction

from dashboard.access import TeamRequest
from dashboard.connections import clients
from dashboard.consents import ending, keys
from dashboard.fields import NoKey, Secret
from dashboard.forms import ConnectionForm
from dashboard.models import GatewayConnection
from dashboard.people.team_service import audit
from generations.gateway.client import Timeouts
from generations.gateway.errors import GatewayError
from generations.gateway.log import page_bytes

PATIENCE = Timeouts(connect=5, read=10, total=15)
FACTS = ("reachable", "healthy", "accepted", "reads_records", "reads_bodies", "sends", "kind")


@transaction.atomic
def save(request: TeamRequest, form: ConnectionForm) -> GatewayConnection:
    """Save what a valid form holds. A new connection is asked last."""
    is_new = form.instance.pk is None
    if is_new:
        form.instance.position = request.team.connections.count()
    changed = form.what_changed
    made = form.save()
    audit(
        request.team,
        request.user,
        "connection.added" if is_new else "connection.changed",
        made.name,
        changed=changed,
    )
    return made


@transaction.atomic
def remove(request: TeamRequest, source: GatewayConnection) -> None:
    """Delete the connection and its keys; its consents end. What was looked up through it stays."""
    ending.of_connection(source)
    audit(request.team, request.user, "connection.removed", source.name, base_url=source.base_url)
    source.delete()


@transaction.atomic
def move_up(request: TeamRequest, source: GatewayConnection) -> None:
    """Ask this connection one place earlier."""
    order = [each.pk for each in request.team.connections.select_for_update().order_by("position", "pk")]
    place = order.index(source.pk)
    if place:
        order[place - 1], order[place] = order[place], order[place - 1]
    for position, pk in enumerate(order):
        GatewayConnection.objects.filter(pk=pk).update(position=position)
    audit(request.team, request.user, "connection.moved", source.name)


def test(source: GatewayConnection) -> dict[str, Any]:
    """Ask the gateway what it knows about each key, and keep the answers. Talks to the network, so no transaction."""
    reading, replay = keys.reading(source)[:1], source.replay_key if not keys.good(source) else None
    used = {"read": reading[0].key if reading else None, "replay": replay}
    result = {name: _seen(source.base_url, key) for name, key in used.items() if key}
    # The pasted key is not asked: one of the gateway's settings never browses the log.
    if browsing := [used for used in keys.browsing(source) if used.consent or used.key != source.read_key]:
        result["log"] = _log_seen(source.base_url, browsing[0].key)
    source.remember_check(result)
    return result


def _seen(base_url: str, key: Secret) -> dict[str, Any]:
    """What the gateway shows about one key: a `Probe` in plain values. True, False, or None where it is unknown."""
    try:
        probe = clients.client(base_url, key, timeouts=PATIENCE).probe()
    except clients.AddressNotAllowed as refusal:
        return {"fault": f"{refusal} Its key was not sent.", "advice": "Choose another address."}
    except NoKey as unreadable:
        return {"fault": str(unreadable), "advice": "Enter the key again."}
    except ValueError:
        return {
            "reachable": False,
            "fault": "The address or the key cannot be used.",
            "advice": "Enter both again.",
        }
    return {name: getattr(probe, name) for name in FACTS} | _words(probe.fault)


def _log_seen(base_url: str, key: Secret) -> dict[str, Any]:
    """Whether a key browses the log."""
    try:
        page_bytes(clients.client(base_url, key, timeouts=PATIENCE), {"limit": "1"})
    except GatewayError as fault:
        return {"reads_log": False if fault.status in (401, 403) else None} | _words(fault)
    except ValueError:
        return {"reads_log": None}
    return {"reads_log": True}


def _words(fault: GatewayError | None) -> dict[str, str]:
    return {"fault": fault.title, "advice": fault.advice} if fault else {}
