"""Consent by OAuth: what a gateway announces, who the client is, and the requests of an authorization code flow.

contract: "Connecting by OAuth" and what was measured of it. Authlib makes the requests; the lines here bound their
answers and put what went wrong into words. The names are loaded when they are first used, so that code which reads
documents alone does not load an HTTP client.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generations.gateway.oauth.client import Grant, OAuthClient, UserInfo, discover, fetch_document
    from generations.gateway.oauth.discovery import Discovery, OAuthUnusable, origin_of
    from generations.gateway.oauth.failures import OAuthFailure

__all__ = [
    "Discovery",
    "Grant",
    "OAuthClient",
    "OAuthFailure",
    "OAuthUnusable",
    "UserInfo",
    "discover",
    "fetch_document",
    "origin_of",
]

_MODULES = {
    "Discovery": "discovery",
    "Grant": "client",
    "OAuthClient": "client",
    "OAuthFailure": "failures",
    "OAuthUnusable": "discovery",
    "UserInfo": "client",
    "discover": "client",
    "fetch_document": "client",
    "origin_of": "discovery",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
