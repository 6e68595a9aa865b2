"""What a click orders: the stored request with its changes, where it goes and with whose key."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.timesince import timeuntil

from dashboard.connections import reading as connections_of
from dashboard.consents import keys
from dashboard.models import GatewayConnection
from generations.gateway import endpoints
from generations.gateway.endpoints import Endpoint
from generations.gateway.rawjson import values
from generations.gateway.record import Record
from generations.models import Generation, StoredRecord
from generations.reading.diagnosis import altered_values
from generations.reading.edits import json_patch
from generations.reading.text import box, title
from generations.replay.order.ordered_rows import OrderedRows


class ReplayRefused(Exception):
    """The stored request cannot be replayed. Its text says why and what to do."""


class ClickAlreadyUsed(Exception):
    """The click has started something else: somebody came back to its page and changed it."""

    def __str__(self) -> str:
        return "This page has already started something else. Press the button again to start this as well."


@dataclass(frozen=True)
class Order:
    """What a click orders: the stored record it is made from, the exact body, where to and with whose key.

    `stored` is the request as the gateway kept it, `patch` the JSON Patch as text ("" for none), `body` what is sent.
    """

    generation: Generation
    record: StoredRecord
    parsed: Record
    stored: bytes
    patch: str
    body: bytes
    content: values.Value
    source: GatewayConnection
    endpoint: Endpoint

    @cached_property
    def sha256(self) -> str:
        """Of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def model(self) -> str:
        """The model that it asks for, "" for none."""
        return title(box(self.content).get("model"), 200)

    @property
    def url(self) -> str:
        """The address that the body is sent to."""
        return f"{self.source.base_url}{self.endpoint.path}"

    @property
    def key_name(self) -> str:
        """Whose key it is sent with."""
        name, used = self.source.name, keys.sending(self.source)
        if used and used.consent:
            left = timeuntil(used.consent.expires_at)
            return f"{used.consent} for {name}, {left} left"
        return f"the replay key of {name}" if self.source.replay_key else f"the key of {name}"

    @cached_property
    def before(self) -> values.Value:
        """The stored request, parsed; None where it cannot be."""
        if not self.patch:
            return self.content
        try:
            return values.loads(self.stored)
        except values.Unreadable:
            return None

    @cached_property
    def damage(self) -> list[str]:
        """The paths of the values that the gateway damaged before it kept them."""
        return altered_values.paths(self.content)


def digest(orders: Sequence[Order]) -> str:
    """A name for exactly these orders in this order, 64 characters: bodies, addresses and keys."""
    texts = (f"{order.sha256} {order.url} {order.source.pk}" for order in orders)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def stored_body(record: StoredRecord) -> bytes | None:
    """The exact bytes of `replay_request` in the stored record: every value, in order, number text untouched."""
    return Record.read(record.raw).replay_body


def source_of(generation: Generation) -> GatewayConnection | None:
    """The connection that a replay goes through: the one that knew the ID, else the team's first."""
    sources = connections_of.usable(generation.team_id)
    known = [source for source in sources if source.pk == generation.connection_id]
    return next(iter([*known, *sources]), None)


def order(generation: Generation, source: GatewayConnection | None = None, patch: str = "") -> Order:
    """A replay of the stored request with `patch`, through `source` or the connection that knew the ID.

    Raises ReplayRefused.
    """
    record = generation.records.best_first().filter(replayable=True).defer("outline").first()
    return _order(generation, record, source or source_of(generation), patch)


def clicked(rows: OrderedRows) -> Order:
    """A replay of the stored request as it is. Raises ReplayRefused."""
    return _order(rows.generation, rows.record, rows.source)


def _order(
    generation: Generation, record: StoredRecord | None, source: GatewayConnection | None, patch: str = ""
) -> Order:
    if record is None:
        raise ReplayRefused(NO_REQUEST)
    return order_from(generation, Record.read(record.raw), record, source, patch)


NO_REQUEST = "The gateway has no stored request for this generation, so there is nothing to send."


def order_from(
    generation: Generation, parsed: Record, record: StoredRecord, source: GatewayConnection | None, patch: str
) -> Order:
    """The order made from what has been read already. Raises ReplayRefused."""
    stored = parsed.replay_body
    if stored is None:
        raise ReplayRefused("The stored record holds no request body.")
    body = patched(stored, patch)
    try:
        content, endpoint = values.loads(body), endpoints.find(generation.endpoint)
    except values.Unreadable:
        raise ReplayRefused("The stored request cannot be read as JSON, so it is not sent.") from None
    why = endpoints.refusal(generation.endpoint, content)
    if why or endpoint is None:
        raise ReplayRefused(why or "Retake does not know this endpoint.")
    if source is None:
        raise ReplayRefused(
            "This team no longer has a gateway connection. An admin can add one in the team's settings."
        )
    if keys.sending(source) is None:
        raise ReplayRefused(keys.NO_KEY)
    return Order(generation, record, parsed, stored, patch, body, content, source, endpoint)


def patched(stored: bytes, patch: str) -> bytes:
    """The stored request with the patch applied; what it does not address stays byte for byte. Raises ReplayRefused."""
    try:
        return json_patch.apply(stored, json_patch.read(patch)) if patch else stored
    except json_patch.PatchRefused as refused:
        raise ReplayRefused(str(refused)) from None
