"""Times in any form that gateways write."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from generations.gateway.rawjson.values import Number, Value, is_text

__all__ = ["read"]


def read(value: Value) -> datetime | None:
    """ISO 8601 with or without offset (then UTC), seconds, ms, µs or ns since 1970, or the date of a mail -> aware UTC.

    What is finer than a microsecond is cut off; a leap second is the first one after it.
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    shown = value.strip()
    try:
        if _EPOCH.fullmatch(shown):
            return _since_1970(Number(shown))
        moment = _iso(shown.upper()) if is_text(value) else datetime.strptime(shown, _COMPACT)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_LONGEST, _COMPACT = 64, "%Y%m%d%H%M%S"
# 14 digits are a date: as milliseconds they would be one after the year 2286.
_EPOCH = re.compile(r"\d{9,13}(?:\.\d*)?|\d{15,20}|\d(?:\.\d+)?[eE]\+?\d{1,2}", re.ASCII)
_DIGITS = re.compile(r"\d{14}", re.ASCII)
_LEAP = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:)60((?:\.\d*)?(?:Z|[+-]\d\d(?::?\d\d)?)?)", re.ASCII)
_WEEKDAY = re.compile(r"[A-Z]{3},")
_UNITS = ((8, 1), (11, 1000), (14, 10**6), (17, 10**9))  # from so many digits on: parts of a second


def _iso(shown: str) -> datetime:
    """ISO 8601, or what is almost that: ` UTC` at the end, a blank before the offset."""
    if _DIGITS.fullmatch(shown):
        return datetime.strptime(shown, _COMPACT)
    if _WEEKDAY.match(shown):
        return parsedate_to_datetime(shown)
    plain = shown.removesuffix(" UTC").removesuffix(" GMT").replace(" +", "+").replace(" -", "-")
    leap = _LEAP.fullmatch(plain)
    moment = datetime.fromisoformat(f"{leap[1]}59{leap[2]}" if leap else plain)
    return moment + timedelta(seconds=1) if leap else moment


def _since_1970(number: Number) -> datetime | None:
    """The time of a number; its size decides its unit (seconds until the year 5138)."""
    since = number.decimal
    if since is None or since < 10**8:
        return None
    unit = next(parts for digits, parts in reversed(_UNITS) if since >= 10**digits)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(since * 10**6 / unit))
