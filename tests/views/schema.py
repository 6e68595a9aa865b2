"""Records made of the schema by chance: every wire format, with members missing, odd or unknown.

Every text and number of them is long enough to differ from all others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from generations.gateway.rawjson.values import Number, Value, dumps

CHARACTERS = "ab <>&\"'\\/*_`#[](){}:|~-+=\n\t\0\x85\u200b\u202e\ufffe\xe9\U0001f600\u6f22\ud800"
IN_KEYS = "ab <>&\"'\\/*_~.[]#\xe9\u6f22"  # what an address can carry: others are read in their box


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value may look like: `draw` makes one by chance."""

    draw: Callable[[Random], Any]

    def __or__(self, other: "Shape") -> "Shape":
        return one_of(self, other)


def one_of(*shapes: Shape) -> Shape:
    return Shape(lambda chance: chance.choice(shapes).draw(chance))


def just(value: Any) -> Shape:
    return Shape(lambda chance: value)


def pick(*values: Any) -> Shape:
    return Shape(lambda chance: chance.choice(values))


def text(characters: str, longest: int, times: tuple[int, ...] = (1,)) -> Shape:
    """Odd characters around a number that no other text holds."""

    def draw(chance: Random) -> str:
        around = "".join(chance.choices(characters, k=chance.randint(0, longest)))
        return f"{around}w{chance.randrange(10**8, 10**9)}x{around} " * chance.choice(times)

    return Shape(draw)


def table(key: Shape, value: Shape, most: int = 3) -> Shape:
    return Shape(
        lambda chance: {key.draw(chance): value.draw(chance) for _ in range(chance.randint(0, most))}
    )


def odd(usual: Shape) -> Shape:
    """Mostly what belongs there, now and then anything."""
    return Shape(lambda chance: (ANYTHING if chance.random() < 0.08 else usual).draw(chance))


def several(shape: Shape, most: int = 3) -> Shape:
    return Shape(lambda chance: [odd(shape).draw(chance) for _ in range(chance.randint(0, most))])


def box(fixed: Any = None, /, **members: Shape) -> Shape:
    """An object: most of these members, and now and then one that nobody knows."""

    def draw(chance: Random) -> dict[str, Any]:
        drawn = {key: odd(shape).draw(chance) for key, shape in members.items() if chance.random() < 0.6}
        fresh = {KEY.draw(chance): ANYTHING.draw(chance)} if chance.random() < 0.2 else {}
        return {**(fixed or {}), **drawn, **fresh}

    return Shape(draw)


def of(kind: str, **members: Shape) -> Shape:
    return box({"type": kind}, **members)


def _anything(chance: Random, depth: int = 3) -> Any:
    kind = chance.random()
    if depth and kind < 0.2:
        return [_anything(chance, depth - 1) for _ in range(chance.randint(0, 3))]
    if depth and kind < 0.4:
        return {KEY.draw(chance): _anything(chance, depth - 1) for _ in range(chance.randint(0, 3))}
    return SCALAR.draw(chance)


FLAG = pick(True, False)
WORD = text(CHARACTERS, 8, (1, 1, 1, 1, 1, 1, 1, 120))
NUMBER = Shape(
    lambda chance: Number(
        chance.choice(("{}", "-{}", "{}.50", "{}e3")).format(chance.randrange(10**8, 10**9))
    )
)
ID = Shape(lambda chance: f"call_{chance.randrange(10**8, 10**9)}")
KEY = Shape(lambda chance: f"k{chance.randrange(10**8, 10**9)}") | text(IN_KEYS, 3)
SCALAR = one_of(WORD, WORD, NUMBER, FLAG, just(None))
ANYTHING = Shape(_anything)
LINK = Shape(lambda chance: f"https://x.example/{chance.randrange(10**8, 10**9)}")
DATA = Shape(
    lambda chance: f"data:image/png;base64,{chance.choice(('iVBORw0KGgo=', 'AAECAwQF', '/9j/4AAQ'))}"
)

CACHE = box({"type": "ephemeral"}, ttl=WORD)
ARGUMENTS = WORD | Shape(lambda chance: dumps(table(KEY, ANYTHING).draw(chance)))
SOURCE = LINK | DATA | box(url=LINK | DATA, detail=WORD)
CITATION = of("url_citation", url=LINK, title=WORD, cited_text=WORD, start_index=NUMBER)
CONTENT_PARTS = one_of(
    of("text", text=WORD, cache_control=CACHE, annotations=several(CITATION, 1)),
    of("input_text", text=WORD),
    of("image_url", image_url=SOURCE),
    of("input_image", image_url=LINK | DATA, detail=WORD, file_id=ID),
    of("input_audio", input_audio=box(data=pick("AAAA", "AAECAwQF"), format=just("wav"))),
    of("video_url", video_url=SOURCE),
    of("file", file=box(file_id=ID, filename=WORD, file_data=DATA)),
    of("refusal", refusal=WORD),
    of("something.new", news=ANYTHING),
)
CONTENT = one_of(WORD, several(CONTENT_PARTS), several(CONTENT_PARTS))
CALL = of("function", function=box(name=WORD, arguments=ARGUMENTS), id=ID)
ROLES = pick("system", "developer", "user", "assistant", "tool", "function", "critic")
MESSAGE = box(
    role=ROLES,
    content=CONTENT,
    name=WORD,
    tool_calls=several(CALL, 2),
    tool_call_id=ID,
    refusal=WORD,
    reasoning=WORD,
    reasoning_content=WORD,
    reasoning_details=ANYTHING,
    function_call=box(name=WORD, arguments=ARGUMENTS),
    annotations=several(CITATION, 1),
    audio=box(data=just("AAAA"), transcript=WORD, expires_at=NUMBER),
    images=several(of("image_url", image_url=SOURCE), 1),
)
FUNCTION = box(name=WORD, description=WORD, parameters=ANYTHING, strict=FLAG, cache_control=CACHE)
TOOLS = several(of("function", function=FUNCTION) | FUNCTION | of("web_search", filters=ANYTHING), 2)
PARAMETERS = {
    "tools": TOOLS,
    "temperature": NUMBER,
    "stop": WORD | several(WORD),
    "response_format": of("json_schema", json_schema=box(name=WORD, schema=ANYTHING)),
    "metadata": ANYTHING,
    "functions": TOOLS,
}
ITEM = one_of(
    of("message", role=ROLES, content=CONTENT, name=WORD),
    box(role=ROLES, content=CONTENT),
    of("function_call", call_id=ID, name=WORD, arguments=ARGUMENTS),
    of("custom_tool_call", call_id=ID, name=WORD, input=WORD),
    of("function_call_output", call_id=ID, output=ARGUMENTS | several(CONTENT_PARTS)),
    of(
        "reasoning",
        summary=several(of("summary_text", text=WORD)),
        content=several(WORD),
        encrypted_content=WORD,
    ),
    of("image_generation_call", result=just("AAECAwQF"), revised_prompt=WORD),
    of("web_search_call", action=ANYTHING),
)
BLOCK = one_of(
    of("text", text=WORD, citations=several(CITATION, 1), cache_control=CACHE),
    of("thinking", thinking=WORD, signature=WORD),
    of("redacted_thinking", data=WORD),
    of("tool_use", id=ID, name=WORD, input=ANYTHING, cache_control=CACHE),
    of("tool_result", tool_use_id=ID, content=WORD | several(of("text", text=WORD, cache_control=CACHE))),
    of("image", source=of("base64", media_type=just("image/png"), data=just("iVBORw0KGgo="))),
    of("document", source=of("text", data=WORD, media_type=WORD), title=WORD, context=WORD),
    of("image", source=of("url", url=LINK), cache_control=CACHE),
    of("something.new", news=ANYTHING),
)
BLOCKS = one_of(WORD, several(BLOCK), several(BLOCK))
SCORES = table(KEY, Shape(lambda chance: Number(repr(chance.random()))))
PICTURE = box(b64_json=just("iVBORw0KGgo="), url=LINK, revised_prompt=WORD)
SEGMENT = box(start=NUMBER, end=NUMBER, text=WORD, speaker=WORD, tokens=several(NUMBER))
PAGE = box(
    markdown=WORD,
    images=several(box(id=WORD, image_base64=just("AAECAwQF"), x=NUMBER), 1),
    dimensions=box(dpi=NUMBER),
)
CHOICE = box(
    message=MESSAGE, finish_reason=just("stop"), native_finish_reason=WORD, logprobs=ANYTHING, text=WORD
)

# Stored endpoint name -> shapes of request and answer.
WIRES: dict[str, tuple[Shape, Shape]] = {
    "chat.completions": (
        box(messages=several(MESSAGE), prompt=WORD, **PARAMETERS),
        box(choices=several(CHOICE, 2), system_fingerprint=WORD, service_tier=WORD),
    ),
    "responses": (
        box(
            input=WORD | several(ITEM),
            instructions=WORD,
            prompt=ANYTHING,
            text=box(format=ANYTHING, verbosity=WORD),
            **PARAMETERS,
        ),
        box(output=several(ITEM), output_text=WORD, incomplete_details=box(reason=WORD), error=ANYTHING),
    ),
    "messages": (
        box(system=BLOCKS, messages=several(box(role=ROLES, content=BLOCKS)), **PARAMETERS),
        box({"type": "message"}, content=several(BLOCK), stop_sequence=WORD, container=ANYTHING),
    ),
    "embeddings": (
        box(input=WORD | several(WORD), dimensions=NUMBER),
        box(data=several(box(embedding=several(NUMBER, 9)))),
    ),
    "moderations": (
        box(input=CONTENT),
        box(results=several(box(flagged=FLAG, categories=ANYTHING, category_scores=SCORES))),
    ),
    "rerank": (
        box(query=WORD, documents=several(WORD | box(text=WORD)), top_n=NUMBER),
        box(results=several(box(relevance_score=NUMBER, document=box(text=WORD) | WORD))),
    ),
    "images.generations": (
        box(prompt=WORD, image=LINK | DATA, mask=box(image_url=LINK), quality=WORD, response_format=WORD),
        box(data=several(PICTURE), background=WORD),
    ),
    "audio.speech": (
        box(input=WORD, voice=WORD, instructions=WORD, response_format=WORD),
        box(audio_base64=just("AAECAwQF"), url=LINK),
    ),
    "audio.transcription": (
        box(file_url=LINK, prompt=WORD, language=WORD),
        box(text=WORD, segments=several(SEGMENT), language=WORD, duration=NUMBER),
    ),
    "ocr": (
        box(
            document=of("document_url", document_url=LINK | box(url=LINK), document_name=WORD),
            pages=several(NUMBER),
        ),
        box(pages=several(PAGE), text=WORD, document_annotation=WORD),
    ),
    "video.generation": (
        box(prompt=WORD, first_frame=LINK, seconds=NUMBER),
        box(url=WORD, error=ANYTHING, progress=NUMBER),
    ),
    "music.generate": (box(prompt=WORD, lyrics=WORD, style=WORD), box(tracks=several(box(url=WORD)))),
    "something.new": (box(prompt=WORD, messages=several(MESSAGE), query=WORD), box(made=ANYTHING, text=WORD)),
}


def record(seed: int) -> bytes:
    """The record that chance makes of a seed."""
    chance = Random(seed)
    endpoint = chance.choice(sorted(WIRES))
    request, answer = (odd(shape).draw(chance) for shape in WIRES[endpoint])
    payload: Value = {"gateway_response": answer}
    whole: Value = {
        "request_id": "G-1",
        "endpoint": endpoint,
        "replay_supported": True,
        "replay_request": request,
        "io_log": {"status": "stored", "payload": payload},
    }
    return dumps(whole).encode()
