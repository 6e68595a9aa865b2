"""No process loads a large package that it never uses: each costs megabytes in every process and time at each start."""

import os
import subprocess
import sys

import pytest

from tests.support.processes import ROOT

pytestmark = pytest.mark.heavy
# What comes with the command lines of Celery and httpx.
COMMAND_LINES = {"click_repl", "prompt_toolkit", "rich", "httpx._main"}
DATABASE = {"django.db", "psycopg", "cryptography.fernet"}
PRODUCT = {"generations.models", "generations.reading"}
PAGES = {"generations.views", "generations.forms", "dashboard.urls", "allauth.account.views"}
# How a process loads itself -> what it has no use for.
UNUSED = {
    "from dashboard.celery import app; app.Worker; app.loader.import_default_modules()": COMMAND_LINES
    | PAGES,
    "from dashboard import asgi; from dashboard.web import serve; serve.get_resolver().url_patterns": COMMAND_LINES,
    "from dashboard.beat import app; app.Beat": COMMAND_LINES | DATABASE | PRODUCT,
    "import generations.gateway.demo.__main__": COMMAND_LINES | DATABASE | PRODUCT | {"httpx", "authlib"},
    "import dashboard.local.up": COMMAND_LINES | DATABASE | PRODUCT | {"ssl", "http.client", "generations"},
}


@pytest.mark.parametrize("load", UNUSED)
def test_no_process_loads_what_it_never_uses(load: str, site_environment: dict[str, str]) -> None:
    """A package that is missing in one environment and there in another is looked for, too."""
    program = f"import sys; {load}; print(*(name for name, found in sys.modules.items() if found))"
    env = {**os.environ, **site_environment, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert UNUSED[load] & loaded == set()
