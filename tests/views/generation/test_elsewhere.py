"""Prices on pages: what a request would have cost elsewhere, the lab it leads to, and when the gateway is asked."""

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from dashboard.consents import keys
from dashboard.fields import Secret
from dashboard.models import GatewayConnection, Role, Team, User
from generations.gateway import errors, prices
from generations.gateway.client import Client
from generations.gateway.demo.keys import MANAGEMENT_KEY, PLAIN_KEY, UNSCOPED_KEY
from generations.gateway.demo.server.pricing import UNLISTED
from generations.models import Generation, ReplayLimits
from generations.replay.batches import plan_batch
from generations.replay.order import orders, pricing, spending_limits, start
from generations.replay.order.request_edits import RequestEdits
from generations.replay.prices import price_lists
from generations.replay.prices.price_book import PriceBook
from tests.reading.samples import demo_record
from tests.support import people, rows
from tests.support.processes import DemoGateway, wait_for
from tests.views.kept import keep

pytestmark = pytest.mark.django_db
OSLO, KYOTO = "G-01M0N8538G8F4T0W6X1Y2Z3A4B", "G-01M0N8538G8F4T0W6X1Y2Z3A4C"
# The list, once with the key that is refused and once with the other.
ONCE = {"GET /pricing/models": 2}
TEN = (
    *(
        "openai/gpt-5-nano",
        "openai/gpt-5-mini",
        "openai/gpt-5",
        "openai/gpt-4o-mini",
        "anthropic/claude-sonnet-4.5",
    ),
    *(
        "anthropic/claude-haiku-4.5",
        "google/gemini-2.5-pro",
        "google/gemini-2.5-flash",
        "deepseek/deepseek-v3.2",
    ),
    "meta/llama-3.3-70b-instruct",
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the gateway was asked, by route."""
    found: Counter[str] = Counter()

    def counted(name: str, call: Callable[..., bytes]) -> Callable[..., bytes]:
        def counting(self: Client, path: str, *more: Any) -> bytes:
            found[f"{name} {path}"] += 1
            return call(self, path, *more)

        return counting

    monkeypatch.setattr(Client, "get", counted("GET", Client.get))
    monkeypatch.setattr(Client, "post", counted("POST", Client.post))
    return found


@pytest.fixture
def chat(team: Team, priced_source: GatewayConnection) -> Generation:
    return keep(team, demo_record("oslo-cancelled"), OSLO)


def test_the_cost_tab_compares_and_leads_to_the_lab(chat: Generation, ada: User, asked: Counter[str]) -> None:
    browser = people.browser(ada)
    tab = browser.get(f"{chat.get_absolute_url()}/cost").content.decode()
    assert f'hx-get="{chat.get_absolute_url()}/parts/elsewhere"' in tab  # the page itself waits for nobody
    assert not asked
    table = browser.get(f"{chat.get_absolute_url()}/parts/elsewhere").content.decode()
    assert "it ran here" in browser.get(f"{chat.get_absolute_url()}/cost").content.decode()  # kept now
    places = re.findall(r'aria-label="Replay with ([^"]+)"', table)
    assert len(places) == len(set(places)) > 20
    assert "it ran here" in table
    assert "EUR 0.0000533" in table
    amounts = [float(amount) for amount in re.findall(r'data-label="Price">\$([\d.]+)', table)]
    assert amounts == sorted(amounts)
    link = re.search(r'href="([^"]+claude-haiku-4.5&amp;provider=anthropic)"', table)
    assert link
    lab = browser.get(link[1].replace("&amp;", "&")).content.decode()
    assert 'value="anthropic/claude-haiku-4.5"' in lab
    assert "price list for anthropic/claude-haiku-4.5 at anthropic" in re.sub(r"\s+", " ", lab)
    assert asked == ONCE


def test_a_viewer_causes_no_call_and_sees_what_is_kept(
    chat: Generation, ada: User, asked: Counter[str]
) -> None:
    viewer = people.browser(people.person(chat.team, Role.VIEWER))
    pages = [
        f"{chat.get_absolute_url()}/{part}"
        for part in ("cost?prices=1", "parts/elsewhere", "replay?model=x/y")
    ]
    for page in pages:
        answer = viewer.get(page)
        assert answer.status_code == 200
    assert "No price list of this gateway is kept" in viewer.get(pages[1]).content.decode()
    assert not asked
    people.browser(ada).get(pages[0])
    table = viewer.get(pages[1]).content.decode()
    assert "it ran here" in table
    assert "Replay with" not in table
    assert asked == ONCE


def test_ten_models_in_fifty_variants_need_no_request(chat: Generation, asked: Counter[str]) -> None:
    source = chat.team.connections.get()
    assert price_lists.listed(source)
    variants = [
        RequestEdits().also(("model", name), ("temperature", f"0.{step}"))
        for name in TEN
        for step in range(5)
    ]
    plan = plan_batch([chat], variants, 1, PriceBook(may_ask=True))
    assert (len(plan.orders), asked) == (50, ONCE)
    assert all(price.low is not None and price.high is not None for price in plan.prices)
    assert len(plan.basis) == 10


def test_what_the_list_lacks_is_calculated_once(chat: Generation, asked: Counter[str]) -> None:
    [lacking] = UNLISTED
    patch = json.dumps([{"op": "add", "path": "/model", "value": lacking}])
    for _ in range(2):
        price = pricing.expected(orders.order(chat, patch=patch), PriceBook(may_ask=True))
        assert price.basis.startswith(f"What the gateway calculates for {lacking} at mistral.")
        assert price.low
        assert price.high
    nobody = json.dumps([{"op": "add", "path": "/model", "value": "nobody/nothing"}])
    for _ in range(2):
        price = pricing.expected(orders.order(chat, patch=nobody), PriceBook(may_ask=True))
        assert (price.low, price.high) == (None, None)
    assert asked == {**ONCE, "POST /pricing/calculate": 4}


def test_the_order_of_sources_and_tiers(
    chat: Generation, team: Team, priced_source: GatewayConnection
) -> None:
    def basis(*patch: tuple[str, Any]) -> pricing.Price:
        ops = json.dumps([{"op": "add", "path": f"/{key}", "value": value} for key, value in patch])
        return pricing.expected(orders.order(chat, patch=ops), PriceBook(may_ask=True))

    assert basis().basis.startswith("The record's own prices.")
    tier = basis(("service_tier", "priority"))
    assert tier.basis.startswith("The gateway's price list for openai/gpt-5-nano at openai.")
    assert "several prices" in tier.basis
    euros = basis(("provider", {"only": ["azure"]}))
    assert (euros.currency, euros.others) == ("EUR", ())
    anyone = basis(("model", "openai/gpt-5-mini"))
    assert (anyone.currency, [quote.currency for quote in anyone.others]) == ("USD", ["EUR"])
    assert "What the gateway calculates" not in basis(("model", "cohere/x")).basis
    other = {
        **json.loads(demo_record("kyoto")),
        "model_id": "cohere/x",
        "provider": "cohere",
        "request_id": KYOTO,
    }
    keep(team, json.dumps(other).encode(), KYOTO)
    assert basis(("model", "cohere/x")).basis.startswith(
        "The prices of the team's newest generation of cohere/x."
    )


def test_only_keys_that_may_are_tried(
    team: Team, priced_source: GatewayConnection, asked: Counter[str]
) -> None:
    """A delegated key without the scope is refused, a management key is never tried, a plain key may."""
    priced_source.read_key, priced_source.replay_key = Secret(UNSCOPED_KEY), Secret(PLAIN_KEY)
    priced_source.log_key = Secret(MANAGEMENT_KEY)
    assert [used.key.reveal() for used in keys.pricing(priced_source)] == [UNSCOPED_KEY, PLAIN_KEY]
    assert price_lists.listed(priced_source)
    assert asked == ONCE


def test_a_list_that_cannot_be_read_is_not_asked_for_again_at_once(
    priced_source: GatewayConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the last one goes on being used, with its age."""
    assert price_lists.listed(priced_source)
    old = price_lists.PriceList(price_lists._memory[priced_source.base_url].entries, 1_000_000.0)
    monkeypatch.setattr(price_lists, "_memory", {priced_source.base_url: old})
    price_lists.store().delete(price_lists._name(priced_source.base_url))
    tries = []

    def failing(client: Client) -> bytes:
        tries.append(client)
        raise errors.ReadTimeout()

    monkeypatch.setattr(prices, "list_bytes", failing)
    assert [price_lists.listed(priced_source) for _ in range(3)] == [old, old, old]
    assert len(tries) == 1


def test_a_slow_gateway_is_asked_once_and_its_answer_is_kept(
    priced_source: GatewayConnection, demo_gateway: DemoGateway, asked: Counter[str]
) -> None:
    demo_gateway.set(delay_ms=400)
    try:
        assert [price_lists.listed(priced_source, 0.05) for _ in range(3)] == [None, None, None]
        wait_for(lambda: price_lists.kept(priced_source.base_url) is not None, 5)
    finally:
        demo_gateway.set(delay_ms=0)
    assert asked == ONCE


def test_limits_count_what_the_request_allows(
    team: Team, ada: User, priced_source: GatewayConnection
) -> None:
    lines = [
        {"dimension": name, "quantity": 10, "unit_price_usd": "1", "unit_size": 10**6}
        for name in ("input_text_tokens", "output_text_tokens")
    ]
    body = {**rows.CHAT, "max_tokens": 1000}
    limited = rows.generation(
        team, ada, priced_source, pricing_lines=lines, cost_nanos=20_000, replay_request=body
    )
    order = orders.order(limited)
    row = start.start_replay(order, ada, uuid.uuid4())
    assert (row.expected_high, row.expected_most) == (10_000 + 31_000, 10_000 + 1_000_000)
    assert spending_limits.spend_today(team, ada)[0].nanos == 1_010_000
    ReplayLimits.objects.create(team=team, per_replay_nanos=1_000_000)
    with pytest.raises(spending_limits.LimitExceeded, match=r"up to \$0\.00101"):
        start.start_replay(order, ada, uuid.uuid4())
