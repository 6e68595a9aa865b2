"""The help page explains every word that pages link to, and every key."""

import re
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from dashboard.models import GatewayConnection, Membership, Role, Team, User
from dashboard.people.preferences import choose
from generations.models import Batch
from generations.models.replay import State
from generations.reading.glossary import WORDS
from generations.records import trend_days
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
    "generation": r"(?<!“)generations?",
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
        self.figures: list[str] = []
        self.terms: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.figures += [given.get(name) or "" for name in ("title", "aria-label")]
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
        if not {"code", "pre", "textarea", "script"} & set(self.open):
            self.figures.append(data)

    def faults(self) -> list[str]:
        """Terms that are said and not linked, with the words around, and those that are linked twice."""
        text = " ".join(" ".join(self.words).split())
        found = []
        for slug in SAID.keys() - set(self.terms):
            found += [
                f"{slug}: {match[0]}"
                for match in re.finditer(rf".{{0,40}}\b({SAID[slug]})\b.{{0,40}}", text, re.I)
            ][:1]
        found += [f"{slug} is linked {n} times" for slug, n in Counter(self.terms).items() if n > 1]
        return found + [f"{words.strip()} is English" for words in self.figures if ENGLISH.search(words)]


# Figures as they are written for who prefers nothing.
ENGLISH = re.compile(
    r"\d\.\d{1,2} ?(ms|s\b|%|tok|[KMG]B)|\$\d[\d,]*\.(\d\d|\d{4,})\b|(?<![\d.,])[1-9]\d{0,2},\d{3}\b"
)
VOID = {"img", "input", "br", "hr", "meta", "link", "line", "rect", "circle", "path", "wbr", "source", "col"}
# Texts of records, links, what a field wants; a page that has nothing to show has one link: what to do.
QUOTED = {"text", "prose", "mono", "term", "help", "empty"}
NOT_SAID = {"a", "button", "code", "pre", "quoted", "label", "table", "h1", "h2", "h3", "dialog", "nav"}


def test_each_page_links_its_terms_once_and_writes_figures_as_preferred(
    team: Team, ada: User, source: GatewayConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No process runs here, and an operator is not taught words.
    monkeypatch.setattr(home_page, "degraded", dict)
    assert set(SAID) == set(WORDS)
    Membership.objects.filter(user=ada).update(role=Role.OWNER)
    choose(ada, numbers="de")
    chat = rows.generation(team, ada, source, **FIGURES)
    rows.generation(team, ada, source, request_id="G-2")
    batch = Batch.objects.create(team=team, started_by=ada, click=uuid4(), title="Two", parallel=1, size=2)
    states = (State.SUCCEEDED, State.FAILED, State.INTERRUPTED, State.CANCELLED)
    replays = [
        rows.replay(chat, ada, batch=batch, place=place, state=state, total_ms=5678, cost_nanos=12_340_000)
        for place, state in enumerate(states)
    ]
    trend_days.tick()
    base, home = chat.get_absolute_url(), f"/t/{team.slug}"
    addresses = ["/", base, *(f"{base}/{name}" for name in OF_A_GENERATION), batch.get_absolute_url()]
    addresses += [f"{home}/compare?a={chat.slug}&b={replays[0].pk}"]
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


FIGURES: dict[str, Any] = {
    "created_at": datetime.now(UTC).isoformat(),
    "latency_ms": 1234,
    "cost_nanos": 53_300,
    "usage": {"prompt_tokens": 12_345, "completion_tokens": 6789, "total_tokens": 19_134},
    "pricing_lines": [{"dimension": "input_tokens", "quantity": 12_345, "line_nanos": 43_300}],
    "gateway_response": {"choices": [{"message": {"role": "assistant", "content": "x" * 1500}}]},
    "attempts": [
        {"provider": "a", "outcome": "error", "duration_ms": 1200},
        {"provider": "b", "outcome": "success"},
    ],
}
OF_A_GENERATION = "parameters cost timing json replays replay copy forget".split()
OF_A_TEAM = (
    "generations replays batches lab compare trends settings/limits settings/connections settings/connections/new "
    "settings/ go"
).split()
