from generations.gateway.demo.server.exchange import pretty


def test_floats_are_written_as_javascript_writes_them() -> None:
    value = {"a": 4.2e-05, 'b"x': 70.0, "c": [1.0, -3e-06, 0.5], "d": 10}
    lines = ["{", '  "a": 0.000042,', '  "b\\"x": 70,', '  "c": [', "    1,", "    -0.000003,", "    0.5"]
    assert pretty(value).decode() == "\n".join([*lines, "  ],", '  "d": 10', "}"])


def test_text_is_left_alone() -> None:
    text = '\n  "x": 70.0,\n4.2e-05'
    assert pretty(text).decode() == '"\\n  \\"x\\": 70.0,\\n4.2e-05"'


def test_lone_surrogates_stay_escapes() -> None:
    assert pretty("é\ud83d") == '"é\\ud83d"'.encode()
