"""No content is lost: what stands in a record is read on its page, or in what the page loads on request."""

import re
from functools import partial

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dashboard.models import Team
from generations.gateway.rawjson.values import Unreadable, loads
from generations.gateway.record import Record
from generations.models import Generation
from generations.reading.record_source import request_of
from generations.views.generation.drawn_parts import draw
from generations.views.generation.page_data import page_data_of
from tests.reading.samples import demo_records
from tests.support import people
from tests.views.content import Page, leaves
from tests.views.kept import keep
from tests.views.schema import record as made_of

pytestmark = [pytest.mark.django_db, pytest.mark.heavy]
ANSWER = "/io_log/payload/gateway_response"
TABS = ("parameters", "cost", "timing", "provider", "json")

# What says of what kind something is, and numbers it. Calls and results are matched by `call_id` and the like.
KIND = r"/(type|id|object|index|status)$"
# The head of an answer. The page tells it from the record's own columns: identity, times, usage, prices, end.
HEAD = (
    r"^/(id|object|created|created_at|completed_at|status|model|nativeResponseId|requestId|provider|stop_reason)$",
    r"^/(usage|usage_info|meta|cost_nanos|cost_cents|currency|pricing_lines)(/|$)",
    r"^/choices/\d+/finish_reason$",
)
# What an answer of `responses` repeats of its request.
ECHO = r"^/(tool_choice|tools|temperature|top_p|text|reasoning|instructions|truncation)(/|$)"


@pytest.fixture
def ada(team: Team) -> Client:
    """The browser of a member."""
    return people.browser(people.person(team))


def ok(browser: Client, address: str) -> bytes:
    """What is at an address. Only a medium may turn out to be none."""
    answer = browser.get(address)
    assert answer.status_code == 200 or "/parts/media?" in address, address
    return bytes(answer.content)


def lost(page: Page, record: Record) -> list[str]:
    """The pointers in request and answer whose texts and numbers the page does not show."""
    request = missing(page, record.request_body, request_of(record)[0], (KIND,))
    return request + missing(page, record.answer_body, ANSWER, (KIND, *HEAD, ECHO))


def missing(page: Page, body: bytes | None, base: str, shown_elsewhere: tuple[str, ...]) -> list[str]:
    try:
        value = loads(body or b"null")
    except Unreadable:
        return []
    pattern = re.compile("|".join(shown_elsewhere))
    found = ((at, leaf) for at, leaf in leaves(value) if not pattern.search(at))
    return [f"{at} {leaf[:60]}" for at, leaf in found if not page.has(base + at, leaf)]


@pytest.mark.slow
def test_every_demo_record_renders_everywhere_and_loses_nothing(team: Team, ada: Client) -> None:
    for name, request_id, raw in demo_records():
        row, record = keep(team, raw, request_id), Record.read(raw)
        htmls = [ok(ada, row.get_absolute_url()), *map(str.encode, panels(row))]
        assert all(len(html) < 150_000 for html in htmls), name
        assert (name, lost(Page(partial(ok, ada), *htmls[:-1]), record)) == (name, [])
        copying = ada.get(f"{row.get_absolute_url()}/copy").status_code
        assert (name, copying) == (name, 404 if record.request_body is None else 200)


def panels(row: Generation) -> list[str]:
    """What the other tabs show, drawn as their addresses answer it; the last one, with all of the record, proves nothing."""
    data = page_data_of(row.team, row.slug)
    return [draw(data, f"panel_{tab}", may_replay=True) for tab in TABS]


@given(st.integers(0, 2**63).map(made_of))
@example(made_of(29_212))  # the end of a choice is an object
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_record_of_the_schema_renders_and_loses_nothing(team: Team, ada: Client, raw: bytes) -> None:
    Generation.objects.all().delete()
    row = keep(team, raw, "G-1")
    parameters, *_, explorer = panels(row)
    assert len(explorer) < 150_000
    page = Page(partial(ok, ada), ok(ada, row.get_absolute_url()), parameters.encode())
    assert lost(page, Record.read(raw)) == []
