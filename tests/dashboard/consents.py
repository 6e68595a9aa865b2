"""Somebody in front of the demo gateway's consent page."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
from django.test import Client
from django.urls import reverse

from dashboard.consents.models import Consent
from dashboard.models import GatewayConnection, Team
from generations.gateway.demo import keys
from generations.gateway.demo.server.oauth.people import ALL_SCOPES
from tests.support.processes import DemoGateway

PUBLIC_URL = "http://testserver.example"
CLIENT_ID, SECRET = "client_retake_test", "secret-of-the-client"
SCOPES = (
    *("openid", "gateway:access", "models:read", "providers:read", "pricing:read", "activity:read"),
    *("analytics:read", "generations:read"),
)
WITH_FEEDBACK = (*SCOPES, "feedback:write", "feedback:read")


def set_up(demo: DemoGateway, settings: Any, *, scopes: str = "") -> None:
    """A registered client at the demo gateway, and Retake set up with it."""
    settings.PUBLIC_URL, settings.GATEWAY_URLS, settings.DEMO_GATEWAY = PUBLIC_URL, [demo.url], ""
    settings.GATEWAY_OAUTH_CLIENT_ID, settings.GATEWAY_OAUTH_CLIENT_SECRET = CLIENT_ID, SECRET
    settings.GATEWAY_OAUTH_SCOPES = scopes
    client = {"client_id": CLIENT_ID, "name": "Retake", "secret": SECRET, "scopes": list(ALL_SCOPES[:14])}
    demo.call("/demo/oauth", {"client": {**client, "redirect_uris": [f"{PUBLIC_URL}/oauth/callback"]}})


def press(admin: Client, team: Team, source: GatewayConnection | None = None, gateway: str = "") -> Any:
    """The answer to a press of Connect."""
    fields = {"connection": source.pk} if source else {"gateway": gateway}
    return admin.post(reverse("connect", args=[team.slug]), fields)


def decide(
    url: str,
    choice: str = "allow",
    person: str = "olga",
    workspace: str = keys.WORKSPACE,
    scope: tuple[str, ...] = SCOPES,
) -> dict[str, str]:
    """What the browser brings back from the consent page of this link."""
    page = httpx.get(url, trust_env=False, verify=False).headers["location"]
    fields = {"choice": choice, "person": person, "workspace": workspace, "scope": list(scope)}
    answer = httpx.post(page, data=fields, trust_env=False, verify=False)
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def come_back(admin: Client, query: dict[str, str]) -> Any:
    """The answer to the callback."""
    return admin.get(reverse("oauth_callback"), query)


def connect(
    admin: Client, team: Team, demo: DemoGateway, source: GatewayConnection | None = None, **chosen: Any
) -> Consent:
    """The consent that comes of a press."""
    url = press(admin, team, source, demo.url).context["begun"].url
    answer = come_back(admin, decide(url, **chosen))
    assert answer.url == reverse("team_connections", args=[team.slug]), answer.url
    return Consent.objects.latest("pk")


DAY = 86_400


def pass_days(demo: DemoGateway, days: float, before: float = 0) -> None:
    """The demo gateway's clock is at `days`; what is stored here is as old as that."""
    demo.call("/demo/oauth", {"ahead": days * DAY})
    step = timedelta(days=days - before)
    for consent in Consent.objects.all():
        Consent.objects.filter(pk=consent.pk).update(
            granted_at=consent.granted_at - step, expires_at=consent.expires_at - step
        )


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]
