"""`manage.py rotate_keys`: encrypt every stored key anew with the first key of FIELD_ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.connections.key_rotation import rotate


class Command(BaseCommand):
    """Afterwards the other keys of FIELD_ENCRYPTION_KEYS are needed no more, unless files wait in SPOOL_DIR."""

    help = "Encrypt every stored key anew with the first key of FIELD_ENCRYPTION_KEYS."

    def handle(self, *_: Any, **__: Any) -> None:
        counts = rotate()
        self.stdout.write(f"{counts.anew} encrypted anew, {counts.as_is} had the first key already.")
        if counts.shut:
            raise CommandError(
                f"{counts.shut} cannot be read with any key of FIELD_ENCRYPTION_KEYS, and were left as they are. "
                "`doctor` names them."
            )
