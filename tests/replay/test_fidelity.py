"""What the gateway receives equals what it stored: value by value, in order, number text included."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generations.gateway import endpoints
from generations.gateway.client import Client
from generations.gateway.demo.keys import SCOPED_KEY
from generations.gateway.errors import GatewayError
from generations.gateway.rawjson import values
from generations.models import StoredRecord
from generations.replay.order import orders
from tests.support.processes import DemoGateway

pytestmark = pytest.mark.heavy

NUMBERS = st.one_of(
    st.integers().map(str),
    st.integers(10**300, 10**301).map(str),
    st.from_regex(r"-?(0|[1-9][0-9]{0,5})\.[0-9]{1,20}", fullmatch=True),
    st.from_regex(r"-?[1-9]\.[0-9]{1,4}[eE][+-]?[0-9]{1,3}", fullmatch=True),
)
STRINGS = st.one_of(
    st.text(), st.sampled_from(["\ud800", "a\0b", "\u2028", "</script>", "\\", '"', "é😀"])
).map(json.dumps)
LEAVES = st.one_of(NUMBERS, STRINGS, st.sampled_from(["true", "false", "null"]))
SPACE = st.sampled_from(["", " ", "\n  ", "\t"])


def boxes(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(STRINGS, SPACE, inner), max_size=4)
    members = pairs.map(
        lambda found: "{" + ",".join(f"{key}:{gap}{value}" for key, gap, value in found) + "}"
    )
    items = st.lists(st.tuples(SPACE, inner), max_size=4)
    return members | items.map(lambda found: "[" + ",".join(gap + value for gap, value in found) + "]")


VALUES = st.recursive(LEAVES, boxes, max_leaves=20)
BODIES = st.lists(st.tuples(STRINGS, VALUES), min_size=1, max_size=6).map(
    lambda members: (
        '{"model": "openai/gpt-5-nano", ' + ", ".join(f"{key} : {value}" for key, value in members) + "}"
    )
)


def pairs_of(text: bytes) -> Any:
    """A JSON text as nested pairs: order, doubled keys and the text of numbers count."""
    return json.loads(text, object_pairs_hook=list, parse_int=str, parse_float=str)


@given(body=BODIES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_stored_request_arrives_as_stored(demo_gateway: DemoGateway, body: str) -> None:
    raw = '{"request_id": "G-1", "replay_supported": true, "replay_request": ' + body + ', "io_log": null}'
    stored = orders.stored_body(StoredRecord(packed=StoredRecord.pack(raw.encode())))
    assert stored is not None
    chat = endpoints.find("chat.completions")
    assert chat is not None
    with contextlib.suppress(GatewayError):
        list(Client(demo_gateway.url, SCOPED_KEY).send(chat, stored))
    received = base64.b64decode(demo_gateway.requests()[-1]["body"])
    assert received == body.encode()
    assert pairs_of(received) == pairs_of(body.encode())


@given(body=BODIES)
def test_reading_and_writing_a_body_keeps_order_and_number_text(body: str) -> None:
    parsed = values.loads(body)
    once = json.loads(body, object_pairs_hook=dict, parse_int=str, parse_float=str)
    again = json.loads(values.dumps(parsed), object_pairs_hook=dict, parse_int=str, parse_float=str)
    assert again == once
    assert list(again) == list(once)


@given(body=BODIES, key=st.text(max_size=8), value=VALUES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_patched_request_arrives_with_the_patch_and_nothing_else(
    demo_gateway: DemoGateway, body: str, key: str, value: str
) -> None:
    """The reference sets the member in what the standard library has parsed."""
    path = json.dumps("/" + key.replace("~", "~0").replace("/", "~1"))
    sent = orders.patched(body.encode(), f'[{{"op": "add", "path": {path}, "value": {value}}}]')
    chat = endpoints.find("chat.completions")
    assert chat is not None
    with contextlib.suppress(GatewayError):
        list(Client(demo_gateway.url, SCOPED_KEY).send(chat, sent))
    received = values.loads(base64.b64decode(demo_gateway.requests()[-1]["body"]))
    expected = values.loads(body)
    assert isinstance(expected, dict)
    expected[key] = values.loads(value)
    assert values.dumps(received) == values.dumps(expected)
