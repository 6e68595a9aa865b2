"""Two answers that are lists of figures, side by side: embeddings, moderations, rankings."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from generations.gateway.rawjson.values import Value
from generations.reading import text
from generations.reading.diff import deltas, vectors
from generations.reading.figures import formatting
from generations.reading.text import box, decimal, inside, items, short, whole

SHOWN = 200  # lines of one table
INPUTS = 50  # tables: one for each input of a moderation
NOTHING = "not in it"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One figure on both sides. `before_level` and `after_level` are 0 to 1 for a meter, "" for none."""

    label: str
    before: str
    after: str
    change: str = ""
    before_level: str = ""
    after_level: str = ""

    @property
    def is_same(self) -> bool:
        return self.change == "same"


@dataclass(frozen=True, slots=True)
class Table:
    """The first lines, and how many there are."""

    title: str
    lines: list[TableRow]
    total: int
    note: str = ""

    @property
    def left(self) -> int:
        return self.total - len(self.lines)


def kind_of(body: Value) -> str:
    """`embeddings`, `moderations`, `ranking`: what the shape of an answer says that it is, "" for everything else."""
    for key in ("data", "results"):
        first = next(iter(items(inside(body, key))), None)
        for mark, kind in MARKS.items():
            if mark in box(first):
                return kind
    return ""


MARKS = {
    "embedding": "embeddings",
    "flagged": "moderations",
    "category_scores": "moderations",
    "relevance_score": "ranking",
    "score": "ranking",
}


def tables(before: Value, after: Value) -> list[Table]:
    """Both answers side by side where they are of one kind, nothing otherwise."""
    kind = kind_of(before)
    if not kind or kind != kind_of(after):
        return []
    return READERS[kind](_members(before), _members(after))


def _members(body: Value) -> list[Value]:
    return items(inside(body, "data")) or items(inside(body, "results"))


# -- embeddings ----------------------------------------------------------------------------------------------


def embeddings(before: list[Value], after: list[Value]) -> list[Table]:
    """Each vector's dimensions and its cosine to the other one."""
    pairs = list(zip_longest(before, after))
    lines = [_vector(position, *pair) for position, pair in enumerate(pairs[:SHOWN])]
    note = "1 is the same direction, 0 is unrelated, −1 is the opposite."
    return [Table("Vectors", lines, len(pairs), note)]


def _vector(position: int, before: Value, after: Value) -> TableRow:
    first, second = (vectors.vector(inside(item, "embedding")) for item in (before, after))
    known = _dimensions(before, first), _dimensions(after, second)
    return TableRow(f"vector {position}", known[0], known[1], _cosine(first, second))


def _dimensions(item: Value, found: vectors.Vector | None) -> str:
    if item is None:
        return NOTHING
    return formatting.UNKNOWN if found is None else formatting.plural(len(found), "dimension")


def _cosine(first: vectors.Vector | None, second: vectors.Vector | None) -> str:
    if first is None or second is None:
        return ""
    if first == second:
        return "same"
    if len(first) != len(second):
        return "different lengths have no cosine"
    similarity = vectors.cosine(first, second)
    if similarity is None:
        return "no cosine: a vector without direction"
    return f"cosine {similarity:.6f}".replace("-", deltas.MINUS)


# -- moderations ---------------------------------------------------------------------------------------------


def moderations(before: list[Value], after: list[Value]) -> list[Table]:
    """For each input whether it is flagged, and each category with both scores, the highest first."""
    pairs = list(zip_longest(before, after))
    made = [_moderation(number, *map(box, pair)) for number, pair in enumerate(pairs[:INPUTS], 1)]
    return made + ([Table("More inputs", [], len(pairs) - INPUTS)] if len(pairs) > INPUTS else [])


def _moderation(number: int, before: dict[str, Value], after: dict[str, Value]) -> Table:
    scores = [box(side.get("category_scores")) for side in (before, after)]
    names = sorted(
        {*scores[0], *scores[1]}, key=lambda name: -max(_score(side, name) or 0 for side in scores)
    )
    flags = _flag(before), _flag(after)
    change = "" if NOTHING in flags else "same" if flags[0] == flags[1] else "changed"
    verdict = TableRow("flagged", flags[0], flags[1], change)
    lines = [_scored(short(name, 60), *(_score(side, name) for side in scores)) for name in names]
    return Table(f"Input {number}", [verdict, *lines][:SHOWN], len(lines) + 1)


def _flag(result: dict[str, Value]) -> str:
    if not result:
        return NOTHING
    flag = result.get("flagged")
    return "yes" if flag is True else "no" if flag is False else formatting.UNKNOWN


def _score(scores: dict[str, Value], name: str) -> Decimal | None:
    return decimal(scores.get(name))


def _scored(label: str, before: Decimal | None, after: Decimal | None) -> TableRow:
    change = _moved(before, after)
    return TableRow(label, _shown(before), _shown(after), change, _level(before), _level(after))


def _shown(score: Decimal | None) -> str:
    return NOTHING if score is None else formatting.significant(score)


def _level(score: Decimal | None) -> str:
    return "" if score is None else formatting.share(score, 1)


def _moved(before: Decimal | None, after: Decimal | None) -> str:
    if before is None or after is None:
        return ""
    return deltas.signed(after - before, lambda value: formatting.significant(value or 0, 2)) or "same"


# -- rankings ------------------------------------------------------------------------------------------------


def ranking(before: list[Value], after: list[Value]) -> list[Table]:
    """Each document with both ranks and scores, in the order of the first."""
    first, second = _ranks(before), _ranks(after)
    names = list(dict.fromkeys([*first, *second]))
    lines = [_ranked(name, first.get(name), second.get(name)) for name in names[:SHOWN]]
    return [Table("Ranking", lines, len(names))]


Rank = tuple[int, Decimal | None]


def _ranks(results: list[Value]) -> dict[str, Rank]:
    found: dict[str, Rank] = {}
    for rank, value in enumerate(results, 1):
        index = whole(inside(value, "index"))
        name = f"document {formatting.UNKNOWN if index is None else index}"
        found.setdefault(name, (rank, decimal(text.first(box(value), "relevance_score", "score"))))
    return found


def _ranked(name: str, before: Rank | None, after: Rank | None) -> TableRow:
    scores = [rank[1] if rank else None for rank in (before, after)]
    change = ""
    if before is not None and after is not None:
        change = "same" if before == after else _climb(before[0] - after[0]) or _moved(before[1], after[1])
    return TableRow(name, _rank(before), _rank(after), change, _level(scores[0]), _level(scores[1]))


def _rank(rank: Rank | None) -> str:
    if rank is None:
        return NOTHING
    score = formatting.UNKNOWN if rank[1] is None else formatting.significant(rank[1])
    return f"{rank[0]}. with {score}"


def _climb(places: int) -> str:
    if not places:
        return ""
    return f"{formatting.plural(abs(places), 'place')} {'up' if places > 0 else 'down'}"


READERS: dict[str, Callable[[list[Value], list[Value]], list[Table]]] = {
    "embeddings": embeddings,
    "moderations": moderations,
    "ranking": ranking,
}
