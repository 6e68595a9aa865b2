"""Documents cannot drift: what they name exists."""

import re
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
