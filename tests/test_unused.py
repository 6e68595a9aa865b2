"""Nothing is left over: what the source defines is used by the source, not by tests alone."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from dashboard.templatetags.site import ICONS

ROOT = Path(__file__).parent.parent
CODE = [path for folder in ("generations", "dashboard") for path in sorted((ROOT / folder).rglob("*.py"))]
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
STARTED_BY = [ROOT / name for name in ("Procfile", "Makefile", "pyproject.toml", "manage.py")]
# Called by Django, Celery or their packages by these names alone.
FRAMEWORK = {
    *("handler400", "handler403", "handler404", "handler429", "handler500"),
    *("DashboardConfig", "GenerationsConfig", "Command", "HonestCache", "StaticFiles"),
}
BY_SCRIPTS = ("htmx-",)  # classes that htmx sets
BY_KIND = ("live-",)  # classes that end in the kind of an entry
OF_TESTS = {"RETIRED_KEY", "MALFORMED_KEY", "BROKEN_TOKEN"}  # keys of the demo gateway that only tests send


def defined(path: Path) -> Iterator[str]:
    """The functions, classes and constants of a module, but for those that a decorator hands to somebody."""
    for node in ast.parse(path.read_text()).body:
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and not node.decorator_list
        ):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def words(paths: list[Path]) -> Counter[str]:
    return Counter(word for path in paths for word in re.findall(r"\w+", path.read_text()))


def test_every_name_of_a_module_is_used_outside_of_tests() -> None:
    used = words([*CODE, *TEMPLATES, *STARTED_BY])
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in CODE
        if path.name != "settings.py" and "migrations" not in path.parts
        for name in defined(path)
        if used[name] < 2 and name not in FRAMEWORK | OF_TESTS and not name.startswith("__")
    ]
    assert found == []


def test_every_constant_is_used_by_its_module_or_taken_from_it() -> None:
    """One that another module has under the same name is not the same: it was left behind when a module was divided."""
    dotted = set(re.findall(r"(?<=\w\.)\w+", source(CODE)))
    taken = {
        (node.module.rpartition(".")[2], alias.name)
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in CODE
        if path.name != "settings.py" and "migrations" not in path.parts
        for used in [words([path])]
        for name in defined(path)
        if name.isupper() and name not in OF_TESTS | dotted and used[name] < 2
        if (path.stem, name) not in taken
    ]
    assert found == []


def source(*folders: list[Path]) -> str:
    return "\n".join(path.read_text() for folder in folders for path in folder)


def styled() -> set[str]:
    """The classes of the stylesheets."""
    text = re.sub(r"/\*.*?\*/", "", source(STYLES), flags=re.S)
    selectors = "".join(re.findall(r"([^{}]+)\{", text))
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))


def test_every_class_of_the_stylesheets_is_given_to_something() -> None:
    given = set(re.findall(r"[\w-]+", source(TEMPLATES, SCRIPTS, CODE)))
    assert {name for name in styled() - given if not name.startswith(BY_SCRIPTS + BY_KIND)} == set()


def test_every_class_of_the_templates_is_styled_or_sought() -> None:
    sought = set(re.findall(r"[\w-]+", source(SCRIPTS)))
    found = re.findall(r'class="([^"]*)"', source(TEMPLATES))
    plain = {name for text in found if "{" not in text for name in text.split()}
    assert plain - styled() - sought == set()


def test_every_icon_is_shown() -> None:
    shown = source(TEMPLATES, [path for path in CODE if {"templatetags", "generations"} & set(path.parts)])
    assert [name for name in ICONS if shown.count(f'"{name}"') < 2] == []


def test_every_template_is_used() -> None:
    """Templates of accounts take the place of allauth's, by their names."""
    names = [str(path.relative_to(ROOT / "templates")) for path in TEMPLATES]
    used = source(TEMPLATES, CODE)
    drawn = set(re.findall(r'draw\(data, f?"(\w+?)(?:\{tab\})?"', used))
    parts = tuple(f"generations/generation/{name}" for name in drawn)
    assert {"generations/generation/panel_", "generations/generation/tabs"} <= set(parts)
    assert [name for name in names if name not in used and not name.startswith(("account/", *parts))] == []


def test_every_line_of_the_key_help_has_a_control_and_every_key_a_line() -> None:
    text = source(TEMPLATES)
    lines = {key for keys in re.findall(r'data-for="([^"]+)"', text) for key in keys.split(",")}
    controls = set(re.findall(r'data-key="([^"]+)"', text))
    taken = set(
        re.findall(r'\bkey === "(.)"', (ROOT / "static/js/keys.js").read_text())
    )  # by the script itself
    assert {"j", "k", "?"} <= taken
    assert (lines - controls - taken, taken - lines) == (set(), set())
    assert controls - lines == set()
