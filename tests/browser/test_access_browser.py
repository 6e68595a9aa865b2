"""Who sees what: a colleague, a viewer, an outsider, somebody who is signed out or loses the right in the middle."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.models import Membership, Role, Team, User
from generations.models import Generation
from tests.browser import pages
from tests.browser.conftest import Windows
from tests.browser.teller import Teller
from tests.support import people

pytestmark = pytest.mark.browser
STATUS_403, STATUS_404 = r"status of 403 \(Forbidden\)", r"status of 404 \(Not Found\)"


def test_a_colleague_may_stop_and_replay_again(
    window: Windows, scripted_chat: Generation, ada: User, grace: User, teller: Teller
) -> None:
    replay = pages.start_replay(scripted_chat, ada)
    page = window(grace)
    page.goto(pages.path(replay))
    expect(page.locator("#stop")).to_be_visible()
    expect(page.locator("#replay-status")).to_contain_text("by ada@example.com")
    teller.finish()
    pages.wait_for_end(page)
    page.get_by_role("link", name="Run again").click()
    expect(page.get_by_role("button", name="Run replay")).to_be_enabled()


def test_a_viewer_reads_and_runs_nothing(
    window: Windows, team: Team, scripted_chat: Generation, ada: User, teller: Teller
) -> None:
    replay = pages.start_replay(scripted_chat, ada)
    page = window(people.person(team, Role.VIEWER))
    page.goto(pages.path(replay))
    teller.say("Hello")
    pages.wait_for_text(page, "Hello")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    teller.finish()
    pages.wait_for_end(page)
    page.goto(f"{scripted_chat.get_absolute_url()}/replay")
    expect(page.get_by_role("button", name="Run replay")).to_be_disabled()
    expect(page.locator("main")).to_contain_text("Viewers cannot replay, because replays cost money.")
    page.goto("/")
    pages.look_up(page, pages.FAILED)
    expect(page.locator("#waiting")).to_contain_text("Not stored here.")
    assert teller.posts == 1


def test_a_viewer_who_forces_the_form_gets_the_reason(
    window: Windows, team: Team, chat: Generation, teller: Teller
) -> None:
    page = window(people.person(team, Role.VIEWER), expect=(STATUS_403,))
    page.goto(f"{chat.get_absolute_url()}/replay")
    page.get_by_role("button", name="Run replay").evaluate("(button) => (button.disabled = false)")
    page.get_by_role("button", name="Run replay").click()
    expect(page).to_have_title("You may not do this · Retake")
    expect(page.locator("main")).to_contain_text("viewer")
    assert chat.replays.count() == 0


def test_an_outsider_finds_nothing(window: Windows, scripted_chat: Generation, ada: User) -> None:
    replay = pages.start_replay(scripted_chat, ada)
    page = window(people.person(people.team()), expect=(STATUS_404,))
    for path in (
        scripted_chat.get_absolute_url(),
        pages.path(replay),
        f"{scripted_chat.get_absolute_url()}/replay",
    ):
        page.goto(path)
        expect(page).to_have_title("Not found · Retake")
        expect(page.locator("main")).not_to_contain_text(scripted_chat.request_id)


def test_signed_out_is_sent_to_sign_in_whether_it_exists_or_not(window: Windows, chat: Generation) -> None:
    page = window()
    for path in (chat.get_absolute_url(), "/t/nobody/g/G-none"):
        page.goto(path)
        expect(page).to_have_title("Sign in · Retake")
        expect(page).to_have_url(re.compile(r"/accounts/login/\?next="))


def test_a_removed_member_watches_no_longer(
    window: Windows, scripted_chat: Generation, ada: User, grace: User, teller: Teller
) -> None:
    replay = pages.start_replay(scripted_chat, ada)
    page = window(grace, expect=(STATUS_404, "Error Code 404"))
    page.goto(pages.path(replay))
    teller.say("Hello")
    pages.wait_for_text(page, "Hello")
    Membership.objects.filter(user=grace).delete()
    page.locator("#stop").click()
    expect(page.get_by_role("alert")).to_contain_text("or it belongs to a team you are not in")
    replay.refresh_from_db()
    assert replay.cancel_asked_at is None
