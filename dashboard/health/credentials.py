"""Checks of gateways, and of what each credential can do and until when."""

from datetime import timedelta
from functools import partial

from dashboard.connections import clients
from dashboard.consents import keys, scopes
from dashboard.consents.models import Consent
from dashboard.health.findings import BAD, OK, WARN, Asked, Finding, verdict
from dashboard.models import GatewayConnection, Team, allowed_urls
from generations.gateway.client import Timeouts

PATIENCE = Timeouts(connect=3, read=3, total=3)
SOON = timedelta(days=2)
NO_ADDRESS = "This is no address of a gateway. It must look like https://host/v1. Check GATEWAY_URLS."
WHERE = "in the team's settings, under Gateway connections"
# What the last test of a pasted key has shown -> in words.
SEEN = {
    "reads_records": "look up generations",
    "reads_bodies": "read stored requests",
    "sends": "send replays",
}


def gateways(team: Team | None) -> list[tuple[str, Asked]]:
    """A question to each gateway: of the team's connections, or all that are allowed."""
    urls = allowed_urls()
    if team is not None:
        used = set(team.connections.values_list("base_url", flat=True))
        urls = [url for url in urls if url in used]
    return [(f"Gateway {url}", partial(gateway, url)) for url in urls]


def gateway(url: str) -> Finding:
    """The gateway answers at this address. No key is sent."""
    name = f"Gateway {url}"
    try:
        probe = clients.client(url, clients.NO_KEY, timeouts=PATIENCE).probe()
    except ValueError:
        return Finding(name, BAD, NO_ADDRESS)
    if probe.reachable:
        return Finding(name, OK, "Responds.")
    return Finding(
        name, BAD, f"{probe.fault.title} {probe.fault.advice}" if probe.fault else "It does not answer."
    )


def credentials(team: Team | None) -> list[Finding]:
    """What the credentials of each connection can do, and until when."""
    sources = (
        GatewayConnection.objects.with_consents()
        .select_related("team")
        .order_by("team__slug", "position", "pk")
    )
    found = list(sources if team is None else sources.filter(team=team))
    if not found:
        said = f"There is no gateway connection: nothing can be looked up. An admin adds one {WHERE}."
        return [Finding("Credentials", WARN, said)] if team else []
    return [_of_connection(source, team) for source in found]


def _of_connection(source: GatewayConnection, team: Team | None) -> Finding:
    name = f"Credentials {source.name if team else f'{source.team.slug}/{source.name}'}"
    if source.base_url not in allowed_urls():
        said = (
            f"The operator no longer allows {source.base_url} (GATEWAY_URLS): nothing is sent there. "
            "Allow it, or remove the connection."
        )
        return Finding(name, BAD, said)
    if source.unreadable_keys:
        said = (
            f"FIELD_ENCRYPTION_KEYS no longer opens {', '.join(source.unreadable_keys)}. Put back the key with which "
            f"they were saved, or enter them again {WHERE}."
        )
        return Finding(name, BAD, said)
    good = keys.good(source)
    return _consent(name, good[0]) if good else _pasted(name, source)


def _consent(name: str, consent: Consent) -> Finding:
    may = scopes.in_words(consent.granted)
    left = consent.left
    until = f"until {consent.expires_at:%Y-%m-%d %H:%M} UTC"
    if left < SOON:
        hours = max(0, round(left.total_seconds() / 3600))
        return Finding(
            name, WARN, f"The consent ends in {hours} h, {until}. An admin presses Reconnect {WHERE}. {may}"
        )
    return Finding(name, OK, f"By consent {until}. {may}")


def _pasted(name: str, source: GatewayConnection) -> Finding:
    ended = source.consents.live().newest_first().first()
    if ended is not None:
        why = (
            "The gateway turned its key down"
            if ended.refused
            else f"It ended {ended.expires_at:%Y-%m-%d %H:%M} UTC"
        )
        rest = (
            " Until then the pasted key is used, which finds records without their stored requests."
            if source.read_key
            else ""
        )
        return Finding(
            name, BAD, f"The consent is of no use any more. {why}. An admin presses Reconnect {WHERE}.{rest}"
        )
    if not source.read_key:
        return Finding(name, BAD, keys.NO_KEY)
    return _tested(name, source)


def _tested(name: str, source: GatewayConnection) -> Finding:
    """What the last test has shown of a pasted key; it has no end that we know of."""
    seen = (source.check_result or {}).get("read", {})
    if source.checked_at is None:
        return Finding(
            name, WARN, f"A pasted key, never tested: what it can do is unknown. Press Test {WHERE}."
        )
    if seen.get("fault"):
        return Finding(
            name,
            BAD,
            f"Tested {source.checked_at:%Y-%m-%d %H:%M} UTC: {seen['fault']} {seen.get('advice', '')}".strip(),
        )
    may = [
        f"{'can' if seen[key] else 'cannot'} {words}"
        for key, words in SEEN.items()
        if seen.get(key) is not None
    ]
    said = "; ".join(may) or "the gateway did not say what it can do"
    return verdict(
        name,
        None,
        f"A pasted key without a known end. Tested {source.checked_at:%Y-%m-%d %H:%M} UTC: {said}.",
    )
