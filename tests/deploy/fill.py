"""What an operator's editor does to a file of docs/deploy on the server of one folder: `python fill.py FILE ...`.

Secrets are made by the commands that stand above them; addresses, ports and folders are those of $ROOT and the tests.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT, NAME = os.environ["ROOT"], "retake.example.com"


def filled(text: str) -> str:
    """The settings, with a value for each that is empty."""
    for command, name in re.findall(r"^# (python3 -c .*)\n([A-Z_]+)=$", text, re.M):
        made = subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout.strip()
        text = text.replace(f"\n{name}=\n", f"\n{name}={made}\n")
    for name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL"):
        text = re.sub(rf"^{name}=.*$", f"{name}={os.environ['WALK_' + name]}", text, flags=re.M)
    return f"{text}PORT={os.environ['WALK_PORT']}\nGATEWAY_URLS={os.environ['WALK_GATEWAY']}\n"


def placed(text: str) -> str:
    """Folders below $ROOT, ports that are free."""
    for before, after in {
        "/srv/retake": f"{ROOT}/srv/retake",
        "/etc/": f"{ROOT}/etc/",
        "/var/": f"{ROOT}/var/",
        "127.0.0.1:8000": f"127.0.0.1:{os.environ['WALK_PORT']}",
        "listen 80;": f"listen 127.0.0.1:{os.environ['WALK_HTTP']};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{os.environ['WALK_HTTPS']} ssl http2;",
    }.items():
        text = text.replace(before, after)
    return re.sub(r"^\s*listen \[::\].*\n", "", text, flags=re.M)


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        kept = path.read_text()
        path.write_text(filled(placed(kept)) if path.name == "retake.env" else placed(kept))
