"""`docs/configuration.md`: every setting with its kind and bounds as the source checks them, and what README says of it.

`python -m tests.support.configuration` writes it anew.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "configuration.md"
SOURCES = ("dashboard/settings.py", "dashboard/web/serve.py", "dashboard/environment.py")
KINDS = {
    "choice": "a word",
    "database": "a URL",
    "email": "a URL",
    "fernet_keys": "keys",
    "flag": "`true` or `false`",
    "gateway_urls": "URLs",
    "hosts": "host names",
    "log_level": "a word",
    "number": "a whole number",
    "origins": "origins",
    "printable": "a text",
    "public_url": "a URL",
    "redis": "a URL",
    "redis_tls": "`true` or `false`",
    "secret": "a secret",
    "secret_or_none": "a secret",
    "secrets": "secrets",
    "sender": "an address",
    "sentry": "a URL",
    "text": "a text",
}
LEAD = """# Configuration

Every setting, written by `python -m tests.support.configuration` from the source that reads it and from the README's words.
Each is read from the environment, or as `NAME_FILE` from a file with the value, and checked when a process starts: one that
cannot work stops it with one sentence that names it. A test holds this page to the source.
"""


def calls() -> dict[str, ast.Call]:
    """Where each setting is read: its name and the call."""
    found: dict[str, ast.Call] = {}
    for source in SOURCES:
        for node in ast.walk(ast.parse((ROOT / source).read_text())):
            if isinstance(node, ast.Call) and _kind(node) in KINDS and node.args:
                name = node.args[0]
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    found[name.value] = node
    return found


def _kind(call: ast.Call) -> str:
    reads = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "env"
    return call.func.attr if reads and isinstance(call.func, ast.Attribute) else ""


def _bounds(call: ast.Call) -> str:
    """The least and most of a number; the words of a choice."""
    given = {keyword.arg: ast.unparse(keyword.value).replace("_", "") for keyword in call.keywords}
    if _kind(call) == "choice":
        return " or ".join(f"`{word}`" for word in ast.literal_eval(call.args[1]))
    if _kind(call) == "number":
        return f"{given.get('least', '1')} to {given['most']}"
    return f"at least {given['least']} characters" if "least" in given else ""


def page() -> str:
    """The whole page, settings in the order of the README."""
    said = re.findall(r"^\| `([A-Z_]+)` \|(.*?)\| (.*) \|$", (ROOT / "README.md").read_text(), re.M)
    read = calls()
    rows = [
        f"| `{name}` | {KINDS[_kind(read[name])]} | {default.strip()} | {_bounds(read[name])} | {meaning} |"
        for name, default, meaning in said
    ]
    head = ["| Name | Kind | Default | Bounds | What it is |", "|---|---|---|---|---|"]
    return LEAD + "\n" + "\n".join(head + rows) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(page())
