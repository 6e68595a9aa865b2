"""Templates have lines of at most 120 columns. `python -m tests.support.template_lines` names those that are longer.

Where a line breaks: between attributes, or where white space stands anyway. Never inside `.text`, `.call`, `.code` and
`.sides td`, which keep it.
"""

import sys
from pathlib import Path

TEMPLATES = Path(__file__).parents[2] / "templates"
MOST = 120


def too_long(text: str) -> list[int]:
    """The numbers of the lines that are too long."""
    return [number for number, line in enumerate(text.splitlines(), 1) if len(line) > MOST]


def main() -> int:
    """0 when every line of every page fits. Mails are texts: their lines are paragraphs."""
    found = [
        f"{path.relative_to(TEMPLATES.parent)}:{number}: more than {MOST} columns"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for number in too_long(path.read_text())
    ]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
