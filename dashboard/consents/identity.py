"""Who Retake is to a gateway: a client of the team's, the operator's, or the metadata document."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from dashboard.connections import clients
from dashboard.consents import scopes
from dashboard.consents.models import RegisteredClient
from dashboard.fields import Secret
from dashboard.models import Team
from generations.gateway import oauth
from generations.gateway.oauth import document

DOCUMENT_SECONDS = 300
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class CannotConnect(Exception):
    """Nobody can connect like this. `advice` says what to do."""

    def __init__(self, title: str, advice: str) -> None:
        self.title, self.advice = title, advice
        super().__init__(title)


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """The client of a consent. `secret` is None for one without a secret."""

    client_id: str
    secret: Secret | None
    scopes: tuple[str, ...]
    is_document: bool = False


def redirect_uri() -> str:
    """Where the gateway sends people back to; "" without PUBLIC_URL."""
    return settings.PUBLIC_URL + reverse("oauth_callback") if settings.PUBLIC_URL else ""


def document_url() -> str:
    """The address of the metadata document, "" where there is none.

    It wants a public https address. The demo gateway also reads it from loopback over http.
    """
    url = settings.PUBLIC_URL + reverse("oauth_client")
    is_demo = bool(settings.DEMO_GATEWAY) and urlsplit(settings.PUBLIC_URL).hostname in LOOPBACK
    return url if document.is_client_id(url) or (settings.PUBLIC_URL and is_demo) else ""


def document_body() -> bytes:
    """The metadata document, made of PUBLIC_URL alone."""
    return document.render(document_url(), redirect_uri(), settings.PUBLIC_URL + "/", document.SCOPES)


def registered(team: Team, base_url: str) -> ClientIdentity | None:
    """The team's own client for this gateway, else the operator's, which is for the first of GATEWAY_URLS."""
    own = RegisteredClient.objects.filter(team=team, base_url=base_url).first()
    if own is not None:
        return ClientIdentity(own.client_id, own.secret or None, scopes.wanted(own.scopes))
    if settings.GATEWAY_OAUTH_CLIENT_ID and settings.GATEWAY_URLS[:1] == [base_url]:
        secret = (
            Secret(settings.GATEWAY_OAUTH_CLIENT_SECRET) if settings.GATEWAY_OAUTH_CLIENT_SECRET else None
        )
        listed = scopes.wanted(settings.GATEWAY_OAUTH_SCOPES)
        return ClientIdentity(settings.GATEWAY_OAUTH_CLIENT_ID, secret, listed)
    return None


def choose(team: Team, base_url: str, found: oauth.Discovery) -> ClientIdentity:
    """The client to connect with. Raises CannotConnect."""
    if not redirect_uri():
        raise CannotConnect(
            "Retake does not know its own address.",
            "The operator sets PUBLIC_URL to the address in the browser; the gateway sends people back there.",
        )
    if client := registered(team, base_url):
        return client
    if not found.documents:
        raise CannotConnect(
            "This gateway takes only clients that are registered with it.",
            f"Make a client in the gateway's settings with the redirect URI {redirect_uri()} and enter its ID here.",
        )
    if _is_real(base_url) and not document.is_client_id(document_url()):
        raise CannotConnect(
            "This Retake has no public https address, which connecting without a registered client needs.",
            f"Make a client in the gateway's settings with the redirect URI {redirect_uri()} and enter its ID here.",
        )
    return ClientIdentity(document_url(), None, scopes.ASKED, is_document=True)


def _is_real(base_url: str) -> bool:
    return base_url != settings.DEMO_GATEWAY


def recalled(team: Team, base_url: str, client_id: str) -> ClientIdentity | None:
    """The client that a consent was begun with, None when it is not there any more."""
    client = registered(team, base_url)
    if client is not None and client.client_id == client_id:
        return client
    return (
        ClientIdentity(client_id, None, scopes.ASKED, is_document=True)
        if client_id == document_url()
        else None
    )


def document_faults() -> list[str]:
    """What the gateway would find wrong with our document, read from outside; empty when it is good.

    A good result counts for five minutes.
    """
    url = document_url()
    if cache.get("oauth-document") == url:
        return []
    try:
        status, body = oauth.fetch_document(url)
    except oauth.OAuthFailure as failure:
        return [f"{url} cannot be read from here: {_unread(failure)}"]
    if status != 200:
        return [f"{url} answers {status} instead of 200. A proxy or a sign-in page may stand in front of it."]
    found = document.faults(body, url, redirect_uri())
    if not found:
        cache.set("oauth-document", url, DOCUMENT_SECONDS)
    return found


def _unread(failure: oauth.OAuthFailure) -> str:
    words = {
        "timeout": "it does not answer within 10 seconds.",
        "too_large": f"it has more than {document.LARGEST:,} bytes.",
    }
    return words.get(failure.code, "no connection is made. Check the name, the certificate and the proxy.")


def of_consent(base_url: str, client_id: str, team: Team) -> oauth.OAuthClient:
    """The protocol's client for a consent that was given. Raises AddressNotAllowed, OAuthUnusable, OAuthFailure."""
    client = recalled(team, base_url, client_id)
    return clients.oauth_client(base_url, client_id, client.secret if client else None, redirect_uri())
