"""The help page explains every word that pages link to, and every key."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from dashboard.models import Team, User
from generations.reading.glossary import WORDS
from generations.views.help import JOBS
from tests.support import people

pytestmark = pytest.mark.django_db
TEMPLATES = Path(__file__).parents[2] / "templates"
LINKED = re.compile(r'{% term "([\w-]+)"')


def test_words_keys_and_jobs(team: Team, ada: User) -> None:
    page = people.html(people.browser(ada).get(reverse("help")))
    assert [slug for slug in WORDS if f'id="{slug}"' not in page] == []
    assert page.count("<dt>This help</dt>") == 2  # on the page, and in the dialog that ? opens
    assert [job.picture for job in JOBS if finders.find(f"screens/{job.picture}.png") is None] == []
    assert page.count('loading="lazy"') == len(JOBS) == 5
    assert people.browser().get(reverse("help")).status_code == 302


def test_pages_link_to_words_that_are_explained_and_each_only_once() -> None:
    linked = {path: LINKED.findall(path.read_text()) for path in TEMPLATES.rglob("*.html")}
    assert {slug for found in linked.values() for slug in found} <= set(WORDS)
    assert {path.name: found for path, found in linked.items() if len(found) > len(set(found))} == {}
    unexplained = set(WORDS) - {slug for found in linked.values() for slug in found}
    assert unexplained <= {"interrupted", "similarity", "p95"}
