"""What trying a connection out has shown."""

from dataclasses import dataclass

from generations.gateway import errors
from generations.gateway.errors import GatewayError
from generations.gateway.rawjson.values import Value, object_of


@dataclass(frozen=True, slots=True)
class Probe:
    """What trying a connection out has shown. None means that it cannot be known from here.

    kind: "gateway key", "management key", "access token" or None, by the credential's form; key: what the
    gateway reports about the key (name, label, status, limits); fault: the first thing that went wrong.
    """

    reachable: bool
    healthy: bool | None = None
    accepted: bool | None = None
    reads_records: bool | None = None
    reads_bodies: bool | None = None
    sends: bool | None = None
    kind: str | None = None
    key: dict[str, Value] | None = None
    fault: GatewayError | None = None


def probed(key: bytes | GatewayError, record: bytes | GatewayError, kind: str | None) -> Probe:
    """What the answers to `GET /key` and to a lookup of an ID that cannot exist show."""
    known = not isinstance(record, GatewayError) or isinstance(record, errors.RecordNotFound)
    barred = isinstance(record, errors.Unauthorized | errors.Forbidden) and not isinstance(
        record, errors.AuthUnavailable
    )
    scopeless = isinstance(record, errors.InsufficientScope)
    value = object_of(key).get("data") if isinstance(key, bytes) else None
    data = value if isinstance(value, dict) else None
    accepted = _accepted(key, record, known)
    # A delegated key without keys:read is a good key.
    quiet = isinstance(key, errors.NotFound | errors.Forbidden)
    faulty = [
        fault
        for fault in (None if known else record, None if quiet else key)
        if isinstance(fault, GatewayError)
    ]
    return Probe(
        reachable=True,
        accepted=accepted,
        reads_records=True if known else False if barred else None,
        reads_bodies=False if scopeless else None,  # seen only when a record with a stored request is read
        sends=_sends(data, accepted, kind),
        kind=kind,
        key=data,
        fault=faulty[0] if faulty else None,
    )


def _accepted(key: bytes | GatewayError, record: bytes | GatewayError, known: bool) -> bool | None:
    if known or isinstance(key, bytes) or isinstance(record, errors.Forbidden):
        return True
    refused = isinstance(record, errors.Unauthorized) and not isinstance(record, errors.AuthUnavailable)
    return False if refused else None


def _sends(data: dict[str, Value] | None, accepted: bool | None, kind: str | None) -> bool | None:
    """contract: management keys and access tokens cannot send; a key may be disabled or blocked."""
    if accepted is False or kind in ("management key", "access token"):
        return False
    if data is None:
        return None
    blocked = data.get("disabled") is True or data.get("soft_blocked") is True
    return not blocked and data.get("status") in (None, "active")
