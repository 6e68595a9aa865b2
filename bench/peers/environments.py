"""An environment for each peer, from a file of exact versions: in the user's cache, never in the project's own locks."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
COMPLETE = ".complete"


def pins(package: str) -> Path:
    """The file of exact versions of the package and of all that it needs."""
    return FOLDER / f"{package}.txt"


def version(package: str) -> str:
    found = re.search(rf"^{re.escape(package)}==(\S+)$", pins(package).read_text(), re.M)
    assert found, f"{pins(package)} does not name {package}"
    return found[1]


def environment(package: str) -> Path:
    """The folder of its programs; made by the first run, and again when the file of versions has changed."""
    place = _cache() / f"{package}-{hashlib.sha256(pins(package).read_bytes()).hexdigest()[:12]}"
    if not (place / COMPLETE).exists():
        _make(place, pins(package))
    return place / "bin"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "retake" / "peers"


def _make(place: Path, versions: Path) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, place], check=True)
    into = ["--python", str(place / "bin" / "python"), "-r", str(versions)]
    subprocess.run([uv, "pip", "install", "--quiet", "--no-deps", *into], check=True)
    (place / COMPLETE).touch()
