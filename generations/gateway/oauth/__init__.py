"""Consent by OAuth: what a gateway announces, who the client is, and the requests of an authorization code flow.

contract: "Connecting by OAuth" and what was measured of it. Authlib makes the requests; the lines here bound their
answers and put what went wrong into words.
"""

from generations.gateway.oauth.client import Grant, OAuthClient, Person, discover, fetch_document
from generations.gateway.oauth.discovery import Discovery, Unusable, origin_of
from generations.gateway.oauth.failures import Failure

__all__ = [
    "Discovery",
    "Failure",
    "Grant",
    "OAuthClient",
    "Person",
    "Unusable",
    "discover",
    "fetch_document",
    "origin_of",
]
