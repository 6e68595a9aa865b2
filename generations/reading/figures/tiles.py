"""The big numbers under the headline: what an endpoint makes, how long it took, what was counted, what it cost."""

from datetime import datetime
from decimal import Decimal

from generations.gateway import endpoints
from generations.gateway.rawjson.values import Value
from generations.reading.figures import attempts, costs, formatting, output_counts, timing, usage
from generations.reading.figures.attempts import duration
from generations.reading.figures.formatting import UNKNOWN
from generations.reading.figures.recorded_times import Meaning, Times
from generations.reading.figures.time_axis import Axis
from generations.reading.page_types.figures import Cost, Tile
from generations.reading.text import decimal, first, short, words

Fields = dict[str, Value]
WRITTEN = ("chat", "responses", "messages")  # wires whose answers are made of tokens, one after another
SPEEDS = ("throughput", "output_speed_tps")
AFTER_BYTE = "After first byte"  # of an answer that was not streamed: it has no first token
TOTALS: dict[Meaning, str] = {
    "whole": "Generation",
    "after": "After first token",
    "end_to_end": "Whole request",
    "failed": "Until it failed",
    "open": "Duration",
    "unknown": "Generation",
}


def tiles(
    fields: Fields,
    when: datetime | None,
    request: Value = None,
    answer: Value = None,
    *,
    laid_out: timing.Layout | None = None,
    cost: Cost | None = None,
) -> list[Tile]:
    """First token, total, speed, tokens, cost of texts; of everything else what was made, its time, count, cost.

    `laid_out`, `cost`: the times and the cost, where they are known already.
    """
    known, axis, _ = laid_out or timing.lay_out(fields, when)
    wire = wire_of(fields)
    if wire in WRITTEN:
        found: list[Tile | None] = [
            _first(fields, known, "First token"),
            _total(fields, known, axis),
            _speed(fields),
            _tokens(fields),
        ]
    else:
        streamed = known.first is not None and fields.get("stream") is True
        found = [
            output_counts.tile(wire, fields, request, answer),
            _first(fields, known, "First output") if streamed else None,
            _total(fields, known, axis),
            _counted(fields),
        ]
    return [tile for tile in [*found, _cost(fields, cost or costs.read(fields))] if tile]


def wire_of(fields: Fields) -> str:
    """The wire of the record's endpoint; a record that names none is taken for a text."""
    name = words(fields.get("endpoint"))
    known = endpoints.find(name)
    return known.wire if known else "" if name else "chat"


# -- time ----------------------------------------------------------------------------------------------------


def _first(fields: Fields, known: Times, label: str) -> Tile:
    if known.first is None or not known.streamed:
        return Tile(label, UNKNOWN, note=_no_first(fields, known))
    number, unit = formatting.split_ms(known.first)
    return Tile(
        *(label, number),
        unit=unit,
        note=_first_note(fields, known),
        title=formatting.exact_ms(known.first),
        measure="first",
    )


def _first_note(fields: Fields, known: Times) -> str:
    latency, gateway = duration(fields.get("latency_ms")), duration(fields.get("gateway_ttft_ms"))
    if known.meaning == "whole" and latency is not None and latency != known.first:
        return f"latency_ms is {formatting.duration(latency)}"
    return f"{formatting.duration(gateway)} at the gateway" if gateway is not None else "at the provider"


def _no_first(fields: Fields, known: Times) -> str:
    if known.meaning == "failed":
        return _unless_answered(fields)
    if known.meaning == "open":
        return "the session is still open"
    if known.meaning == "unknown" and known.latency is not None:
        return "unclear: see Timing"
    return "not streamed" if fields.get("stream") is False else _unrecorded(fields, "latency_ms")


def _unless_answered(fields: Fields) -> str:
    """Whether a failure came before a first token: no provider was asked, or none answered."""
    tries = attempts.read(fields)
    unasked = "provider" in fields and fields["provider"] is None
    vain = unasked or (tries and not any(attempt.answered for attempt in tries))
    return "failed before it" if vain else "not recorded"


def _total(fields: Fields, known: Times, axis: Axis) -> Tile:
    """The time that the bar shows, too. Attempts in vain are part of it."""
    value, wait = timing.headline(known, axis), timing.is_wait(known, axis)
    label = "Total wait" if wait and known.meaning == "whole" else TOTALS[known.meaning]
    if known.meaning == "after" and not known.streamed:
        label = AFTER_BYTE
    if value is None:
        return Tile(label, UNKNOWN, note=_no_total(fields, known))
    number, unit = formatting.split_ms(value)
    note = f"{formatting.duration(axis.failed)} of it failed attempts" if wait else _total_note(fields, known)
    return Tile(label, number, unit=unit, note=note, title=formatting.exact_ms(value), measure="total")


def _no_total(fields: Fields, known: Times) -> str:
    if known.meaning == "open":
        return "the session is still open"
    return _unrecorded(fields, "latency_ms" if known.meaning in ("failed", "end_to_end") else "generation_ms")


def _total_note(fields: Fields, known: Times) -> str:
    if known.meaning == "unknown":
        return "as recorded, meaning unclear"
    if known.meaning == "after":
        return "no total recorded"
    if known.meaning != "whole":
        return ""
    if known.overhead:
        return f"and {formatting.duration(known.overhead)} in the gateway"
    broke = known.streamed and fields.get("success") is False
    return "from dispatch until it broke" if broke else "from dispatch to the last frame"


def _unrecorded(fields: Fields, key: str) -> str:
    """Why a figure is unknown: the record has none, or one that cannot be."""
    value = fields.get(key)
    return "not recorded" if value is None else f"recorded as {short(value, 20)}"


def _speed(fields: Fields) -> Tile:
    over, after = _rate(fields, "throughput"), _rate(fields, "output_speed_tps")
    shown, key = (over, "throughput") if over is not None else (after, "output_speed_tps")
    if shown is None:
        return Tile("Speed", UNKNOWN, note=_unrecorded(fields, "throughput"))
    note = "over the generation" if over is not None else "after the first token"
    if over is not None and after is not None:
        note = f"{formatting.speed(after)} after the first token"
    title = short(fields[key])
    return Tile("Speed", formatting.speed(shown), unit="tok/s", note=note, title=title, measure="speed")


def speed(fields: Fields) -> Decimal | None:
    """The speed that the page shows, in tokens a second; None where it is not known, or nothing was written."""
    found = [rate for key in SPEEDS if (rate := decimal(fields.get(key))) is not None]
    return found[0] if found and found[0] > 0 else None


def _rate(fields: Fields, key: str) -> Decimal | None:
    """A speed; None for what is none, and for one of a request that failed or had no output tokens."""
    value = decimal(fields.get(key))
    idle = value == 0 and not usage.tokens(fields.get("usage"), fields).output
    return None if value is None or value < 0 or idle else value


# -- counts --------------------------------------------------------------------------------------------------


def _tokens(fields: Fields) -> Tile:
    known = usage.tokens(fields.get("usage"), fields)
    if known.input is None and known.output is None:
        return Tile("Tokens", UNKNOWN, note="not recorded")
    if not known.input and not known.output:
        return Tile("Tokens", UNKNOWN, note=f"recorded as {formatting.tokens(known.input, known.output)}")
    notes = usage.notes(fields)
    total = (
        f"{formatting.count(known.total)} in total" if known.total is not None and known.total >= 0 else ""
    )
    shown = (
        formatting.tokens(known.input, known.output)
        if known.output is not None
        else formatting.count(known.input)
    )
    return Tile("Tokens", shown, note=", ".join(notes) or total, title=total, measure="tokens")


def _counted(fields: Fields) -> Tile | None:
    """The tokens of what is not a text: those that came in, and those that went out where there are any."""
    known = usage.tokens(fields.get("usage"), fields)
    if not known.input and not known.output:
        return None
    if not known.output:
        return Tile("Input tokens", formatting.count(known.input), note=", ".join(usage.notes(fields)))
    return Tile("Tokens", formatting.tokens(known.input, known.output), note=", ".join(usage.notes(fields)))


# -- cost ----------------------------------------------------------------------------------------------------


def _cost(fields: Fields, cost: Cost) -> Tile:
    nanos = costs.charged(fields)
    if nanos is None:
        recorded = first(fields, "cost_nanos", "cost_cents")
        note = "none recorded" if recorded is None else f"recorded as {short(recorded, 40)}"
        return Tile("Cost", costs.as_recorded(fields), note=note)
    currency = costs.currency_of(fields)
    minus = "-" if nanos < 0 else ""
    return Tile(
        "Cost",
        formatting.amount(abs(nanos)),
        before=minus + formatting.sign(currency),
        note=_cost_note(fields, cost.check, cost.difference),
        title=f"{formatting.exact_dollars(nanos, currency)}, {formatting.exact_nanos(nanos)}",
        measure="cost" if currency.upper() == "USD" else "",
    )


def _cost_note(fields: Fields, check: str, difference: str) -> str:
    own = costs.provider_cost(fields)
    if fields.get("byok") is True:
        paid = f", {own} at the provider" if own else ""
        fee = "fee only: " if costs.charged(fields) else ""
        return f"{fee}your own provider key{paid}"
    lines = formatting.plural(len(costs.lines_of(fields)), "line")
    notes = {
        "equal": f"{lines}, adds up",
        "differs": f"{lines}, differs by {difference}",
        "unknown": f"{lines}, not all with an amount" if fields.get("pricing_lines") else "no lines",
    }
    return notes.get(check, "")
