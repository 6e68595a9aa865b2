"""Every page of the site, by the list of its addresses: axe in both schemes on a desk and on a phone, no jumping layout.

What a page says in the console fails the test by itself (see conftest).
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from dashboard.consents.models import ConsentRequest
from dashboard.models import GatewayConnection, Invitation, Role, Team, User
from generations.models import Batch, BulkLookup, Feedback, Generation
from generations.models.replay import State
from tests.browser.conftest import Windows
from tests.browser.pages import UNKNOWN
from tests.support import people, rows
from tests.support.addresses import ALL, STREAMS, Address
from tests.support.page_checks import (
    DESKTOP,
    ONLY_CONTRAST,
    PHONE,
    TARGETS,
    jumps,
    load_axe,
    too_wide,
    violations,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]
THIRDS = 3  # so that several processes can share the work
CHAT = "G-01M0N8538G8F4T0W6X1Y2Z3A4B"  # that of rows.generation
TABS = ("parameters", "cost", "timing", "json", "provider")
REGEX = {"account_reset_password_from_key": {"uidb36": "x", "key": "y-z"}}  # its path names no converters
PARTS = ("log_news", "many_rows", "part_media", "replay_part_media", "waiting_status")
"""Fragments and files that are not there without more in their address."""
QUERY = {
    "log_session": "?id=support-4711",
    "many": f"?id={CHAT}&id={UNKNOWN}",
    "waiting": f"?id={UNKNOWN}",
    "compare": f"?a={CHAT}&b={CHAT}",
    "lab": f"?id={CHAT}",
}
SAY_SO = ("waiting",)  # pages of their own for what is not there
SIGNED_OUT = ("account_login", "account_reset_password")
STATUS = r"status of 4\d\d"


@pytest.fixture
def values(team: Team, ada: User, grace: User, source: GatewayConnection, chat: Generation) -> dict[str, Any]:
    """What stands in addresses, by the name of the place, or by "page.place" where it differs."""
    chat.opened(ada)
    batch = Batch.objects.create(team=team, started_by=ada, click=uuid4(), title="Two", parallel=1, size=2)
    ended = [rows.replay(chat, ada, batch=batch, place=place, state=State.FAILED) for place in range(2)]
    rows.answer(
        ended[0], b'{"choices": [{"message": {"role": "assistant", "content": "Hello"}}]}', "application/json"
    )
    asked = ConsentRequest.objects.create(
        team=team, user=ada, base_url=source.base_url, state_hash="x", outcome="denied"
    )
    _, token = Invitation.issue(timedelta(days=1), team=team, role=Role.MEMBER, invited_by=ada)
    given = Feedback.objects.create(team=team, generation=chat, request_id=chat.request_id, click=uuid4())
    job = BulkLookup.objects.create(
        team=team, user=ada, request_ids=[chat.request_id], ended_at=timezone.now()
    )
    return {
        "team": team.slug,
        "slug": chat.slug,
        "request_id": chat.request_id,
        "replay_id": ended[0].pk,
        "batch_id": batch.pk,
        "job_id": job.pk,
        "feedback_id": given.pk,
        "kind": "curl",
        "tab": "cost",
        "token": token,
        "demo_sign_in.token": "gone",
        "pk": source.pk,
        "team_member.pk": grace.memberships.get().pk,
        "reset_link.pk": grace.memberships.get().pk,
        "consent_outcome.pk": asked.pk,
    }


def path(page: Address, values: dict[str, Any], **more: str) -> str:
    given = {name: values.get(f"{page.name}.{name}", values.get(name)) for name in page.converters}
    return reverse(page.name, kwargs=given | REGEX.get(page.name, {}) | more) + QUERY.get(page.name, "")


def pages(browser: Client, values: dict[str, Any], those: list[Address], lost: list[str]) -> Iterator[str]:
    """Of those addresses all that answer with a document. `lost` takes the names of those of a team that are not there."""
    for page in those:
        if page.name in STREAMS or page.name == "oauth_client":  # for gateways
            continue
        address = path(page, values)
        answer = browser.get(address)
        if answer.status_code == 404 and "team" in page.converters and page.name not in SAY_SO:
            lost.append(page.name)
        elif not answer.streaming and b"<html" in answer.content[:200]:
            more = TABS if page.name == "generation_tab" else ()
            yield from [path(page, values, tab=tab) for tab in more] or [address]
        answer.close()


def faults(page: Page, address: str) -> list[str]:
    """What is wrong with a page: by all rules of axe on a phone in the dark and on a desk in the light, which shows what a
    phone hides (the heads of tables); and the colours of the desk in the dark. Whether it jumps or is too wide for a phone.
    """
    found = []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    page.goto(address)
    load_axe(page)
    found += [f"phone: {line}" for line in violations(page, None, TARGETS)]
    found += jumps(page, 20) + too_wide(page)
    page.set_viewport_size(DESKTOP)
    found += [f"desk in the dark: {line}" for line in violations(page, None, ONLY_CONTRAST)]
    page.emulate_media(color_scheme="light")
    found += [f"desk: {line}" for line in violations(page)]
    return [f"{address} {line}" for line in found]


@pytest.mark.parametrize("first", range(THIRDS))
def test_every_page(first: int, window: Windows, ada: User, values: dict[str, Any]) -> None:
    those, lost = ALL[first::THIRDS], list[str]()
    found = list(pages(people.browser(ada), values, those, lost))
    assert lost == [page.name for page in those if page.name in PARTS]
    assert len(found) > 10
    page = window(ada, expect=(STATUS,))
    assert [line for address in found for line in faults(page, address)] == []


def test_pages_before_somebody_signs_in(window: Windows, site: str) -> None:
    page = window()
    assert [line for name in SIGNED_OUT for line in faults(page, reverse(name))] == []
