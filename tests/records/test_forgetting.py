"""Forgotten is hidden at once everywhere, brought back within ten seconds, and deleted afterwards whoever comes first."""

import itertools
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db import InternalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.models import GatewayConnection, Role, Team, User
from dashboard.people.signed_in import SessionStore
from generations import tasks
from generations.models import (
    Batch,
    Fetch,
    Forgetting,
    Generation,
    PastedAnswer,
    Replay,
    SavedFilter,
    SavedLogFilter,
)
from generations.models.replay import State
from generations.records import forgetting, retention
from generations.records import lookup as lookups
from generations.replay.order import spending_limits
from generations.urls import replay_fragments
from generations.views.generation.page_data import page_data_of
from tests.support import people, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(team: Team, ada: User, source: GatewayConnection) -> Generation:
    """A generation that was replayed, and that a replay of another generation has made."""
    before = rows.generation(team, ada, source, request_id="G-0")
    chat = rows.generation(team, ada, source, request_id="G-SECRET")
    made = rows.generation(team, ada, source, request_id="G-SECRET-2")
    ended = {"state": State.SUCCEEDED, "finished_at": timezone.now(), "status_code": 200, "cost_nanos": 7}
    batch = Batch.objects.create(
        team=team, click=uuid4(), title="b", parallel=1, size=1, left_out=[["G-SECRET", "why of G-SECRET"]]
    )
    rows.replay(chat, ada, new_generation=made, new_request_id="G-SECRET-2", batch=batch, place=0, **ended)
    rows.replay(before, ada, new_generation=chat, new_request_id="G-SECRET", **ended)
    for row in (chat, made):
        row.opened(ada)
    return chat


def places(chat: Generation) -> list[str]:
    """Addresses of pages, fragments and files where it is named."""
    team = chat.team.slug
    base = [reverse(name, args=[team]) for name in ("team_home", "recent", "generations", "ledger")]
    files = [reverse(name, args=[team]) for name in ("generations_csv", "ledger_csv", "go_entries")]
    batch = Batch.objects.get()
    replays = [replay.get_absolute_url() for replay in Replay.rows.select_related("team")]
    more = [f"{batch.get_absolute_url()}{end}" for end in ("", ".csv", ".json")]
    pages = [chat.get_absolute_url(), f"{chat.get_absolute_url()}/json", f"{chat.get_absolute_url()}.json"]
    return [
        *base,
        *files,
        *replays,
        *more,
        *pages,
        f"/t/{team}/compare?a=G-SECRET&b=G-0",
        f"/g/{chat.request_id}",
    ]


def text_of(browser: Client, path: str) -> str:
    """What a page says of it besides what was asked for, that it was forgotten, and the offer to undo."""
    answer = browser.get(path, follow=True)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return body.decode() if answer.status_code == 200 and "compare" not in path else ""


def named(browser: Client, chat: Generation) -> list[str]:
    return [path for path in places(chat) if "G-SECRET" in text_of(browser, path)]


def forget(user: User, chat: Generation) -> Client:
    browser = people.browser(user)
    browser.post(f"{chat.get_absolute_url()}/forget")
    return browser


def make_due() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Forgetting.objects.update(due_at=past)
    Team.objects.exclude(forgets_at=None).update(forgets_at=past)


def test_hidden_at_once_and_back_with_one_click(team: Team, ada: User, chat: Generation) -> None:
    other = people.browser(people.person(team))
    assert page_data_of(team, "G-0").replays == 1
    shown = named(other, chat)
    assert len(shown) == len(places(chat)) - 1  # all but the comparison, which is looked at below
    spent = spending_limits.spend_today(team, ada)
    browser = forget(ada, chat)
    assert (named(other, chat), page_data_of(team, "G-0").replays) == ([], 0)
    assert other.get(f"/t/{team.slug}/compare?a=G-SECRET&b=G-0").status_code == 404
    gone = other.get(chat.get_absolute_url())
    assert (gone.status_code, "just forgotten" in people.html(gone)) == (410, True)
    assert (Generation.rows.count(), Replay.rows.count()) == (3, 2)  # nothing is deleted yet
    assert spending_limits.spend_today(team, ada) == spent  # nobody gets room back
    home = people.html(browser.get(f"/t/{team.slug}/"))
    assert "Retake has forgotten G-SECRET." in home
    back = browser.post(f"/t/{team.slug}/undo")
    assert back.headers["Location"] == chat.get_absolute_url()
    assert (set(named(other, chat)), Forgetting.objects.count()) == (set(shown), 0)
    assert people.actions(team) == []
    team.refresh_from_db()
    assert team.forgets_at is None


def test_each_button_brings_back_what_it_was_offered_for_also_when_pressed_twice(
    team: Team, ada: User, chat: Generation
) -> None:
    """Somebody forgets in two tabs, then presses Undo in the first one, twice."""
    other = rows.generation(team, ada, team.connections.get(), request_id="G-9")
    browser = forget(ada, chat)
    keys = [undo_key(browser, team)]
    browser.post(f"{other.get_absolute_url()}/forget")
    keys.append(undo_key(browser, team))
    for _ in range(2):
        back = browser.post(f"/t/{team.slug}/undo", {"key": keys[0]}, follow=True)
        assert (back.redirect_chain[-1][0], "It is back as it was." in people.html(back)) == (
            chat.get_absolute_url(),
            True,
        )
    assert not Generation.objects.filter(pk=other.pk).exists()
    assert undo_key(browser, team) == keys[1]  # what is still hidden is offered again
    browser.post(f"/t/{team.slug}/undo", {"key": keys[1]})
    assert Generation.objects.filter(pk=other.pk).exists()
    late = browser.post(f"/t/{team.slug}/undo", {"key": "of nobody"}, follow=True)
    assert "too late" in people.html(late)


def undo_key(browser: Client, team: Team) -> str:
    """That of the button on the next page."""
    found = re.search(r'name="key" value="(\w+)"', people.html(browser.get(f"/t/{team.slug}/batches")))
    assert found is not None
    return found[1]


def test_no_part_of_a_hidden_answer_is_served(team: Team, ada: User, chat: Generation) -> None:
    replay = chat.replays.get()
    rows.answer(replay, b'{"choices": [{"message": {"role": "assistant", "content": "SECRET"}}]}')
    parts = [f"parts/{part.pattern}?at=/answer" for part in replay_fragments]
    addresses = [f"{replay.get_absolute_url()}/{end}" for end in ("raw", "json", "answer.txt", *parts)]
    other = people.browser(people.person(team))
    served = [address for address in addresses if "SECRET" in text_of(other, address)]
    assert len(served) >= 6, served
    forget(ada, chat)
    assert [other.get(address).status_code for address in addresses] == [404] * len(addresses)


FINISHERS: dict[str, Callable[[Client, Team], Any]] = {
    "worker": lambda browser, team: tasks.finish_forgetting(str(Forgetting.objects.get().pk)),
    "sweep": lambda browser, team: tasks.sweep(),
    "reader": lambda browser, team: browser.get(f"/t/{team.slug}/generations"),
}


@pytest.mark.parametrize("who", FINISHERS)
def test_whoever_comes_first_deletes_it(
    who: str, team: Team, ada: User, chat: Generation, broker: Any
) -> None:
    browser, reader = forget(ada, chat), people.browser(people.person(team, Role.VIEWER))
    FINISHERS[who](reader, team)
    assert Generation.rows.count() == 3  # it is not due
    make_due()
    FINISHERS[who](reader, team)
    assert list(Generation.rows.values_list("request_id", flat=True)) == ["G-0"]
    # It made the generation, and has lost its answer.
    assert [row.hidden for row in Replay.rows.all()] == [False]
    assert (Forgetting.objects.count(), people.actions(team)) == (0, ["generation.forgotten"])
    late = browser.post(f"/t/{team.slug}/undo", follow=True)
    assert "It is too late to undo this" in people.html(late)
    tasks.sweep()
    assert people.actions(team) == ["generation.forgotten"]


def test_a_page_is_shown_though_nothing_can_be_deleted_now(
    team: Team, ada: User, chat: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is read-only, or somebody holds a row for too long."""
    browser = forget(ada, chat)
    make_due()

    def refuse(*_: Any) -> None:
        raise InternalError("cannot execute DELETE in a read-only transaction")

    with monkeypatch.context() as patched:
        patched.setattr(retention, "forget", refuse)
        assert browser.get(f"/t/{team.slug}/generations").status_code == 200
    assert Forgetting.objects.count() == 1
    browser.get(f"/t/{team.slug}/generations")
    assert not Forgetting.objects.exists()


def test_only_who_forgot_it_brings_it_back(team: Team, ada: User, chat: Generation) -> None:
    forget(ada, chat)
    click = Forgetting.objects.get().pk
    assert forgetting.undo([click], team, people.person(team, Role.OWNER)) == []
    assert forgetting.undo([click], people.team(), ada) == []
    make_due()
    assert forgetting.undo([click], team, ada) == []
    assert Generation.objects.count() == 1


def test_two_that_share_a_replay_do_not_show_each_other(team: Team, ada: User, chat: Generation) -> None:
    [first] = forgetting.hide([Generation.objects.get(request_id="G-0")], ada)  # reaches all three
    Forgetting.objects.create(team=team, generation=chat, user=ada)
    assert len(forgetting.undo([first.pk], team, ada)) == 1
    assert list(Generation.objects.values_list("request_id", flat=True)) == ["G-0"]
    assert Replay.objects.count() == 0


def test_what_a_replay_made_goes_too_before_anybody_linked_it(
    team: Team, ada: User, source: GatewayConnection, chat: Generation
) -> None:
    """Its record came while the replay was not linked to it; another one is asked for just now."""
    rows.generation(team, ada, source, request_id="G-SECRET-3")
    ended = {"state": State.SUCCEEDED, "finished_at": timezone.now(), "status_code": 200}
    rows.replay(chat, ada, new_request_id="G-SECRET-3", **ended)
    rows.replay(chat, ada, new_request_id="G-SECRET-4", **ended)
    assert lookups.claim(team, "G-SECRET-4", ada, again=True)
    forget(ada, chat)
    assert list(Generation.objects.values_list("request_id", flat=True)) == ["G-0"]
    make_due()
    forgetting.finish_due()
    assert list(Generation.rows.values_list("request_id", flat=True)) == ["G-0"]
    assert not Fetch.objects.filter(team=team, request_id="G-SECRET-4").exists()


def test_a_replay_that_began_meanwhile_is_waited_for(team: Team, ada: User, chat: Generation) -> None:
    [click] = forgetting.hide([chat], ada)
    begun = rows.replay(chat, ada, state=State.RUNNING)
    make_due()
    assert (forgetting.finish(click.pk), Generation.rows.count()) == (False, 3)
    Replay.rows.filter(pk=begun.pk).update(state=State.FAILED)
    assert (forgetting.finish_due(), Generation.rows.count()) == (1, 1)


def test_who_looks_it_up_again_asks_the_gateway(
    team: Team, ada: User, chat: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "ask", lambda sources, request_id: lookups.LookupAnswer())
    forgetting.hide([chat], ada)
    lookups.find(team, "G-SECRET", ada)
    assert list(Generation.rows.values_list("request_id", flat=True)) == ["G-0"]


def test_a_pasted_answer_comes_back_or_goes(team: Team, ada: User, chat: Generation) -> None:
    browser, base = people.browser(ada), chat.get_absolute_url()
    packed = PastedAnswer.pack("mine")
    PastedAnswer.objects.create(generation=chat, team=team, kind="text", size=4, packed=packed)
    browser.post(f"{base}/paste/remove")
    assert (PastedAnswer.objects.count(), PastedAnswer.rows.count()) == (0, 1)
    browser.post(f"/t/{team.slug}/undo")
    assert PastedAnswer.objects.get().text == "mine"
    browser.post(f"{base}/paste/remove")
    make_due()
    assert (forgetting.finish_due(), PastedAnswer.rows.count()) == (1, 0)
    assert people.actions(team) == ["answer.paste_removed"]
    assert Generation.objects.count() == 3


def test_a_saved_filter_comes_back(team: Team, ada: User) -> None:
    browser = people.browser(ada)
    kept = SavedFilter.objects.create(team=team, user=ada, name="Mine", query="stream=1")
    page = browser.post(reverse("delete_filter", args=[team.slug, kept.pk]), follow=True)
    assert "The saved filter Mine was removed." in people.html(page)
    assert "stream=1" not in str(dict(browser.session))
    assert (SavedFilter.objects.count(), SavedFilter.rows.count()) == (0, 1)
    page = browser.post(f"/t/{team.slug}/undo", follow=True)
    assert "Mine is saved again." in people.html(page)
    assert SavedFilter.objects.get().query == "stream=1"


def test_a_removed_filter_is_deleted_by_whoever_comes_first(
    team: Team, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row by the sweep or by the next page of who removed it. Reading that page leaves the session as it is: another
    page of theirs may just make an offer, or sign them out."""
    browser, remove = people.browser(ada), "delete_log_filter"
    for who in ("sweep", "page"):
        kept = SavedLogFilter.objects.create(team=team, user=ada, name="Mine", query="key=1")
        browser.post(reverse(remove, args=[team.slug, kept.pk]))
        with monkeypatch.context() as later:
            later.setattr("time.time", itertools.repeat(time.time() + 11).__next__)
            SavedLogFilter.rows.update(removed_at=timezone.now() - timedelta(seconds=11))
            if who == "sweep":
                assert forgetting.drop_filters() == 1
            with monkeypatch.context() as watched:
                saved = Mock()
                watched.setattr(SessionStore, "save", saved)
                text = people.html(browser.get(f"/t/{team.slug}/generations"))
            assert (SavedLogFilter.rows.count(), "Mine" in text, saved.called) == (0, False, False)
            page = browser.post(f"/t/{team.slug}/undo", follow=True)
            assert "too late" in people.html(page)
    # The same name again while the old one can be brought back: the new one stays.
    old = SavedLogFilter.objects.create(team=team, user=ada, name="Mine", query="key=1")
    browser.post(reverse(remove, args=[team.slug, old.pk]))
    browser.post(reverse("save_log_filter", args=[team.slug]), {"name": "Mine", "query": "key=2"})
    browser.post(f"/t/{team.slug}/undo")
    assert SavedLogFilter.objects.get().query == "key=2"
