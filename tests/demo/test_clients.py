"""The official clients, changed by configuration alone.

They are imported where they are made: each test process collects this file, and they take seconds to import.
"""

from __future__ import annotations

import urllib.error
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from phaseo import Phaseo

from generations.gateway.demo import keys, stories
from tests.demo.peer import Peer

pytestmark = pytest.mark.heavy

if TYPE_CHECKING:
    import anthropic
    import openai

CHAT = stories.EXAMPLE_IDS["chat"]


@pytest.fixture
def gpt(peer: Peer) -> Iterator[openai.OpenAI]:
    import openai

    with openai.OpenAI(api_key=keys.PLAIN_KEY, base_url=f"{peer.url}/v1", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(peer: Peer) -> Iterator[anthropic.Anthropic]:
    import anthropic

    with anthropic.Anthropic(
        auth_token=keys.PLAIN_KEY, api_key=None, base_url=peer.url, max_retries=0
    ) as client:
        yield client


@pytest.fixture
def phaseo(peer: Peer) -> Phaseo:
    return Phaseo(api_key=keys.SCOPED_KEY, base_url=f"{peer.url}/v1")


def test_phaseo_looks_a_generation_up(phaseo: Phaseo) -> None:
    record = phaseo.get_generation(CHAT)
    assert (record["request_id"], record["replay_supported"]) == (CHAT, True)


def test_phaseo_replays_what_it_looked_up(phaseo: Phaseo) -> None:
    record = phaseo.get_generation(CHAT)
    answer = phaseo.generate_text(record["replay_request"])
    assert "light snow" in answer["choices"][0]["message"]["content"]


def test_phaseo_streams_all_three_protocols(phaseo: Phaseo) -> None:
    hello = [{"role": "user", "content": "hello"}]
    chat = phaseo.stream_chat({"model": "mistral/mistral-large-3", "messages": hello})
    responses = phaseo.stream_responses({"model": "mistral/mistral-large-3", "input": "hello"})
    messages = phaseo.stream_message({"model": "demo/done", "messages": hello, "max_tokens": 500})
    for stream in (chat, responses, messages):
        assert len("".join(chunk["text"] for chunk in stream if "text" in chunk)) > 20


def test_phaseo_reads_the_rest(phaseo: Phaseo) -> None:
    assert phaseo.get_health() == {"status": "ok"}
    assert phaseo.get_models({"limit": 1})["ok"] is True
    assert phaseo.generate_response({"model": "openai/gpt-5-nano", "input": "hello"})["status"] == "completed"
    vectors = phaseo.generate_embedding({"model": "mistral/mistral-embed", "input": "hello"})
    assert vectors["requestId"].startswith("G-")
    speech = phaseo.generate_speech({"model": "openai/gpt-4o-mini-tts", "input": "hello", "voice": "alloy"})
    assert speech["object"] == "audio.speech"


def test_phaseo_meets_errors(phaseo: Phaseo) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # its client leaves the error's body open
        with pytest.raises(urllib.error.HTTPError) as lookup:
            phaseo.get_generation("unknown")
        lookup.value.close()
    assert lookup.value.code == 404
    with pytest.raises(httpx.HTTPStatusError, match="402"):
        list(phaseo.stream_chat({"model": "demo/insufficient-funds", "messages": []}))


def test_openai_chat(gpt: openai.OpenAI) -> None:
    answer = gpt.chat.completions.create(
        model="openai/gpt-5-nano", messages=[{"role": "user", "content": "hello"}]
    )
    assert answer.id.startswith("G-")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@pytest.mark.parametrize("model", ["mistral/mistral-large-3", "google/gemini-2.5-flash"])
def test_openai_chat_stream(gpt: openai.OpenAI, model: str) -> None:
    stream = gpt.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "hello"}], stream=True
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert len(text) > 20
    assert chunks[-1].usage is not None


def test_openai_chat_stream_with_a_final_snapshot(gpt: openai.OpenAI) -> None:
    stream = gpt.chat.completions.create(
        model="meta/llama-3.3-70b-instruct", messages=[{"role": "user", "content": "hello"}], stream=True
    )
    kinds = [chunk.object for chunk in stream]
    assert str(kinds[-1]) == "chat.completion"


def test_openai_responses(gpt: openai.OpenAI) -> None:
    answer = gpt.responses.create(model="openai/gpt-5-mini", input="hello")
    assert answer.status == "completed"
    assert len(answer.output_text) > 20


def test_openai_responses_stream(gpt: openai.OpenAI) -> None:
    with gpt.responses.stream(model="openai/gpt-5-mini", input="hello") as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert stream.get_final_response().output_text == text


def test_openai_embeddings_images_and_moderation(gpt: openai.OpenAI) -> None:
    vectors = gpt.embeddings.create(model="openai/text-embedding-3-small", input="hello", dimensions=16)
    assert len(vectors.data[0].embedding) == 16
    pictures = gpt.images.generate(model="openai/gpt-image-1", prompt="a fjord")
    assert pictures.data
    assert pictures.data[0].b64_json
    verdict = gpt.moderations.create(model="openai/omni-moderation", input="hello")
    assert verdict.results[0].flagged is False
    sound = gpt.audio.speech.create(model="openai/gpt-4o-mini-tts", input="hello", voice="alloy")
    assert sound.content[:2] == b"\xff\xfb"


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("demo/validation", "BadRequestError"),
        ("demo/guardrail", "PermissionDeniedError"),
        ("demo/key-limit", "RateLimitError"),
        ("demo/upstream", "InternalServerError"),
        ("demo/html-502", "InternalServerError"),
        ("demo/insufficient-funds", "APIStatusError"),
    ],
)
def test_openai_errors(gpt: openai.OpenAI, model: str, kind: str) -> None:
    import openai

    with pytest.raises(getattr(openai, kind)):
        gpt.chat.completions.create(model=model, messages=[{"role": "user", "content": "hello"}])


def test_openai_refused_key(peer: Peer) -> None:
    import openai

    with (
        openai.OpenAI(api_key=keys.EXPIRED_KEY, base_url=f"{peer.url}/v1", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.responses.create(model="openai/gpt-5-nano", input="hello")


def test_anthropic_messages(claude: anthropic.Anthropic) -> None:
    answer = claude.messages.create(
        model="anthropic/claude-sonnet-4.5", max_tokens=500, messages=[{"role": "user", "content": "hello"}]
    )
    assert (answer.id[:2], answer.stop_reason) == ("G-", "end_turn")
    assert answer.content[0].type == "text"


def test_anthropic_stream(claude: anthropic.Anthropic) -> None:
    with claude.messages.stream(
        model="anthropic/claude-sonnet-4.5", max_tokens=500, messages=[{"role": "user", "content": "hello"}]
    ) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert len(text) > 20
    assert [block.text for block in final.content if block.type == "text"] == [text]


def test_anthropic_tool(claude: anthropic.Anthropic) -> None:
    schema: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}}
    with claude.messages.stream(
        model="anthropic/claude-sonnet-4.5",
        max_tokens=500,
        messages=[{"role": "user", "content": "hello"}],
        tools=[{"name": "weather", "input_schema": schema}],
    ) as stream:
        final = stream.get_final_message()
    assert [(block.name, block.input) for block in final.content if block.type == "tool_use"] == [
        ("weather", {"city": "Oslo"})
    ]


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("demo/validation", "BadRequestError"),
        ("demo/key-limit", "RateLimitError"),
        ("demo/gateway-error", "InternalServerError"),
    ],
)
def test_anthropic_errors(claude: anthropic.Anthropic, model: str, kind: str) -> None:
    import anthropic

    with pytest.raises(getattr(anthropic, kind)):
        claude.messages.create(model=model, max_tokens=5, messages=[{"role": "user", "content": "hello"}])


def test_anthropic_sees_no_error_in_the_middle(claude: anthropic.Anthropic) -> None:
    with claude.messages.stream(
        model="demo/mid-stream-error", max_tokens=99, messages=[{"role": "user", "content": "hello"}]
    ) as stream:
        message = stream.get_final_message()
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 0)
