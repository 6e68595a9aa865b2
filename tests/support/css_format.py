"""The stylesheets with one declaration a line. `python -m tests.support.css_format` formats them, `--check` compares."""

import re
import sys
from pathlib import Path

CSS = Path(__file__).parents[2] / "static" / "css"
TOKEN = re.compile(
    r"""/\*.*?\*/|"[^"]*"|'[^']*'|\((?:[^()"']|"[^"]*"|'[^']*'|\([^()]*\))*\)|[{};]|\s+|.""", re.DOTALL
)


def formatted(text: str) -> str:
    """`text` with every declaration, comment, selector and closing brace on a line of its own; blank lines stay."""
    lines: list[str] = []
    depth, line = 0, ""

    def end(mark: str) -> None:
        nonlocal line
        if line.strip():
            lines.append("  " * depth + " ".join((line.strip() + mark).split()))
        line = ""

    for token in TOKEN.findall(text):
        if token == "{":
            end(" {")
            depth += 1
        elif token == "}":
            end(";")
            depth -= 1
            lines.append("  " * depth + "}")
        elif token == ";":
            end(";")
        elif token.startswith("/*") and not line:
            lines.append("  " * depth + token)
        elif token.isspace() and not line:
            lines += [""] if token.count("\n") > 1 and lines else []
        else:
            line += token
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """0 when every stylesheet is, or was made, as `formatted` has it."""
    odd = [path for path in sorted(CSS.glob("*.css")) if formatted(path.read_text()) != path.read_text()]
    for path in odd:
        if "--check" in sys.argv:
            print(f"{path.name}: run python -m tests.support.css_format")
        else:
            path.write_text(formatted(path.read_text()))
    return 1 if odd and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
