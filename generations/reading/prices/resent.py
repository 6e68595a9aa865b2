"""What a stored request will use when it is sent again, as it was or changed: what is likely, and what its limit allows.

The recorded amounts are the measure. Input that came from the provider's cache, or was written to it, may be billed by
either price next time. Output varies from answer to answer: by a third or so for the same question, far more once another
model answers it or its messages were changed. Where nothing was recorded the input is estimated from the length of its text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from generations.gateway.rawjson.values import Number, Value
from generations.gateway.record import Record
from generations.reading.prices import amounts
from generations.reading.prices.amounts import (
    CACHE_READ,
    CACHE_WRITE,
    EMBEDDING,
    INPUT,
    OUTPUT,
    REASONING,
    Amount,
    Amounts,
)

LIMIT_KEYS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
CACHED_FROM = 1024  # tokens: providers cache no shorter input
EDITED = 500  # bytes: a request whose length differs by less is priced as before
# Members that change nothing of how long an answer is.
HARMLESS = frozenset(
    {"provider", "routing", "service_tier", "stream", "stream_options", "user", "metadata", "seed", "n"}
)
# Least and most of the recorded output, and tokens on top: the same question, and another one.
AGAIN = (Decimal("0.65"), Decimal("1.5"), 16)
ANOTHER = (Decimal("0.25"), Decimal(4), 64)
# Another maker's model counts other tokens in the same text.
OTHER_TOKENS = (Decimal("0.7"), Decimal("1.5"))
# Characters of text a token, from dense to wide, where nothing was counted.
CHARACTERS = (Decimal(8), Decimal(2))
_TEXT_INPUT = (INPUT, EMBEDDING, *CACHE_READ, *CACHE_WRITE)
_TEXT_OUTPUT = (OUTPUT, REASONING)
WITHOUT_OUTPUT = ("embeddings", "moderations", "rerank", "ocr")


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One request as stored and as it will be sent. `other_maker`: another maker's model than the recorded one."""

    record: Record
    wire: str
    stored: bytes
    body: bytes
    before: Value
    after: Value
    other_maker: bool = False
    other_model: bool = False

    @property
    def limit(self) -> int | None:
        """The most tokens of output that one answer may have."""
        return next(
            (found for key in LIMIT_KEYS if (found := _number(self.after, key, 12)) is not None), None
        )

    @property
    def cap(self) -> Decimal | None:
        """The same for pricing: a limit that the recorded answer did not keep to is none to go by."""
        if self.limit is None:
            return None
        once = amounts.total(amounts.recorded(self.record, billed=True), _TEXT_OUTPUT)[0]
        unchanged = all(_number(self.before, key, 12) == _number(self.after, key, 12) for key in LIMIT_KEYS)
        return max(Decimal(self.limit), once) if unchanged else Decimal(self.limit)

    @property
    def choices(self) -> int:
        """How many answers it asks for."""
        return max(1, _number(self.after, "n", 6) or 1)

    @property
    def growth(self) -> Decimal:
        """How much longer it is than the stored one; 1 where that is too little to matter."""
        longer = len(self.body) - len(self.stored)
        return Decimal(len(self.body)) / max(1, len(self.stored)) if abs(longer) > EDITED else Decimal(1)

    @property
    def asks_the_same(self) -> bool:
        """Whether an answer like the recorded one is to be expected."""
        if self.other_model or not isinstance(self.before, dict) or not isinstance(self.after, dict):
            return not self.other_model and self.before == self.after
        before, after = self.before, self.after
        differing = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        return differing <= HARMLESS | {"model", *LIMIT_KEYS}


def likely(sent: SentRequest) -> dict[str, Amount]:
    """What it will use, as far as that can be known."""
    found = amounts.recorded(sent.record, billed=True)
    return _input(sent, found) | _output(sent, found) | _others(sent, found)


def allowed(sent: SentRequest, expected: Amounts) -> dict[str, Amount]:
    """What it may use at most: its output up to its own limit, without end where it has none."""
    output = expected.get(OUTPUT)
    if output is None:
        return dict(expected)
    most = None if sent.cap is None else sent.cap * sent.choices
    return {**expected, OUTPUT: Amount(output.low, most, output.others)}


def _input(sent: SentRequest, found: Amounts) -> dict[str, Amount]:
    low, high = amounts.total(found, _TEXT_INPUT)
    if not high:
        low, high = _estimate(sent) if sent.wire not in ("ocr", "transcription") else (Decimal(0), Decimal(0))
    elif sent.growth >= 1:
        high *= sent.growth
        low = high if sent.growth > 1 else low
    else:
        low *= sent.growth
    if sent.other_maker:
        low, high = low * OTHER_TOKENS[0], high * OTHER_TOKENS[1] if high is not None else None
    name = EMBEDDING if EMBEDDING in found else INPUT
    return {name: Amount(low, high, _cached(sent, found))} if high != 0 else {}


def may_be_cached(expected: Amounts) -> bool:
    """Whether a provider's cache may make the input cheaper although the original used none."""
    amount = expected.get(INPUT)
    return amount is not None and not amount.others and (amount.high or amount.low) >= CACHED_FROM


def _cached(sent: SentRequest, found: Amounts) -> tuple[str, ...]:
    """By which other prices the input may be billed, where the original used the cache or the request asks for it."""
    marked = found.keys() & {*CACHE_READ, *CACHE_WRITE} or b'"cache_control"' in sent.body
    writes = found.keys() & set(CACHE_WRITE) or b'"cache_control"' in sent.body
    return (CACHE_READ if marked else ()) + (CACHE_WRITE if writes else ())


def _estimate(sent: SentRequest) -> tuple[Decimal, Decimal | None]:
    """Tokens of a request that was not counted; without an upper bound where it holds more than text."""
    texts = list(_texts(sent.after))
    size = Decimal(sum(len(text) for text in texts if not text.startswith("data:")))
    has_media = any(text.startswith(("data:", "http://", "https://")) for text in texts)
    return size / CHARACTERS[0], None if has_media else size / CHARACTERS[1]


def _texts(content: Value) -> Iterator[str]:
    todo = [content]
    while todo:
        match todo.pop():
            case Number():
                pass
            case str() as text:
                yield text
            case dict() as members:
                todo.extend(members.values())
            case list() as elements:
                todo.extend(elements)


def _output(sent: SentRequest, found: Amounts) -> dict[str, Amount]:
    if sent.wire in WITHOUT_OUTPUT and OUTPUT not in found:
        return {}
    before = max(1, _number(sent.before, "n", 6) or 1)
    once = amounts.total(found, _TEXT_OUTPUT)[0] / before
    least, most, more = AGAIN if sent.asks_the_same else ANOTHER
    low = max(Decimal(0), once * least - more // 4)
    high = once * most + more if once and not _was_cut(sent) and sent.record.success is not False else None
    cap = sent.cap
    if cap is not None:
        low, high = min(low, cap), cap if high is None else min(high, cap)
    return {OUTPUT: Amount(low * sent.choices, None if high is None else high * sent.choices, (REASONING,))}


def _was_cut(sent: SentRequest) -> bool:
    """Whether the recorded answer ended at a limit that is another one now."""
    if sent.record.finish_reason != "length":
        return False
    return any(_number(sent.before, key, 12) != _number(sent.after, key, 12) for key in LIMIT_KEYS)


def _others(sent: SentRequest, found: Amounts) -> dict[str, Amount]:
    """Everything that is not text: input as long as the request, output as often as it is asked for; tools as they like."""
    ratio = Decimal(sent.choices) / max(1, _number(sent.before, "n", 6) or 1)
    made = {}
    for name, amount in found.items():
        if name in _TEXT_INPUT or name in _TEXT_OUTPUT:
            continue
        high = amount.high or amount.low
        if name.startswith("server_tool_") or "web_" in name:
            made[name] = Amount(Decimal(0), high * 2 + 2)
        elif name.startswith("output_"):
            made[name] = Amount(amount.low * ratio, high * ratio)
        else:
            made[name] = Amount(
                amount.low, high if name == "requests" else high * max(sent.growth, Decimal(1))
            )
    return made


def _number(body: Value, key: str, digits: int) -> int | None:
    """A plain whole number at the top of the request."""
    found = body.get(key) if isinstance(body, dict) else None
    plain = isinstance(found, Number) and found.isdecimal() and len(found) < digits
    return int(str(found)) if plain else None
