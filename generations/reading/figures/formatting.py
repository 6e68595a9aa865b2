"""Numbers for people: units always, significant digits only, the exact value next to it. Unknown is "unknown"."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

UNKNOWN = "unknown"
NANOS = Decimal(10) ** 9
HUNDREDTH = Decimal("0.01")
Amount = int | Decimal


def significant(value: Amount, digits: int = 3) -> str:
    """`value` with `digits` significant digits at most, its whole part always whole: 1.83, 70, 12,345."""
    number = Decimal(value)
    places = max(0, digits - 1 - number.adjusted()) if number else 0
    return plain(number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def plain(number: Amount) -> str:
    """Every digit, thousands apart, no exponent, no zeros at the end."""
    shown = f"{Decimal(number):,f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def count(value: Amount | None) -> str:
    """`1,234`."""
    return UNKNOWN if value is None else plain(value)


def short(value: Amount) -> str:
    """A number with three significant digits at most: `950`, `1.2k`, `34M`, `5.1B`."""
    number, unit = Decimal(value), 0
    while abs(number) >= Decimal("999.5") and unit < 4:
        number, unit = number / 1000, unit + 1
    return significant(number) + ("", "k", "M", "B", "T")[unit]


def split_ms(value: Amount) -> tuple[str, str]:
    """Milliseconds as a number and its unit: ("412", "ms"), ("1.83", "s"), ("2 min 5", "s"), ("1 h 3", "min").

    Below 10 s with both decimals, zeros too: rounding leaves them known, and a column of seconds lines up.
    """
    ms = Decimal(value)
    if abs(ms) < Decimal("999.5"):
        return (significant(ms, 3 if abs(ms) >= 100 else 2), "ms")
    if abs(ms) < Decimal(9_995):
        return str((ms / 1000).quantize(HUNDREDTH, ROUND_HALF_UP)), "s"
    if abs(ms) < Decimal(59_950):
        return significant(ms / 1000), "s"
    seconds = int((ms / 1000).to_integral_value(ROUND_HALF_UP))
    if abs(seconds) < 3600:
        return f"{seconds // 60} min {seconds % 60}", "s"
    return f"{seconds // 3600:,} h {seconds % 3600 // 60}", "min"


def duration(value: Amount | None) -> str:
    """`412 ms`, `1.83 s`, `2 min 5 s`."""
    return UNKNOWN if value is None else " ".join(split_ms(value))


def seconds(value: Amount | float) -> str:
    """A limit in seconds: `90 s`, `10 min`, `1 h`."""
    for unit, length in (("h", 3600), ("min", 60)):
        if value >= length and value % length == 0:
            return f"{int(value // length)} {unit}"
    return f"{plain(Decimal(str(value)))} s"


def exact_ms(value: Amount | None) -> str:
    """`1,830 ms`, with every digit."""
    return UNKNOWN if value is None else f"{plain(value)} ms"


def rate(value: Amount | None) -> str:
    """Tokens per second: `70 tok/s`."""
    return UNKNOWN if value is None else f"{speed(value)} tok/s"


def speed(value: Amount) -> str:
    """The number of a rate: 70, 8.4, 0.52."""
    return significant(value, 2)


def tokens(into: Amount | None, out: Amount | None) -> str:
    """`42 → 128`."""
    return f"{count(into)} → {count(out)}"


def share(part: Amount, whole: Amount) -> str:
    """`part` of `whole` between 0 and 1 for a meter, "" when there is no whole."""
    if whole <= 0 or part < 0:
        return ""
    return plain(min(Decimal(1), Decimal(part) / Decimal(whole)).quantize(Decimal("0.001")))


def size(number: int | None) -> str:
    """Bytes: `312 B`, `1.9 KB`, `1.2 MB` (thousands, not 1,024s)."""
    if number is None:
        return UNKNOWN
    value, unit = Decimal(number), 0
    while value >= Decimal("999.5") and unit < 3:
        value, unit = value / 1000, unit + 1
    return f"{significant(value, 2 if value < 10 else 3)} {('B', 'KB', 'MB', 'GB')[unit]}"


# -- money -------------------------------------------------------------------------------------------------


def dollars(nanos: Amount | None, currency: str = "USD") -> str:
    """Nanos (1e-9 of the currency) with three significant digits: `$0.0000533`, `$1.50`, `-$0.02`."""
    return UNKNOWN if nanos is None else signed(sign(currency), nanos, amount(abs(Decimal(nanos))))


def signed(unit: str, value: Amount, shown: str) -> str:
    """The amount `shown` behind its unit, and the minus of `value` before it."""
    return f"{'-' if value < 0 else ''}{unit}{shown}"


def amount(nanos: Amount) -> str:
    """The number of a sum of money: 0.0000533, 0.134, 1.50, 1,204.00."""
    value = Decimal(nanos) / NANOS
    if abs(value) < Decimal("0.995"):
        return cents(significant(value))
    return f"{value:,.2f}"


def exact_dollars(nanos: Amount | None, currency: str = "USD") -> str:
    """Nanos with every digit, at least two after the point."""
    if nanos is None:
        return UNKNOWN
    return signed(sign(currency), nanos, cents(plain(abs(Decimal(nanos)) / NANOS)))


def exact_nanos(nanos: Amount | None) -> str:
    """`53,300 nanos`: what the gateway stores, for tooltips."""
    return UNKNOWN if nanos is None else f"{plain(nanos)} nano{'' if abs(nanos) == 1 else 's'}"


def cents(shown: str) -> str:
    """At least two digits after the point."""
    whole, _, rest = shown.partition(".")
    return f"{whole}.{rest:0<2}"


def sign(currency: str) -> str:
    return "$" if currency.upper() in ("USD", "") else f"{currency} "


# -- time --------------------------------------------------------------------------------------------------


def utc(moment: datetime | None) -> str:
    """`2026-08-22T17:26:36Z`, with its fraction if it has one."""
    if moment is None:
        return UNKNOWN
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def ago(then: datetime | None, now: datetime) -> str:
    """`just now`, `5 minutes ago`, `2 hours ago`, `3 days ago`, then the date."""
    if then is None:
        return UNKNOWN
    seconds = int((now - then).total_seconds())
    if seconds < -60:
        return f"{then.date().isoformat()} {then:%H:%M} UTC"
    for unit, length, limit in (("minute", 60, 3600), ("hour", 3600, 86_400), ("day", 86_400, 7 * 86_400)):
        if seconds < 60:
            return "just now"
        if seconds < limit:
            return plural(seconds // length, unit) + " ago"
    return then.date().isoformat()


def plural(number: int, word: str) -> str:
    """`1 line`, `2 lines`."""
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def svg_length(value: Decimal) -> str:
    """A length for an SVG attribute, to a hundredth."""
    return f"{value.quantize(Decimal('0.01')).normalize():f}"
