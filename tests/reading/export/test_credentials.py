"""Keys and tokens are replaced, words are not, and no text takes long."""

import time

import pytest

from generations.reading.export import credentials
from generations.reading.export.credentials import REMOVED

KEYS = {
    "the gateway's": "phaseo_v1_sk_abcdefgh12345678",
    "an older one of the gateway": "aistats_v1_k_abcdefgh12345678",
    "OpenAI": "sk-proj-abcdefghijklmnop1234",
    "Anthropic": "sk-ant-api03-abcdefghijklmnop",
    "Google": "AIza" + "a1B2" * 9,
    "AWS": "AKIAABCDEFGHIJKLMNOP",
    "GitHub": "ghp_" + "a1B2" * 9,
    "Slack": "xoxb-123456789012-abcdef",
    "a JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("around", ["{}", "key {} there", '{{"a":"{}"}}', "({})", "x={}&y=1"])
def test_keys_are_replaced(key: str, around: str) -> None:
    cleaned, removed = credentials.without(around.format(key))
    assert cleaned == around.format(REMOVED)
    assert removed == 1


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Authorization: Bearer abc.def-123456789", f"Authorization: Bearer {REMOVED}"),
        ('"api_key": "hunter2hunter2"', f'"api_key": "{REMOVED}"'),
        ("x-api-key: zzzz1111yyyy", f"x-api-key: {REMOVED}"),
        ("password=correcthorse", f"password={REMOVED}"),
        ('{\\"client_secret\\":\\"aaaa1111bbbb\\"}', f'{{\\"client_secret\\":\\"{REMOVED}\\"}}'),
    ],
)
def test_named_secrets_are_replaced(text: str, kept: str) -> None:
    assert credentials.without(text) == (kept, 1)


@pytest.mark.parametrize(
    "text",
    [
        "The bearer of bad news walked in.",
        "Your password: it should be long.",
        "Use an API key. The api_key parameter is a string.",
        "max_tokens=4096, sk-8 road, task-force-one, risk_assessment_of_everything",
        '{"total_tokens": 12345678, "model": "openai/gpt-5-nano", "id": "chatcmpl-1234567890abcdef"}',
        "G-01M8FHYK6QBSBESGP94EVSP0MR",
        "",
    ],
)
def test_words_stay(text: str) -> None:
    assert credentials.without(text) == (text, 0)


def test_the_teams_own_keys_go_wherever_they_stand() -> None:
    assert credentials.without("xxread-keyxx", ["read-key"]) == (f"xx{REMOVED}xx", 1)
    assert credentials.without("a short one", ["a"]) == ("a short one", 0)


HARD = (
    *(
        "eyJ" * 9,
        "-eyJaaaaaaaaaaaa",
        "eyJaaaaaaaaaaaa.",
        "sk-",
        "sk-a",
        "bearer ",
        "bearer\t\t\t\t",
        "password: ",
    ),
    *("password=", "api-key:", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "AIza", "a-", "x" * 40, '\\\\"'),
)


@pytest.mark.parametrize("piece", HARD)
def test_no_text_takes_long(piece: str) -> None:
    small, large = (piece * (size // len(piece)) for size in (50_000, 400_000))
    started = time.process_time()
    credentials.without(small)
    between = time.process_time()
    credentials.without(large)
    took = between - started, time.process_time() - between
    assert took[1] < 2, took
