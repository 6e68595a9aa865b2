"""Consent by OAuth: what a gateway announces, who the client is, and the requests of an authorization code flow.

contract: "Connecting by OAuth" and what was measured of it. Authlib makes the requests; the lines here bound their
answers and put what went wrong into words. The names are loaded when they are first used, so that code which reads
documents alone does not load an HTTP client.
"""

from typing import TYPE_CHECKING

from generations.gateway import lazy

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

__getattr__ = lazy.loader(
    __name__,
    {
        "client": ("Grant", "OAuthClient", "UserInfo", "discover", "fetch_document"),
        "discovery": ("Discovery", "OAuthUnusable", "origin_of"),
        "failures": ("OAuthFailure",),
    },
)
