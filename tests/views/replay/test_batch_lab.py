"""The batch lab: the grid, outputs next to each other, marks, names, and the failed ones once more."""

import json
import re
import uuid
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from dashboard.models import GatewayConnection, Role, Team, User
from generations.forms.lab import RunForm
from generations.models import Batch, Generation, Pin, Replay, ReplayLimits, ReplayMark
from generations.models.replay import EXPIRED_PATCH, State
from generations.records import retention
from generations.replay import batches, derived_answer
from generations.replay.order.request_edits import RequestEdits
from generations.replay.prices import price_lists
from generations.replay.raw_answer import Excerpt
from tests.support import people, rows

pytestmark = pytest.mark.django_db
SAID = (
    "The capital of Norway is Oslo.",
    "The capital of Norway is <b>Bergen</b>.",
    "The capital of Norway is Oslo.",
)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr("generations.replay.order.start.send_message", lambda pk: found.append(str(pk)))
    return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The gateways whose prices were asked for."""
    found: list[str] = []
    monkeypatch.setattr(price_lists, "listed", lambda source: found.append(source.base_url))
    return found


@pytest.fixture
def source(team: Team, settings: Any) -> GatewayConnection:
    settings.GATEWAY_URLS = ["http://127.0.0.1:9/v1"]
    return people.connection(team)


@pytest.fixture
def chat(team: Team, ada: User, source: GatewayConnection) -> Generation:
    return rows.generation(team, ada, source)


def answered(batch: Batch, place: int, text: str) -> None:
    """A member succeeds with this answer."""
    member = batch.replays.get(place=place)
    wire = json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode()
    read = derived_answer.read(member.generation.endpoint, "application/json", Excerpt.of(wire))
    rows.answer(member, wire, "application/json")
    facts = {**read.columns, "cost_nanos": 53300, "total_ms": 900 + place}
    batch.replays.filter(pk=member.pk).update(state=State.SUCCEEDED, **facts)


@pytest.fixture
def lab(chat: Generation, ada: User, sent: list[str]) -> Batch:
    """Two models, as stored and with a seed: three answers, of which two are equal, and a failure."""
    variants = [
        RequestEdits([*model, *seed]) for model in ([], [("model", "m/b")]) for seed in ([], [("seed", "7")])
    ]
    made = batches.plan_batch([chat], variants)
    batch = batches.start_batch(chat.team, ada, uuid.uuid4(), "Two by two", made, 4, "Is it steady?")
    for place, text in enumerate(SAID):
        answered(batch, place, text)
    batch.replays.filter(place=3).update(state=State.FAILED, reason="gateway_error", status_code=502)
    return batch


def member(batch: Batch, place: int) -> Replay:
    return batch.replays.get(place=place)


def test_models_and_variants_are_a_grid_with_outputs_next_to_each_other(lab: Batch, ada: User) -> None:
    browser, url = people.browser(ada), lab.get_absolute_url()
    page = browser.get(url)
    grid, text = page.context["grid"], people.html(page)
    assert (grid.plan.rows, grid.plan.columns) == (["openai/gpt-5-nano", "m/b"], ["as stored", "seed → 7"])
    assert [
        [str(cell.rows[0][1] and cell.rows[0][1].word) for cell in cells] for _, _, cells in grid.lines
    ] == [
        ["same", "75% similar"],
        ["same", "None"],
    ]
    assert "<del>Oslo</del><ins>&lt;b&gt;Bergen&lt;/b&gt;</ins>" in text
    for words in ("$0.000053", "901 ms", "Is it steady?", "Replay failed", "<dt>Cost</dt>", "2 times"):
        assert words in text
    # Any other output can be the one that all are compared with, in the first page and in its updates.
    for name in ("batch", "batch_live"):
        chosen = browser.get(reverse(name, args=[lab.team.slug, lab.pk]), {"against": "1"})
        assert [output.row.place for output in chosen.context["outputs"][0].outputs] == [1, 0]
        assert "<del>&lt;b&gt;Bergen&lt;/b&gt;</del><ins>Oslo</ins>" in people.html(chosen)
    assert browser.get(url, {"against": "99"}).context["against"] is None


def test_outputs_of_several_generations_are_compared_each_with_its_own(
    chat: Generation, team: Team, ada: User, source: GatewayConnection, sent: list[str]
) -> None:
    """Three questions with three answers each: only the answers of one differ, and none is compared across."""
    others = [rows.generation(team, ada, source, request_id=f"{chat.request_id[:-1]}{end}") for end in "CD"]
    made = batches.plan_batch([chat, *others], [RequestEdits(), RequestEdits([("seed", "7")])], 3)
    batch = batches.start_batch(team, ada, uuid.uuid4(), "Three questions", made, 4)
    for row in batch.replays.order_by("place"):
        if row.generation_id != others[1].pk:  # its answers are still to come
            answered(
                batch, row.place or 0, "Yes." if row.generation_id == chat.pk else SAID[(row.place or 0) % 3]
            )
    batch.replays.filter(place=0).update(similarity=0)
    batch.replays.filter(place=1).update(similarity=100)
    browser = people.browser(ada)
    page = browser.get(batch.get_absolute_url())
    shown, text = page.context["outputs"], people.html(page)
    assert [(each.row.request_id, each.distinct, each.known) for each in shown] == [
        (others[0].request_id, 2, 6)
    ]
    assert [(output.number, output.row.generation) for output in shown[0].outputs] == [
        (4, others[0].pk),
        (2, others[0].pk),
    ]
    for words in (
        "different for 1 of 2 generations with several answers",
        "2 distinct of 6",
        "each original's answer",
        "12 of 18 · 3 generations and 2 variants together",
    ):
        assert words in text
    assert "Yes." not in text.partition("Distinct outputs")[2].partition("<h2>Replays</h2>")[0]
    # The grid is first, and compares each answer with its original's: what the rows of every list say.
    assert text.index("<h2>Grid</h2>") < text.index("<h2>Distinct outputs</h2>")
    said = [similar and similar.word for _, similar in page.context["grid"].lines[0][2][0].rows]
    assert said == ["0% similar", "same", None]
    assert ("0% similar" in text, "same answer" in text) == (True, True)
    # Without script it says how to go on, and does not come anew while rows are being selected.
    assert ("Refresh</a>" in text, 'http-equiv="refresh"' in text) == (True, False)
    # One of its own outputs can be the one to compare with; that of a question with one answer is none.
    chosen = shown[0].outputs[1].row.place
    again = browser.get(batch.get_absolute_url(), {"against": str(chosen)})
    assert [output.number for output in again.context["outputs"][0].outputs] == [2, 4]
    assert browser.get(batch.get_absolute_url(), {"against": "0"}).context["against"] is None


def test_marks_are_kept_with_who_and_when_and_go_with_their_replay(
    lab: Batch, ada: User, chat: Generation
) -> None:
    browser, url = people.browser(ada), reverse("batch_mark", args=[lab.team.slug, lab.pk])
    good, bad = member(lab, 0), member(lab, 1)
    back = browser.post(url, {"replay": good.pk, "mark": "good"})
    assert (back.status_code, back["Location"]) == (302, f"{lab.get_absolute_url()}#cell-{good.pk}")
    browser.post(url, {"replay": good.pk, "mark": "bad"})
    part = browser.post(url, {"replay": bad.pk, "mark": "bad"}, headers={"HX-Request": "true"})
    assert (part.status_code, people.html(part).count('aria-pressed="true"')) == (200, 1)
    other = rows.replay(chat, ada)
    odd = [
        {"replay": good.pk, "mark": "x"},
        {"replay": "x", "mark": "good"},
        {"replay": other.pk, "mark": "good"},
    ]
    assert [browser.post(url, data).status_code for data in odd] == [404, 404, 404]
    viewer = people.browser(people.person(lab.team, Role.VIEWER))
    assert viewer.post(url, {"replay": good.pk, "mark": "good"}).status_code == 403
    assert "Bad" in people.html(viewer.get(lab.get_absolute_url()))
    lines: Any = browser.get(reverse("batch_json_lines", args=[lab.team.slug, lab.pk]))
    members = [json.loads(line) for line in b"".join(lines.streaming_content).splitlines()]
    assert [line["mark"] for line in members] == ["bad", "bad", None, None]
    assert (members[0]["marked_by"], members[0]["text"]) == (ada.email, SAID[0])
    sheet: Any = browser.get(reverse("batch_csv", args=[lab.team.slug, lab.pk]))
    head, first, *_ = b"".join(sheet.streaming_content).decode("utf-8-sig").splitlines()
    assert {"mark", "marked_by", "marked_at"} < set(head.split(","))
    assert ",bad," in first
    browser.post(url, {"replay": good.pk, "mark": "clear"})
    assert ReplayMark.objects.count() == 1
    Replay.objects.unfinished().delete()
    retention.forget(chat, ada)
    assert ReplayMark.objects.count() == 0


def test_members_are_selected_like_the_rows_of_a_list(
    lab: Batch, ada: User, sent: list[str], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, url = people.browser(ada), reverse("batch_selected", args=[lab.team.slug, lab.pk])
    ids = [str(member(lab, place).pk) for place in range(4)]
    page, here = (
        people.html(browser.get(lab.get_absolute_url())),
        f"{lab.get_absolute_url()}?page=1&sort=-cost",
    )
    assert (page.count('class="choose" id="row-'), f'action="{url}"' in page) == (4, True)
    viewer = people.browser(people.person(lab.team, Role.VIEWER))
    assert re.findall(r'name="do" value="(\w+)"', people.html(viewer.get(lab.get_absolute_url()))) == [
        *("compare", "ids", "csv", "jsonl"),
    ]

    def do(action: str, *chosen: str, by: Client = browser, back: str = "") -> Any:
        return by.post(url, {"do": action, "id": chosen, "back": back} | ({} if chosen else {"all": "1"}))

    assert do("ids", by=viewer).content.decode().split() == ids
    assert do("compare", ids[2], ids[0])["Location"].endswith(f"compare?a={ids[0]}&b={ids[2]}")
    assert do("csv", ids[3], ids[1]).getvalue().count(b"\r\n") == 3
    assert [json.loads(line)["text"] for line in do("jsonl", ids[1]).getvalue().splitlines()] == [SAID[1]]
    for odd in ("", "https://evil.example/", "//evil.example", "/t/other/", f"{here}?q={'x' * 9000}"):
        assert do("compare", ids[0], back=odd)["Location"] == lab.get_absolute_url()
    for ours in (here, f"{here}?q={'x' * 3000}"):
        assert do("compare", ids[0], back=ours)["Location"] == ours
    stranger = str(rows.replay(lab.replays.all()[0].generation, ada).pk)
    assert do("ids", stranger, "x", back=here)["Location"] == here
    assert do("ids", ids[0], by=people.browser(people.person(people.team()))).status_code == 404

    again = do("replay", ids[1], ids[0])["Location"]
    assert again == f"{reverse('batch_again', args=[lab.team.slug, lab.pk])}?id={ids[0]}&id={ids[1]}"
    monkeypatch.setattr("generations.views.lists.replay_selection.MOST_NAMED", 1)
    in_place, plan = do("replay", *ids[:2]), browser.get(again)
    assert people.form_of(in_place.content).keys() == people.form_of(plan.content).keys()
    assert "Each selected replay of" in people.html(plan)
    fields: Any = {**people.form_of(plan.content), "id": ids[:2]}
    assert viewer.post(again, fields).status_code == 403
    started = [browser.post(again, fields)["Location"] for _ in range(2)]
    new = Batch.objects.exclude(pk=lab.pk).get()
    assert (started, new.title) == ([new.get_absolute_url()] * 2, "Again: Two by two")
    assert [row.patch for row in new.replays.order_by("place")] == [
        member(lab, place).patch for place in (0, 1)
    ]

    assert do("pin", ids[0], by=viewer).status_code == 403
    assert do("pin", *ids, back=here)["Location"] == here
    assert people.html(browser.get(here)).count(" pinned</span>") == 4
    assert Pin.objects.get().generation == new.replays.all()[0].generation
    do("unpin", ids[0])
    assert Pin.objects.count() == 0


def test_a_batch_has_a_name(lab: Batch, ada: User) -> None:
    browser, url = people.browser(ada), reverse("batch_name", args=[lab.team.slug, lab.pk])
    answers = [
        people.html(browser.post(url, {"title": title}, follow=True))
        for title in ("Norway <1>", " ", "x" * 201)
    ]
    assert ["Renamed." in answer for answer in answers] == [True, False, False]
    assert all("Norway &lt;1&gt;" in answer for answer in answers)
    assert "A batch needs a name." in answers[1]
    assert people.browser(people.person(lab.team, Role.VIEWER)).post(url, {"title": "x"}).status_code == 403


def test_the_failed_ones_once_more_with_their_changes_and_once_a_click(
    lab: Batch, ada: User, sent: list[str], asked: list[str]
) -> None:
    browser, url = people.browser(ada), reverse("batch_again", args=[lab.team.slug, lab.pk])
    answer = browser.get(url)
    page = people.html(answer)
    assert asked, "the page asks for prices"
    assert "seed → 7" in page
    assert "1 failed replay" in page
    sent_fields = people.form_of(answer.content)
    before = Replay.objects.count()
    unseen = browser.post(url, sent_fields | {"plan_digest": "0" * 64})
    assert (unseen.status_code, Replay.objects.count()) == (400, before)
    asked.clear()
    limits = ReplayLimits.objects.create(team=lab.team, person_day_count=1)
    refused = browser.post(url, sent_fields)
    assert (refused.status_code, Replay.objects.count()) == (409, before)
    limits.delete()
    first, second = (browser.post(url, sent_fields) for _ in range(2))
    assert (first.status_code, first["Location"]) == (302, second["Location"])
    new = Batch.objects.exclude(pk=lab.pk).get()
    [again] = new.replays.all()
    failed = member(lab, 3)
    assert (new.title, again.patch, again.body_sha256) == (
        "Failed of: Two by two",
        failed.patch,
        failed.body_sha256,
    )
    assert (Replay.objects.count(), asked) == (before + 1, [])  # no click waits for prices
    viewer = people.browser(people.person(lab.team, Role.VIEWER))
    assert (viewer.get(url).status_code, viewer.post(url, sent_fields).status_code) == (200, 403)
    lab.replays.filter(place=3).update(patch=EXPIRED_PATCH, state=State.INTERRUPTED)
    text = people.html(browser.get(url))
    assert "no longer kept" in text
    assert "may have answered and charged already" in text
    lab.replays.filter(place=3).update(state=State.SUCCEEDED)
    assert "No failed replays" in people.html(browser.get(url))


@pytest.mark.parametrize(
    ("typed", "variants"),
    [
        (
            "temperature 0.2, top_p=0.9\n\ntemperature: 0.2 , Top P 0.9",
            [[("temperature", "0.2"), ("top_p", "0.9")]],
        ),
        ("Max tokens 5\nmodel m/b", [[("max_tokens", "5")], [("model", "m/b")]]),
        ("temperature", None),
        ("temperatures 3", None),
        ("\n".join(f"seed {number}" for number in range(11)), None),
    ],
)
def test_variants_are_typed_a_line_each(typed: str, variants: list[list[tuple[str, str]]] | None) -> None:
    form = RunForm(QueryDict(f"click={uuid.uuid4()}&models=m/x", mutable=True))
    form.data["changes"] = typed  # type: ignore[index]
    assert form.is_valid() == (variants is not None)
    if variants is not None:
        assert form.cleaned_data["changes"] == variants
        made = [list(edits.changes) for edits in form.variants(RequestEdits())]
        model = [("model", "m/x")]
        assert made == [[], *variants, model, *([*model, *variant] for variant in variants)]
