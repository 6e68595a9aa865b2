"""Ask the gateway for its log, next to the page: one request in flight per team and question, kept for seconds.

What comes back is a page of the log, a `LogRefusal`, or None while the gateway has not answered. The right to ask is the
caller's to check.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from dataclasses import asdict, dataclass
from functools import partial
from typing import TypeAlias
from urllib.parse import urlencode

import redis
from django.db import close_old_connections

from dashboard.connections import clients
from dashboard.connections import reading as connections_of
from dashboard.consents import keys
from dashboard.consents.keys import ConnectionKey
from dashboard.models import GatewayConnection, Team
from generations.gateway import errors, log
from generations.gateway.client import Client, Timeouts
from generations.gateway.errors import GatewayError
from generations.gateway.log import LogPage
from generations.log import kept

PAGE_PATIENCE = 2.0
PATIENCE = Timeouts(connect=3, read=10, total=15)
SHOWN_SECONDS, LATE_SECONDS = 3, 30
LARGEST = 8 * 2**20
POLL = 0.03
_askers = ThreadPoolExecutor(8, thread_name_prefix="log")

PLAIN = "management_key_required"
NO_KEY = (PLAIN, "no_key")  # codes of refusals: there is nothing to browse with
NO_RIGHT = "No consent of this connection may browse the log."
ROLE = "The person who consented has no role at the gateway that may browse the log."


@dataclass(frozen=True, slots=True)
class LogRefusal:
    """Why there is no page: what happened and what to do. `asks_again`: a new consent mends it."""

    title: str
    advice: str
    asks_again: bool = False
    code: str = ""
    message: str = ""


Answer: TypeAlias = LogPage | LogRefusal | None

UNREADABLE = LogRefusal(
    "The gateway's answer is no page of its log.", "Try again in a moment.", code="not_gateway"
)


def sources(team: Team) -> list[GatewayConnection]:
    """The connections of the team that may be asked for the log, in their order."""
    return [source for source in connections_of.usable(team.pk) if keys.browsing(source)]


def page(source: GatewayConnection, query: Mapping[str, str], patience: float = PAGE_PATIENCE) -> Answer:
    """One page of the log; None when the gateway takes longer than `patience` seconds: ask again then."""
    return _read(_once(source, "page", query, partial(_page_bytes, query=dict(query)), patience))


def row(source: GatewayConnection, request_id: str, patience: float = PAGE_PATIENCE) -> Answer:
    """A page of the one row of this request, whatever its age."""
    answer = _once(source, "row", {"id": request_id}, partial(_row_bytes, request_id=request_id), patience)
    return _read(answer)


def _page_bytes(source: GatewayConnection, used: ConnectionKey, query: dict[str, str]) -> bytes:
    return log.page_bytes(_client(source, used), query)


def _row_bytes(source: GatewayConnection, used: ConnectionKey, request_id: str) -> bytes:
    """The row as a page. A request that the log does not know is an empty page."""
    try:
        return log.as_page(log.row_bytes(_client(source, used), request_id))
    except errors.RecordNotFound:
        return log.as_page(None)


def _client(source: GatewayConnection, used: ConnectionKey) -> Client:
    return clients.client(source.base_url, used.key, timeouts=PATIENCE, max_record_bytes=LARGEST)


def _read(answer: bytes | None) -> Answer:
    """What an answer that was kept holds: `P` and a page as received, `R` and a refusal."""
    if answer is None:
        return None
    if answer[:1] == b"R":
        return LogRefusal(**json.loads(answer[1:]))
    return log.read_page(answer[1:]) or UNREADABLE


# --- one request in flight ----------------------------------------------------------------------------------------

Ask: TypeAlias = Callable[[GatewayConnection, ConnectionKey], bytes]


def _once(
    source: GatewayConnection, kind: str, query: Mapping[str, str], ask: Ask, patience: float
) -> bytes | None:
    """The answer: one that is kept, one that somebody else is asking for, or our own."""
    name = _name(source, kind, query)
    deadline = time.monotonic() + patience
    try:
        while (known := kept.read(name)) is None and not kept.claim(name):
            if time.monotonic() >= deadline:
                return None
            time.sleep(POLL)
    except redis.RedisError:
        return _answered(source, ask)
    if known is not None:
        return known
    future = _askers.submit(_asked, source, ask, name)
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except StillWaiting:
        return None


def _name(source: GatewayConnection, kind: str, query: Mapping[str, str]) -> str:
    """The question's name; another consent is another question, because it may see more."""
    best = keys.browsing(source)[:1]
    whose = best[0].consent.pk if best and best[0].consent else "pasted"
    text = f"{source.team_id} {source.pk} {whose} {kind} {urlencode(sorted(query.items()))}"
    return f"retake:log:{hashlib.sha256(text.encode()).hexdigest()}"


def _asked(source: GatewayConnection, ask: Ask, name: str) -> bytes:
    began = time.monotonic()
    answer = b"R" + _packed(UNREADABLE)
    try:
        answer = _answered(source, ask)
    finally:
        late = time.monotonic() - began > PAGE_PATIENCE
        kept.keep(name, answer, LATE_SECONDS if late else SHOWN_SECONDS)
    return answer


def _answered(source: GatewayConnection, ask: Ask) -> bytes:
    """Ask with the best key; with the next one where the gateway turns the key of a consent down."""
    fault: GatewayError | None = None
    for used in keys.browsing(source):
        try:
            return b"P" + ask(source, used)
        except GatewayError as error:
            fault = fault or error  # of the best key
            last = error
        except ValueError as error:
            return b"R" + _packed(
                LogRefusal(str(error), "Ask an admin of the team to look at the connection.")
            )
        if not _is_of_key(last):
            break
        _refuse(source, used, last.reason)
    return b"R" + _packed(refusal(fault))


def _is_of_key(fault: GatewayError) -> bool:
    """Whether another key may get further."""
    return fault.status in (401, 403)


def _refuse(source: GatewayConnection, used: ConnectionKey, reason: str) -> None:
    """Remember that this key is of no use here."""
    try:
        if used.consent:
            keys.refuse(used.consent.pk, reason)
        elif reason == PLAIN:
            keys.browses_not(source, used)
    finally:
        close_old_connections()


def _packed(reason: LogRefusal) -> bytes:
    return json.dumps(asdict(reason)).encode()


def refusal(fault: GatewayError | None) -> LogRefusal:
    """The words for what the log answered."""
    if fault is None:
        return LogRefusal(NO_RIGHT, "Reconnect and allow it, or add a management key.", True, "no_key")
    if fault.reason == PLAIN:
        return LogRefusal(
            NO_RIGHT, "A key of the gateway's settings cannot: connect, or add a management key.", True, PLAIN
        )
    if fault.code == "insufficient_scope":
        return LogRefusal(NO_RIGHT, "Reconnect and leave “Read activity” ticked.", True, fault.code)
    if fault.status == 403:
        advice = "It must be owner, admin or member of the workspace there. Somebody else can connect."
        return LogRefusal(ROLE, advice, True, "role")
    if fault.status == 401 and fault.reason in keys.ENDINGS:
        return LogRefusal(fault.title, "Reconnect to go on.", True, fault.reason)
    message = _said(fault)
    if fault.code == "bad_request":
        return LogRefusal(
            "The gateway does not take these filters.", "Change them.", False, fault.code, message
        )
    if fault.code.startswith("failed_to_load_log"):
        return LogRefusal(
            "The gateway could not read its log.",
            "Try again in a moment. If it stays so, begin at the newest rows or ask for a shorter time.",
            False,
            fault.code,
        )
    return LogRefusal(fault.title, fault.advice, False, fault.code, message)


def _said(fault: GatewayError) -> str:
    return str(fault.payload.get("message") or fault.message)[:300]
