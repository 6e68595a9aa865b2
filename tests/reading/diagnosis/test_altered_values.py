"""Values that the gateway replaced, by path."""

import pytest

from generations.gateway.rawjson.values import loads
from generations.reading.diagnosis import altered_values


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ('{"messages": [{"content": "hi"}, {"content": "[redacted]"}]}', ["messages[1].content"]),
        ('{"a": "[Circular]", "b": "is [redacted] here"}', ["a"]),
        ('{"file": {}, "model": "x"}', ["file"]),
        ('{"image": [{}, "data:image/png;base64,AA"]}', ["image[0]"]),
        ('{"tools": [{"parameters": {"properties": {"file": {}}}}]}', []),
        ("{}", []),
        ("null", []),
    ],
)
def test_paths(body: str, paths: list[str]) -> None:
    assert altered_values.paths(loads(body)) == paths


def test_the_pointer_leads_into_the_record() -> None:
    found, total = altered_values.find(loads('{"messages": ["[redacted]"]}'), "/replay_request")
    assert [(damage.at, damage.path, damage.shown) for damage in found] == [
        ("/replay_request/messages/0", "messages[0]", "[redacted]")
    ]
    assert total == 1


def test_many_are_counted() -> None:
    found, total = altered_values.find(loads('["[redacted]"' + ', "[redacted]"' * 499 + "]"), "")
    assert (len(found), total) == (100, 500)
