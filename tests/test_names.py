"""Names say what they hold: some words never do, and no name of the source is made of them."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parent.parent
FOLDERS = ("generations", "dashboard", "tests", "bench")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
EMPTY_WORDS = {"told", "beside", "away"}  # anywhere in a name
EMPTY_NAMES = {"one"}  # as a whole name; `one_of` and `apply_one` say something
SUSPICIOUS = re.compile(rf"{'|'.join(EMPTY_WORDS)}|\b(?:{'|'.join(EMPTY_NAMES)})\b", re.IGNORECASE)


def bound(tree: ast.AST) -> Iterator[str]:
    """Every name that the code binds: variables, arguments, attributes, functions, classes, imports, captures."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case (
                ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.ExceptHandler(name=str(name))
            ):
                yield name
            case ast.alias(name=name, asname=None) | ast.alias(asname=str(name)):
                yield name.rpartition(".")[2]


def is_empty(name: str) -> bool:
    """Whether a name holds one of the words, however it is written: `told`, `is_told`, `ToldApart`, `TOLD`."""
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}
    return name.lower() in EMPTY_NAMES or bool(words & EMPTY_WORDS)


@pytest.mark.parametrize(
    "name", ["told", "one", "ONE", "_told", "is_told", "ToldApart", "told2", "beside", "away", "turn_away"]
)
def test_such_a_name_is_found(name: str) -> None:
    forms = [
        f"{name} = 1",
        f"for {name} in (): ...",
        f"def {name}(): ...",
        f"class {name}: ...",
        f"import x as {name}",
        f"from {name} import x",
        f"lambda {name}: 0",
        f"f({name}=1)",
        f"x.{name} = 1",
        f"[x for {name} in ()]",
        f"match 1:\n case {name}: ...",
    ]
    found = [any(map(is_empty, [*bound(ast.parse(form)), *modules(form)])) for form in forms]
    assert found == [True] * len(forms)
    assert all(map(SUSPICIOUS.search, forms))


def modules(text: str) -> list[str]:
    """The modules that a text imports from: a module's name is a name, too."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and node.module]
    return [part for node in nodes for part in str(node.module).split(".")]


@pytest.mark.parametrize("name", ["one_of", "apply_one", "stolen", "awaited", "besides", "someone", "phone"])
def test_other_names_are_not(name: str) -> None:
    assert not is_empty(name)


def test_no_name_of_the_source_is_empty() -> None:
    assert len(SOURCES) > 500
    found = []
    for path in SOURCES:
        names, text = {path.stem, path.parent.name}, path.read_text()
        if SUSPICIOUS.search(text):  # few are, and parsing all takes seconds
            names |= set(bound(ast.parse(text)))
        found += [f"{path.relative_to(ROOT)}: {name}" for name in sorted(names) if is_empty(name)]
    assert found == []


STOCK_WORDS = re.compile(r"\b(?:told|beside|(?:is|are|be|being|goes) away|[Aa]nswers with (?!nothing)\w+)\b")


def prose(path: Path) -> Iterator[str]:
    """The comments and docstrings of a file with stock words, those of constants included; of others nothing."""
    text = path.read_text()
    if not STOCK_WORDS.search(text):
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.value.value


@pytest.mark.parametrize(
    "words", ["as it was told", "Redis is away", "Answers with lists", "a thread beside it"]
)
def test_such_words_are_found(words: str) -> None:
    assert STOCK_WORDS.search(words)


def test_comments_and_docstrings_speak_of_the_trade() -> None:
    """ "Returns", "raises", "is unavailable": what a reader of any other project would expect."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in SOURCES
        if path != Path(__file__)
        for text in prose(path)
        for match in STOCK_WORDS.finditer(text)
    ]
    assert found == []


def test_no_two_classes_have_one_name() -> None:
    """One name, one thing: whoever reads `Entry` in two files thinks of one class."""
    named: dict[str, list[str]] = {}
    for path in SOURCES:
        folder = path.relative_to(ROOT).parts[0]
        if folder in ("tests", "bench") or {"migrations", "commands"} & set(path.parts):
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in named.items() if len(paths) > 1} == {}
