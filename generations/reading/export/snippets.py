"""A stored request as code: cURL, Python and JavaScript that send exactly its bytes.

Nothing of the body is ever interpreted by a shell or a compiler: it stands in the strongest quotes of its language. A
body that does not survive a terminal or a clipboard (large, not UTF-8, control characters) is read from a file.
"""

import json
import re
import shlex
from dataclasses import dataclass

from generations.gateway.endpoints import Endpoint
from generations.gateway.rawjson.values import Unreadable, Value, is_text, loads

INLINE_UP_TO = 64 * 1024  # bytes; one argument of a Linux process has at most 128 KiB
FILE = "request.json"
KEY = "GATEWAY_API_KEY"


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code to copy. `name` stands in its address, `suffix` ends the name of a file with it."""

    name: str
    title: str
    text: str
    suffix: str
    note: str = ""


def snippets(base_url: str, endpoint: Endpoint, body: bytes) -> list[Snippet]:
    """The code that sends `body` to `endpoint`, cURL first; none where the endpoint has no path.

    The key is read from the environment variable GATEWAY_API_KEY.
    """
    if endpoint.path is None:
        return []
    url, text = base_url.rstrip("/") + endpoint.path, inline(body)
    made = [
        Snippet("curl", "cURL", curl(url, text), "sh"),
        Snippet("python", "Python with httpx", python(url, text), "py"),
        Snippet("javascript", "JavaScript with fetch", javascript(url, text), "mjs", "Node 18 or later."),
    ]
    openai_snippet = openai(base_url, endpoint, text)
    return [*made, openai_snippet] if openai_snippet else made


def inline(body: bytes) -> str | None:
    """The body as text that can stand in code; None when it has to come from a file."""
    if len(body) > INLINE_UP_TO or not body.startswith(b"{"):
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if _FRAGILE.search(text) else text


# What a terminal acts on or a page does not carry: control characters but the line feed, and noncharacters.
_FRAGILE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


# -- cURL ----------------------------------------------------------------------------------------------------


def curl(url: str, text: str | None) -> str:
    """A command for every POSIX shell. `text` None reads the body from `request.json`."""
    data = f"@{FILE}" if text is None else "'" + text.replace("'", "'\\''") + "'"
    return (
        f"curl --silent --show-error --no-buffer {shlex.quote(url)} \\\n"
        f'  -H "Authorization: Bearer ${KEY}" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  --data-binary {data}\n"
    )


# -- Python --------------------------------------------------------------------------------------------------

_HTTPX = """\
import os
{imports}
import httpx

body = {body}

headers = {{
    "Authorization": "Bearer " + os.environ["{key}"],
    "Content-Type": "application/json",
}}
with httpx.stream("POST", {url}, content=body, headers=headers, timeout=600) as answer:
    print(answer.status_code, file=sys.stderr)
    for piece in answer.iter_bytes():
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
"""


def python(url: str, text: str | None) -> str:
    """A script for Python 3 and httpx that prints the answer as it comes."""
    imports = "import sys\n" if text is not None else "import sys\nfrom pathlib import Path\n"
    body = f'Path("{FILE}").read_bytes()' if text is None else _python_text(text) + ".encode()"
    return _HTTPX.format(imports=imports, body=body, url=repr(url), key=KEY)


def _python_text(text: str) -> str:
    """A literal with one line of the body on each line."""
    return "(\n" + "".join(f"    {line!r}\n" for line in _lines(text)) + ")"


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


# -- JavaScript ----------------------------------------------------------------------------------------------

_FETCH = """\
{imports}const body = {body};

const answer = await fetch({url}, {{
  method: "POST",
  headers: {{
    "Authorization": `Bearer ${{process.env.{key}}}`,
    "Content-Type": "application/json",
  }},
  body,
}});
console.error(answer.status);
for await (const piece of answer.body) process.stdout.write(piece);
"""


def javascript(url: str, text: str | None) -> str:
    """A module for Node that prints the answer as it comes."""
    imports = 'import {{ readFile }} from "node:fs/promises";\n\n'.format() if text is None else ""
    body = f'await readFile("{FILE}")' if text is None else _javascript_text(text)
    return _FETCH.format(imports=imports, body=body, url=_javascript_line(url), key=KEY)


def _javascript_text(text: str) -> str:
    return " +\n  ".join(_javascript_line(line) for line in _lines(text))


def _javascript_line(line: str) -> str:
    """JSON strings are JavaScript strings; what cannot be seen is escaped."""
    shown = json.dumps(line, ensure_ascii=False)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in shown)


# -- the openai client ---------------------------------------------------------------------------------------

# The wire format -> the method, and the members that it demands.
_METHODS: dict[str, tuple[str, tuple[str, ...]]] = {
    "chat": ("chat.completions.create", ("model", "messages")),
    "responses": ("responses.create", ()),
    "embeddings": ("embeddings.create", ("model", "input")),
    "moderations": ("moderations.create", ("input",)),
    "images": ("images.generate", ("prompt",)),
}
_OPENAI = """\
import json
import os

from openai import OpenAI

# The client writes the JSON anew: equal values, not equal bytes. Every member is sent, also those it does not know.
request = json.loads({body})

client = OpenAI(api_key=os.environ["{key}"], base_url={base_url}, max_retries=0)
answer = client.{method}({arguments})
{shown}
"""


def openai(base_url: str, endpoint: Endpoint, text: str | None) -> Snippet | None:
    """A script for the openai package, where that can send the request with equal values."""
    method, demanded = _METHODS.get(endpoint.wire, ("", ()))
    request = _plain(text)
    if (
        not method
        or endpoint.name == "images.edits"
        or request is None
        or any(n not in request for n in demanded)
    ):
        return None
    streams = request.get("stream") is True
    arguments = [f'{name}=request["{name}"]' for name in demanded]
    arguments += ["stream=True"] if streams else []
    shown = (
        "for event in answer:\n    print(event.to_json(indent=None))"
        if streams
        else "print(answer.to_json())"
    )
    code = _OPENAI.format(
        body=_python_text(text or ""),
        key=KEY,
        base_url=repr(base_url.rstrip("/")),
        method=method,
        arguments=", ".join([*arguments, "extra_body=request"]),
        shown=shown,
    )
    return Snippet("openai", "Python with openai", code, "py", "Equal values, not equal bytes.")


def _plain(text: str | None) -> dict[str, Value] | None:
    """The body if Python's own JSON reads and writes it: no lone surrogate, no number beyond its range."""
    try:
        json.dumps(json.loads(text or ""), ensure_ascii=False, allow_nan=False).encode()
        value = loads(text or "")
    except (ValueError, RecursionError, Unreadable):
        return None
    return value if isinstance(value, dict) and is_text(value.get("model", "")) else None
