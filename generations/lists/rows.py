"""A generation or replay as every list shows it: one row for home, lists, log, ledger, batches and pickers.

Everything comes out of narrow columns; no body is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.urls import reverse

from dashboard.models import Team
from generations.gateway.log import LogRow
from generations.lists import made_by
from generations.lists.made_by import Maker
from generations.models import Batch, Generation, Replay
from generations.models.replay import EXPIRED_PATCH, State
from generations.reading.edits import chips
from generations.replay.order.spending_limits import dearest

EXACT = "exact"
CHANGED = "changes no longer stored"
ORDINARY = ("stop", "tool_calls", "end_turn", "completed")
STATUS_SAYS_IT = ("gateway_error",)
Makers = Mapping[str, Maker]
NO_MAKERS: Makers = {}


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row. `of` is what its pill is made of; times are ms, costs nanos, None is unknown.

    `prompt` and `answer` are None where nobody has read them yet, "" where none is kept. `chosen_as` is what a
    checkbox sends, "" for no checkbox. `when` is the word for `at` where it is not the time it was made. `payer` is
    whose consent paid, where that is somebody else than `who`. `number` counts the members of a batch, from 1.
    `is_pinned`: a replay is kept by the pin of its original. `maker` is the replay that made a generation.
    """

    of: Generation | Replay | LogRow
    key: str
    url: str
    request_id: str
    prompt: str | None
    answer: str | None
    model: str
    provider: str
    input_tokens: int | None
    output_tokens: int | None
    cost: int | None
    wait: int | Decimal | None
    at: datetime | None
    when: str = ""
    who: str = ""
    payer: str = ""
    note: str = ""
    endpoint: str = ""
    chips: tuple[str, ...] = ()
    why: str = ""
    batch: Batch | None = None
    batch_url: str = ""
    similarity: int | None = None
    cost_note: str = ""
    expected: int | None = None
    expected_word: str = ""
    chosen_as: str = ""
    action_url: str = ""
    is_pinned: bool = False
    is_stored: bool = True
    number: int | None = None
    first_ms: int | None = None
    maker: Maker | None = None

    @property
    def words_unknown(self) -> bool:
        """Whether it is stored and nobody has read yet how it begins."""
        return self.is_stored and self.prompt is None

    @property
    def has_tokens(self) -> bool:
        return self.input_tokens is not None or self.output_tokens is not None


def of_generation(
    row: Generation, team: Team, carried: str = "", *, opened: bool = False, makers: Makers = NO_MAKERS
) -> ListRow:
    """A stored generation, by who looked it up; `opened`: by who opened it last, as the list says. `carried`
    ends its address.

    `makers` are the replays that made the generations of the list, by request ID (`made_by.py`).
    """
    if opened:  # who looked it up is not read with these
        at, when, who = row.last_opened_at, "", row.last_opened_by
    else:
        at, who = row.made_at or row.looked_up_at, row.looked_up_by
        when = "" if row.made_at else "looked up"
    return ListRow(
        of=row,
        key=f"row-{row.pk}",
        url=f"{reverse('generation', args=[team.slug, row.slug])}{carried}",
        request_id=row.request_id,
        prompt=row.prompt_start,
        answer=row.answer_start,
        model=row.model_id,
        provider=row.provider,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost=row.cost_nanos,
        wait=row.total_ms,
        at=at,
        when=when,
        who=str(who) if who else "",
        note=_note(row.error_code, row.finish_reason),
        endpoint=row.endpoint,
        chosen_as=row.slug,
        is_pinned=row.is_pinned,
        maker=makers.get(row.request_id),
    )


def of_generations(found: Sequence[Generation], team: Team, carried: str = "") -> list[ListRow]:
    """Stored generations with the replays that made some of them: one query more at most."""
    makers = made_by.of_rows(team, found)
    return [of_generation(row, team, carried, makers=makers) for row in found]


def of_replay(row: Replay, team: Team, carried: str = "") -> ListRow:
    """A replay with what it changed. Its generation and who asked for it are read with it.

    Where a list has read them (`ledger.shown`), the patch is `patch_head`, its beginning, and the cost is `cost`.
    """
    patch = str(row.__dict__.get("patch_head", row.__dict__.get("patch", "")))
    known = row.__dict__.get("cost", row.cost_nanos)
    open_or_silent = row.is_open or row.state != State.SUCCEEDED
    return ListRow(
        of=row,
        key=f"row-{row.pk}",
        url=f"{reverse('replay', args=[team.slug, row.pk])}{carried}",
        request_id=row.generation.request_id,
        prompt=row.generation.prompt_start,
        answer=row.answer_start or ("" if open_or_silent else row.answer_start),
        model=row.model_id or row.generation.model_id,
        provider=row.provider,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost=known,
        wait=row.total_ms,
        at=row.created_at,
        who=str(row.requested_by or "a former member"),
        payer=_payer(row),
        note=_note("" if row.reason in STATUS_SAYS_IT else row.reason, row.finish_reason),
        endpoint=row.generation.endpoint,
        chips=tuple(changes(patch)),
        why=row.why,
        batch=row.batch if row.batch_id else None,
        batch_url=reverse("batch", args=[team.slug, row.batch_id]) if row.batch_id else "",
        similarity=row.similarity if row.similarity is not None and row.similarity >= 0 else None,
        cost_note="not sent" if row.is_unsent else "",
        expected=dearest(row) if known is None and not row.is_unsent else None,
        expected_word="about" if row.expected_high is None else "up to",
        chosen_as=str(row.pk),
        is_pinned=row.generation.is_pinned,
    )


def of_member(row: Replay, team: Team) -> ListRow:
    """A replay in the list of its batch, which names batch and reason itself."""
    place = None if row.place is None else row.place + 1
    shown = of_replay(row, team)
    return replace(shown, batch=None, batch_url="", why="", number=place, first_ms=row.first_token_ms)


def payer_said_once(shown: Sequence[ListRow]) -> tuple[Sequence[ListRow], str]:
    """Who paid for all of these rows, taken out of them; "" where these were several, or there is one row only."""
    payers = {row.payer for row in shown}
    if len(shown) < 2 or len(payers) > 1 or payers == {""}:
        return shown, ""
    return [replace(row, payer="") for row in shown], payers.pop()


def _payer(row: Replay) -> str:
    """Whose consent paid; "" for a pasted key, or where that is who asked."""
    return str(row.paid_through or "")


def _note(cause: str, finish: str) -> str:
    """The cause of a failure, else an end that is out of the ordinary."""
    return cause or ("" if finish in ORDINARY else finish)


def changes(patch: str) -> list[str]:
    """A patch in a few words; "exact" for none."""
    if patch == EXPIRED_PATCH:
        return [CHANGED]
    return chips.of_patch(patch) or [EXACT]


def of_log(
    row: LogRow,
    stored: Generation | None,
    url: str,
    *,
    key: str = "",
    action_url: str = "",
    maker: Maker | None = None,
) -> ListRow:
    """A row of the gateway's log; its words only where it is stored."""
    return ListRow(
        of=row,
        key=key,
        url=url,
        request_id=row.request_id,
        prompt=stored.prompt_start if stored else None,
        answer=stored.answer_start if stored else None,
        model=row.model_id,
        provider=row.provider,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost=row.cost_nanos,
        wait=row.total_ms,
        at=row.created_at,
        note=_note(row.error_code, row.finish_reason),
        endpoint=row.endpoint,
        chosen_as=row.request_id,
        action_url=action_url,
        is_stored=stored is not None,
        maker=maker,
    )
