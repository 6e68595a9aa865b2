"""The help page explains every word that pages link to, and every key."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from dashboard.models import GatewayConnection, Membership, Role, Team, User
from generations.models import Batch
from generations.models.replay import State
from generations.reading.glossary import WORDS
from generations.views.help import JOBS
from generations.views.lookup import home as home_page
from tests.support import people, rows

pytestmark = pytest.mark.django_db
TEMPLATES = Path(__file__).parents[2] / "templates"
LINKED = re.compile(r'{% term "([\w-]+)"')


def test_words_keys_and_jobs(team: Team, ada: User) -> None:
    page = people.html(people.browser(ada).get(reverse("help")))
    assert [slug for slug in WORDS if f'id="{slug}"' not in page] == []
    assert page.count("<dt>Keys on this page</dt>") == 2  # on the page, and in the dialog that ? opens
    assert [job.picture for job in JOBS if finders.find(f"screens/{job.picture}.png") is None] == []
    assert page.count('loading="lazy"') == len(JOBS) == 5
    assert people.browser().get(reverse("help")).status_code == 302


def test_pages_link_to_words_that_are_explained_and_all_are_linked() -> None:
    linked = [slug for path in TEMPLATES.rglob("*.html") for slug in LINKED.findall(path.read_text())]
    assert set(linked) == set(WORDS)


# How sentences of pages say each word.
SAID = {
    "generation": r"generations?",
    "lookup": r"lookups?|looked up",
    "replay": r"replays?|replayed",
    "exact": r"exactly as stored",
    "patch": r"changes",
    "reproduced": r"reproduced",
    "interrupted": r"interrupted",
    "batch": r"batch|batches",
    "similarity": r"similarity",
    "first-token": r"first token",
    "pricing-line": r"pricing lines?",
    "p95": r"p95",
    "connection": r"gateway connections?",
    "forget": r"forget|forgotten",
}


class Sentences(HTMLParser):
    """What a page says in sentences of its own, without what is clicked, typed or quoted; the terms that it links to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.terms: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if given.get("class") == "term":
            self.terms.append((given["href"] or "").partition("#")[2])
        if tag not in VOID:
            own = (given.get("class") or "").split()
            self.open.append("quoted" if QUOTED & {*own, given.get("id")} else tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if "main" in self.open and "p" in self.open and not NOT_SAID & set(self.open):
            self.words.append(data)

    def faults(self) -> list[str]:
        """Terms that are said and not linked, with the words around, and those that are linked twice."""
        text = " ".join(" ".join(self.words).split())
        found = []
        for slug in SAID.keys() - set(self.terms):
            found += [
                f"{slug}: {match[0]}"
                for match in re.finditer(rf".{{0,40}}\b({SAID[slug]})\b.{{0,40}}", text, re.I)
            ][:1]
        return found + [f"{slug} is linked {n} times" for slug, n in Counter(self.terms).items() if n > 1]


VOID = {"img", "input", "br", "hr", "meta", "link", "line", "rect", "circle", "path", "wbr", "source", "col"}
# Texts of records, links, what a field wants; a page that has nothing to show has one link: what to do.
QUOTED = {"text", "prose", "mono", "term", "help", "empty"}
NOT_SAID = {"a", "button", "code", "pre", "quoted", "label", "table", "h1", "h2", "h3", "dialog", "nav"}


def test_each_term_in_the_sentences_of_a_page_is_linked_there_once(
    team: Team, ada: User, source: GatewayConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No process runs here, and an operator is not taught words.
    monkeypatch.setattr(home_page, "degraded", dict)
    assert set(SAID) == set(WORDS)
    Membership.objects.filter(user=ada).update(role=Role.OWNER)
    chat = rows.generation(team, ada, source)
    rows.generation(team, ada, source, request_id="G-2")
    batch = Batch.objects.create(team=team, started_by=ada, click=uuid4(), title="Two", parallel=1, size=2)
    states = (State.SUCCEEDED, State.FAILED, State.INTERRUPTED, State.CANCELLED)
    replays = [
        rows.replay(chat, ada, batch=batch, place=place, state=state) for place, state in enumerate(states)
    ]
    base, home = chat.get_absolute_url(), f"/t/{team.slug}"
    addresses = ["/", base, *(f"{base}/{name}" for name in OF_A_GENERATION), batch.get_absolute_url()]
    addresses += [row.get_absolute_url() for row in replays] + [f"{home}/{name}" for name in OF_A_TEAM]
    browser = people.browser(ada)
    pages = {address: browser.get(address) for address in addresses}
    assert {address: page.status_code for address, page in pages.items() if page.status_code != 200} == {}
    faults = [
        f"{address}: {fault}"
        for address, page in pages.items()
        for fault in Sentences(page.content.decode()).faults()
    ]
    assert faults == []


OF_A_GENERATION = "parameters cost timing json replays replay copy forget".split()
OF_A_TEAM = (
    "generations replays batches lab compare trends settings/limits settings/connections settings/connections/new "
    "settings/ go"
).split()
