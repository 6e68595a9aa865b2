"""Every pattern of the project, found in its source, and texts that would make a careless one slow."""

import ast
import functools
import importlib
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, product
from pathlib import Path
from types import FrameType
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).parents[2]
PACKAGES = ("dashboard", "generations")
CALLS = ("match", "fullmatch", "search", "findall", "finditer", "sub", "subn", "split")
USED = ("match", "fullmatch", "search", "sub", "split", "finditer", "findall")


# Patterns that are handed to a function of their module, and what it does with them.
HANDED_ON = {
    "generations.gateway.rawjson.edit._OPEN": frozenset({"match"}),
    "generations.gateway.rawjson.edit._COMMA": frozenset({"match"}),
}


@dataclass(frozen=True)
class Pattern:
    """One pattern, its place, and the methods it is used with."""

    place: str
    compiled: "re.Pattern[Any]"
    methods: frozenset[str] = field(default=frozenset({"search"}))

    def runs(self) -> list[Callable[[Any], object]]:
        """What the source does with it, each as a function of a text."""
        how = {_same(name) for name in self.methods}
        return [
            functools.partial(_all, self.compiled) if method == "search" else getattr(self.compiled, method)
            for method in how
        ]


def _same(method: str) -> str:
    return method if method in ("match", "fullmatch") else "search"


def _all(pattern: "re.Pattern[Any]", text: Any) -> int:
    return sum(1 for _ in pattern.finditer(text))


# -- finding ---------------------------------------------------------------------------------------------------


@functools.cache
def sources() -> dict[str, str]:
    """Every module of the project with its text, migrations apart."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path.read_text()
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
    }


@functools.cache
def syntax_tree(module: str) -> list[ast.AST]:
    """Every node of a module."""
    return list(ast.walk(ast.parse(sources()[module])))


@functools.cache
def modules() -> list[str]:
    """The modules that import `re`; parsing the others would take each test process seconds."""
    return [
        name
        for name, text in sources().items()
        if re.search(r"^\s*(import|from) .*\bre\b", text, re.MULTILINE)
    ]


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function of `re` that takes a pattern, with its module."""
    for name in modules():
        for node in syntax_tree(name):
            if isinstance(node, ast.Call) and _of_re(node.func) and node.args:
                yield name, node


def _of_re(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "re"
        and function.attr in (*CALLS, "compile")
    )


def in_python() -> tuple[list[Pattern], list[str]]:
    """The patterns of the source, and the places of those that are made of values known only while it runs."""
    found, open_ends = [], []
    methods = _uses()
    for name, call in calls():
        assert isinstance(call.func, ast.Attribute)
        place = f"{name}: {ast.unparse(call.args[0])}"
        compiled = _compiled(name, call)
        if compiled is None:
            open_ends.append(place)
        elif call.func.attr == "compile":
            own = _name_of(name, compiled)
            found.append(Pattern(place, compiled, methods.get(own) or HANDED_ON.get(own) or frozenset(USED)))
        else:
            found.append(Pattern(place, compiled, frozenset({call.func.attr})))
    return found, open_ends


def _compiled(module: str, call: ast.Call) -> "re.Pattern[Any] | None":
    flags = [node.value for node in call.keywords if node.arg == "flags"]
    position = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(call.func.attr, 2)  # type: ignore[attr-defined]
    flags += call.args[position : position + 1]
    scope = vars(importlib.import_module(module))
    try:
        arguments = [eval(ast.unparse(node), scope) for node in (call.args[0], *flags[:1])]
    except NameError:
        return None
    return re.compile(*arguments)


def _name_of(module: str, compiled: "re.Pattern[Any]") -> str:
    names = vars(importlib.import_module(module))
    return next((f"{module}.{name}" for name, value in names.items() if value is compiled), "")


@functools.cache
def _uses() -> dict[str, frozenset[str]]:
    """What each name is used for as a pattern: `module.NAME` -> names of methods."""
    seen: dict[str, set[str]] = {}
    for module in _users():
        imported = {
            name.asname or name.name: f"{node.module}.{name.name}"
            for node in syntax_tree(module)
            if isinstance(node, ast.ImportFrom)
            for name in node.names
        }
        for node in syntax_tree(module):
            if isinstance(node, ast.Attribute) and node.attr in USED:
                for name in (part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)):
                    seen.setdefault(imported.get(name, f"{module}.{name}"), set()).add(node.attr)
    return {name: frozenset(methods) for name, methods in seen.items()}


def _users() -> list[str]:
    """The modules that mention the name of a pattern, and a method of patterns."""
    names = {
        name
        for module in modules()
        for name, value in vars(importlib.import_module(module)).items()
        if isinstance(value, re.Pattern)
    }
    uses = re.compile(rf"\.(?:{'|'.join(USED)})\b")
    return [
        module
        for module, text in sources().items()
        if uses.search(text) and not names.isdisjoint(re.findall(r"\w+", text))
    ]


def in_addresses() -> list[Pattern]:
    """The patterns of the URL configuration."""

    def walk(resolver: URLResolver) -> Iterator[Pattern]:
        for entry in resolver.url_patterns:
            text = entry.pattern.regex.pattern
            yield Pattern(f"address {text}", re.compile(text), frozenset({"search"}))
            if isinstance(entry, URLResolver):
                yield from walk(entry)
            else:
                assert isinstance(entry, URLPattern)

    return list({pattern.place: pattern for pattern in walk(get_resolver())}.values())


_LITERAL = re.compile(
    r"(?<=[(=,:!&|?;\s])/(?![/*\s])((?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)/([a-z]*)(?=[.,;)\s])"
)
_RUNTIME = re.compile(r"\bRegExp\(")


def in_scripts() -> tuple[list[Pattern], list[str]]:
    """The literals of our JavaScript and of the templates' `pattern=`, as Python reads them; scripts that make patterns."""
    found, made = [], []
    for path in sorted((ROOT / "static" / "js").glob("*.js")):
        source = path.read_text()
        made += [path.name] if _RUNTIME.search(source) else []
        for match in _LITERAL.finditer(source):
            flags = re.IGNORECASE if "i" in match[2] else 0
            found.append(
                Pattern(f"{path.name}: {match[0]}", re.compile(match[1], flags), frozenset({"search"}))
            )
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for text in re.findall(r'\spattern="([^"]+)"', path.read_text()):
            found.append(Pattern(f"{path.name}: {text}", re.compile(text), frozenset({"fullmatch"})))
    return found, made


# -- attacking -------------------------------------------------------------------------------------------------

_parser: Any = importlib.import_module("re._parser")
MOST_PIECES, MOST_HEADS = 8, 3


@dataclass(frozen=True)
class Attack:
    """A text that begins as a match would, repeats a piece of it again and again, and then misses."""

    head: str
    pump: str
    tail: str
    binary: bool

    def text(self, size: int) -> Any:
        """It, about `size` characters long."""
        text = self.head + self.pump * max(1, size // len(self.pump)) + self.tail
        return text.encode("latin-1", "replace") if self.binary else text


def attacks(pattern: "re.Pattern[Any]") -> list[Attack]:
    """Each piece of the pattern, and each two of them, behind each beginning of a match and before near misses."""
    tree = _parser.parse(pattern.pattern, pattern.flags)
    pieces = list(islice(dict.fromkeys(piece for piece in _pieces(tree) if piece), MOST_PIECES))
    pumps = dict.fromkeys([*pieces, *map("".join, product(pieces, repeat=2))])
    heads = list(dict.fromkeys(["", *_beginnings(tree)]))[:MOST_HEADS]
    tails = ("", "\0")
    binary = isinstance(pattern.pattern, bytes)
    return [Attack(head, pump, tail, binary) for pump, head, tail in product(pumps, heads, tails)]


def _sample(tree: Any) -> str:
    """A short text that these nodes match."""
    return "".join(next(iter(_samples(op, value)), "") for op, value in tree)


def _samples(op: Any, value: Any) -> list[str]:
    """Texts that one node matches, each different in kind."""
    return _SAMPLES.get(str(op), lambda _: [""])(value)


def _repeated(value: Any) -> list[str]:
    low, _, inner = value
    return [_sample(inner) * max(1, low), _sample(inner) * low]


def _members(items: Any) -> list[str]:
    inside = [item for item in items if str(item[0]) != "NEGATE"]
    compiled = [_one_of(op, value) for op, value in inside]
    if len(inside) < len(items):
        return [letter for letter in 'a0! \n"\\.-/:;,=\t\u00a0' if not any(test(letter) for test in compiled)]
    return [text for op, value in inside for text in _listed(str(op), value)]


def _listed(name: str, value: Any) -> list[str]:
    if name == "LITERAL":
        return [chr(value)]
    return [chr(value[0])] if name == "RANGE" else _category(str(value))


def _one_of(op: Any, value: Any) -> Callable[[str], bool]:
    name = str(op)
    if name == "LITERAL":
        return lambda text: ord(text) == value
    if name == "RANGE":
        return lambda text: bool(value[0] <= ord(text) <= value[1])
    return lambda text: (
        text in _category(str(value)) or (text.isspace() and str(value).endswith("CATEGORY_SPACE"))
    )


def _category(name: str) -> list[str]:
    kind = name.rpartition("CATEGORY_")[2]
    return {"SPACE": [" ", "\n"], "DIGIT": ["0"], "WORD": ["a", "0", "_"], "NOT_SPACE": ["a", "!", "0"]}.get(
        kind, ["a", "!", " "]
    )


_SAMPLES: dict[str, Callable[[Any], list[str]]] = {
    "LITERAL": lambda value: [chr(value)],
    "NOT_LITERAL": lambda value: [next(letter for letter in "a!0" if ord(letter) != value)],
    "ANY": lambda _: ["a", " "],
    "IN": _members,
    "CATEGORY": lambda value: _category(str(value)),
    "MAX_REPEAT": _repeated,
    "MIN_REPEAT": _repeated,
    "POSSESSIVE_REPEAT": _repeated,
    "SUBPATTERN": lambda value: [_sample(value[-1])],
    "ATOMIC_GROUP": lambda value: [_sample(value)],
    "BRANCH": lambda value: [_sample(branch) for branch in value[1]],
}


def _pieces(tree: Any) -> Iterator[str]:
    """What each node matches, the outer ones first."""
    yield _sample(tree)
    for op, value in tree:
        yield from _samples(op, value)
        for inner in _inside(op, value):
            yield from _pieces(inner)


def _inside(op: Any, value: Any) -> list[Any]:
    name = str(op)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return [value[2]]
    if name == "BRANCH":
        return list(value[1])
    if name in ("SUBPATTERN", "ATOMIC_GROUP", "ASSERT", "ASSERT_NOT"):
        return [value if name == "ATOMIC_GROUP" else value[-1]]
    return []


def _beginnings(tree: Any) -> Iterator[str]:
    """The text before each repetition, from the start of the pattern."""
    before = ""
    for op, value in tree:
        for inner in _inside(op, value):
            yield before
            yield from (before + text for text in _beginnings(inner))
        before += _sample([(op, value)])
    yield before


# -- timing ----------------------------------------------------------------------------------------------------


class Slow(Exception):
    """A text took longer than it may."""


def seconds(run: Callable[[Any], object], text: Any, most: float) -> float:
    """The processor's time that `run` takes for `text`. Raises Slow after `most` seconds: `re` lets a signal in."""

    def late(signum: int, frame: FrameType | None) -> None:
        raise Slow

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    begun = time.thread_time()
    try:
        run(text)
        return time.thread_time() - begun
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
