"""Code to copy: what it sends is compared byte for byte with the stored body, by really running it."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generations.gateway import endpoints
from generations.gateway.demo.keys import SCOPED_KEY
from generations.reading.export import snippets
from tests.reading.forks import Forks
from tests.support.processes import DemoGateway

NODE = shutil.which("node")
CHAT = endpoints.ENDPOINTS[0]
TEXTS = {
    "quotes": "'\"`'''\"\"\"'\\'' \"$HOME\" 'a'\"b\"'",
    "backslashes": "\\ \\\\ \\n \\' \\\" \\u0041 C:\\new\\table\\",
    "newlines": "one\ntwo\r\nthree\ttab\n\n",
    "substitution": "$(touch pwned) `touch pwned` ${HOME} $GATEWAY_API_KEY $((1+1)) !! !$ %s {0} {{x}} ${`x`}",
    "heredoc": "EOF\nEOF\n'\nEOF\n@request.json",
    "unicode": "Grüße 🎉 日本語 \u202e\u200b\u2028\u2029\ufeff é e\u0301",
    "script": "</script></pre><!-- --> &amp; &#39;",
    "template": "${process.env.HOME} `${1}` */ // # comment",
}


def body(text: str, *, ascii_only: bool, indent: int | None) -> bytes:
    request = {"model": "openai/gpt-5-nano", "messages": [{"role": "user", "content": text}], "user": text}
    return json.dumps(request, ensure_ascii=ascii_only, indent=indent).encode()


HOSTILE = {
    **{f"{name} compact": body(text, ascii_only=False, indent=None) for name, text in TEXTS.items()},
    **{f"{name} pretty": body(text, ascii_only=True, indent=2) for name, text in TEXTS.items()},
    "escapes": b'{"model": "openai/gpt-5-nano", "n": 1e0, "p": 0.10, "p": 0.1, "user": "\\u0000 \\ud800 \\udc00\\ud83d \\/"'
    b', "messages": [{"role": "user", "content": "\\u0000\\ud800"}]}',
    "spaces": b'{ "model" :"openai/gpt-5-nano" ,\n\n "messages": [ ] }',
    "carriage returns": b'{"model": "openai/gpt-5-nano",\r\n\t"messages": []}',
    "raw controls": b'{"model": "openai/gpt-5-nano", "user": "\x00\x1b[2J\x07", "messages": []}',
    "not UTF-8": b'{"model": "openai/gpt-5-nano", "user": "\xff\xed\xa0\x80", "messages": []}',
    "C1 controls": '{"model": "openai/gpt-5-nano", "user": "\u009b2J\uffff", "messages": []}'.encode(),
    "large": json.dumps({"model": "openai/gpt-5-nano", "messages": [], "user": "x'" * 40_000}).encode(),
    "just small": json.dumps({"model": "openai/gpt-5-nano", "messages": [], "user": "'" * 65_000}).encode(),
}


def run(snippet: snippets.Snippet, folder: Path, raw: bytes) -> str:
    """Run it as a person would, with the key in the environment; the body's file is there only if it is named."""
    file = folder / f"snippet.{snippet.suffix}"
    file.write_text(snippet.text, encoding="utf-8")
    if snippets.FILE in snippet.text and snippets.inline(raw) is None:
        (folder / snippets.FILE).write_bytes(raw)
    env = {"PATH": os.environ["PATH"], "GATEWAY_API_KEY": SCOPED_KEY, "HOME": str(folder)}
    code, shown, errors = _python(file, env) if snippet.suffix == "py" else _command(file, env)
    assert code == 0, errors.decode()
    assert not (folder / "pwned").exists()
    return shown.decode()


def _command(file: Path, env: dict[str, str]) -> tuple[int, bytes, bytes]:
    program = {".sh": "bash", ".mjs": NODE or "node"}[file.suffix]
    done = subprocess.run([program, str(file)], cwd=file.parent, env=env, capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@cache
def _forks() -> Forks:
    return Forks()


def _python(file: Path, env: dict[str, str]) -> tuple[int, bytes, bytes]:
    return _forks().run(file, env)


@pytest.fixture(scope="module", autouse=True)
def _forks_end() -> Iterator[None]:
    yield
    _forks().close()
    _forks.cache_clear()


def received(demo_gateway: DemoGateway) -> list[tuple[str, bytes]]:
    return [(seen["path"], base64.b64decode(seen["body"])) for seen in demo_gateway.requests()]


def made(name: str, url: str, raw: bytes, endpoint: endpoints.Endpoint = CHAT) -> snippets.Snippet:
    return next(snippet for snippet in snippets.snippets(url, endpoint, raw) if snippet.name == name)


@pytest.mark.parametrize("language", ["curl", "python", "javascript"])
@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_sent_is_the_stored_body(
    name: str, language: str, demo_gateway: DemoGateway, tmp_path: Path
) -> None:
    if language == "javascript" and NODE is None:
        pytest.skip("no Node was found")
    raw = HOSTILE[name]
    run(made(language, demo_gateway.url, raw), tmp_path, raw)
    assert received(demo_gateway) == [("/v1/chat/completions", raw)]


@pytest.mark.skipif(shutil.which("dash") is None, reason="no dash was found")
def test_the_command_works_in_a_plain_shell(demo_gateway: DemoGateway, tmp_path: Path) -> None:
    raw = HOSTILE["quotes pretty"]
    env = {"PATH": os.environ["PATH"], "GATEWAY_API_KEY": SCOPED_KEY}
    subprocess.run(
        ["dash", "-c", made("curl", demo_gateway.url, raw).text], env=env, cwd=tmp_path, check=True
    )
    assert received(demo_gateway) == [("/v1/chat/completions", raw)]


def test_the_answer_is_printed(demo_gateway: DemoGateway, tmp_path: Path) -> None:
    raw = HOSTILE["unicode compact"]
    answers = [
        json.loads(run(made(name, demo_gateway.url, raw), tmp_path, raw))
        for name in ("curl", "python", *(["javascript"] if NODE else []))
    ]
    assert {answer["object"] for answer in answers} == {"chat.completion"}


OPENAI: dict[str, dict[str, Any]] = {
    "chat.completions": {
        "messages": [{"role": "user", "content": TEXTS["quotes"] + TEXTS["unicode"]}],
        "provider": {"order": ["openai"]},
        "temperature": 0.1,
    },
    "chat.completions streamed": {"messages": [{"role": "user", "content": "hi"}], "stream": True},
    "responses": {"input": TEXTS["backslashes"]},
    "responses streamed": {"input": "hi", "stream": True},
    "embeddings": {"input": [TEXTS["newlines"], "two"]},
    "moderations": {"input": "hi"},
}
MODELS = {"embeddings": "openai/text-embedding-3-small", "moderations": "openai/omni-moderation"}


@pytest.mark.heavy
@pytest.mark.parametrize("name", OPENAI)
def test_the_openai_client_sends_equal_values(name: str, demo_gateway: DemoGateway, tmp_path: Path) -> None:
    endpoint = endpoints.find(name.split()[0])
    assert endpoint is not None
    value = {"model": MODELS.get(name, "openai/gpt-5-nano"), **OPENAI[name]}
    raw = json.dumps(value, indent=2).encode()
    shown = run(made("openai", demo_gateway.url, raw, endpoint), tmp_path, raw)
    sent = [(path, json.loads(got)) for path, got in received(demo_gateway)]
    assert [(path, {k: v for k, v in got.items() if k in value}) for path, got in sent] == [
        (f"/v1{endpoint.path}", value)
    ]
    assert shown != ""


def names(endpoint: str, raw: bytes) -> list[str]:
    found = endpoints.find(endpoint)
    assert found is not None
    return [snippet.name for snippet in snippets.snippets("http://gateway.test/v1", found, raw)]


def test_the_openai_client_is_offered_where_it_fits() -> None:
    plain = b'{"model": "a/b", "messages": []}'
    all_three = ["curl", "python", "javascript"]
    assert names("chat.completions", plain) == [*all_three, "openai"]
    assert names("messages", plain) == all_three
    assert names("chat.completions", b'{"model": "a/b"}') == all_three
    assert names("chat.completions", b'{"model": "a/b", "messages": ["\\ud800"]}') == all_three
    assert names("chat.completions", b'{"model": "a/b", "messages": [1e999]}') == all_three
    assert names("files.list", plain) == []


@pytest.mark.parametrize(
    ("raw", "is_inline"),
    [
        (b'{"a": "' + b"x" * 65_527 + b'"}', True),
        (b'{"a": "' + b"x" * 65_528 + b'"}', False),
        (b'{"a":\n1}', True),
        (b'{"a":\t1}', False),
        (b'{"a":\r\n1}', False),
        (b'{"a": "\x7f"}', False),
        (b'{"a": "\xff"}', False),
        (b"@/etc/hostname", False),
    ],
)
def test_large_and_fragile_bodies_come_from_a_file(raw: bytes, is_inline: bool) -> None:
    assert (snippets.inline(raw) is not None) == is_inline


def test_the_key_is_never_written_down() -> None:
    for snippet in snippets.snippets("http://gateway.test/v1", CHAT, b'{"model": "a", "messages": []}'):
        assert snippet.text.count("GATEWAY_API_KEY") == 1, snippet.name


@given(st.text())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_literals_read_back_as_the_text(text: str) -> None:
    raw = json.dumps({"user": text}, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
    inline = snippets.inline(raw)
    if inline is None:
        return
    code = snippets.python("http://gateway.test/v1", inline)
    literal = code[code.index("body = ") + 7 : code.index(".encode()\n\nheaders")]
    assert eval(literal) == inline
    code = snippets.javascript("http://gateway.test/v1", inline)
    lines = code[len("const body = ") : code.index(";\n\nconst answer")].split(" +\n  ")
    assert "".join(json.loads(line) for line in lines) == inline
    assert code.isascii() or all(char.isprintable() or char == "\n" for char in code)
