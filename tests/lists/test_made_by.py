"""Generations that replays made: marked in every list, found by a filter, and in no figure of what the apps did."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Team, User
from generations.gateway.log import LogRow
from generations.log import listing
from generations.models import Forgetting, Generation, Pin, Replay, TrendDay
from generations.models.replay import State
from generations.records import forgetting, makers, trend_days, usual_figures
from generations.templatetags.log_rows import log_row
from tests.support import people, rows

pytestmark = pytest.mark.django_db
ORIGINAL, MADE = "G-01M0N8538G8F4T0W6X1Y2Z3A4B", "G-01M0N8538G8F4T0W6X1Y2Z3A5C"
CHIP = "Replay 2 of G-01M0…3A4B"


@pytest.fixture
def original(team: Team, ada: User) -> Generation:
    return rows.generation(team, ada, people.connection(team))


@pytest.fixture
def maker(original: Generation, ada: User) -> Replay:
    """The second replay of its original."""
    rows.replay(original, ada, state=State.SUCCEEDED)
    return rows.replay(original, ada, state=State.SUCCEEDED, new_request_id=MADE)


@pytest.fixture
def made(maker: Replay, ada: User) -> Generation:
    return looked_up(maker.team, ada, MADE)


def looked_up(team: Team, user: User, request_id: str) -> Generation:
    source = team.connections.first() or people.connection(team)
    return rows.generation(team, user, source, request_id=request_id)


def test_every_list_says_which_replay_made_a_row(
    team: Team, ada: User, maker: Replay, made: Generation
) -> None:
    browser, slug = people.browser(ada), team.slug
    rows.replay(made, ada, state=State.SUCCEEDED)
    own_page = people.html(browser.get(made.get_absolute_url()))
    Pin.objects.create(generation=made, team=team, pinned_by=ada)
    for name, times in (("generations", 1), ("generation_rows", 1), ("recent", 3), ("team_home", 3)):
        page = people.html(browser.get(reverse(name, args=[slug])))
        assert (
            page.count(f'href="{maker.get_absolute_url()}" title="Made by replay 2 of {ORIGINAL}"') == times
        )
        assert page.count(CHIP) == times
    many = people.html(browser.get(f"{reverse('many', args=[slug])}?id={MADE}&id={ORIGINAL}"))
    assert many.count(CHIP) == 1
    assert CHIP in people.html(browser.get(f"{made.get_absolute_url()}/replays"))
    (kept, _) = listing.items(team, [LogRow(MADE), LogRow(ORIGINAL)])
    assert CHIP in log_row(kept)
    assert "made by a replay" in browser.get(reverse("go_entries", args=[slug])).content.decode()
    for address in (maker.get_absolute_url(), maker.generation.get_absolute_url()):
        assert f'href="{address}"' in own_page.partition("made by ")[2][:400]


def test_the_list_is_filtered_by_who_made_its_rows(team: Team, ada: User, made: Generation) -> None:
    browser, address = people.browser(ada), reverse("generations", args=[team.slug])

    def found(made_by: str) -> list[str]:
        return [row.request_id for row in browser.get(address, {"made_by": made_by}).context["page"].rows]

    assert [found("app"), found("replay")] == [[ORIGINAL], [MADE]]
    assert len(browser.get(address).context["rows"]) == 2
    page = browser.get(address, {"made_by": "replay"})
    assert [(chip.label, chip.value) for chip in page.context["chips"]] == [("Made by", "replays here")]
    assert browser.get(address, {"made_by": "nobody"}).status_code == 400
    lines = b"".join(browser.get(reverse("generations_csv", args=[team.slug]))).decode().splitlines()
    at = lines[0].split(",").index("is_replay")
    assert {line.split(",")[at] for line in lines[1:] if MADE in line} == {"True"}


@pytest.mark.parametrize("number", [1, 4])
def test_a_list_of_them_costs_one_query_more(
    team: Team, ada: User, original: Generation, number: int, django_assert_max_num_queries: Any
) -> None:
    browser, address = people.browser(ada), reverse("generation_rows", args=[team.slug])
    browser.get(address)
    with django_assert_max_num_queries(99) as plain:
        browser.get(address)
    for place in range(number):
        rows.replay(original, ada, new_request_id=f"G-{place}")
        looked_up(team, ada, f"G-{place}")
    with django_assert_max_num_queries(99) as marked:
        assert people.html(browser.get(address)).count(" of G-01M0…3A4B") == number
    assert len(marked) == len(plain) + 1
    assert [query for query in marked.captured_queries if "packed" in query["sql"]] == []


def test_no_figure_of_the_apps_counts_them(team: Team, ada: User, made: Generation) -> None:
    """Each point of the trends opens what it counts."""
    for number in range(19):
        looked_up(team, ada, f"G-{number}")
    trend_days.tick()
    usual_figures.tick()
    browser = people.browser(ada)
    page = browser.get(reverse("trends", args=[team.slug]))
    assert (page.context["found"].total.count, page.context["found"].replays[-1]) == (20, 2)
    [panel] = [panel for panel in page.context["page"].panels if panel.heading == "Generations"]
    listed = browser.get(panel.marks[-1].href).context
    assert (str(listed["count"]), MADE in {row.request_id for row in listed["rows"]}) == ("20", False)
    assert usual_figures._counted(team.pk, timezone.now()).get()["all"] == 20
    Generation.objects.filter(is_replay=False).update(made_at=timezone.now() - timedelta(days=400))
    trend_days.mark_changed(team.pk, timezone.now())
    trend_days.tick()
    page = browser.get(reverse("trends", args=[team.slug]))  # of a time that has replays alone
    assert [panel.heading for panel in page.context["page"].panels] == ["Replays"]
    assert "No trends yet" not in people.html(page)


def test_a_replay_of_another_team_marks_nothing(maker: Replay, ada: User) -> None:
    other = people.team("other")
    elsewhere = looked_up(other, people.person(other), MADE)
    assert (elsewhere.is_replay, makers.tick()) == (False, 0)
    Generation.objects.update(is_replay=True)  # whatever the column says
    browser = people.browser(people.person(other))
    listed = people.html(browser.get(reverse("generations", args=["other"])))
    own_page = people.html(browser.get(elsewhere.get_absolute_url()))
    assert (MADE in listed, CHIP in listed, "made by" in own_page) == (True, False, False)


def test_rows_of_an_older_retake_are_noted_by_the_clock(
    team: Team, ada: User, maker: Replay, made: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linked or not, a few at a time; a replay whose answer came under its original's ID makes nobody an experiment."""
    monkeypatch.setattr(makers, "MOST", 1)
    linked = looked_up(team, ada, "G-linked")
    rows.replay(maker.generation, ada, new_request_id=linked.request_id, new_generation=linked)
    rows.replay(maker.generation, ada, new_request_id=ORIGINAL, new_generation=maker.generation)
    rows.replay(maker.generation, ada, new_request_id=ORIGINAL)
    Generation.objects.update(is_replay=False)
    trend_days.tick()
    assert [makers.tick() for _ in range(3)] == [1, 1, 0]
    assert set(Generation.objects.filter(is_replay=True)) == {linked, made}
    assert TrendDay.objects.stale().count() == 1


def test_what_is_hidden_is_in_no_list_and_comes_back(
    team: Team, ada: User, made: Generation, maker: Replay
) -> None:
    browser, address = people.browser(ada), reverse("generations", args=[team.slug])
    [click] = forgetting.hide([maker.generation], ada)
    assert CHIP not in people.html(browser.get(address))
    assert listing.items(team, [LogRow(MADE)])[0].maker is None
    forgetting.undo([click.pk], team, ada)
    assert CHIP in people.html(browser.get(address))
    assert not Forgetting.objects.exists()
