"""The cells of one row of any list, and the pills of generations and replays.

Written in Python: a page has fifty rows, and a template took eight times as long for them.
"""

from collections.abc import Callable, Collection

from django import template
from django.utils.safestring import SafeString

from dashboard.templatetags.site import ago, icon, pill, whole_words
from dashboard.web.quick_html import fill, joined
from generations.gateway.log import LogRow
from generations.lists.columns import COLUMNS
from generations.lists.made_by import Maker
from generations.lists.rows import ListRow
from generations.models import Generation, Replay
from generations.reading.diff import likeness
from generations.reading.figures.recorded_times import OPEN
from generations.templatetags.reading import count, dollars, duration, nanos

register = template.Library()
NOTHING = SafeString()
COPY = (
    '<button type="button" class="btn row-copy" data-copy-link="{}" data-copied="Copied the link" data-key="y" '
    'tabindex="-1" aria-label="Copy the link to {}">{}</button>'
)
UNREAD = SafeString('<span class="unread">First words unknown yet</span>')
SIMILAR = '<span class="muted" title="The answer, next to the original\'s">{}</span>'
NOT_STORED = SafeString('<span class="muted">not stored</span>')


# --- pills --------------------------------------------------------------------------------------------------------


@register.simple_tag
def replay_pill(replay: Replay) -> SafeString:
    """How a replay stands; a failure with its status."""
    outcome = replay.outcome
    return pill(outcome, "", replay.status_code if outcome in ("reproduced", "failed") else "")


@register.simple_tag
def verdict_pill(row: Generation | LogRow) -> SafeString:
    """How a generation ended, with its status."""
    if row.success:
        return pill("succeeded", "Succeeded", row.status_code)
    if row.status_code == OPEN:
        return pill("running", "Open session", OPEN)
    if row.success is None:
        return pill("unknown")
    return pill("failed", "Failed", row.status_code)


# --- cells --------------------------------------------------------------------------------------------------------


@register.simple_tag
def row_cells(
    row: ListRow, columns: Collection[str] = (), form_id: str = "", prefix: str = "", *, copies: bool = False
) -> SafeString:
    """The cells of a row: of these columns, or of all but the endpoint without them.

    `form_id` is the form that its checkbox belongs to; `prefix` keeps the IDs of two lists on a page apart; `copies`:
    the link to it can be copied.
    """
    shown = columns or [name for name in COLUMNS if name != "endpoint"]
    cells = [CELLS[name](row) for name in COLUMNS if name in shown]
    return joined([_what(row, form_id, prefix, copies=copies), *cells])


def _what(row: ListRow, form_id: str, prefix: str, *, copies: bool) -> SafeString:
    """What it is: the box to select it, the link with its first words and its ID, and what is to be said of it."""
    copy = fill(COPY, row.url, row.request_id, icon("link")) if copies else NOTHING
    box = NOTHING
    number = f"{row.number} · " if row.number else ""
    if form_id and row.chosen_as:
        box = fill(
            '<input type="checkbox" class="choose" id="{}-box" form="{}" name="id" value="{}" aria-label="Select {}{}">',
            *(row.key or row.chosen_as, form_id, row.chosen_as, number, row.request_id),
        )
    return fill(
        '<td class="what">{}{}<a data-row id="{}{}" href="{}">{}<span class="name mono" title="{}">{}{}</span></a>{}</td>',
        *(
            copy,
            box,
            prefix,
            row.key,
            row.url,
            _words(row),
            row.request_id,
            number,
            row.request_id,
            _facts(row),
        ),
    )


def _words(row: ListRow) -> SafeString:
    said = NOTHING
    if row.prompt:
        said = fill('<span class="question" dir="auto">{}</span>', row.prompt)
    elif row.words_unknown:
        said = UNREAD
    return said + fill('<span class="reply" dir="auto">{}</span>', row.answer) if row.answer else said


def _facts(row: ListRow) -> SafeString:
    """Pinned, not stored, which replay made it, what a replay changed, how similar it is, its batch and its reason."""
    facts = [fill('<span class="small-chip">{} pinned</span>', icon("pin"))] if row.is_pinned else []
    facts += [] if row.is_stored else [NOT_STORED]
    facts += [_maker(row.maker)] if row.maker else []
    facts += [fill('<span class="small-chip" dir="auto">{}</span>', chip) for chip in row.chips]
    if row.similarity is not None:
        facts.append(_similar(row.similarity))
    if row.batch:
        title = whole_words(row.batch.title or "a batch")
        facts.append(fill('<span>in <a href="{}" dir="auto">{}</a></span>', row.batch_url, title))
    facts += [fill('<span class="reason" dir="auto">{}</span>', row.why)] if row.why else []
    return fill('<p class="row-facts">{}</p>', joined(facts, " ")) if facts else NOTHING


def _maker(maker: Maker) -> SafeString:
    return fill(
        '<a class="small-chip" href="{}" title="Made by replay {} of {}">{} Replay {} of {}</a>',
        *(maker.url, maker.number, maker.original, icon("replay"), maker.number, maker.short_original),
    )


def _similar(percent: int) -> SafeString:
    found = likeness.of_percent(percent)
    return fill(SIMILAR, "same answer" if found is likeness.SAME else found.word)


def _verdict(row: ListRow) -> SafeString:
    of = replay_pill(row.of) if isinstance(row.of, Replay) else verdict_pill(row.of)
    note = fill(' <span class="under" title="{}">{}</span>', row.note, row.note) if row.note else ""
    return fill('<td data-label="Verdict">{}{}</td>', of, note)


def _model(row: ListRow) -> SafeString:
    via = _under(f"via {row.provider}") if row.provider else ""
    return fill(
        '<td class="model" data-label="Model"><span title="{}">{}</span>{}</td>',
        *(row.model, row.model or "unknown", via),
    )


def _endpoint(row: ListRow) -> SafeString:
    return fill('<td data-label="Endpoint">{}</td>', row.endpoint or "unknown")


def _tokens(row: ListRow) -> SafeString:
    shown = f"{count(row.input_tokens)} → {count(row.output_tokens)}" if row.has_tokens else "unknown"
    return fill('<td class="n" data-label="Tokens">{}</td>', shown)


def _cost(row: ListRow) -> SafeString:
    shown: str = row.cost_note or "unknown"
    if row.cost is not None and not row.cost_note:
        shown = fill('<span title="{}">{}</span>', nanos(row.cost), dollars(row.cost))
    elif row.expected is not None and not row.cost_note:
        shown = fill("unknown{}", _under(f"{row.expected_word} {dollars(row.expected)}"))
    return fill('<td class="n" data-label="Cost">{}</td>', shown)


def _wait(row: ListRow) -> SafeString:
    first = "" if row.first_ms is None else _under(f"first token {duration(row.first_ms)}")
    return fill('<td class="n" data-label="Wait">{}{}</td>', duration(row.wait), first)


def _age(row: ListRow) -> SafeString:
    return fill('<td class="age" data-label="When">{} {}</td>', row.when, ago(row.at, focusable=False))


def _who(row: ListRow) -> SafeString:
    payer = _under(f"paid through {row.payer}") if row.payer else ""
    return fill('<td class="by" data-label="By">{}{}</td>', row.who, payer)


def _under(words: str) -> SafeString:
    return fill(' <span class="under">{}</span>', words)


CELLS: dict[str, Callable[[ListRow], SafeString]] = {
    "verdict": _verdict,
    "model": _model,
    "endpoint": _endpoint,
    "tokens": _tokens,
    "cost": _cost,
    "wait": _wait,
    "age": _age,
    "who": _who,
}
