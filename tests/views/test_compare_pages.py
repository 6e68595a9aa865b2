"""The page that compares any two generations or replays of a team."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from dashboard.models import GatewayConnection, Role, Team, User
from generations.models import Generation, Replay
from generations.models.replay import State
from generations.reading.diff import json_diff, passages
from generations.views.replay.compare import key_of
from tests.support import people, rows

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script> & "quoted" \''
QUERIES = 9


@pytest.fixture
def source(team: Team) -> GatewayConnection:
    return people.connection(team)


def kept(
    team: Team, ada: User, source: GatewayConnection, request_id: str, said: str, **payload: Any
) -> Generation:
    message = {"role": "assistant", "content": said, **payload.pop("message", {})}
    log = {"status": "stored", "payload": {"gateway_response": {"choices": [{"message": message}]}}}
    return rows.generation(team, ada, source, request_id=request_id, io_log=log, **payload)


@pytest.fixture
def first(team: Team, ada: User, source: GatewayConnection) -> Generation:
    return kept(team, ada, source, "G-first", "It is cold in Oslo.")


@pytest.fixture
def second(team: Team, ada: User, source: GatewayConnection) -> Generation:
    return kept(team, ada, source, "G-second", "It is warm in Oslo.")


def replayed(of: Generation, ada: User, text: str, **columns: Any) -> Replay:
    row = rows.replay(of, ada, **{"state": State.SUCCEEDED, "content_type": "application/json", **columns})
    message = {"role": "assistant", "content": text}
    wire = json.dumps({"choices": [{"message": message}]}).encode()
    rows.answer(row, wire)
    return row


def get(user: User, team: Team, **query: str) -> HttpResponse:
    answer = people.browser(user).get(reverse("compare", args=[team.slug]), query)
    assert isinstance(answer, HttpResponse)
    return answer


def page(user: User, team: Team, **query: str) -> str:
    answer = get(user, team, **query)
    assert answer.status_code == 200
    return people.html(answer)


def test_two_generations_word_by_word(ada: User, team: Team, first: Generation, second: Generation) -> None:
    text = page(ada, team, a="G-first", b="G-second")
    assert "It is <del>cold</del><ins>warm</ins> in Oslo." in text
    assert "Nothing: both requests are the same, value for value." in text
    assert re.findall(r'<a id="view-(\w+)"[^>]*aria-current', text) == ["inline"]


def test_side_by_side_has_a_column_for_each(
    ada: User, team: Team, first: Generation, second: Generation
) -> None:
    text = page(ada, team, a="G-first", b="G-second", view="side")
    assert "<td>It is <del>cold</del> in Oslo.</td>" in text
    assert "<td>It is <ins>warm</ins> in Oslo.</td>" in text


def test_only_changes_leaves_the_rest_out(ada: User, team: Team, source: GatewayConnection) -> None:
    long = "The same sentence again. " * 100
    kept(team, ada, source, "G-1", long + "cold"), kept(team, ada, source, "G-2", long + "warm")
    text = page(ada, team, a="G-1", b="G-2", view="changes")
    assert '<span class="skipped">2,300 characters are the same</span>' in text
    assert "<del>cold</del><ins>warm</ins>" in text


def test_an_unknown_view_is_inline(ada: User, team: Team, first: Generation, second: Generation) -> None:
    text = page(ada, team, a="G-first", b="G-second", view="<b>")
    assert re.search(r'<a id="view-inline"[^>]*aria-current="true"', text)


def test_the_views_and_the_swap_are_links(
    ada: User, team: Team, first: Generation, second: Generation
) -> None:
    text = page(ada, team, a="G-first", b="G-second", view="side")
    base = reverse("compare", args=[team.slug])
    for view in ("inline", "side", "changes"):
        assert f'href="{base}?a=G-first&amp;b=G-second&amp;view={view}"' in text
    assert f'href="{base}?a=G-second&amp;b=G-first&amp;view=side"' in text


def test_a_replay_with_its_changes(ada: User, team: Team, first: Generation) -> None:
    replay = replayed(
        first, ada, "It is cold.", patch='[{"op": "replace", "path": "/model", "value": "<b>other"}]'
    )
    text = page(ada, team, a="G-first", b=str(replay.pk))
    assert "B · replay" in text
    assert "<del>openai/gpt-5-nano</del> → <ins>&lt;b&gt;other</ins>" in text
    assert "measured here" not in text


def test_two_replays(ada: User, team: Team, first: Generation) -> None:
    replay = replayed(first, ada, "a b", first_token_ms=100, total_ms=200, cost_nanos=50)
    other = replayed(first, ada, "a c", first_token_ms=100, total_ms=300, cost_nanos=100)
    text = page(ada, team, a=str(replay.pk), b=str(other.pk))
    assert "a <del>b</del><ins>c</ins>" in text
    assert "times measured here" in text
    assert "+100 ms, +50%" in text
    assert "+$0.00000005, +100%" in text


def test_reasoning_and_tool_calls_apart(ada: User, team: Team, source: GatewayConnection) -> None:
    def call(city: str) -> dict[str, Any]:
        function = {"name": "weather", "arguments": json.dumps({"city": city, "unit": "C"})}
        return {
            "reasoning": f"About {city}.",
            "tool_calls": [{"id": city, "type": "function", "function": function}],
        }

    kept(team, ada, source, "G-1", "", message=call("Oslo"))
    kept(team, ada, source, "G-2", "", message=call("Rome"))
    text = page(ada, team, a="G-1", b="G-2")
    assert "About <del>Oslo</del><ins>Rome</ins>." in text
    assert "<del>Oslo</del> → <ins>Rome</ins>" in text
    assert ">Reasoning<" in text
    assert ">Tool calls<" in text


def test_json_answers_by_structure(ada: User, team: Team, source: GatewayConnection) -> None:
    kept(team, ada, source, "G-1", '{"score": 1, "name": "x"}')
    kept(team, ada, source, "G-2", '{"score": 2, "name": "x"}')
    text = page(ada, team, a="G-1", b="G-2")
    assert "Text as JSON" in text
    assert "<del>1</del> → <ins>2</ins>" in text


def test_embeddings_have_a_cosine(ada: User, team: Team, source: GatewayConnection) -> None:
    for number, values in enumerate(([1, 0], [0.6, 0.8])):
        log = {"payload": {"gateway_response": {"data": [{"index": 0, "embedding": values}]}}}
        payload = {
            "request_id": f"G-{number}",
            "endpoint": "embeddings",
            "io_log": {"status": "stored", **log},
        }
        rows.generation(team, ada, source, **payload)
    assert "cosine 0.600000" in page(ada, team, a="G-0", b="G-1")


@pytest.mark.parametrize("view", ["inline", "side", "changes"])
def test_hostile_content_is_only_text(ada: User, team: Team, source: GatewayConnection, view: str) -> None:
    name = {"name": HOSTILE, "arguments": json.dumps({HOSTILE: HOSTILE})}
    calls = {"tool_calls": [{"type": "function", "function": name}], "reasoning": HOSTILE}
    body = {"model": HOSTILE, "messages": [{"role": "user", "content": HOSTILE}], HOSTILE: 1}
    kept(team, ada, source, f"G-{HOSTILE}", HOSTILE, message=calls, replay_request=body, model_id=HOSTILE)
    kept(team, ada, source, "G-2", "plain \ud800", provider=HOSTILE)
    row = Generation.objects.get(request_id__startswith="G-<")
    text = page(ada, team, a=row.slug, b="G-2", view=view)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_a_lost_answer_says_so_and_offers_replays(
    ada: User, team: Team, source: GatewayConnection, second: Generation
) -> None:
    lost = rows.generation(team, ada, source, request_id="G-lost")
    replay = replayed(lost, ada, "kept")
    text = page(ada, team, a="G-lost", b="G-second")
    assert "Its answer is not in the record." in text
    assert f'href="{reverse("compare", args=[team.slug])}?a={replay.pk}&amp;b=G-second"' in text
    assert "<ins>" not in text.partition("Figures")[0].replace("<ins>B only</ins>", "")


def test_the_form_alone(ada: User, team: Team) -> None:
    assert "Nothing to compare yet" in page(ada, team)
    assert 'name="a"' in page(ada, team, a="")


def test_pasted_addresses_are_understood(
    ada: User, team: Team, first: Generation, second: Generation
) -> None:
    replay = replayed(first, ada, "x")
    links = {
        "a": f" https://retake.example{first.get_absolute_url()}/cost?x=1 ",
        "b": f"http://retake.example{replay.get_absolute_url()}#top",
    }
    assert "B · replay" in page(ada, team, **links)


def test_what_the_team_does_not_have_is_not_found(ada: User, team: Team, first: Generation) -> None:
    other = people.team()
    theirs = rows.generation(other, people.person(other), people.connection(other), request_id="G-theirs")
    replay = replayed(theirs, ada, "secret words")
    for key in ("G-theirs", f"~{theirs.pk}", str(replay.pk), "nothing", "x" * 601):
        answer = get(ada, team, a="G-first", b=key)
        assert answer.status_code == 404
        assert "secret words" not in answer.content.decode()


def test_outsiders_see_nothing(team: Team, first: Generation, second: Generation) -> None:
    outsider = people.person(people.team())
    assert get(outsider, team, a="G-first", b="G-second").status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER, Role.OWNER])
def test_everybody_in_the_team_may_compare(
    team: Team, first: Generation, second: Generation, role: Role
) -> None:
    assert "<ins>warm</ins>" in page(people.person(team, role), team, a="G-first", b="G-second")


def test_the_number_of_queries_is_constant(
    ada: User,
    team: Team,
    first: Generation,
    second: Generation,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    replays = [replayed(first, ada, "word " * number) for number in range(12)]
    browser, address = people.browser(ada), reverse("compare", args=[team.slug])
    browser.get(address)
    for a, b, queries in (
        ("G-first", "G-second", 10),  # two for each original
        ("G-first", str(replays[0].pk), 8),
        (str(replays[10].pk), str(replays[11].pk), 8),
    ):
        with django_assert_num_queries(queries):
            assert browser.get(address, {"a": a, "b": b}).status_code == 200


def test_replays_offered_cost_one_query(
    ada: User, team: Team, source: GatewayConnection, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lost = rows.generation(team, ada, source, request_id="G-lost")
    replays = [replayed(lost, ada, "x") for _ in range(8)]
    browser, address = people.browser(ada), reverse("compare", args=[team.slug])
    browser.get(address)
    with django_assert_num_queries(10):  # nine, and one for an answer that was pasted
        browser.get(address, {"a": "G-lost", "b": str(replays[0].pk)})


def test_very_long_answers_are_bounded(ada: User, team: Team, source: GatewayConnection) -> None:
    for number, word in enumerate(("cold", "warm")):
        kept(team, ada, source, f"G-{number}", " ".join(f"{word}{at}" for at in range(300_000)))
    text = page(ada, team, a="G-0", b="G-1", view="side")
    assert len(text) < 2_000_000
    assert "too long to show in full" in text


# --- where it is linked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pasted", "key"),
    [
        (" G-1 ", "G-1"),
        ("https://retake.example/t/acme/g/G-1", "G-1"),
        ("https://retake.example/t/acme/g/G-1/cost?from=list#x", "G-1"),
        ("https://retake.example/t/g/g/G-1/", "G-1"),
        ("https://retake.example/t/r/r/0193f2c5/json", "0193f2c5"),
        ("https://retake.example/g/a%20b", "a b"),
    ],
)
def test_a_link_of_any_tab_names_what_is_compared(pasted: str, key: str) -> None:
    assert key_of(pasted) == key


def test_the_tab_of_replays_lets_people_choose_two(ada: User, team: Team, first: Generation) -> None:
    replays = [replayed(first, ada, "x") for _ in range(2)]
    text = people.browser(ada).get(f"{first.get_absolute_url()}/replays").content.decode()
    assert f'action="{reverse("compare", args=[team.slug])}"' in text
    values = re.findall(r'<input type="radio" name="b" value="([^"]+)"', text)
    assert values == ["G-first", str(replays[1].pk), str(replays[0].pk)]


def test_either_side_is_changed_for_another_of_its_original(
    ada: User, team: Team, first: Generation, second: Generation
) -> None:
    made = [replayed(first, ada, "x", patch='[{"op":"add","path":"/seed","value":7}]') for _ in range(10)]
    rows.replay(first, ada)  # has not ended
    old, new = str(made[0].pk), str(made[9].pk)
    base = reverse("compare", args=[team.slug])
    sides = people.browser(ada).get(base, {"a": old, "b": new, "view": "side"}).context["sides"]
    for (letter, _, choices, _), other in zip(sides, (new, old), strict=True):
        named = {candidate.name: (candidate.key, address) for candidate, address in choices}
        assert list(named) == ["Original", "1", "5", "6", "7", "8", "9", "10"]
        assert [named[name] for name in ("1", "10") if named[name][0] == other] == [(other, "")]
        key, address = named["Original"]
        assert (key, address) == (
            "G-first",
            f"{base}?{urlencode({'a': old, 'b': new} | {letter.lower(): key})}&view=side",
        )
    text = page(ada, team, a=old, b=new)
    assert 'aria-label="Compare another as A"' in text
    assert "seed 7" in text
    assert "3 more" in text
    assert "Compare another" not in page(ada, team, a="G-second", b="G-second")
    same = people.browser(ada).get(base, {"a": old, "b": old}).context["sides"]
    assert [[candidate.name for candidate, _ in side[2]] for side in same] == [
        ["Original", "1", "5", "6", "7", "8", "9", "10"]
    ] * 2


def test_a_replay_links_its_full_comparison(ada: User, team: Team, first: Generation) -> None:
    replay = replayed(first, ada, "x")
    text = people.browser(ada).get(replay.get_absolute_url()).content.decode()
    assert f'href="{reverse("compare", args=[team.slug])}?a=G-first&amp;b={replay.pk}"' in text


NBSP = '<small class="unseen" title="no-break space, U+00A0">NBSP</small>'


def test_what_cannot_be_seen_is_marked_wherever_a_difference_is_drawn() -> None:
    found = passages.passage("Text", "<b>a</b>\u00a0b", "<b>a</b> b")
    side = passages.passage("Text", "<b>a</b>\u00a0b", "<b>a</b> b", "side")
    lines = passages.lines(json_diff.changes({"x": "a\u00a0b", "y": None}, {"x": "a b", "z": "\u00a0"}))
    drawn = [
        render_to_string("generations/compare/pieces.html", {"pieces": found.pieces}),
        render_to_string("generations/compare/rows.html", {"rows": side.rows}),
        render_to_string("generations/compare/lines.html", {"lines": lines}),
    ]
    assert [html.count(NBSP) for html in drawn] == [1, 1, 2]
    assert all("<b>a" not in html for html in drawn)
    assert found.notes == ["The texts look the same but differ: no-break space, U+00A0: 1 → 0."]
    assert "The texts look the same but differ" in drawn[2]


def test_what_turns_text_around_does_not_turn_the_page_around() -> None:
    pieces = passages.passage("Text", "a \u202e b c", "a \u202e b d").pieces
    shown = render_to_string("generations/compare/pieces.html", {"pieces": pieces})
    assert "\u202e" not in shown
    assert "RLO" in shown
