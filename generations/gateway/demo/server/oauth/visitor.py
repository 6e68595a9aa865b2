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
        httpx.post(
            f"{origin}/demo/oauth", json={"client": client}, timeout=TIMEOUT, trust_env=False
        ).raise_for_status()
    except httpx.HTTPError as fault:
        raise OSError(type(fault).__name__) from None
    return CLIENT_ID


def allow(url: str, person: str = "olga") -> dict[str, str]:
    """What the browser brings back from the consent page of `url`. Raises OSError."""
    try:
        page = httpx.get(url, timeout=TIMEOUT, trust_env=False).headers["location"]
        scopes = dict(parse_qsl(urlsplit(page).query))["scope"].split()
        decision = {"choice": "allow", "person": person, "workspace": WORKSPACE, "scope": scopes}
        answer = httpx.post(page, data=decision, timeout=TIMEOUT, trust_env=False)
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    except (httpx.HTTPError, KeyError) as fault:
        raise OSError(type(fault).__name__) from None
