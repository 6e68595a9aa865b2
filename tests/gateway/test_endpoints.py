import pytest

from generations.gateway.endpoints import ENDPOINTS, Endpoint, find, refusal
from generations.gateway.rawjson.values import Value

# contract: "endpoint values and their HTTP path": stored id, path, further spellings, may it ever be replayed
ROWS: list[tuple[str, str | None, list[str], bool]] = [
    ("chat.completions", "/chat/completions", ["chat/completions", "text.generate", "audio"], True),
    ("responses", "/responses", [], True),
    ("messages", "/messages", [], True),
    ("embeddings", "/embeddings", ["text.embed"], True),
    ("moderations", "/moderations", ["moderation", "text.moderate"], True),
    ("rerank", "/rerank", ["text.rerank"], True),
    ("ocr", "/ocr", [], True),
    (
        "images.generations",
        "/images/generations",
        ["images/generations", "image.generate", "image.generations"],
        True,
    ),
    ("images.edits", "/images/edits", ["images/edits", "image.edit"], True),
    ("audio.speech", "/audio/speech", ["audio/speech", "audio.generate"], True),
    (
        "audio.transcription",
        "/audio/transcriptions",
        ["audio.transcriptions", "audio/transcriptions", "audio.transcribe"],
        True,
    ),
    ("audio.translations", "/audio/translations", ["audio/translations", "audio.translation"], False),
    (
        "video.generation",
        "/videos",
        ["video.generate", "video.generations", "video.edit", "videos", "video/generations"],
        False,
    ),
    ("music.generate", "/music/generate", ["music/generate", "music/generations"], False),
    ("batch", "/batches", ["batches"], False),
    (
        "audio.realtime",
        "/realtime/sessions",
        ["realtime", "realtime/sessions", "audio/realtime/sessions"],
        False,
    ),
    ("files.upload", "/files", ["files"], False),
    ("files.list", None, [], False),
    ("files.retrieve", None, [], False),
]
BODY: Value = {"model": "openai/gpt-5-nano", "input": "hello"}


def test_the_table_has_the_rows_of_the_contract() -> None:
    rows = [(row.name, row.path, row.refusal is None) for row in ENDPOINTS]
    assert rows == [(name, path, replayable) for name, path, _, replayable in ROWS]


@pytest.mark.parametrize(("name", "path", "spellings", "_"), ROWS, ids=[row[0] for row in ROWS])
def test_every_spelling(name: str, path: str | None, spellings: list[str], _: bool) -> None:
    expected = next(row for row in ENDPOINTS if row.name == name)
    paths = [path, f"/v1{path}", f"v1{path}/"] if path else []
    for spelling in [name, *spellings, *paths]:
        for written in [spelling, spelling.upper(), f"  {spelling}\n", f"/v1/{spelling.lstrip('/')}?a=b"]:
            if not written.startswith("/v1//v1") and "v1/v1" not in written:
                assert find(written) == expected, written


@pytest.mark.parametrize(
    "name", [" ", "/", "v1", "chat", "completions", "https://evil.example/v1", "../x", "audio.x"]
)
def test_unknown_names_are_not_found(name: str) -> None:
    assert find(name) is None
    sentence = refusal(name, BODY)
    assert (
        sentence
        == f"Retake does not know the endpoint {name!r}, so it cannot tell where to send the request."
    )


@pytest.mark.parametrize("name", [None, ""])
def test_a_record_without_an_endpoint(name: str | None) -> None:
    assert find(name) is None
    sentence = "The record names no endpoint, so Retake cannot tell where to send the request."
    assert refusal(name, BODY) == sentence


@pytest.mark.parametrize("name", ["chat.completions", "/v1/responses", "messages", "rerank", "audio.speech"])
def test_a_stored_json_body_can_be_replayed(name: str) -> None:
    assert refusal(name, BODY) is None


UPLOAD = "The request was an upload. The gateway keeps no files, so it cannot be sent again."
NO_BODY = "The gateway has no request body for this generation."


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("chat.completions", None, NO_BODY),
        ("chat.completions", {}, NO_BODY),
        ("chat.completions", "text", NO_BODY),
        (
            "chat.completions",
            {"_content_type": "application/json", "_invalid_json": True, "_body_length_chars": "9"},
            "The request was not valid JSON. The gateway kept a note about it, not the body.",
        ),
        (
            "responses",
            {"model": "m", "input": "x", "background": True},
            "The request ran in the background, so its answer is a job, not a stream.",
        ),
        ("responses", {"model": "m", "input": "x", "background": False}, None),
        ("responses", {"model": "m", "previous_response_id": "resp_1"}, None),
        ("audio.transcription", {"model": "m", "file": {}}, UPLOAD),
        ("audio.transcription", {"model": "m"}, UPLOAD),
        ("audio.transcription", {"model": "m", "file_url": "https://files.example/a.mp3"}, None),
        ("audio.transcription", {"model": "m", "file_id": "f_1"}, None),
        ("audio.transcription", {"model": "m", "s3_presigned_url": "https://s3.example/a"}, None),
        ("images.edits", {"model": "m", "prompt": "p", "image": {}}, UPLOAD),
        ("images.edits", {"model": "m", "prompt": "p", "image": [{}, {}]}, UPLOAD),
        ("images.edits", {"model": "m", "prompt": "p"}, UPLOAD),
        ("images.edits", {"model": "m", "prompt": "p", "image": "https://files.example/a.png"}, None),
        ("images.edits", {"model": "m", "prompt": "p", "images": ["aGk="], "mask": {}}, UPLOAD),
        ("audio.translations", {"file": {}}, UPLOAD),
    ],
)
def test_refusals(name: str, body: Value, sentence: str | None) -> None:
    assert refusal(name, body) == sentence


@pytest.mark.parametrize("row", [row for row in ENDPOINTS if row.refusal], ids=lambda row: row.name)
def test_some_endpoints_are_never_replayed(row: Endpoint) -> None:
    assert refusal(row.name, BODY) == row.refusal
