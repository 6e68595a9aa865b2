"""`make lint`: no migration since the last release breaks that release or locks a table for long.

django-migration-linter reads the SQL of each, which Django makes with a PostgreSQL at hand: that of the wheels.
"""

import os
import sys
import tempfile
from pathlib import Path

from dashboard.local.servers import Engines

ROOT = Path(__file__).resolve().parents[2]
RELEASED = {
    "dashboard": ["0001_initial"],
    "generations": ["0001_initial", "0002_browse", "0003_lab", "0004_record_chunks", "0005_ledger"],
}
"""Those of v0.1.0, which are past mending."""


def lint() -> bool:
    """Whether all is well; what is not is printed."""
    import django

    django.setup()
    from django_migration_linter import MigrationLinter

    fine = True
    for app, released in RELEASED.items():
        linter = MigrationLinter(
            path=str(ROOT),
            include_apps=[app],
            ignore_name=released,
            no_cache=True,
            all_warnings_as_errors=True,
            quiet=["ok", "ignore"],
        )
        linter.lint_all_migrations()
        fine = fine and not linter.has_errors
    return fine


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="retake-lint-") as folder:
        engines = Engines(Path(folder), {}, durable=False)
        Path(folder).chmod(0o755)
        engines.start()
        try:
            os.environ.update(engines.urls, DJANGO_SETTINGS_MODULE="dashboard.settings")
            fine = lint()
        finally:
            engines.stop()
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
