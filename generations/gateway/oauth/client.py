"""The requests of a consent, made by Authlib over a transport that bounds every answer.

No redirects, no cookies, nothing of the environment's proxies. No request is repeated. What is raised is made after the
`except`: an exception of httpx keeps code, verifier and key in its frames.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from generations.gateway import error_mapping
from generations.gateway.client import USER_AGENT
from generations.gateway.errors import GatewayError
from generations.gateway.http import exchange
from generations.gateway.http.exchange import Timeouts
from generations.gateway.oauth import discovery, document
from generations.gateway.oauth.discovery import Discovery, OAuthUnusable, origin_of
from generations.gateway.oauth.failures import OAuthFailure, refused, unanswered
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.values import Number, Unreadable, Value, is_text, loads

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import OAuth2Client

__all__ = ["Grant", "OAuthClient", "UserInfo", "discover", "fetch_document"]

PATIENCE = Timeouts(connect=5, read=10, total=15)
DOCUMENT_PATIENCE = Timeouts(connect=5, read=10, total=10)
DISCOVERY_PATIENCE = Timeouts(connect=3, read=3, total=4)
LARGEST = 64 * 1024  # bytes of an answer
WEEK = 7 * 24 * 3600
KEY = re.compile(r"[!-~]{1,4096}")
_DROPPED = ("set-cookie", "content-encoding", "transfer-encoding", "content-length")


@dataclass(frozen=True, slots=True)
class Grant:
    """A new key, for how many seconds, and the scopes that were granted: the person may have unticked some."""

    key: str = field(repr=False)
    seconds: int
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UserInfo:
    """Whose consent, for which workspace, through which client. contract: name and email only with their scopes."""

    subject: str
    workspace_id: str
    client_id: str
    name: str = ""
    email: str = ""


class _Broken(Exception):
    def __init__(self, fault: GatewayError) -> None:
        self.fault = fault
        super().__init__()


class _Bounded(httpx.BaseTransport):
    """Answers are read whole, up to `LARGEST` bytes within `PATIENCE`; their cookies are dropped."""

    def __init__(self) -> None:
        self.last: httpx.Response | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        outcome = exchange.once(request, LARGEST, PATIENCE.total)
        if isinstance(outcome, GatewayError):
            raise _Broken(outcome)
        answer, body = outcome
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in _DROPPED]
        self.last = httpx.Response(answer.status_code, headers=headers, content=body)
        return self.last


class OAuthClient:
    """One client (its ID, its secret if it has one, its redirect URI) at one gateway."""

    def __init__(self, found: Discovery, client_id: str, secret: str | None, redirect_uri: str) -> None:
        self.found, self.client_id, self.redirect_uri = found, client_id, redirect_uri
        self._secret = secret

    def __repr__(self) -> str:
        return f"OAuthClient({self.client_id!r})"

    def consent_url(self, state: str, verifier: str, scopes: tuple[str, ...]) -> str:
        """The address at which the person consents. contract: "Authorize"; never with `resource`."""
        with self._session(_Bounded()) as session:
            url, _ = session.create_authorization_url(
                self.found.authorization_endpoint, state=state, code_verifier=verifier, scope=" ".join(scopes)
            )
        return str(url)

    def exchange(self, code: str, verifier: str, asked: tuple[str, ...]) -> Grant:
        """The key for a code. Raises OAuthFailure.

        contract: "Token". The client's ID stands in the body; there is no Authorization header.
        """
        answer = self._answered(
            lambda session: session.fetch_token(
                self.found.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
            )
        )
        return _grant(_object(answer), asked)

    def revoke(self, key: str) -> None:
        """End a key. Raises OAuthFailure. contract: 200 for every token, without authentication of the client."""
        self._answered(
            lambda session: session.revoke_token(
                self.found.revocation_endpoint,
                token=key,
                token_type_hint="access_token",  # noqa: S106
            )
        )

    def person(self, key: str) -> UserInfo:
        """Whose key it is. Raises OAuthFailure. contract: `/oauth/userinfo`."""

        def ask(session: "OAuth2Client") -> None:
            session.token = {"access_token": key, "token_type": "Bearer"}
            session.get(self.found.userinfo_endpoint)

        claims = _object(self._answered(ask))
        subject, workspace, client = (
            _text(claims.get(name), 200) for name in ("sub", "workspace_id", "client_id")
        )
        if not subject or not workspace:
            raise OAuthFailure("not_json")
        return UserInfo(
            subject, workspace, client, _text(claims.get("name"), 120), _text(claims.get("email"), 254)
        )

    # -- inside

    @contextmanager
    def _session(self, transport: httpx.BaseTransport) -> "Iterator[OAuth2Client]":
        # Here, because it takes 12 MiB: most processes make no consent.
        from authlib.integrations.httpx_client import OAuth2Client

        method = "client_secret_post" if self._secret else "none"
        session = OAuth2Client(
            client_id=self.client_id,
            client_secret=self._secret,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            transport=transport,
            timeout=httpx.Timeout(PATIENCE.read, connect=PATIENCE.connect),
            headers={"user-agent": USER_AGENT, "accept-encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
        )
        with session:
            yield session

    def _answered(self, ask: "Callable[[OAuth2Client], Any]") -> httpx.Response:
        """The answer to a request of Authlib's, if it is 2xx. Raises OAuthFailure."""
        transport = _Bounded()
        fault = _tried(self._session(transport), ask)
        answer = transport.last
        if fault is not None or answer is None:
            raise unanswered(fault) if fault else OAuthFailure("refused")
        if answer.is_success:
            return answer
        wait = error_mapping.seconds(answer.headers.get("retry-after", ""), answer.headers.get("date", ""))
        raise refused(answer.status_code, _read(answer.content), wait)


def _tried(opened: Any, ask: "Callable[[OAuth2Client], Any]") -> GatewayError | None:
    """What Authlib makes of a refusal is dropped: the answer itself says more."""
    try:
        with opened as session:
            ask(session)
    except _Broken as broken:
        return broken.fault
    except Exception:  # of Authlib, httpx or the JSON parser, about an answer that is looked at below
        return None
    return None


def discover(base_url: str) -> Discovery:
    """What the gateway at `base_url` announces. Raises OAuthUnusable, or OAuthFailure when it cannot be asked."""
    origin = origin_of(base_url)
    for path in discovery.PATHS:
        status, body = _get(origin, path, LARGEST, DISCOVERY_PATIENCE)
        if status == 200:
            return discovery.read(body, base_url)
        if status != 404:
            raise refused(status, _read(body), None)
    raise OAuthUnusable("This gateway offers no OAuth.")


def fetch_document(client_id: str) -> tuple[int, bytes]:
    """Status and body of a metadata document, as the gateway gets it: no cookies, no redirects, 10 s, 5 KiB.

    Raises OAuthFailure.
    """
    origin = origin_of(client_id)
    return _get(origin, client_id[len(origin) :], document.LARGEST, DOCUMENT_PATIENCE)


def _get(origin: str, path: str, limit: int, patience: Timeouts) -> tuple[int, bytes]:
    request = httpx.Request(
        "GET",
        origin + path,
        headers={"user-agent": USER_AGENT, "accept": "application/json", "accept-encoding": "identity"},
        extensions={"timeout": patience.reading()},
    )
    outcome = exchange.once(request, limit, patience.total)
    if isinstance(outcome, GatewayError):
        raise unanswered(outcome)
    answer, body = outcome
    return answer.status_code, body


def _read(body: bytes) -> dict[str, Value] | None:
    try:
        data = loads(body)
    except Unreadable:
        return None
    return data if isinstance(data, dict) else None


def _object(answer: httpx.Response) -> dict[str, Value]:
    data = _read(answer.content)
    if data is None:
        raise OAuthFailure("not_json")
    return data


def _grant(data: dict[str, Value], asked: tuple[str, ...]) -> Grant:
    key, kind, scope = data.get("access_token"), data.get("token_type"), data.get("scope")
    if not is_text(key) or not KEY.fullmatch(key) or str(kind).lower() != "bearer":
        raise OAuthFailure("no_key")
    scopes = tuple(dict.fromkeys(scope.split()))[:100] if is_text(scope) else asked
    return Grant(key, _seconds(data.get("expires_in")), scopes)


def _seconds(value: Value) -> int:
    """contract: 604,800. An answer that names no such time is taken for that, and a longer one is cut to it."""
    whole = isinstance(value, Number) and re.fullmatch(r"-?[0-9]{1,12}", value)
    return min(max(int(str(value)), 0), WEEK) if whole else WEEK


def _text(value: Value, longest: int) -> str:
    return visible(value)[:longest] if is_text(value) else ""
