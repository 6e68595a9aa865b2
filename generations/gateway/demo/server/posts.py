"""POST endpoints: credentials, body, route, fault, answer, and the record that follows."""

import asyncio
import time
from dataclasses import replace
from functools import partial

from generations.gateway.demo import faults, keys
from generations.gateway.demo.keys import Holder
from generations.gateway.demo.prices import bill
from generations.gateway.demo.replies import errors, others
from generations.gateway.demo.replies.answers import reply_to
from generations.gateway.demo.replies.media import mp3, picture, wav
from generations.gateway.demo.replies.pieces import pieces
from generations.gateway.demo.replies.response_bodies import is_incomplete
from generations.gateway.demo.replies.served_reply import ServedReply, native_id
from generations.gateway.demo.replies.stream_forms import Form, form_named, usual_form
from generations.gateway.demo.replies.streams import frames, image_frames
from generations.gateway.demo.replies.wire import meta, whole_answer
from generations.gateway.demo.server import misbehaviour, writer
from generations.gateway.demo.server.bodies import attribution, check, multipart_fields, parse, speech_as_json
from generations.gateway.demo.server.exchange import Exchange, TooLargeError
from generations.gateway.demo.server.post_endpoints import JOBS, MAKERS, TEXT
from generations.gateway.demo.server.routing import Route, route
from generations.gateway.demo.server.settings import Settings
from generations.gateway.demo.server.store import Seen, Store, new_id
from generations.gateway.demo.shapes import FlatError, Json, Reply, Story, StoryTiming, StoryUsage
from generations.gateway.demo.stories.search import stored_story
from generations.gateway.demo.tokens import count, measure, seeded

JSON_LIMIT, MULTIPART_LIMIT = 16 * 2**20, 32 * 2**20


_FILES = Route("unknown", "openai", 75)
MUSIC: Json = {
    "error": "not_implemented",
    "reason": "feature_temporarily_disabled",
    "feature": "music_generation",
    "message": "Music generation is temporarily disabled.",
}


class Post:
    """One POST from its first byte to its record."""

    def __init__(self, store: Store, settings: Settings, exchange: Exchange, endpoint: str) -> None:
        self.store, self.exchange, self.endpoint = store, exchange, endpoint
        self.settings = settings
        self.request_id = new_id()
        self.started = asyncio.get_running_loop().time()
        self.seen: Seen
        self.holder: Holder
        self.body: Json = {}
        self.route: Route | None = None
        self.story: Story | None = None  # whose stored request this is

    async def run(self) -> None:
        """Answers, whatever happens; notes how it went."""
        failure = await self._read()
        holder = keys.identify(self.exchange.headers.get("authorization"))
        refused = holder if isinstance(holder, str) else keys.gateway_refusal(holder, inference=True)
        if isinstance(holder, Holder):
            self.holder = holder
        if refused is not None:
            await self._refuse(refused)
        elif failure is not None:
            await self._fail(failure)
        else:
            await self._route()
        self.seen.done_ms = time.time() * 1000

    async def _read(self) -> FlatError | None:
        kind = self.exchange.headers.get("content-type", "")
        multipart = kind.startswith("multipart/")
        try:
            raw = await self.exchange.body(MULTIPART_LIMIT if multipart else JSON_LIMIT)
        except TooLargeError:
            self._note(b"")
            return faults.TOO_LARGE
        self._note(raw)
        if multipart:
            self.body = multipart_fields(kind, raw)
            return None
        self.body, failure = parse(raw, kind)
        return failure

    def _note(self, raw: bytes) -> None:
        exchange = self.exchange
        self.seen = self.store.note(exchange.method, exchange.path, exchange.headers, raw)
        self.seen.request_id = self.request_id

    async def _refuse(self, reason: str) -> None:
        self.seen.status, self.seen.outcome = 401, reason
        await self.exchange.data(401, errors.refused(reason, self.request_id), _BLAME)

    async def _route(self) -> None:
        story = self.story = stored_story(self.endpoint, self.body)
        name = self.settings.fault or faults.fault_of(str(self.body.get("model"))) or again(self.body, story)
        fault = faults.FAULTS.get(name or "")
        chosen = _FILES if self.endpoint == "files.upload" else route(self.endpoint, self.body)
        if isinstance(chosen, Route):
            self.route = chosen
        if fault and fault.failure:
            await self._fail(fault.failure)
        elif isinstance(chosen, FlatError):
            await self._fail(chosen)
        elif problem := check(self.endpoint, self.body):
            await self._fail(problem)
        else:
            await self._serve(fault, story)

    async def _fail(self, failure: FlatError) -> None:
        await self._first_byte(0.3)
        self.seen.status, self.seen.outcome = failure.status, failure.error
        model = self.route.model if self.route else "unknown"
        body = errors.failed_body(failure, self.request_id, self.endpoint, model, self.body, [])
        await self.exchange.data(failure.status, body, errors.attribution(failure))
        self._record(failure=failure)

    async def _first_byte(self, share: float = 1.0) -> None:
        pace = writer.pace_for(self.settings, self.request_id)
        await writer.wait(pace.first * share)
        self.seen.first_byte_ms = time.time() * 1000

    async def _serve(self, fault: faults.Fault | None, story: Story | None) -> None:
        act = fault.acts if fault else ""
        self.settings = misbehaviour.slower(act, self.settings)
        if await misbehaviour.instead(act, self.exchange, self.request_id):
            self.seen.outcome = act
            return
        if self.endpoint in TEXT:
            await self._text(fault, story)
        elif self.endpoint == "audio.speech":
            await self._speech()
        elif self.endpoint == "music.generate":
            await self.exchange.data(501, MUSIC)
        elif self.endpoint in JOBS:
            await self._job(JOBS[self.endpoint])
        else:
            await self._other()

    # --- text -----------------------------------------------------------------------------------------------

    async def _text(self, fault: faults.Fault | None, story: Story | None) -> None:
        reply = reply_to(self.endpoint, self.body, story)
        words = pieces(reply.text, misbehaviour.words(fault.acts if fault else "", self.settings))
        if self.settings.frames or (fault and fault.acts in ("long", "endless")):
            reply = Reply("".join(words))
        served = self.served(reply, measure(self.body, reply), None)
        if self.body.get("meta") is True:
            served = replace(served, meta=partial(self._meta, served))
        if self.body.get("stream") is True:
            await self._stream(served, fault, words)
        else:
            await self._whole(served)

    async def _whole(self, served: ServedReply) -> None:
        pace = writer.pace_for(self.settings, self.request_id, self._speed)
        await writer.wait(pace.first + pace.step * len(served.reply.text.split()) * 0.8)
        self.seen.first_byte_ms = time.time() * 1000
        body = whole_answer(served)
        self.seen.status, self.seen.outcome = 200, "answered"
        await self.exchange.data(200, body)
        self._record(served=served)

    @property
    def _speed(self) -> int:
        return self.route.speed if self.route else 75

    def _meta(self, served: ServedReply) -> Json:
        timing = self.timing()
        return meta(served, timing.first, timing.total, timing.overhead)

    def form(self, fault: faults.Fault | None, provider: str) -> Form:
        """The stream's form: by header or setting, by fault, or as usual for the provider."""
        named = self.settings.forms or (fault.forms if fault else None)
        return usual_form(self.endpoint, provider) if named is None else form_named(named)

    async def _stream(self, served: ServedReply, fault: faults.Fault | None, words: list[str]) -> None:
        pace = writer.pace_for(self.settings, self.request_id, self._speed)
        act = fault.acts if fault else ""
        if act in misbehaviour.HIDDEN and self.endpoint == "messages":
            served, words, act = misbehaviour.faked(served, words), words[: max(1, len(words) // 2)], ""
        chunks = frames(self.endpoint, served, self.form(fault, served.provider), words)
        cut = is_incomplete(served.reply) and served.leg == "responses"
        if cut and self.endpoint == "chat.completions":
            chunks = misbehaviour.without_end(chunks)
        await writer.wait(pace.first)
        self.seen.first_byte_ms = time.time() * 1000
        self.seen.status = 200
        await self.exchange.start(200, "text/event-stream")
        chunks = misbehaviour.bent(act, served, chunks, len(words))
        broken = await misbehaviour.send(act, self.exchange, chunks, pace, self.started)
        self.seen.outcome = "broken" if broken else "answered"
        if broken:
            half = "".join(words[: max(1, len(words) // 2)])
            served = replace(served, reply=replace(served.reply, text=half, calls=(), finish="error"))
        self._record(served=served, failure=faults.BROKEN_STREAM if broken or cut else None)

    # --- everything else ------------------------------------------------------------------------------------

    async def _other(self) -> None:
        now_ms = round(time.time() * 1000)
        made = MAKERS.get(self.endpoint)
        if made is None:
            await self._fail(faults.NOT_YET)
            return
        reply, usage, lines = made(self.body, now_ms)
        served = self.served(reply, usage, lines)
        if self.endpoint.startswith("images") and self.body.get("stream") is True:
            await self._pictures(served)
        else:
            await self._whole(served)

    async def _pictures(self, served: ServedReply) -> None:
        final = served.reply.other()["data"][0]["b64_json"]
        wanted = self.body.get("partial_images") or 0
        early = [picture(f"{index}", 24 * (index + 1), 16 * (index + 1)) for index in range(wanted)]
        pace = replace(writer.pace_for(self.settings, self.request_id), step=0.4 * self.settings.pace)
        await writer.wait(pace.first)
        await self.exchange.start(200, "text/event-stream")
        await writer.write(self.exchange, image_frames(served, early, final), pace, self.started)
        await self.exchange.end()
        self.seen.status, self.seen.outcome = 200, "answered"
        self._record(served=served)

    async def _speech(self) -> None:
        text = str(self.body.get("input", ""))
        served = self.served(Reply(whole={}), StoryUsage(count(text), 20 + len(text) // 3), None)
        kind, sound = (
            ("audio/wav", wav(text)) if self.body.get("response_format") == "wav" else ("audio/mpeg", mp3())
        )
        await self._first_byte()
        self.seen.status, self.seen.outcome = 200, "answered"
        if speech_as_json(self.exchange.headers.get("accept", ""), self.body):
            envelope = {"object": "audio.speech", "audio_base64": others.base64_of(sound), "mime_type": kind}
            await self.exchange.data(200, {"id": self.request_id} | envelope)
        else:
            await self.exchange.answer(200, sound, kind)
        self._record(served=served)

    async def _job(self, kind: str) -> None:
        reply, usage, lines = others.job(kind, self.body, round(time.time() * 1000))
        served = self.served(reply, usage, lines)
        await self._first_byte()
        self.seen.status, self.seen.outcome = 200, "accepted"
        await self.exchange.data(200, {"requestId": self.request_id} | reply.other())
        self._record(served=served)

    # --- the record -----------------------------------------------------------------------------------------

    def served(self, reply: Reply, usage: StoryUsage, lines: list[Json] | None) -> ServedReply:
        """Everything an answer says about itself; no lines means list price."""
        chosen = self.route or Route("unknown", "", 75)
        now_ms = round(time.time() * 1000)
        native = native_id(self.endpoint, chosen.provider, self.request_id[-16:])
        usage = self._as_stored(usage) if lines is None else usage
        tier = str(self.body.get("service_tier") or "")
        priced = bill(chosen.model, usage, now_ms, tier) if lines is None else lines
        return ServedReply(
            self.request_id,
            native,
            chosen.model,
            chosen.provider,
            now_ms // 1000,
            usage,
            priced,
            reply,
            endpoint=self.endpoint,
        )

    def _as_stored(self, usage: StoryUsage) -> StoryUsage:
        """A stored request that is sent again counts like its story, with as many words more or less as it has."""
        story = self.story
        if story is None or story.usage is None or story.make_body() != self.body:
            return usage
        if self.endpoint not in TEXT:
            return story.usage
        if story.reply is None or story.reply.whole is not None:
            return usage  # the reply is not the story's
        before = measure(self.body, story.reply).output
        more = usage.output - before
        return replace(story.usage, output=max(0, story.usage.output + more))

    def timing(self) -> StoryTiming:
        """Measured here: milliseconds to the first byte and to now."""
        now = asyncio.get_running_loop().time()
        total = max(1, round((now - self.started) * 1000))
        first = round((self.seen.first_byte_ms or time.time() * 1000) - self.seen.received_ms)
        return StoryTiming(min(max(first, 1), total), total, seeded(self.request_id, 18, 60))

    def _record(self, served: ServedReply | None = None, failure: FlatError | None = None) -> None:
        settings, story_id = self.settings, self.request_id
        late = settings.record_ms if settings.record_ms is not None else seeded(story_id, 1000, 3000)
        story = live_story(self, served, failure)
        self.store.keep(story_id, story, late * settings.pace if settings.record_ms is None else late)


_BLAME = {"X-Gateway-Error-Attribution": "user", "X-Gateway-Error-Origin": "user"}


def again(body: Json, story: Story | None) -> str | None:
    """The fault that a replay of a stored request meets; another model escapes it."""
    return story.again if story and story.make_body().get("model") == body.get("model") else None


def live_story(post: Post, served: ServedReply | None, failure: FlatError | None) -> Story:
    """The record of a POST that was just answered."""
    body, headers = post.body, post.exchange.headers
    row: Json = attribution(headers, body) | {"key_id": post.holder.key_id}
    fault = "mid-stream-error" if post.seen.outcome == "broken" else None
    row |= {"auth_method": "oauth" if post.holder.oauth else "api_key"}
    return Story(
        name=post.request_id,
        title="A replay or a call made just now",
        group="Live",
        ago=0,
        endpoint=post.endpoint,
        model=post.route.model if post.route else "unknown",
        make_body=lambda: body,
        provider=served.provider if served else None,
        reply=served.reply if served else None,
        failure=failure,
        usage=served.usage if served else None,
        timing=post.timing(),
        lines=tuple(served.lines) if served else (),
        row=row,
        settles=post.endpoint == "video.generation",
        again=fault,
        agent=headers.get("user-agent", ""),
    )
