"""Feedback in a real browser, through a real worker: a thumb on the generation's page, then what the gateway has."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.consents.models import Consent
from dashboard.fields import Secret
from dashboard.models import GatewayConnection, Team, User
from generations.gateway.demo.keys import FULL_KEY
from generations.gateway.demo.stories import EXAMPLE_IDS
from generations.models import Feedback
from tests.browser.conftest import Windows
from tests.support import rows
from tests.support.page_checks import complaints
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.browser


def test_a_thumb_reaches_the_gateway_once(
    window: Windows, ada: User, team: Team, source: GatewayConnection, worker: int, demo_gateway: DemoGateway
) -> None:
    Consent.objects.create(
        team=team,
        connection=source,
        connected_by=ada,
        base_url=source.base_url,
        client_id="client",
        subject="olga",
        workspace_id="w",
        scopes="gateway:access generations:read feedback:write feedback:read",
        key=Secret(FULL_KEY),
        expires_at=timezone.now() + timedelta(days=7),
    )
    chat = rows.generation(team, ada, source, request_id=EXAMPLE_IDS["chat"])
    page = window(ada)
    page.goto(chat.get_absolute_url())
    bar = page.locator("#feedback")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    thumb = page.get_by_role("button", name="Good")
    thumb.focus()
    page.keyboard.press("Enter")
    expect(bar).to_contain_text("Sent")
    expect(bar).to_contain_text(re.compile("Good by .+"))
    expect(thumb).to_have_count(0)
    assert [seen["path"] for seen in demo_gateway.requests()] == ["/v1/feedback"]
    assert Feedback.objects.get().gateway_id
    page.get_by_role("link", name="Rate or comment").click()
    expect(page.locator("#listed")).to_contain_text("given here")
    path = f"{chat.get_absolute_url()}/feedback"
    assert complaints(page, [path, f"{path}?listed=1"]) == []
