"""`manage.py restored`: after a backup was put back and before a worker starts, nothing is left that would be sent again."""

from typing import Any

from django.core.management.base import BaseCommand

from generations.replay.restored import end_what_is_open


class Command(BaseCommand):
    """Idempotent."""

    help = "After restoring a backup, before starting a worker: end what was open in it, which may have been sent since."

    def handle(self, *_: Any, **__: Any) -> None:
        ended = ", ".join(f"{count} {name}" for name, count in end_what_is_open().items())
        self.stdout.write(f"Ended: {ended}. Nothing of it is sent.")
