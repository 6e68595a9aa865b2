"""The live answer under everything that happens to a page: in each case every word once, in order."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from dashboard.models import Role, Team, User
from generations.models import Generation, Replay
from generations.replay.live import follow
from tests.browser import pages
from tests.browser.conftest import Windows
from tests.browser.line import Line, State, line_to
from tests.browser.teller import Teller
from tests.support import people
from tests.support.live_log import text_of
from tests.support.processes import wait_for

pytestmark = pytest.mark.browser
# What a page may complain about while its line is cut.
CUT = (r"net::ERR_", r"status of 502", r"Error Code 502", r"error: (htmx:|\[object )")


def saved(replay: Replay) -> str:
    """What Postgres has of a running answer."""
    return text_of(follow.saved_log(replay.pk))


def ends_exactly(page: Page, teller: Teller, state: str = "succeeded") -> bool:
    """Once the page has ended by itself: whether it shows what the gateway said, and never showed anything else."""
    pages.wait_for_end(page, state)
    texts = [*pages.seen(page), teller.text]
    grew = all(after.startswith(before) for before, after in pairwise(texts))
    return grew and pages.final_text(page) == teller.text


def test_two_windows_at_once(
    window: Windows, scripted_chat: Generation, ada: User, grace: User, teller: Teller
) -> None:
    replay = pages.start_replay(scripted_chat, ada)
    windows = window(ada), window(grace, phone=True)
    for page in windows:
        page.goto(pages.path(replay))
    for number in range(1, 6):
        teller.say(f"word{number}, ")
        for page in windows:
            pages.wait_for_text(page, teller.text)
    teller.finish()
    assert [ends_exactly(page, teller) for page in windows] == [True, True]
    assert [len(pages.seen(page)) >= 5 for page in windows] == [True, True]
    assert teller.posts == 1


def test_text_is_shown_as_it_is(
    window: Windows, scripted_chat: Generation, ada: User, teller: Teller
) -> None:
    page = window(ada)
    page.goto(pages.path(pages.start_replay(scripted_chat, ada)))
    for text in (
        "\n  <b>bold</b> ",
        "&amp; \r\n",
        "\n",
        "data: id: 7\n",
        "\N{WAVING HAND SIGN}",
        "\u202eright",
    ):
        teller.say(text)
    teller.say("<script>alert(1)</script> end")
    expect(page.locator("#out")).to_contain_text("end")
    assert pages.live_text(page) == teller.text
    teller.finish()
    pages.wait_for_end(page)
    assert pages.record(page)["text"] == teller.text


def test_a_late_viewer_and_a_reload_in_the_middle(
    window: Windows, scripted_chat: Generation, ada: User, team: Team, teller: Teller
) -> None:
    replay = pages.start_replay(scripted_chat, ada)
    page, late = window(ada), window(people.person(team, Role.VIEWER))
    page.goto(pages.path(replay))
    teller.say_words(1, 10)
    pages.wait_for_text(page, teller.text)
    page.reload()
    pages.wait_for_text(page, teller.text)
    teller.say_words(11, 20)
    late.goto(pages.path(replay))
    for viewer in (page, late):
        pages.wait_for_text(viewer, teller.text)
    teller.say_words(21, 30)
    teller.finish()
    assert [ends_exactly(page, teller), ends_exactly(late, teller)] == [True, True]


@pytest.mark.parametrize(
    ("while_cut", "resumes"), [("reset", True), ("502", False)], ids=["dropped", "refused by a proxy"]
)
def test_a_lost_connection(
    window: Windows,
    scripted_chat: Generation,
    ada: User,
    teller: Teller,
    site: str,
    while_cut: State,
    resumes: bool,
) -> None:
    """A dropped line is resumed with Last-Event-ID; after an error of a proxy htmx begins anew, without."""
    replay = pages.start_replay(scripted_chat, ada)
    with line_to(int(site.rpartition(":")[2])) as line:
        page = window(ada, base=line.url, expect=CUT)
        page.goto(pages.path(replay))
        teller.say_words(1, 10)
        pages.wait_for_text(page, teller.text)
        line.cut(while_cut)
        asked = len(line.asked)
        teller.say_words(11, 20)
        wait_for(lambda: saved(replay) == teller.text)
        assert len(pages.live_text(page).split()) == 10
        wait_for(lambda: line.cut_off)
        if while_cut == "502":  # the stream itself must have been refused, not only the page's polling
            wait_for(lambda: any(b"/events HTTP" in head for head in line.refused))
        line.mend()
        pages.wait_for_text(page, teller.text)
        teller.say_words(21, 30)
        teller.finish()
        assert ends_exactly(page, teller)
    starts = [head for head in line.asked[asked:] if b"/events HTTP" in head]
    assert (b"last-event-id" in starts[-1].lower()) == resumes


@pytest.mark.parametrize("comes_back", [True, False], ids=["comes back", "stays away"])
def test_redis_goes_down_in_the_middle(
    window: Windows, scripted_chat: Generation, ada: User, teller: Teller, redis_line: Line, comes_back: bool
) -> None:
    replay = pages.start_replay(scripted_chat, ada)
    page = window(ada)
    page.goto(pages.path(replay))
    teller.say_words(1, 10)
    pages.wait_for_text(page, teller.text)
    redis_line.cut()
    teller.say_words(11, 20)
    pages.wait_for_text(page, teller.text)
    if comes_back:
        redis_line.mend()
        teller.say_words(21, 30)
        pages.wait_for_text(page, teller.text)
    teller.finish()
    assert ends_exactly(page, teller)


def test_a_hidden_tab_closes_its_stream_and_resumes(
    window: Windows, scripted_chat: Generation, ada: User, teller: Teller
) -> None:
    replay = pages.start_replay(scripted_chat, ada)
    page = window(ada)
    page.goto(pages.path(replay))
    teller.say_words(1, 10)
    pages.wait_for_text(page, teller.text)
    before = teller.text
    pages.set_hidden(page, True)
    teller.say_words(11, 20)
    wait_for(lambda: saved(replay) == teller.text)
    assert pages.live_text(page) == before
    pages.set_hidden(page, False)
    pages.wait_for_text(page, teller.text)
    pages.set_hidden(page, True)
    teller.say_words(21, 30)
    teller.finish()
    expect(page).to_have_title(re.compile("^Succeeded · replay of "))
    pages.set_hidden(page, False)
    assert ends_exactly(page, teller)


def test_stop(window: Windows, scripted_chat: Generation, ada: User, grace: User, teller: Teller) -> None:
    replay = pages.start_replay(scripted_chat, ada)
    page, watcher = window(ada), window(grace)
    teller.say_words(1, 10)
    for viewer in (page, watcher):
        viewer.goto(pages.path(replay))
        pages.wait_for_text(viewer, teller.text)
    page.locator("#stop").click()
    assert [ends_exactly(viewer, teller, "cancelled") for viewer in (page, watcher)] == [True, True]
    for viewer in (page, watcher):
        expect(viewer).to_have_title(re.compile("^Cancelled · replay of "))
        expect(viewer.locator("#panel .notice").first).to_contain_text("may charge for all of it")
    assert teller.posts == 1


def test_an_answer_that_breaks_off(
    window: Windows, scripted_chat: Generation, ada: User, teller: Teller
) -> None:
    page = window(ada)
    page.goto(pages.path(pages.start_replay(scripted_chat, ada)))
    teller.say_words(1, 10)
    teller.frames.put(None)
    assert ends_exactly(page, teller, "failed")
    expect(page.locator("#panel .notice").first).to_contain_text("The answer broke off.")


def test_stop_and_speed_stay_in_sight(
    window: Windows, scripted_chat: Generation, ada: User, teller: Teller
) -> None:
    """On a phone the head scrolls out: the bar has the time, the speed, Stop, and asks whether to notify."""
    replay = pages.start_replay(scripted_chat, ada)
    page = window(ada, phone=True)
    page.goto(pages.path(replay))
    teller.say_words(1, 400)
    pages.wait_for_text(page, teller.text)
    bar = page.get_by_role("group", name="Running replay")
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight / 2)")
    expect(bar).to_be_in_viewport()
    expect(bar.locator(".elapsed")).to_have_text(re.compile(r"\d s$"))
    for first in (401, 411, 421):
        page.wait_for_timeout(600)
        teller.say_words(first, first + 9)
    expect(bar.locator("[data-speed]")).to_have_text(re.compile(r"^≈ \d+ tok/s$"))
    bar.get_by_role("button", name="Stop").click()
    pages.wait_for_end(page, "cancelled")
    expect(bar).to_have_count(0)
