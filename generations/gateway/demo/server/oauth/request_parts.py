"""What a request to an OAuth route holds: its origin, its form and its credentials."""

import base64
import json
from urllib.parse import parse_qsl

from generations.gateway.demo.server.exchange import Exchange
from generations.gateway.demo.server.oauth.asked import (
    OAuthRefused,
)


def origin_of(exchange: Exchange) -> str:
    """The API's origin, also when it is asked by the consent page's name."""
    return f"http://127.0.0.1:{_port(exchange)}"


def web_origin_of(exchange: Exchange) -> str:
    return f"http://localhost:{_port(exchange)}"


def _port(exchange: Exchange) -> str:
    return str(exchange.headers.get("host", "")).rpartition(":")[2]


def form_of(body: bytes, content_type: str) -> dict[str, str]:
    """A body in JSON or form encoding. Raises OAuthRefused."""
    if "json" not in content_type:
        return dict(parse_qsl(body.decode("utf-8", "replace")))
    try:
        data = json.loads(body)
    except ValueError:
        raise OAuthRefused(400, "invalid_request", "Request body must be JSON or form encoded") from None
    return {name: str(value) for name, value in data.items()} if isinstance(data, dict) else {}


def basic_of(header: str) -> dict[str, str]:
    """contract: not percent-decoded, cut at the first colon, wins over the body."""
    if not header.startswith("Basic "):
        return {}
    try:
        name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": name, "client_secret": secret}
