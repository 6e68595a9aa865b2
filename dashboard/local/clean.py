"""`make clean`: everything that `make` has made in this checkout, its data included."""

import shutil
import sys
from pathlib import Path

from dashboard.local.state import AlreadyRunningError, home, lock

ROOT = Path(__file__).resolve().parents[2]
MADE = (
    ".venv",
    ".local",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".import_linter_cache",
)


def main() -> None:
    """Delete what is there and say so; refuses while the site runs."""
    try:
        lock(ROOT)
    except AlreadyRunningError:
        sys.exit("Retake runs from this folder: stop it first (Ctrl-C).")
    caches = [folder for folder in ROOT.rglob("__pycache__") if ".venv" not in folder.parts]
    for folder in dict.fromkeys([home(ROOT), *(ROOT / name for name in MADE), *caches]):
        if folder.exists():
            shutil.rmtree(folder)
            if folder.name != "__pycache__":
                sys.stdout.write(f"removed {folder}\n")


if __name__ == "__main__":
    main()
