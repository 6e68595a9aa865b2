"""`manage.py prepare`: the database made ready for this version of the code."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """Idempotent. Runs at every release, and with --demo in `make up`."""

    help = "Migrate, make the cache table, and with --demo the demo team: prints its sign-in path."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="make the demo team")

    def handle(self, *_: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        if options["demo"]:
            call_command("demo_team", stdout=self.stdout)
