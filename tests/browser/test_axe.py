"""No accessibility violation in either scheme, and nothing wider than a phone, in states that pages come into.

Every page as it begins is looked at by `everyday/test_every_page.py`.
"""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Route, expect

from dashboard.models import GatewayConnection, Invitation, Role, Team, User
from dashboard.views.errors import csrf_failure
from generations.models import Batch, Generation, Replay, SavedFilter
from generations.models.replay import State
from generations.replay import derived_answer
from tests.browser import pages
from tests.browser.conftest import Windows
from tests.browser.teller import Teller
from tests.reading.samples import demo_record
from tests.support import people, rows
from tests.support.page_checks import ONLY_CONTRAST, complaints, inspect, load_axe, violations
from tests.views.kept import keep

pytestmark = pytest.mark.browser
STATUS = (r"status of 4\d\d",)
LONG_ANSWER = b'{"choices": [{"message": {"role": "assistant", "content": "%s"}}]}' % (rb"word\n" * 80)


def invitation(team: Team, by: User) -> str:
    """The address of an open invitation."""
    _, token = Invitation.issue(timedelta(days=1), team=team, role=Role.MEMBER, invited_by=by)
    return reverse("invitation", args=[token])


def test_a_failure(window: Windows, ada: User) -> None:
    assert complaints(window(ada), [f"/g/{pages.FAILED}"]) == []


def test_a_button_whose_request_runs_can_still_be_read(window: Windows, ada: User, chat: Generation) -> None:
    page = window(ada)
    page.goto(chat.get_absolute_url())
    page.evaluate(
        "document.querySelectorAll('.btn').forEach((button) => button.classList.add('htmx-request'))"
    )
    load_axe(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, None, ONLY_CONTRAST) == []


def test_records_of_other_kinds(window: Windows, ada: User, team: Team) -> None:
    kept = [keep(team, demo_record(name), name) for name in ("review-threat", "poster", "all-null")]
    assert complaints(window(ada), [row.get_absolute_url() for row in kept], "#main") == []
    attempts = keep(team, demo_record("fallback-saved"), "G-1")
    assert complaints(window(ada), [f"{attempts.get_absolute_url()}/timing"], "#view") == []


def test_the_json_explorer_opened_and_searched(window: Windows, ada: User, chat: Generation) -> None:
    page = window(ada)
    page.goto(f"{chat.get_absolute_url()}/json?find=hi&where=request")
    request = page.get_by_role("region", name="Request", exact=True)
    request.locator("summary").click()
    request.locator("li summary", has_text="messages").click()
    expect(page.get_by_role("button", name="Copy value of messages[0]", exact=True)).to_be_visible()
    assert inspect(page, "#view") == []


def test_lists(window: Windows, ada: User, team: Team) -> None:
    SavedFilter.objects.create(team=team, user=ada, name="W" * 60, query="stream=1")
    listing = "/t/acme/generations"
    filtered = [f"{listing}?stream=1", f"{listing}?model=none&byok=1", f"{listing}?who=999999999"]
    assert complaints(window(ada, expect=STATUS), filtered, "#main") == []


def test_pages_that_warn(window: Windows, ada: User, team: Team, chat: Generation) -> None:
    rows.replay(chat, ada)
    damaged = keep(team, demo_record("edit-multipart"), "G-2").get_absolute_url()
    paths = [f"{chat.get_absolute_url()}/forget", f"{damaged}/replay", f"{damaged}/copy"]
    assert complaints(window(ada), paths, "#main") == []


def test_replays(window: Windows, scripted_chat: Generation, ada: User, teller: Teller) -> None:
    page = window(ada)
    running = pages.path(pages.start_replay(scripted_chat, ada))
    teller.say("Hello **you**, 1 < 2")
    assert complaints(page, [running, "/"]) == []
    teller.finish()
    page.goto(running)
    pages.wait_for_end(page)
    assert complaints(page, [running]) == []


def test_every_end_of_a_replay(window: Windows, chat: Generation, ada: User) -> None:
    ends = [
        (State.FAILED, "truncated"),
        (State.FAILED, "gateway_error"),
        (State.CANCELLED, "stopped"),
        (State.INTERRUPTED, "worker_lost"),
    ]
    made = [
        rows.replay(chat, ada, state=state, reason=why, finished_at=timezone.now()) for state, why in ends
    ]
    reproduced = {"state": State.FAILED, "reproduced": True, "status_code": 502, "detail": '{"error": "no"}'}
    made.append(rows.replay(chat, ada, finished_at=timezone.now(), **reproduced))
    assert complaints(window(ada), map(pages.path, made), "#main") == []
    assert complaints(window(ada), [f"{chat.get_absolute_url()}/replays"], "#view") == []


def test_a_batch_with_a_long_output(window: Windows, chat: Generation, ada: User, team: Team) -> None:
    batch = Batch.objects.create(team=team, started_by=ada, click=uuid4(), title="Two", parallel=1, size=2)
    for place in range(2):
        ended = rows.replay(chat, ada, batch=batch, place=place, state=State.SUCCEEDED, text_key="k")
        rows.answer(ended, LONG_ANSWER)
    Replay.objects.update(derived=derived_answer.VERSION)
    page = window(ada)
    page.goto(batch.get_absolute_url())
    assert page.locator(".outputs blockquote").evaluate("(quote) => quote.scrollHeight > quote.clientHeight")
    assert inspect(page, "#main") == []


def test_a_reset_link(window: Windows, ada: User, team: Team, grace: User) -> None:
    page = window(ada)
    page.goto(f"/t/acme/settings/members/{grace.memberships.get().pk}")
    page.get_by_role("button", name="Create a reset link").click()
    assert inspect(page, "#main") == []


def test_pages_that_say_no(window: Windows, team: Team, source: GatewayConnection, ada: User) -> None:
    page = window(ada, expect=STATUS)
    assert complaints(page, ["/nothing-here", "/lookup?q=hello"]) == []
    viewer = window(people.person(team, Role.VIEWER), expect=STATUS)
    assert complaints(viewer, [f"/t/acme/lookup?id={pages.UNKNOWN}", "/t/acme/settings/connections"]) == []


def _fulfill(answer: dict[str, str], route: Route) -> None:
    route.fulfill(body=answer["body"], content_type=answer["content_type"])


def test_pages_for_what_went_wrong(window: Windows, site: str) -> None:
    """They are served as an error would be: nothing makes the site fail like this on request."""
    page = window()
    refused = csrf_failure(RequestFactory().post("/lookup", {"q": "G-1"}), REASON_NO_CSRF_COOKIE)
    bodies = [render_to_string(f"{name}.html") for name in ("400", "429", "500")]
    for body in [refused.content.decode(), *bodies]:
        page.route("**/broken", partial(_fulfill, {"body": body, "content_type": "text/html"}))
        assert complaints(page, ["/broken"]) == []
        page.unroute("**/broken")


def test_signed_out(window: Windows, site: str, team: Team, ada: User) -> None:
    paths = [invitation(team, ada), "/accounts/invitations/gone"]
    assert complaints(window(expect=STATUS), paths) == []
