"""The room's own README names what stands there, and what of it needs nothing of the site."""

import ast
import re
from pathlib import Path

import dashboard.web

ROOM = Path(dashboard.web.__file__).parent


def of_the_site(module: Path) -> str:
    """The modules outside the room that a module imports when it runs, as the table names them."""
    tree = ast.parse(module.read_text())
    for_types = {
        part
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for part in ast.walk(node)
    }
    named = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node not in for_types
    }
    found = [name for name in named if name.startswith(("dashboard", "generations"))]
    outside = sorted(
        name for name in found if name != "dashboard.web" and not name.startswith("dashboard.web.")
    )
    return ", ".join(f"`{name}`" for name in outside) or "none"


def test_the_table_names_each_module_and_what_it_needs_of_the_site() -> None:
    rows = re.findall(
        r"^\| `([a-z_]+\.py)` \|[^|]+\| ([^|]+) \|$", (ROOM / "README.md").read_text(), re.MULTILINE
    )
    modules = sorted(path for path in ROOM.glob("*.py") if path.name != "__init__.py")
    assert sorted(rows) == [(path.name, of_the_site(path)) for path in modules]
