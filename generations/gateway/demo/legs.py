"""Which protocol the gateway speaks to a provider: it decides what a stream looks like and what is kept of it.

contract §0.2, checked against the recorded answers: OpenAI's chat goes over its chat endpoint, its other surfaces over
Responses; Groq is always asked over Responses, Anthropic over Messages. Others are believed to be like one of these.
"""

from typing import Literal

Leg = Literal["chat", "responses", "messages"]
_MESSAGES = frozenset({"anthropic", "amazon-bedrock"})
_RESPONSES = frozenset({"groq", "together", "fireworks"})
_BOTH = frozenset({"openai", "azure", "demo"})


def leg(endpoint: str, provider: str) -> Leg:
    """The protocol between gateway and provider."""
    if provider in _MESSAGES or (provider == "demo" and endpoint == "messages"):
        return "messages"
    other = provider in _BOTH and endpoint in ("responses", "messages")
    return "responses" if other or provider in _RESPONSES else "chat"


def native(endpoint: str, provider: str) -> bool:
    """Whether the provider's own protocol is the client's, so that frames pass nearly as they are."""
    return {"chat.completions": "chat"}.get(endpoint, endpoint) == leg(endpoint, provider)


def slug(model: str) -> str:
    """A model's name at its provider. contract §0.2: frames carry it, records carry the full name."""
    return model.rpartition("/")[2]
