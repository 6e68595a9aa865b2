"""What is to be known before a replay is sent: whose key, what to watch out for, what it may cost."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generations.gateway.rawjson import values
from generations.replay.order.orders import Order
from generations.replay.order.pricing import Price, expected


@dataclass(frozen=True, slots=True)
class Preflight:
    """What the pre-flight shows with the order: whose key, what to mind, what it may cost."""

    order: Order
    key_name: str
    warnings: list[str]
    price: Price


def preflight(order: Order, price: Price | None = None) -> Preflight:
    """Everything to be known before the click; `price` where it is known already."""
    return Preflight(order, order.key_name, caveats(order.content), price or expected(order))


STALE = {
    "previous_response_id": "It continues an earlier response (previous_response_id), which the provider may have dropped.",
    "file_id": "It refers to an uploaded file, which may be gone.",
}


def caveats(body: values.Value) -> list[str]:
    """What may make the replay differ although its body is equal."""
    found = keys_of(body)
    notes = [text for key, text in STALE.items() if key in found]
    if any(tool not in OWN_TOOLS for tool in tools_of(body)):
        notes.append("Tools that run at the provider, such as web search and code, will run again.")
    if any(SIGNED.search(text) for text in texts_of(body)):
        notes.append("It refers to a signed address, which may have expired since.")
    return notes


# Types of tools that whoever sends the request runs; without a type they are Anthropic's of the same kind.
OWN_TOOLS = ("", "function", "custom")


def tools_of(body: values.Value) -> Iterator[str]:
    """The types of the tools that a request offers, "" of one without a type."""
    tools = body.get("tools") if isinstance(body, dict) else None
    for tool in tools if isinstance(tools, list) else ():
        kind = tool.get("type") if isinstance(tool, dict) else None
        yield str(kind) if kind else ""


# How the large stores sign an address that is good for a while.
SIGNED = re.compile(r"^https?://\S+[?&](X-Amz-Signature|X-Goog-Signature|Signature|sig)=", re.IGNORECASE)


def texts_of(body: values.Value) -> Iterator[str]:
    """All short texts anywhere in a JSON value."""
    todo: list[values.Value] = [body]
    while todo:
        match todo.pop():
            case str() as text if len(text) < 4000 and values.is_text(text):
                yield text
            case dict() as members:
                todo.extend(members.values())
            case list() as items:
                todo.extend(items)


def keys_of(body: values.Value) -> set[str]:
    """All keys anywhere in a JSON value."""
    found: set[str] = set()
    todo: list[values.Value] = [body]
    while todo:
        match todo.pop():
            case dict() as members:
                found.update(key for key, value in members.items() if value not in (None, [], {}))
                todo.extend(members.values())
            case list() as items:
                todo.extend(items)
    return found
