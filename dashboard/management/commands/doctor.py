"""`manage.py doctor`: what is wrong, in plain words."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.health.checks import findings
from dashboard.health.findings import BAD, OK, Finding
from dashboard.web.serve import be_brief


class Command(BaseCommand):
    """Prints one line a check. The exit code is 1 when something is wrong."""

    help = "Check what Retake needs and say what is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list, for tools")

    def run_from_argv(self, argv: list[str]) -> None:
        """From a shell: a database that hangs, or a locked table, does not hold it up."""
        be_brief()
        super().run_from_argv(argv)

    def handle(self, *_: Any, **options: Any) -> None:
        found = findings()
        if options["json"]:
            self.stdout.write(json.dumps([as_object(line) for line in found], indent=1))
        for line in [] if options["json"] else found:
            self.stdout.write(f"{line.name}: {'ok. ' if line.level == OK else ''}{line.said}")
        wrong = sum(line.level == BAD for line in found)
        if wrong:
            raise CommandError(f"{wrong} of {len(found)} checks failed. What to do: docs/operating.md")


def as_object(line: Finding) -> dict[str, str]:
    """`guide`: where the operator's guide says more."""
    guide = f"docs/operating.md#{line.section}"
    return {"name": line.name, "level": line.level, "said": line.said, "guide": guide}
