"""SQL by hand stands where it was measured, or where the ORM has no word for it: `docs/benchmarks.md` names each."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
CALLS = ("cursor", "raw", "extra", "RawSQL", "RunSQL")


def functions_with_sql() -> Iterator[str]:
    """Each function that sends SQL of its own, or puts some into a query; the demo gateway has no database."""
    for package in ("dashboard", "generations"):
        for path in sorted((ROOT / package).rglob("*.py")):
            place = path.relative_to(ROOT)
            if "demo" not in place.parts:
                yield from (f"{place}: {name}" for name in named(ast.parse(path.read_text())))


def named(tree: ast.Module) -> Iterator[str]:
    """The innermost functions with such a call; the module itself where it stands in none."""
    inside = set[ast.AST]()
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in reversed(functions):
        found = {node for node in ast.walk(function) if is_sql(node)} - inside
        inside |= found
        if found:
            yield function.name
    if any(is_sql(node) and node not in inside for node in ast.walk(tree)):
        yield "(module)"


def is_sql(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in CALLS


def test_the_table_names_every_function_with_sql_and_no_other() -> None:
    table = (ROOT / "docs" / "benchmarks.md").read_text().partition("## SQL by hand")[2]
    rows = re.findall(r"^\| `([^`]+)` \|(.*)\|(.*)\|([^|]+)\|$", table, re.MULTILINE)
    assert sorted(name for name, *_ in rows) == sorted(functions_with_sql())
    assert [name for name, _, orm, why in rows if not orm.strip() or not why.strip()] == []


def test_a_statement_in_any_form_is_found() -> None:
    text = """
def first():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")

async def second():
    def inner():
        return Row.objects.extra(where=["true"])
    return Row.objects.annotate(n=RawSQL("1", []))

operations = [migrations.RunSQL("SELECT 1")]
"""
    assert sorted(named(ast.parse(text))) == ["(module)", "first", "inner", "second"]
