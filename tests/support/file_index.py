"""The index of files in `docs/architecture.md`: each module with the first sentence of its docstring.

`python -m tests.support.file_index` writes it anew.
"""

import ast
import re
from pathlib import Path
from textwrap import shorten

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "architecture.md"
HEADING = "## Index of files"
LEAD = (
    "Every module with the first sentence of its docstring, written by `python -m tests.support.file_index`.\n"
    "Migrations and empty `__init__.py` are left out."
)


def sentence(path: Path) -> str:
    """The first sentence of a module's docstring, without line breaks; "" without one."""
    paragraph = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")[0]
    text = " ".join(paragraph.split())
    match = re.match(r".+?[.?](?= |$)", text)
    return shorten((match[0] if match else text).rstrip("."), 170, placeholder=" ...")


def index() -> str:
    """The section: a heading for each folder, a line for each of its modules."""
    parts = [HEADING, LEAD]
    for folder in ("dashboard", "generations"):
        rooms: dict[Path, list[str]] = {}
        for path in sorted((ROOT / folder).rglob("*.py")):
            said = sentence(path)
            if "migrations" not in path.parts and (said or path.name != "__init__.py"):
                rooms.setdefault(path.parent, []).append(f"- `{path.name}`: {said or 'its name to Django'}")
        parts += [f"### {room.relative_to(ROOT)}/\n\n" + "\n".join(rooms[room]) for room in sorted(rooms)]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    before = DOCUMENT.read_text().partition(HEADING)[0].rstrip()
    DOCUMENT.write_text(f"{before}\n\n{index()}")


if __name__ == "__main__":
    main()
