"""A click starts at the cost that its page has shown, whatever became of the kept prices since then."""

import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from dashboard.consents import keys
from dashboard.consents.models import Consent
from dashboard.fields import Secret
from dashboard.models import GatewayConnection, Team, User
from generations.gateway.prices import read_list
from generations.models import Generation, Replay, ReplayLimits
from generations.models.replay import State
from generations.replay.order.shown_plan import ShownPlan
from generations.replay.prices import price_lists
from generations.replay.prices.price_lists import PriceList
from tests.support import people, rows

pytestmark = pytest.mark.django_db
CHANGED = "Review the expected cost, which has changed"


@dataclass
class Prices:
    """What is kept, and what the gateway answers; `asked` counts."""

    kept: PriceList | None = None
    answer: PriceList | None = None
    asked: list[GatewayConnection] = field(default_factory=list)

    def listed(self, source: GatewayConnection) -> PriceList | None:
        self.asked.append(source)
        return self.answer


def price_list(dollars: float) -> PriceList:
    """A token of output costs this much."""
    meters = [
        {"meter": f"{kind}_text_tokens", "unit_size": 1, "price_per_unit": price, "currency": "USD"}
        for kind, price in (("input", 0), ("output", dollars))
    ]
    row = {"provider": "openai", "model": "openai/gpt-5-nano", "endpoint": "text.generate", "meters": meters}
    entries = read_list(json.dumps({"ok": True, "models": [row]}).encode())
    assert entries
    return PriceList(entries, time.time())


DEAR, DEARER = price_list(0.02), price_list(0.04)


@pytest.fixture
def prices(monkeypatch: pytest.MonkeyPatch) -> Prices:
    found = Prices()
    monkeypatch.setattr(price_lists, "kept", lambda _: found.kept)
    monkeypatch.setattr(price_lists, "listed", found.listed)
    monkeypatch.setattr("generations.replay.order.start.send_message", lambda _: None)
    monkeypatch.setattr("generations.replay.prices.price_book.MOST_CALCULATIONS", 0)
    return found


@pytest.fixture
def chat(team: Team, ada: User, settings: Any) -> Generation:
    """Without a cost of its own, and with a limit of 1,000 tokens."""
    settings.GATEWAY_URLS = ["http://127.0.0.1:9/v1"]
    body = {"model": "openai/gpt-5-nano", "max_tokens": 1000, "messages": [{"role": "user", "content": "Hi"}]}
    return rows.generation(team, ada, people.connection(team), replay_request=body)


def pages(chat: Generation, ada: User, way: str) -> tuple[str, str, dict[str, Any]]:
    """Where the plan is shown, where its click goes, and what the click sends besides the page's form."""
    slug = chat.team.slug
    if way == "one":
        page, start = (reverse(name, args=[slug, chat.slug]) for name in ("replay_form", "start_replay"))
        return page, start, {}
    if way == "many":
        url = reverse("lab", args=[slug])
        return f"{url}?id={chat.slug}", url, {"id": [chat.slug], "run": "1"}
    url, pk = reverse("replays_again", args=[slug]), rows.replay(chat, ada, state=State.FAILED).pk
    return f"{url}?id={pk}", url, {"id": [pk]}


@pytest.mark.parametrize("way", ["one", "many", "again"])
def test_a_click_starts_at_the_cost_that_was_shown(
    chat: Generation, ada: User, prices: Prices, way: str
) -> None:
    limits = ReplayLimits.objects.create(team=chat.team, confirm_nanos=10**9, person_day_nanos=10**9)
    page, url, more = pages(chat, ada, way)
    browser, before = people.browser(ada), Replay.objects.count()
    prices.answer = DEAR
    shown = people.form_of(browser.get(page).content) | more
    prices.asked.clear()

    def click(**changes: Any) -> tuple[int, str]:
        answer = browser.post(url, shown | changes)
        shown["plan_digest"] = people.form_of(answer.content).get("plan_digest", shown["plan_digest"])
        return answer.status_code, people.html(answer)

    # The kept prices are gone: they are asked for again, so the box and the limits count with $20.
    status, text = click()
    assert (status, "The cost must be confirmed" in text, len(prices.asked)) == (400, True, 1)
    status, text = click(confirm_cost="on", why="kept")
    assert (status, "You may spend $1" in text, "kept" in text) == (409, True, True)
    limits.person_day_nanos = None
    limits.save()
    # Another price, or none any more: the plan is shown again, once.
    prices.answer = DEARER
    status, text = click(confirm_cost="on")
    assert (status, CHANGED in text, "up to $40" in text) == (400, True, True)
    prices.answer = None
    status, text = click(confirm_cost="on")
    assert (status, CHANGED in text) == (400, True)
    free = dict(
        zip(
            ("digest", "most", "unknown", "seal"), shown["plan_digest"].replace(":", " ").split(), strict=True
        )
    )
    status, text = click(plan_digest=f"{free['digest']} 0 0:{free['seal']}")
    assert (status, Replay.objects.count()) == (400, before)
    # As shown: nobody is asked.
    prices.asked.clear()
    assert click()[0] == 302
    assert (Replay.objects.count(), prices.asked) == (before + 1, [])


def test_what_was_shown_is_compared_with_what_would_start() -> None:
    shown = ShownPlan("a" * 64, 10**24, 500)
    assert len(shown.signed) <= 200
    assert shown.review(shown.signed) == ""
    for other in (ShownPlan("a" * 64, 1, 500), ShownPlan("a" * 64, 10**24, 499)):
        assert "cost" in shown.review(other.signed)
    foreign = signing.Signer(salt="another").sign(f"{'a' * 64} {10**24} 500")
    for signed in (ShownPlan("b" * 64, 10**24, 500).signed, "a" * 64, "", foreign):
        assert shown.review(signed) == "the changes"


def test_a_look_asks_for_prices_with_every_consent(
    chat: Generation, ada: User, prices: Prices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest consent may send; only an older one may read prices."""
    source = chat.team.connections.get()
    for days, scopes in ((2, "gateway:access pricing:read"), (1, "gateway:access")):
        Consent.objects.create(
            team=chat.team, connection=source, connected_by=ada, base_url=source.base_url, client_id="c",
            subject=f"s-{days}", workspace_id="w", scopes=scopes, key=Secret(f"key-{days}"),
            granted_at=timezone.now() - timedelta(days=days), expires_at=timezone.now() + timedelta(days=7),
        )  # fmt: skip
    used: list[list[str]] = []
    monkeypatch.setattr(
        price_lists, "listed", lambda of: used.append([item.key.reveal() for item in keys.pricing(of)])
    )
    page, url, _ = pages(chat, ada, "one")
    browser = people.browser(ada)
    shown = people.form_of(browser.get(page).content)
    browser.post(url, shown | {"look": "1"})
    browser.post(url, shown | {"v-seed": "7"})  # a click that shows a plan
    assert used == [["key-2", "read-key"]] * 3
    assert keys.sending(source).key.reveal() == "key-1"  # type: ignore[union-attr]
