"""Which client a request came from."""

from typing import Any

from generations.gateway.demo.shapes import Json

_CLIENTS = {
    "openai": ("OpenAI SDK", "sdk"),
    "anthropic": ("Anthropic SDK", "sdk"),
    "phaseo": ("Phaseo SDK", "sdk"),
}
DIRECT = ("api", "Direct HTTP", "api", None, "unknown")


def client(agent: str) -> Json:
    """Who called, by the User-Agent. contract §0.2: the ids are a closed list; all others are "Direct HTTP"."""
    name, _, version = agent.partition("/")
    found = next((key for key in _CLIENTS if key in name.lower()), None)
    values: tuple[Any, ...] = DIRECT
    if found:
        values = (found, *_CLIENTS[found], version.split(" ")[0] or None, "user_agent")
    return dict(zip(("id", "name", "kind", "version", "detection"), values, strict=True))
