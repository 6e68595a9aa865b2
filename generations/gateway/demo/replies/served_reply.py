"""All that an answer says about itself, and the names that its provider gives."""

from collections.abc import Callable
from dataclasses import dataclass

from generations.gateway.demo.legs import Leg, leg, slug
from generations.gateway.demo.shapes import Json, Reply, StoryUsage


@dataclass(frozen=True, slots=True)
class ServedReply:
    """All that an answer says about itself."""

    request_id: str
    native_id: str
    model: str
    provider: str
    created: int  # seconds since 1970
    usage: StoryUsage
    lines: list[Json]
    reply: Reply
    meta: Callable[[], Json] | None = None  # asked for with `meta:true`; taken when the answer ends
    endpoint: str = "chat.completions"

    @property
    def leg(self) -> Leg:
        """The protocol that was spoken to the provider."""
        return leg(self.endpoint, self.provider)

    @property
    def slug(self) -> str:
        """The model's name at its provider."""
        return slug(self.model)

    def more(self) -> Json:
        """The `meta` of terminal frames and whole bodies."""
        return {"meta": self.meta()} if self.meta else {}


def native_id(endpoint: str, provider: str, tail: str) -> str:
    """The provider's own id, in the fashion of the protocol it was asked over."""
    prefix = {"chat": "chatcmpl-", "responses": "resp_", "messages": "msg_01"}[leg(endpoint, provider)]
    return prefix + tail.lower()


def tool_calls(served: ServedReply) -> list[Json]:
    """The calls as chat completions show them."""
    prefix = "toolu_01" if served.leg == "messages" else "call_"
    return [
        {
            "id": f"{prefix}{served.native_id[-10:]}{index}",
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for index, call in enumerate(served.reply.calls)
    ]
