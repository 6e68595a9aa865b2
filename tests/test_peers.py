"""The comparison with peers: pinned apart from the project, the same text in each, one table."""

import json
import re
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench import sizes
from bench.peers import environments, rows, spans
from bench.peers.products import PEERS, Peer
from bench.peers.watching import WORDS

ROOT = Path(__file__).parent.parent
TEXTS = ["the gateway 1 answers 2", "with a 3 record 4", "of the 5 request 6"]


@pytest.mark.parametrize("package", [peer.package for peer in PEERS])
def test_a_peer_is_pinned_exactly_and_apart(package: str) -> None:
    lines = environments.pins(package).read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+!-]+( ; .+)?|#.*", line)] == []
    assert f"{package}=={environments.version(package)}" in lines
    assert [path.name for path in ROOT.glob("requirements*.txt") if f"{package}==" in path.read_text()] == []


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.package)
def test_a_trace_has_each_text_once(peer: Peer) -> None:
    attributes = peer.attributes(TEXTS)
    assert [json.dumps(list(attributes.values())).count(text) for text in TEXTS] == [1, 1, 1]
    trace_id, body = spans.export(attributes)
    [span] = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans
    assert span.trace_id.hex() == trace_id
    assert {item.key: item.value.string_value for item in span.attributes} == attributes


def test_every_message_begins_with_what_the_browser_looks_for() -> None:
    messages = [text for size in sizes.SIZES[:3] for text in sizes.messages(size)]
    assert [text for text in messages if not re.search(WORDS, text[:80])] == []


def test_the_table_tells_each_product_with_its_spread(tmp_path: Path) -> None:
    found = [
        rows.Row("click", "ms", [[320.4, 300, 380], [5600, 5580.2, 6001]]),
        rows.Row("start", "s", [[2.84], [11]]),
    ]
    rows.keep(
        {"when": "today"}, ["Retake", "Peer 1.0"], found, tmp_path / "peers.md", tmp_path / "peers.json"
    )
    assert (
        "\n| click  | 320 ms (300 to 380) | 5600 ms (5580 to 6001) |\n" in (tmp_path / "peers.md").read_text()
    )
    assert (
        "\n| start  | 2.8 s               | 11.0 s                 |\n" in (tmp_path / "peers.md").read_text()
    )
    kept = json.loads((tmp_path / "peers.json").read_text())
    assert (kept["products"], kept["figures"][1]["values"]) == (["Retake", "Peer 1.0"], [[2.84], [11]])
