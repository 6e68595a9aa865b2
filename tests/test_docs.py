"""Documents cannot drift: what they name exists."""

import ast
import builtins
import pkgutil
import re
from collections import defaultdict
from pathlib import Path

import pytest

from bench.tools import scale
from tests.support import configuration

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SETTINGS = "".join(
    (ROOT / "dashboard" / name).read_text() for name in ("settings.py", "web/serve.py", "environment.py")
)
MAKEFILE = (ROOT / "Makefile").read_text()


def documented() -> list[str]:
    return re.findall(r"^\| `([A-Z_]+)` \|", README, re.M)


def test_every_documented_setting_is_read() -> None:
    assert [name for name in documented() if f'"{name}"' not in SETTINGS] == []


def test_every_setting_is_documented() -> None:
    read = set(re.findall(r'env\.\w+\("([A-Z_]+)"', SETTINGS)) - {"DEMO_GATEWAY", "COOKIE_PREFIX"}
    assert read - set(documented()) == set()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_exists(document: str) -> None:
    named = set(re.findall(r"`?make ([a-z]+)\b", (ROOT / document).read_text())) - {"and", "it"}
    assert {name for name in named if f"\n{name}:" not in MAKEFILE} == set()


def test_every_management_command_exists() -> None:
    text = README + (ROOT / "docs" / "operating.md").read_text()
    named = set(re.findall(r"manage\.py ([a-z_]+)", text))
    there = {path.stem for path in ROOT.glob("*/management/commands/*.py")}
    assert named - there == set()


DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    path = ROOT / document
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", path.read_text()) if not link.startswith("http")]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_house_plan_names_no_file_that_is_not_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"\b([a-z_]+\.py)\b", text))
    there = {path.name for folder in ("dashboard", "generations") for path in (ROOT / folder).rglob("*.py")}
    assert named - there - {"manage.py"} == set()


def test_every_path_of_the_house_plan_leads_to_a_file() -> None:
    """Paths of the questions, and the index: each file under the folder whose heading it stands."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    paths = re.findall(r"`((?:generations|dashboard|static|templates)/[\w/.]+\.\w+)`", text)
    assert len(paths) > 20
    for section in re.split(r"^### ", text, flags=re.M)[1:]:
        folder = section.partition("\n")[0]
        paths += [f"{folder}{name}" for name in re.findall(r"^- `(\w+\.py)`", section, re.M)]
    assert len(paths) > 300
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_the_house_plan_names_every_room() -> None:
    """Folders with modules of their own; what Django asks for is no room."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    rooms = {
        path.parent
        for folder in ("dashboard", "generations")
        for path in (ROOT / folder).rglob("__init__.py")
    }
    asked_for = {"migrations", "management", "dashboard", "generations"}
    parts = {part for room in rooms for part in room.relative_to(ROOT).parts if "demo" not in room.parts[:-1]}
    assert {part for part in parts - asked_for if f"{part}/" not in text} == set()


def test_the_tables_of_scale_are_those_of_the_arithmetic() -> None:
    text = (ROOT / "docs" / "scale.md").read_text()
    assert scale.rates(*scale.RATES) in text
    assert scale.stored(*scale.COUNTS) in text


def test_the_configuration_is_that_of_the_source() -> None:
    assert configuration.DOCUMENT.read_text() == configuration.page()
    assert set(configuration.calls()) - {"DEMO_GATEWAY"} == set(documented())


# --- what docstrings say is raised ----------------------------------------------------------------------------------

NAMED = r"(?:[a-z_]+\.)*(?:[A-Z]\w+\.)?_?[A-Z]\w+"
RAISED = re.compile(rf"\bRaises `?{NAMED}`?(?:,?(?: and| or)? `?{NAMED}`?)*")
DOTTED = re.compile(r"(?<![\w.])[a-z_]+\.[A-Z]\w+")  # also behind what a list says of its first one


def bound(tree: ast.Module) -> set[str]:
    """The classes and imports of a module."""
    nodes = list(ast.walk(tree))
    imported = [
        name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for name in node.names
    ]
    classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    return classes | {name.asname or name.name for name in imported}


def raised(tree: ast.Module) -> set[str]:
    """The exceptions that its docstrings name."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, documented)]
    lists = [match[0].removeprefix("Raises ") for text in texts for match in RAISED.finditer(text)]
    more = [
        name for text in texts if "Raises " in text for name in DOTTED.findall(text.partition("Raises ")[2])
    ]
    return {name for found in lists for name in re.findall(NAMED, found)} | set(more)


def test_every_exception_that_a_docstring_names_exists() -> None:
    names, modules, known = set(dir(builtins)), defaultdict[str, set[str]](set), dict[str, set[str]]()
    for path in (
        path for folder in ("dashboard", "generations", "bench") for path in (ROOT / folder).rglob("*.py")
    ):
        tree = ast.parse(path.read_text())
        known[str(path.relative_to(ROOT))], own = raised(tree), bound(tree)
        names |= own
        modules[path.parent.name if path.stem == "__init__" else path.stem] |= own

    def exists(name: str) -> bool:
        place, _, last = name.removesuffix(".DoesNotExist").rpartition(".")
        if not place:
            return last in names
        try:
            return last in modules[place.rpartition(".")[2]] or bool(pkgutil.resolve_name(name))
        except (ImportError, AttributeError):
            return False

    assert sum(map(len, known.values())) > 100
    assert [(path, name) for path, found in known.items() for name in sorted(found) if not exists(name)] == []
