"""The five big numbers under the headline."""

from datetime import datetime

from generations.gateway.jsontext import Value
from generations.reading import money, numbers, timing, usage
from generations.reading.numbers import UNKNOWN
from generations.reading.shapes import Tile
from generations.reading.text import box, decimal, items, short, whole, words

Fields = dict[str, Value]
TOTALS = {
    "whole": "Generation",
    "after": "After first token",
    "end_to_end": "Whole request",
    "failed": "Until it failed",
    "unknown": "Generation",
}


def tiles(fields: Fields, made: datetime | None) -> list[Tile]:
    """First token, total, speed, tokens, cost."""
    told = timing.times(fields, made)
    return [_first(fields, told), _total(told), _speed(fields), _tokens(fields), _cost(fields)]


def _first(fields: Fields, told: timing.Times) -> Tile:
    if told.first is None:
        why = (
            "failed before one"
            if told.meaning == "failed"
            else "not streamed"
            if fields.get("stream") is False
            else "not recorded"
        )
        return Tile("First token", UNKNOWN, note=why)
    number, unit = numbers.split_ms(told.first)
    gateway = decimal(fields.get("gateway_ttft_ms"))
    note = f"{numbers.duration(gateway)} at the gateway" if gateway is not None else "at the provider"
    return Tile("First token", number, unit=unit, note=note, title=numbers.exact_ms(told.first))


def _total(told: timing.Times) -> Tile:
    label = TOTALS[told.meaning]
    value = told.after if told.meaning in ("after", "unknown") else told.total
    if value is None:
        return Tile(label, UNKNOWN, note="not recorded")
    number, unit = numbers.split_ms(value)
    note = {"whole": "from dispatch to the last frame", "after": "the record tells no total"}.get(
        told.meaning, ""
    )
    if told.overhead and told.meaning == "whole":
        note = f"and {numbers.duration(told.overhead)} in the gateway"
    return Tile(label, number, unit=unit, note=note, title=numbers.exact_ms(value))


def _speed(fields: Fields) -> Tile:
    value, after = decimal(fields.get("throughput")), decimal(fields.get("output_speed_tps"))
    if value is None and after is None:
        return Tile("Speed", UNKNOWN, note="not recorded")
    if value is None and after is not None:
        return Tile(
            "Speed",
            numbers.speed(after),
            unit="tok/s",
            note="after the first token",
            title=short(fields["output_speed_tps"]),
        )
    note = f"{numbers.speed(after)} after the first token" if after is not None else "over the generation"
    return Tile(
        "Speed", numbers.speed(value or 0), unit="tok/s", note=note, title=short(fields["throughput"])
    )


def _tokens(fields: Fields) -> Tile:
    told = usage.tokens(fields.get("usage"), fields)
    if told.input is None and told.output is None:
        return Tile("Tokens", UNKNOWN, note=_counted(box(fields.get("usage"))))
    notes = [
        f"{numbers.count(told.reasoning)} of them reasoning" if told.reasoning else "",
        f"{numbers.count(told.cached)} from the cache" if told.cached else "",
    ]
    total = f"{numbers.count(told.total)} in total"
    shown = numbers.tokens(told.input, told.output) if told.output is not None else numbers.count(told.input)
    return Tile("Tokens", shown, note=", ".join(filter(None, notes)) or total, title=total)


def _counted(told: Fields) -> str:
    """What was counted instead of tokens."""
    counts = [one for one in usage.counts(told) if one.known and one.key != "requests"]
    return f"{counts[0].value} {counts[0].name.lower()}" if counts else "not recorded"


def _cost(fields: Fields) -> Tile:
    told = money.read(fields)
    nanos = whole(fields.get("cost_nanos"))
    if nanos is None:
        return Tile("Cost", UNKNOWN, note="none recorded")
    lines = numbers.plural(len(items(fields.get("pricing_lines"))), "line")
    notes = {
        "equal": f"{lines}, adds up",
        "differs": f"{lines}, {told.difference} apart",
        "unknown": f"{lines}, not all with an amount" if fields.get("pricing_lines") else "no lines",
        "none": "",
    }
    note = notes[told.check]
    if fields.get("byok") is True:
        note = "fee only: your own provider key" if nanos else "your own provider key"
    currency = (words(fields.get("currency")) or "USD")[:12]
    title = f"{numbers.exact_dollars(nanos, currency)}, {numbers.exact_nanos(nanos)}"
    return Tile("Cost", numbers.amount(nanos), before=numbers.sign(currency).strip(), note=note, title=title)
