"""Redis goes, hangs or is full."""

import time

import redis

from dashboard.processes.degraded import FULL
from dashboard.readiness import REDIS_UNREACHABLE
from generations.replay import trouble
from tests.faults.database_faults import ask
from tests.faults.gateway import stream
from tests.faults.site import Failed, Site, check, until
from tests.faults.table import SHOWN_S, Red, Report, fault


def unreachable(site: Site) -> str:
    client = redis.Redis.from_url(site.environment["REDIS_URL"], socket_timeout=1, socket_connect_timeout=1)
    try:
        client.ping()
    except redis.RedisError as error:
        return f"Redis does not answer ({type(error).__name__})"
    finally:
        client.close()
    raise Failed("Redis still answers")


def through(site: Site, report: Report, begin: str) -> None:
    """A replay runs, another is clicked while Redis is not there."""
    first = site.click(stream(250, 0.04), "wire")
    until(lambda: len(site.gateway.sent[first.marker].words) > 40, 30, "The stream did not begin")
    getattr(site.wire, begin)()
    report.proof = unreachable(site)
    begun = time.monotonic()
    late = site.click(stream(20, 0.02), "late")
    report.shown_after_s = until(
        lambda: trouble.NO_BROKER in site.page(late.address).body.decode(),
        SHOWN_S,
        "the queued page is silent",
    )
    report.shown = trouble.NO_BROKER
    status, text, seconds = ask(site, "/readyz")
    check(
        status == 503 and REDIS_UNREACHABLE in text and seconds < 2.5, f"/readyz {status} in {seconds:.1f} s"
    )
    check(REDIS_UNREACHABLE in ask(site, "/")[1], "the admin's home is silent")
    report.looks_red(site, doctor=True)
    time.sleep(max(0.0, 12 - (time.monotonic() - begun)))
    site.wire.pass_on()
    report.keeps(report.end(site, first, state="succeeded"), site.gateway.sent[first.marker])
    report.keeps(report.end(site, late, state="succeeded"), site.gateway.sent[late.marker])
    report.saw(f"the late click ended {time.monotonic() - begun:.0f} s after Redis went")


@fault("Redis is unreachable for 12 s", red=Red("Redis", REDIS_UNREACHABLE))
def gone(site: Site, report: Report) -> None:
    through(site, report, "refuse")


@fault("Redis hangs for 12 s: lines stay open, nothing comes", red=Red("Redis", REDIS_UNREACHABLE))
def hangs(site: Site, report: Report) -> None:
    through(site, report, "freeze")


@fault("Redis restarts, its queue lost", over="over in a second; what was queued is sent again within 15 s")
def restarts(site: Site, report: Report) -> None:
    import signal

    first = site.click(stream(250, 0.04), "queue")
    until(lambda: len(site.gateway.sent[first.marker].words) > 40, 30, "The stream did not begin")
    for name in ("worker1", "worker2"):
        site.running[name].send_signal(signal.SIGSTOP)
    late = [site.click(stream(20, 0.02), "lost") for _ in range(3)]
    engine = site.engine("Valkey")
    engine.process.send_signal(signal.SIGTERM)
    engine.process.wait(20)
    engine.start()
    engine.wait_ready()
    for name in ("worker1", "worker2"):
        site.running[name].send_signal(signal.SIGCONT)
    with site.redis() as server:
        report.proof = (
            f"started anew {server.info('server')['uptime_in_seconds']} s ago; {server.llen('retake')} queued"
        )
    report.end(site, first, state="succeeded|interrupted")
    for click in late:
        report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])
    report.shown = "the pages' text came out of the checkpoints"


@fault("Redis is full, noeviction", red=Red("Redis", FULL))
def full(site: Site, report: Report) -> None:
    with site.redis() as server:
        before = str(server.config_get("maxmemory")["maxmemory"])
        server.config_set("maxmemory", "1")
        try:
            server.set("faults:probe", "x")
            raise Failed("Redis still takes writes")
        except redis.ResponseError as error:
            report.proof = str(error)[:60]
        try:
            begun = time.monotonic()
            click = site.click(stream(60, 0.04), "full")
            answer = ask(site, "/readyz?full")
            check(FULL in answer[1], "/readyz?full is silent")
            check(FULL.partition(":")[0] in ask(site, "/")[1], "the admin's home is silent")
            report.shown, report.shown_after_s = FULL, time.monotonic() - begun
            report.looks_red(site, doctor=True)
            time.sleep(max(0.0, 5 - (time.monotonic() - begun)))
        finally:
            server.config_set("maxmemory", before)
    report.keeps(report.end(site, click, state="succeeded"), site.gateway.sent[click.marker])
