"""Times in every form that records have had."""

from datetime import UTC, datetime

import pytest

from generations.gateway import timestamps
from generations.gateway.rawjson.values import Number, Value

DAY = datetime(2026, 11, 20, tzinfo=UTC)
MOMENT = datetime(2026, 11, 20, 10, 26, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("recorded", "moment"),
    [
        ("2026-11-20T10:26:36", MOMENT),
        (" 2026-11-20T10:26:36Z ", MOMENT),
        ("2026-11-20t10:26:36z", MOMENT),
        ("2026-11-20 10:26:36+00", MOMENT),
        ("2026-11-20 10:26:36 UTC", MOMENT),
        ("2026-11-20 10:26:36 +0000 UTC", MOMENT),
        ("2026-11-20T12:26:36+02:00", MOMENT),
        ("2026-11-20T10:26:36.5+00:00", MOMENT.replace(microsecond=500_000)),
        ("2026-11-20T10:26:36.123456789Z", MOMENT.replace(microsecond=123_456)),
        ("Fri, 20 Nov 2026 10:26:36 GMT", MOMENT),
        ("20261120102636", MOMENT),
        ("2026-11-20", DAY),
        (Number("1795170396"), MOMENT),
        (Number("1795170396.25"), MOMENT.replace(microsecond=250_000)),
        (Number("1.795170396e9"), MOMENT),
        ("1795170396", MOMENT),
        (Number("1795170396000"), MOMENT),
        (Number("1795170396000000"), MOMENT),
        (Number("1795170396000000000"), MOMENT),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60.5Z", datetime(2017, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_every_form_is_read(recorded: Value, moment: datetime) -> None:
    assert timestamps.read(recorded) == moment


@pytest.mark.parametrize(
    "recorded",
    [
        None,
        True,
        {},
        "",
        "yesterday",
        "10:26:36",
        "2026-13-01T00:00:00Z",
        "2026-11-20T10:26:61Z",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+05:00",
        "Fri, 99 Nov 2026 10:26:36 GMT",
        "9" * 400,
        Number("3"),
        Number("-1795170396"),
        Number("1e400"),
    ],
)
def test_what_is_no_time_is_none(recorded: Value) -> None:
    assert timestamps.read(recorded) is None
