"""Which of its habits the gateway shows in a stream."""

from dataclasses import dataclass

from generations.gateway.demo.legs import native

FORMS = (
    "done",
    "usage",
    "finish",
    "snapshot",
    "cumulative",
    "typed",
    "twice",
    "blocks",
    "split",
    "native_id",
    "crlf",
)


@dataclass(frozen=True, slots=True)
class Form:
    """Which of the gateway's habits a stream shows. contract: all of them are seen in practice."""

    done: bool = True  # ends with [DONE]
    usage: bool = True  # chat: a usage frame
    finish: bool = True  # chat: a frame with finish_reason
    snapshot: bool = False  # chat: the last frame is the full object
    cumulative: bool = False  # tool arguments: each frame carries all so far
    typed: bool = False  # responses: data.type is there
    twice: bool = False  # responses: two response.completed
    blocks: bool = True  # messages: content_block_start and _stop for text
    split: bool = False  # messages: stop_reason and usage in two message_delta
    native_id: bool = False  # messages: message_start carries the provider's id
    crlf: bool = False  # lines end with CR LF and a comment comes now and then


def usual_form(endpoint: str, provider: str) -> Form:
    """The form a provider's leg leads to, as it was recorded."""
    same = native(endpoint, provider)
    if endpoint == "responses":
        return Form(done=False, typed=same)
    if endpoint == "messages":
        return Form(done=False, native_id=not same)
    if not same:
        return Form(done=False, usage=False, finish=False, snapshot=True, cumulative=True)
    return Form(done=not provider.startswith("google"))


def form_named(text: str) -> Form:
    """The form of a list such as "done,snapshot": exactly what is named.

    Raises ValueError for an unknown name.
    """
    names = {name.strip() for name in text.split(",") if name.strip()}
    if unknown := names - set(FORMS):
        raise ValueError(f"unknown stream forms: {', '.join(sorted(unknown))}")
    return Form(**{name: name in names for name in FORMS})
