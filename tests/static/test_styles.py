"""A class has one meaning: what stands by itself in one place does not change what has it as a variant in another."""

import re
from collections.abc import Iterator
from pathlib import Path

STYLES = sorted((Path(__file__).parents[2] / "static" / "css").glob("*.css"))
# On purpose both: a thing by itself, and a thing that another also is.
COMPOSED = {"form", "htmx-request", "legend", "mono", "sheet", "text"}


def compounds() -> Iterator[tuple[bool, list[str]]]:
    """The classes of each compound selector, and whether the selector begins with it."""
    for path in STYLES:
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        for selectors in re.findall(r"([^{};@]+)\{", text):
            for selector in re.split(r",(?![^(]*\))", selectors):
                for place, compound in enumerate(re.split(r"[\s>+~]+", selector.strip())):
                    plain = re.sub(r":[\w-]+\([^)]*\)|::?[\w-]+|\[[^\]]*\]", "", compound)
                    yield place == 0 and plain.startswith("."), re.findall(r"\.([a-zA-Z][\w-]*)", plain)


def test_no_class_is_a_thing_here_and_a_variant_there() -> None:
    found = list(compounds())
    alone = {names[0] for leads, names in found if leads and len(names) == 1}
    variants = {name for _leads, names in found for name in names[1:]}
    assert len(alone) > 50
    assert alone & variants == COMPOSED


def test_a_class_is_described_in_one_stylesheet() -> None:
    """Outside media queries: what is written twice, in two files, are two things of one name."""
    where: dict[str, set[str]] = {}
    for path in STYLES:
        for name in re.findall(r"^ {2}\.([a-zA-Z][\w-]*) \{$", path.read_text(), re.M):
            where.setdefault(name, set()).add(path.name)
    assert len(where) > 50
    assert {name: files for name, files in where.items() if len(files) > 1} == {}
