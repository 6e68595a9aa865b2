"""How each wire format says who said what. Every reader keeps what it does not know."""

from generations.reading.conversation.formats import chat, lists, media, messages, other, responses
from generations.reading.conversation.formats.wire import WireFormat

WIRES: dict[str, WireFormat] = {
    "chat": chat.WIRE,
    "responses": responses.WIRE,
    "messages": messages.WIRE,
    "embeddings": lists.EMBEDDINGS,
    "moderations": lists.MODERATIONS,
    "rerank": lists.RERANK,
    "ocr": media.OCR,
    "images": media.IMAGES,
    "speech": media.SPEECH,
    "transcription": media.TRANSCRIPTION,
    "video": media.VIDEO,
    "music": media.MUSIC,
}


def of(name: str | None) -> WireFormat:
    """The readers of a wire format; of an unknown one those that show everything as it is."""
    return WIRES.get(name or "", other.WIRE)


__all__ = ["WIRES", "WireFormat", "of"]
