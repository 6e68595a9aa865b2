"""Endpoints that return vectors, scores and flags."""

from generations.gateway.rawjson.values import Value
from generations.reading import text
from generations.reading.conversation.formats import chat
from generations.reading.conversation.formats.wire import Body, WireFormat, turns
from generations.reading.conversation.part_builder import PartBuilder
from generations.reading.figures import formatting
from generations.reading.page_types.conversation import Part, ResultRow, Turn
from generations.reading.text import below, box, decimal, inside, items, short, whole, words

ENVELOPE = {
    *(
        "id",
        "object",
        "model",
        "data",
        "results",
        "usage",
        "requestId",
        "nativeResponseId",
        "provider",
        "meta",
    ),
    *("cost_nanos", "cost_cents", "currency", "pricing_lines"),
}
SHOWN = 200


def texts(builder: PartBuilder, body: Body, at: str, key: str, label: str = "") -> list[Turn]:
    """One text, or a list of texts or parts, under `key` of the request."""
    return turns(Turn("user", chat.content(builder, body.get(key), below(at, key)), label=label))


def opening(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    return texts(builder, body, at, "input")


def more(builder: PartBuilder, body: Body, at: str, *read: str) -> list[Turn]:
    """What the readers below do not show of an answer. `read` are the members that they read, where they are lists."""
    known = ENVELOPE - {key for key in ("data", "results") if key not in read or not items(body.get(key))}
    return turns(Turn("answer", builder.leftovers(at, body, known), label="other fields"))


def rows(at: str, made: list[ResultRow], total: int, name: str) -> Part:
    """A table of what matters; its note says how many rows are not in it, and `more` leads to all of it as JSON."""
    note = f"{total - SHOWN:,} more" if total > SHOWN else ""
    return Part("rows", at, rows=made, name=name, note=note, size="as JSON", more=True)


def embeddings(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """Vectors: how long they are and how they begin."""
    data = items(body.get("data"))
    made = [_vector(position, value) for position, value in enumerate(data[:SHOWN])]
    table = [rows(below(at, "data"), made, len(data), formatting.plural(len(data), "vector"))] if data else []
    return turns(Turn("answer", table)) + more(builder, body, at, "data")


def _vector(position: int, value: Value) -> ResultRow:
    embedding = inside(value, "embedding")
    label = f"vector {short(inside(value, 'index') or position, 20)}"
    if isinstance(embedding, list):
        return ResultRow(
            label, ", ".join(short(number, 12) for number in embedding[:6]), f"{len(embedding):,} numbers"
        )
    if words(embedding):
        return ResultRow(label, "base64", formatting.size(text.byte_size(embedding)))
    return ResultRow(label, short(value))


def moderations(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """Per input: flagged or not, and each category with its score."""
    results = items(body.get("results"))
    made = []
    for position, value in enumerate(results[:SHOWN]):
        table, total = _categories(box(value))
        flagged = inside(value, "flagged")
        label = "flagged" if flagged is True else "not flagged" if flagged is False else "flagged: unknown"
        part = rows(below(at, "results", position), table, total, label)
        made.append(Turn("answer", [part], label=f"input {position + 1}"))
    if len(results) > SHOWN:
        made.append(Turn("answer", [rows(below(at, "results"), [], len(results), "results")]))
    return made + more(builder, body, at, "results")


def _categories(result: Body) -> tuple[list[ResultRow], int]:
    flags, scores = box(result.get("categories")), box(result.get("category_scores"))
    names = sorted({*flags, *scores}, key=lambda name: -(decimal(scores.get(name)) or 0))
    table = []
    for name in names[:SHOWN]:
        score = decimal(scores.get(name))
        level = formatting.share(score, 1) if score is not None else ""
        note = "flagged" if flags.get(name) is True else ""
        table.append(
            ResultRow(
                short(name, 60), "unknown" if score is None else formatting.significant(score, 2), note, level
            )
        )
    return table, len(names)


def rerank_opening(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """The query and the documents."""
    asked = turns(Turn("user", chat.content(builder, body.get("query"), below(at, "query")), label="query"))
    documents = items(body.get("documents"))
    found = builder.each(below(at, "documents"), documents, _document)
    if not isinstance(body.get("documents"), list):
        found = builder.value(below(at, "documents"), body.get("documents"))
    return asked + turns(Turn("user", found, label=formatting.plural(len(documents), "document")))


def _document(builder: PartBuilder, value: Value, at: str) -> list[Part]:
    fields = box(value)
    if set(fields) == {"text"}:
        return builder.value(below(at, "text"), fields["text"], name=f"document {at.rpartition('/')[2]}")
    return builder.value(at, value, name=f"document {at.rpartition('/')[2]}")


def rerank(builder: PartBuilder, body: Body, at: str) -> list[Turn]:
    """Ranked documents with their scores."""
    results = items(body.get("results")) or items(body.get("data"))
    made = [_ranked(rank, value) for rank, value in enumerate(results[:SHOWN], 1)]
    key = "results" if items(body.get("results")) else "data"
    table = [rows(below(at, key), made, len(results), "ranking")] if results else []
    return turns(Turn("answer", table)) + more(builder, body, at, key)


def _ranked(rank: int, value: Value) -> ResultRow:
    score = decimal(text.first(box(value), "relevance_score", "score"))
    index = whole(inside(value, "index"))
    label = f"{rank}. document {'unknown' if index is None else index}"
    document = inside(value, "document")
    shown = words(inside(document, "text")) or words(document) or ""
    level = formatting.share(score, 1) if score is not None else ""
    return ResultRow(
        label, "unknown" if score is None else formatting.significant(score), short(shown, 120), level
    )


EMBEDDINGS = WireFormat(opening, embeddings, frozenset({"input"}))
MODERATIONS = WireFormat(opening, moderations, frozenset({"input"}))
RERANK = WireFormat(rerank_opening, rerank, frozenset({"query", "documents"}))
