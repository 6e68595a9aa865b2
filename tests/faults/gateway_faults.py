"""What a gateway, or a proxy in front of it, does to an answer. All of them run at once, each in a click of its own."""

import signal
import time

import psutil

from tests.faults import gateway
from tests.faults.gateway import Script, after, answer, endless_line, flood, frame, raw, silence, stream
from tests.faults.site import Site, check
from tests.faults.table import Report, fault
from tests.gateway.peer import Call

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
MEMORY_MB = 400
ON_PAGES = (
    "the gateway answers, so its line is green; the page of each replay says what was wrong with its answer"
)
SHORT_JSON = b'{"choices": [{"message": {"content": "cut'

SPLIT = "Größe €"


def broken_text(call: Call) -> None:
    call.chunk(frame("x").replace(b"x", b"\xff\xfe"))
    call.finish()


def broken_off(call: Call) -> None:
    call.chunk(b'data: {"error": {"code": "upstream", "message": "gone"}}\n\n')
    call.finish()


def byte_by_byte(call: Call) -> None:
    whole = frame(SPLIT)
    for place in range(len(whole)):
        call.chunk(whole[place : place + 1])
    call.chunk(b"data: [DONE]\n\n")
    call.finish()


LENGTH = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n"
FUNDS = b'{"error": {"code": "insufficient_funds", "message": "Balance under $1."}}'
SLOWER = b'{"error": {"code": "rate_limited", "message": "Slow down."}}'
ENDED = "interrupted|failed"

# Name -> script, and the states it may end in.
ANSWERS: dict[str, tuple[Script, str]] = {
    "silent-first-byte": (silence, ENDED),
    "stall-in-the-middle": (after(30, lambda call: wait(call)), ENDED),
    "reset-at-once": (lambda call, _sent: call.reset(), ENDED),
    "reset-in-the-middle": (after(30, lambda call: call.reset()), ENDED),
    "bad-utf-8": (after(5, broken_text), f"succeeded|{ENDED}"),
    "redirect-302": (answer(302, b"", location="http://127.0.0.1:9/"), "failed"),
    "redirect-307": (answer(307, b"", location="http://127.0.0.1:9/"), "failed"),
    "shorter-than-its-length": (raw(LENGTH + SHORT_JSON), ENDED),
    "html": (answer(200, b"<html><body>Bad gateway</body></html>", "text/html"), "failed|succeeded"),
    "truncated-json": (answer(200, SHORT_JSON), f"succeeded|{ENDED}"),
    "error-in-the-middle": (after(20, broken_off), ENDED),
    "no-done": (after(20, lambda call: call.finish()), f"succeeded|{ENDED}"),
    "split-utf-8": (after(0, byte_by_byte), f"succeeded|{ENDED}"),
    "402": (answer(402, FUNDS), "failed"),
    "429": (answer(429, SLOWER, retry_after="30"), "failed"),
    "500": (answer(500, b"{}"), "failed"),
    "no-http": (raw(b"SSH-2.0-OpenSSH_9.9\r\n"), ENDED),
    "endless-head": (raw(HEAD + b"x-filler: " + b"a" * 300_000), ENDED),
    "broken-chunk": (raw(HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n"), ENDED),
}


def wait(call: Call) -> None:
    call.gone()


@fault("answers of nineteen broken kinds", over=ON_PAGES)
def answers(site: Site, report: Report) -> None:
    clicks = {name: site.click(script, name) for name, (script, _states) in ANSWERS.items()}
    for name, click in clicks.items():
        kept = report.end(site, click, state=ANSWERS[name][1], seconds=60)
        sent = site.gateway.sent[click.marker]
        check(sent.posts == 1, f"{name}: {sent.posts} POSTs, so the fault did not take effect")
        if sent.words:
            check(kept.startswith(sent.text()), f"{name}: {len(kept)} of {len(sent.text())} characters kept")
        row = site.row(click)
        page = site.page(click.address).body.decode()
        check(
            row.state == "succeeded" or row.detail or row.status_code or "notice" in page,
            f"{name}: no explanation",
        )
    report.proof = f"each of {len(clicks)} scripts was played to the end, once"
    report.kept, report.shown = "all words that were sent", "a sentence each"


def worker_memory(site: Site) -> float:
    """The largest worker, in MiB."""
    sizes = [psutil.Process(site.running[name].pid).memory_info().rss for name in site.names("worker")]
    return max(sizes, default=0) / 2**20


@fault("24 MB of JSON, 24 MB of frames, a flood and an endless line, next to a neighbour", over=ON_PAGES)
def large(site: Site, report: Report) -> None:
    scripts: dict[str, Script] = {
        "json-24mb": gateway.large(24, is_stream=False),
        "frames-24mb": gateway.large(24, is_stream=True),
        "flood": flood,
        "endless-line": endless_line,
    }
    clicks = {name: site.click(script, name) for name, script in scripts.items()}
    neighbour = site.click(stream(150, 0.03), "neighbour")
    most, begun = 0.0, time.monotonic()
    while any(site.row(click).is_open for click in clicks.values()) and time.monotonic() - begun < 75:
        most = max(most, worker_memory(site))
        time.sleep(0.3)
    report.saw(f"the largest worker had {most:.0f} MiB; all ended within {time.monotonic() - begun:.0f} s")
    with site.redis() as server:
        used = server.info("memory")["used_memory"] / 2**20
    report.saw(f"Redis holds {used:.0f} MiB")
    for name, click in clicks.items():
        report.end(site, click, state="failed|interrupted", seconds=30)
        check(site.gateway.sent[click.marker].posts == 1, f"{name}: the fault did not take effect")
        page = site.page(click.address)
        check(len(page.body) < 3_000_000, f"{name}: a page of {len(page.body)} bytes")
    report.proof = f"received: {[site.row(click).received_bytes for click in clicks.values()]} bytes"
    report.keeps(report.end(site, neighbour, state="succeeded"), site.gateway.sent[neighbour.marker])
    check(most < MEMORY_MB, f"a worker grew to {most:.0f} MiB")
    check(used < 100, f"Redis grew to {used:.0f} MiB")
    report.shown = "too large, or the deadline"


DEADLINE_S = 8


@fault("a flood and an endless line end at the total deadline", over=ON_PAGES)
def deadline(site: Site, report: Report) -> None:
    from generations.models import ReplayAnswer

    limits = dict.fromkeys(("FIRST_BYTE_SECONDS", "IDLE_SECONDS", "TOTAL_SECONDS"), str(DEADLINE_S))
    site.one_worker(MAX_ANSWER_MB="1000", **limits)
    clicks = [site.click(script, name) for name, script in (("floods", flood), ("lines", endless_line))]
    neighbour = site.click(stream(100, 0.03), "beside")
    most, begun = 0.0, time.monotonic()
    while any(site.row(click).is_open for click in clicks) and time.monotonic() - begun < 75:
        most = max(most, worker_memory(site))
        time.sleep(0.3)
    for click in clicks:
        report.end(site, click, state="failed")
        row = site.row(click)
        check(row.reason == "deadline", f"it ended as {row.reason}")
        check(row.total_ms < (DEADLINE_S + 3) * 1000, f"it was read for {row.total_ms / 1000:.0f} s")
        size = ReplayAnswer.objects.get(pk=click.pk).size
        check(size == row.received_bytes, f"{size} of {row.received_bytes} bytes are kept")
    received = [site.row(click).received_bytes // 2**20 for click in clicks]
    report.proof = f"{received} MiB came until the deadline of {DEADLINE_S} s"
    report.saw(f"the worker had {most:.0f} MiB")
    check(min(received) > 8, "that was no flood")
    check(most < MEMORY_MB, f"the worker grew to {most:.0f} MiB")
    report.keeps(report.end(site, neighbour, state="succeeded"), site.gateway.sent[neighbour.marker])
    report.shown = "the deadline"
    site.kill("worker1", signal.SIGTERM)
