"""The gateway's models, as suggestions: remembered for ten minutes, and never worth waiting for."""

from django.core.cache import cache

from dashboard.connections import clients
from dashboard.consents import keys
from dashboard.models import GatewayConnection
from generations.gateway import endpoints
from generations.gateway.client import Timeouts
from generations.gateway.errors import GatewayError
from generations.gateway.rawjson.display import visible
from generations.models import Generation
from generations.replay.order.orders import source_of

KEPT_S, FAILED_S = 600, 60
PATIENCE = Timeouts(connect=2, read=3, total=5)


def models(generation: Generation) -> list[str]:
    """The models that serve the generation's endpoint, through the connection a replay would take; [] without an answer."""
    source, endpoint = source_of(generation), endpoints.find(generation.endpoint)
    if source is None or endpoint is None:
        return []
    key = f"models:{source.pk}:{endpoint.name}"
    known: list[str] | None = cache.get(key)
    if known is not None:
        return known
    try:
        names = [visible(name) for name in _ask(source, endpoint.name)]
    except (GatewayError, ValueError):
        cache.set(key, [], FAILED_S)
        return []
    cache.set(key, names, KEPT_S)
    return names


def _ask(source: GatewayConnection, endpoint: str) -> list[str]:
    used = keys.reading(source)
    if not used:
        return []
    return clients.client(source.base_url, used[0].key, timeouts=PATIENCE).models(endpoint)
