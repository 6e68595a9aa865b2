"""`manage.py doctor`: what is wrong, in plain words."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.health.checks import findings
from dashboard.health.findings import BAD, OK


class Command(BaseCommand):
    """Prints one line a check. The exit code is 1 when something is wrong."""

    help = "Check what Retake needs and say what is wrong."

    def handle(self, *_: Any, **__: Any) -> None:
        found = findings()
        for line in found:
            self.stdout.write(f"{line.name}: {'ok. ' if line.level == OK else ''}{line.said}")
        wrong = sum(line.level == BAD for line in found)
        if wrong:
            raise CommandError(f"{wrong} of {len(found)} checks failed.")
