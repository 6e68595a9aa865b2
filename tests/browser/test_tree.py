"""What a screen reader is given: Chromium's own accessibility tree of the five main pages."""

from collections import Counter
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page

from dashboard.models import Team, User
from generations.models import Batch, Generation
from generations.models.replay import State
from tests.browser.conftest import Windows
from tests.support import rows
from tests.support.page_checks import jumps

pytestmark = pytest.mark.browser
LANDMARKS = {"banner", "navigation", "search", "main", "contentinfo", "region", "complementary", "form"}
CONTROLS = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "tab", "option"}
# Around the content of every page.
AROUND = ["banner", "navigation Lists", "search", "navigation Team and account", "main", "contentinfo"]


def tree(page: Page) -> list[tuple[str, str, Any]]:
    """Role, name and level of each node that assistive technology sees, in order."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    seen = [node for node in nodes if not node["ignored"]]
    return [
        (
            node["role"]["value"],
            node.get("name", {}).get("value", "").strip(),
            next(
                (fact["value"]["value"] for fact in node.get("properties", []) if fact["name"] == "level"),
                None,
            ),
        )
        for node in seen
    ]


def faults(page: Page) -> list[str]:
    """What somebody who only hears the page would stumble over."""
    seen = tree(page)
    named = Counter(f"{role} {name}" for role, name, _ in seen if role in {"navigation", "region", "search"})
    levels = [level for role, _, level in seen if role == "heading"]
    around = [f"{role} {name}".strip() for role, name, _ in seen if role in LANDMARKS]
    found = [f"a {role} without a name" for role, name, _ in seen if role in CONTROLS and not name]
    found += [f"{count} landmarks called {name}" for name, count in named.items() if count > 1]
    found += [f"{levels.count(1)} headings of level 1"] if levels.count(1) != 1 else []
    found += [f"from h{a} to h{b}" for a, b in pairwise(levels) if b > a + 1]
    found += [f"no {name}" for name in AROUND if not any(place.startswith(name) for place in around)]
    return found


def test_five_pages_as_a_screen_reader_hears_them(
    window: Windows, ada: User, team: Team, chat: Generation
) -> None:
    chat.opened(ada)
    batch = Batch.objects.create(team=team, started_by=ada, click=uuid4(), title="Two", parallel=1, size=2)
    ended = [rows.replay(chat, ada, batch=batch, place=place, state=State.FAILED) for place in range(2)]
    page = window(ada)
    found = {}
    for address in (
        *("/", chat.get_absolute_url(), ended[0].get_absolute_url()),
        *(batch.get_absolute_url(), f"/t/{team.slug}/generations"),
    ):
        page.goto(address)
        found[address] = faults(page)
        found[address] += jumps(page, 200)
    assert {address: lines for address, lines in found.items() if lines} == {}
