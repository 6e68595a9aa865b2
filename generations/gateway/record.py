"""Record: a typed, tolerant view of what the gateway returned for one generation. Nothing is lost.

contract: "The generation record". Sources of the fields: public reference: generation lookup; the gateway's
columns.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Generic, Literal, TypeAlias, TypeVar, overload

from generations.gateway import timestamps
from generations.gateway.rawjson.display import visible
from generations.gateway.rawjson.spans import member
from generations.gateway.rawjson.values import Number, Unreadable, Value, loads
from generations.gateway.record_bytes import excerpt, filled, shown_value, spans_of

SMALL = 256 * 1024  # bytes of a record that is parsed at once
__all__ = ["FIELDS", "Era", "Field", "Oddity", "Record"]

Era: TypeAlias = Literal["singular", "legacy", "scoped"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Oddity:
    """A value that is not of its documented type: its path and its text (at most 200
    characters)."""

    path: str
    shown: str


class Field(Generic[T]):
    """A documented field. Read from a record it is typed, or None when absent, null or of the wrong type."""

    def __init__(self, convert: Callable[[Value], T | None], *older: str) -> None:
        self.convert, self.names = convert, older

    def __set_name__(self, owner: type, name: str) -> None:
        self.names = (name, *self.names)

    @overload
    def __get__(self, record: None, owner: type) -> "Field[T]": ...
    @overload
    def __get__(self, record: "Record", owner: type) -> T | None: ...
    def __get__(self, record: "Record | None", owner: type) -> "Field[T] | T | None":
        """The value under the field's present or an older name, typed."""
        if record is None:
            return self
        for name in self.names:
            if (value := record.value(name)) is not None:
                return self.convert(value)
        return None


def _text(value: Value) -> str | None:
    return visible(value) if isinstance(value, str) and not isinstance(value, Number) else None


def _flag(value: Value) -> bool | None:
    return value if isinstance(value, bool) else None


def _integer(value: Value) -> int | None:
    return value.integer if isinstance(value, Number) else None


def _number(value: Value) -> int | Decimal | None:
    number = value.decimal if isinstance(value, Number) else None
    return int(number) if number is not None and number == number.to_integral_value() else number


def _object(value: Value) -> dict[str, Value] | None:
    return value if isinstance(value, dict) else None


def _list(value: Value) -> list[Value] | None:
    return value if isinstance(value, list) else None


class Record:
    """One generation record, from bytes. Every key is in `fields`; what is not of its type is in `oddities`.

    Times ending in `_ms` are milliseconds, `cost_nanos` is 1e-9 of `currency`, `*_tps` tokens per second.
    Mind that `latency_ms` and `generation_ms` changed their meaning over time: never add them, never compare
    them.
    """

    id = Field(_text)
    created_at = Field(timestamps.read)
    request_id = Field(_text)
    workspace_id = Field(_text, "team_id")
    team_id = Field(_text, "workspace_id")
    app_id = Field(_text)
    endpoint = Field(_text)
    model_id = Field(_text)
    requested_model_id = Field(_text)
    routed_model_id = Field(_text)
    api_model_id = Field(_text)
    canonical_model_id = Field(_text)
    provider = Field(_text)
    native_response_id = Field(_text)
    stream = Field(_flag)
    byok = Field(_flag)
    status_code = Field(_integer)
    success = Field(_flag)
    error_code = Field(_text)
    error_message = Field(_text)
    error_payload = Field(_object)
    latency_ms = Field(_number)
    generation_ms = Field(_number)
    provider_ttft_ms = Field(_number)
    gateway_ttft_ms = Field(_number)
    tpot_ms = Field(_number)
    itl_ms = Field(_number)
    phaseo_overhead_ms = Field(_number)
    output_speed_tps = Field(_number)
    throughput = Field(_number)
    cost_nanos = Field(_integer)
    currency = Field(_text)
    pricing_plan = Field(_text)
    key_id = Field(_text)
    auth_method = Field(_text)
    oauth_client_id = Field(_text)
    oauth_user_id = Field(_text)
    location = Field(_text)
    finish_reason = Field(_text)
    end_user_id = Field(_text)
    session_id = Field(_text)
    is_free_variant = Field(_flag)
    realtime_session_id = Field(_text)
    trace_data = Field(_object)
    client_source_id = Field(_text)
    client_source_name = Field(_text)
    client_source_kind = Field(_text)
    client_source_version = Field(_text)
    client_source_detection = Field(_text)
    usage_normalized_at = Field(timestamps.read)

    raw: bytes
    """The body as received."""
    unreadable: str | None
    """Why the body as a whole could not be parsed; `fields` then holds what came before the damage."""

    def __init__(self, raw: bytes, asked_id: str | None = None) -> None:
        self.raw, self.asked_id = raw, asked_id
        self._spans, self.unreadable, self._repeated = spans_of(raw)
        self._values: dict[str, Value] = {}
        self._damaged: dict[str, Oddity] = {}

    @classmethod
    def read(cls, raw: bytes, *, asked_id: str | None = None) -> "Record":
        """Never raises, whatever the bytes are. `asked_id` is the ID that was looked up."""
        return cls(raw, asked_id)

    @cached_property
    def fields(self) -> dict[str, Value]:
        """Every key, also unknown ones, in order. A value that could not be parsed is its
        text."""
        if not self.unreadable and len(self.raw) <= SMALL:
            with suppress(Unreadable):  # where one of the values is damaged or too deep, it alone is its text
                self._values |= _object(loads(self.raw)) or {}
        return {key: self._values[key] if key in self._values else self.value(key) for key in self._spans}

    def value(self, key: str) -> Value:
        """The value under a key as it came, None if there is none. Parsed on first access, so that a
        look at the columns does not cost the parsing of the bodies."""
        if key not in self._values and key in self._spans:
            start, end = self._spans[key]
            try:
                self._values[key] = loads(self.raw[start:end])
            except Unreadable as problem:
                self._values[key] = visible(self.raw[start:end].decode("utf-8", "replace"))
                self._damaged[key] = Oddity(key, f"{problem}: {excerpt(self.raw, start, end)}")
        return self._values.get(key)

    def __repr__(self) -> str:
        return f"<Record {self.request_id!r}, {len(self.raw)} bytes>"

    # -- derived from several fields

    @property
    def wrong_id(self) -> bool:
        """The record has another ID than the one looked up."""
        own_id = self.value("request_id")
        return self.asked_id is not None and own_id is not None and own_id != self.asked_id

    @property
    def era(self) -> Era:
        """contract: `io_log` came in July 2026, `replay_supported` in May 2026; before that there was no
        replay."""
        return (
            "scoped"
            if "io_log" in self._spans
            else "legacy"
            if "replay_supported" in self._spans
            else "singular"
        )

    @property
    def usage(self) -> dict[str, Value]:
        return _object(self.value("usage")) or {}

    @property
    def pricing_lines(self) -> list[dict[str, Value]]:
        return _objects(self.value("pricing_lines"))

    @property
    def provider_attempts(self) -> list[dict[str, Value]]:
        return _objects(self.value("provider_attempts"))

    @property
    def detail_metadata(self) -> dict[str, Value]:
        return _object(self.value("detail_metadata")) or {}

    @cached_property
    def unknown(self) -> dict[str, Value]:
        """The keys that no documentation names."""
        known = {*FIELDS, *_OBJECTS, *_LISTS, "team_id", "replay_supported"}
        return {k: v for k, v in self.fields.items() if k not in known and not k.startswith("usage_")}

    # -- bodies

    @property
    def replay_supported(self) -> bool:
        return self.value("replay_supported") is True

    @cached_property
    def replay_body(self) -> bytes | None:
        """`replay_request`, byte for byte as received; None unless it is an object that holds something."""
        return filled(self._cut("replay_request"))

    @cached_property
    def request_body(self) -> bytes | None:
        """The stored request: `replay_request`, else the one in the I/O log."""
        return self.replay_body or filled(self._logged("request_payload"))

    @cached_property
    def answer_body(self) -> bytes | None:
        """The answer the caller got (for streams a reassembled object), byte for byte as received."""
        return self.logged_bytes("gateway_response")

    @cached_property
    def io_log(self) -> dict[str, Value] | None:
        """The I/O log without its payload, or None."""
        raw = self._cut("io_log")
        if raw is None or not raw.startswith(b"{"):
            return None
        log = Record(raw)
        return {key: log.value(key) for key in log._spans if key != "payload"}

    @property
    def io_status(self) -> str | None:
        """`not_enabled`, `stored`, `missing_bucket`, `too_large`, `error`, `deleted`; None without a log."""
        return _text(self.io_log.get("status")) if self.io_log else None

    def _cut(self, key: str) -> bytes | None:
        span = self._spans.get(key)
        return None if span is None else self.raw[span[0] : span[1]]

    def logged(self, key: str) -> Value:
        """A member of the I/O log's payload; None where there is none or it cannot be parsed."""
        log = _object(self.value("io_log"))
        if log is not None:
            return (_object(log.get("payload")) or {}).get(key)
        raw = self.logged_bytes(key)  # the log as a whole may be nested too deep
        try:
            return None if raw is None else loads(raw)
        except Unreadable:
            return None

    def logged_bytes(self, key: str) -> bytes | None:
        """The same, byte for byte as received; None for null."""
        raw = self._logged(key)
        return None if raw == b"null" else raw

    def _logged(self, key: str) -> bytes | None:
        return self._payload._cut(key) if self._payload and not self._payload.unreadable else None

    @cached_property
    def _payload(self) -> "Record | None":
        """The I/O log's payload."""
        log = self._cut("io_log")
        raw = None if log is None else member(log, "payload")
        return None if raw is None else Record(raw)

    # -- what is odd

    @cached_property
    def oddities(self) -> list[Oddity]:
        """Values that are not of their documented type, so that a page can show them."""
        odd = list[Oddity]()
        for key, value in self.fields.items():
            if key in self._damaged:
                odd.append(self._damaged[key])
            elif isinstance(value, list) and key in _LISTS:
                odd += _odd_items(key, value)
            elif value is not None and key in _CONVERTERS and _CONVERTERS[key](value) is None:
                odd.append(Oddity(key, excerpt(self.raw, *self._spans[key])))
        return odd + [Oddity(key, f"given {count} times; the last is used") for key, count in self._repeated]


FIELDS: dict[str, Field[Any]] = {
    name: field for name, field in vars(Record).items() if isinstance(field, Field)
}
_OBJECTS = ("usage", "detail_metadata", "replay_request", "io_log")
_LISTS = ("pricing_lines", "provider_attempts")
_CONVERTERS: dict[str, Callable[[Value], object]] = {
    **{name: field.convert for name, field in FIELDS.items()},
    **dict.fromkeys(_OBJECTS, _object),
    **dict.fromkeys(_LISTS, _list),
    "replay_supported": _flag,
}


def _odd_items(key: str, values: list[Value]) -> list[Oddity]:
    odd = [(position, item) for position, item in enumerate(values) if not isinstance(item, dict)]
    return [Oddity(f"{key}[{position}]", shown_value(item)) for position, item in odd]


def _objects(value: Value) -> list[dict[str, Value]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
