"""Somebody who presses Allow on the demo gateway's consent page, for the demo team."""

from urllib.parse import parse_qsl, urlsplit

import httpx

from generations.gateway.demo.keys import WORKSPACE
from generations.gateway.demo.server.oauth.people import SCOPES_OF_CLIENTS

CLIENT_ID = "client_retake_demo"
TIMEOUT = 5


def register(origin: str, redirect_uri: str) -> str:
    """Make a public client at the demo gateway; its ID. Raises OSError, httpx.HTTPError turned into it."""
    client = {
        "client_id": CLIENT_ID,
        "name": "Retake",
        "redirect_uris": [redirect_uri],
        "scopes": SCOPES_OF_CLIENTS,
    }
    try:
        with _browser() as http:
            http.post(f"{origin}/demo/oauth", json={"client": client}).raise_for_status()
    except httpx.HTTPError as fault:
        raise OSError(type(fault).__name__) from None
    return CLIENT_ID


def allow(url: str, person: str = "olga") -> dict[str, str]:
    """What the browser brings back from the consent page of `url`. Raises OSError."""
    try:
        with _browser() as http:
            page = http.get(url).headers["location"]
            scopes = dict(parse_qsl(urlsplit(page).query))["scope"].split()
            decision = {"choice": "allow", "person": person, "workspace": WORKSPACE, "scope": scopes}
            answer = http.post(page, data=decision)
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    except (httpx.HTTPError, KeyError) as fault:
        raise OSError(type(fault).__name__) from None


def _browser() -> httpx.Client:
    """Without certificates: the demo gateway is on loopback, and loading them takes longer than all requests."""
    return httpx.Client(timeout=TIMEOUT, trust_env=False, verify=False)  # noqa: S501
